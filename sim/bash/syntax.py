"""The tree of a command line, as records; what each node means is the interpreter's work.

A new construct of the language is a record here, a branch in `parser` and one in `interpreter`.
"""

from __future__ import annotations

from dataclasses import dataclass, field


class ShellSyntaxError(Exception):
    """The line cannot be understood; `str()` is bash's line without what stands before it."""

    def __init__(
        self, message: str, *, line: int = 0, echo: str | None = None, code: int | None = 2
    ) -> None:
        """Complain of *line* (from 1, 0 if it has none); *echo* is the source that bash repeats.

        *code* becomes the status; with None it stays as it was, as after a wrong `[[ ]]`.
        """
        super().__init__(message)
        self.code = code
        self.where = ""
        """What the error line begins with, if that is not where it is caught."""
        self.line = line
        self.echo = echo


class Incomplete(ShellSyntaxError):  # noqa: N818 - a condition of the text
    """More lines could complete it: at a terminal bash asks for them."""


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that stands for itself."""

    text: str
    quoted: bool
    """Quoted text is never split, globbed or tilde-expanded."""


@dataclass(frozen=True, slots=True)
class Variable:
    """`$name` or `${name[index]<operator>argument}`."""

    name: str
    quoted: bool
    operator: str = ""
    """As it is written (`:-`, `##`, `//`, `^^`, `@Q`, `:`), `len` for `${#x}`, `keys` for `${!a[@]}`."""
    argument: Word | None = None
    second: Word | None = None
    """The replacement of `/` and the length of `:`."""
    index: str | None = None
    """The subscript's source; `@` and `*` mean all."""
    indirect: bool = False
    """`${!name}`: the variable's value is the name."""
    subscript: Word | None = None
    """The subscript, parsed."""


@dataclass(frozen=True, slots=True)
class Substitution:
    """`$(script)`."""

    script: Script
    quoted: bool


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`$((expression))`; variables in it have no need of `$`."""

    expression: Word
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class ProcessSubstitution:
    """`<(script)` or `>(script)`: the name of a pipe."""

    script: Script
    sign: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A form that parses but fails when it is expanded: `${a b}`."""

    message: str


Part = Literal | Variable | Substitution | Arithmetic | ProcessSubstitution | Broken


@dataclass(slots=True)
class Word:
    """One word before expansion; it may become none, one or several arguments."""

    parts: tuple[Part, ...]
    raw: str = ""
    """As it was written."""
    braced: bool = False
    """It may hold `{a,b}`."""
    fixed: str | None = None
    """What it expands to, if that is always the same one argument."""
    line: int = 0

    @property
    def plain(self) -> str | None:
        """Return the word's text if it is literal throughout and unquoted, else None."""
        if all(isinstance(part, Literal) and not part.quoted for part in self.parts):
            return "".join(part.text for part in self.parts if isinstance(part, Literal))
        return None

    @property
    def quoted(self) -> bool:
        """Return whether some of it is quoted."""
        return any(getattr(part, "quoted", False) for part in self.parts) or any(
            char in self.raw for char in "\\'\""
        )


@dataclass(slots=True)
class Redirect:
    """`2> file`, `< file`, `2>&1`, `<<< word`, a here-document."""

    descriptor: int | str
    """A number, or the name of the variable in `{name}>file`."""
    operator: str
    """`>`, `>>`, `>|`, `<`, `<>`, `>&`, `<&`, `&>`, `&>>`, `<<<`, `<<`, `<<-`."""
    target: Word
    """The body of a here-document, once it has been read."""
    delimiter: str = ""
    """The end of a here-document, as it was written."""


@dataclass(frozen=True, slots=True)
class Array:
    """`(a b [3]=c)` in an assignment: words, or subscripts with their values."""

    items: tuple[Word | Assignment, ...]


@dataclass(frozen=True, slots=True)
class Assignment:
    """`name=value`, `name+=value`, `name[index]=value` or `name=(...)`."""

    name: str
    value: Word | Array
    append: bool = False
    index: Word | None = None
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Simple:
    """A program with its arguments, after variables that hold for it."""

    assignments: tuple[Assignment, ...]
    words: tuple[Word | Assignment, ...]
    """An Assignment stands where `declare`, `export` and the like take one."""
    redirects: tuple[Redirect, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class Compound:
    """A compound command with redirections around it, e.g. `while ...; done < file`."""

    body: Command
    redirects: tuple[Redirect, ...]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Stages joined by pipes; `! time a | b`."""

    stages: tuple[Command, ...]
    joined_stderr: tuple[bool, ...]
    """For each stage, whether `|&` follows it."""
    negated: bool = False
    timed: str = ""
    """`time`, or `time -p`."""


@dataclass(frozen=True, slots=True)
class AndOr:
    """`left && right` or `left || right`."""

    left: Command
    operator: str
    right: Command


@dataclass(frozen=True, slots=True)
class Background:
    """`command &`."""

    body: Command


@dataclass(frozen=True, slots=True)
class Subshell:
    """`( script )`: its variables and directory are its own."""

    script: Script


@dataclass(frozen=True, slots=True)
class Group:
    """`{ script; }`."""

    script: Script


@dataclass(frozen=True, slots=True)
class For:
    """`for name in words; do body; done`."""

    name: str
    words: tuple[Word, ...] | None
    """None without `in`: the positional parameters."""
    body: Script
    line: int = 0


@dataclass(frozen=True, slots=True)
class Select:
    """`select name in words; do body; done`."""

    name: str
    words: tuple[Word, ...] | None
    body: Script


@dataclass(frozen=True, slots=True)
class ArithmeticFor:
    """`for ((first; test; step)); do body; done`."""

    first: Word
    test: Word
    step: Word
    body: Script
    line: int = 0


@dataclass(frozen=True, slots=True)
class While:
    """`while condition; do body; done`, or `until`."""

    condition: Script
    body: Script
    until: bool


@dataclass(frozen=True, slots=True)
class If:
    """`if a; then b; elif c; then d; else e; fi`."""

    branches: tuple[tuple[Script, Script], ...]
    otherwise: Script | None


@dataclass(frozen=True, slots=True)
class Clause:
    """`a|b) body ;;` of a `case`."""

    patterns: tuple[Word, ...]
    body: Script
    end: str
    """`;;`, `;&` (goes on into the next body) or `;;&` (goes on trying)."""


@dataclass(frozen=True, slots=True)
class Case:
    """`case word in clauses esac`."""

    word: Word
    clauses: tuple[Clause, ...]
    line: int = 0


@dataclass(frozen=True, slots=True)
class ArithmeticCommand:
    """`(( expression ))`: true unless its value is 0."""

    expression: Word
    line: int = 0


@dataclass(frozen=True, slots=True)
class Unary:
    """`-f word` within `[[ ]]`; a word alone is `-n word`."""

    operator: str
    operand: Word


@dataclass(frozen=True, slots=True)
class Binary:
    """`left == right` within `[[ ]]`."""

    left: Word
    operator: str
    right: Word


@dataclass(frozen=True, slots=True)
class Not:
    """`! condition` within `[[ ]]`."""

    inner: Condition


@dataclass(frozen=True, slots=True)
class Both:
    """`left && right` or `left || right` within `[[ ]]`."""

    left: Condition
    operator: str
    right: Condition


@dataclass(frozen=True, slots=True)
class Bracketed:
    """`( condition )` within `[[ ]]`."""

    inner: Condition


Condition = Unary | Binary | Not | Both | Bracketed


@dataclass(frozen=True, slots=True)
class Test:
    """`[[ condition ]]`."""

    __test__ = False

    condition: Condition
    line: int = 0


@dataclass(frozen=True, slots=True)
class Function:
    """`name() body`."""

    name: str
    body: Command
    redirects: tuple[Redirect, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class Coprocess:
    """`coproc ...`, which this shell does not run."""


@dataclass(frozen=True, slots=True)
class Script:
    """Commands one after the other."""

    commands: tuple[Command, ...]
    text: str = field(default="", compare=False)


Command = (
    Simple
    | Compound
    | Pipeline
    | AndOr
    | Background
    | Subshell
    | Group
    | For
    | Select
    | ArithmeticFor
    | While
    | If
    | Case
    | ArithmeticCommand
    | Test
    | Function
    | Coprocess
)
