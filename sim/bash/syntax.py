"""The tree of a command line, as frozen records; what each node means is the interpreter's work.

A new construct of the language is a record here, a branch in `parser` and one in `interpreter`.
"""

from __future__ import annotations

from dataclasses import dataclass


class ShellSyntaxError(Exception):
    """The line cannot be understood; `str()` is bash's line, or says what is not supported."""


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that stands for itself."""

    text: str
    quoted: bool
    """Quoted text is never split, globbed or tilde-expanded."""


@dataclass(frozen=True, slots=True)
class Variable:
    """`$name` or `${name<operator>argument}`."""

    name: str
    quoted: bool
    operator: str = ""
    """`:-`, `-`, `:=`, `:+`, `+`, `:?`, `?`, `#` (length), `%`, `%%`, `lead#`, `lead##`, `/`, `//`, `:`."""
    argument: Word | None = None
    second: Word | None = None
    """The replacement of `/` and the length of `:`."""


@dataclass(frozen=True, slots=True)
class Substitution:
    """`$(script)`."""

    script: Script
    quoted: bool


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`$((expression))`; variables in it have no need of `$`."""

    expression: Word


Part = Literal | Variable | Substitution | Arithmetic


@dataclass(frozen=True, slots=True)
class Word:
    """One word before expansion; it may become none, one or several arguments."""

    parts: tuple[Part, ...]

    @property
    def plain(self) -> str | None:
        """Return the word's text if it is literal throughout and unquoted, else None."""
        if all(isinstance(part, Literal) and not part.quoted for part in self.parts):
            return "".join(part.text for part in self.parts if isinstance(part, Literal))
        return None


@dataclass(frozen=True, slots=True)
class Redirect:
    """`2> file`, `< file`, `2>&1`, `<<< word`, a here-document."""

    descriptor: int
    operator: str
    """`>`, `>>`, `<`, `>&` (target is a number), `&>`, `&>>`, `<<<`, `<<`."""
    target: Word


@dataclass(frozen=True, slots=True)
class Assignment:
    """`name=value` or `name+=value`."""

    name: str
    value: Word
    append: bool = False


@dataclass(frozen=True, slots=True)
class Simple:
    """A program with its arguments, after variables that hold for it."""

    assignments: tuple[Assignment, ...]
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...] = ()


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
    timed: bool = False


@dataclass(frozen=True, slots=True)
class AndOr:
    """`left && right` or `left || right`."""

    left: Command
    operator: str
    right: Command


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
    words: tuple[Word, ...]
    body: Script


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
class Script:
    """Commands one after the other."""

    commands: tuple[Command, ...]


Command = Simple | Compound | Pipeline | AndOr | Subshell | Group | For | While | If
