"""The tree of an awk program."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Number:
    """A number in the program."""

    value: float


@dataclass(frozen=True, slots=True)
class String:
    """A string in the program."""

    value: str


@dataclass(frozen=True, slots=True)
class RegexLiteral:
    """`/.../`."""

    source: str
    at: int


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, or an array where one is expected."""

    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """`array[keys]`."""

    array: str
    keys: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class FieldOf:
    """`$operand`."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Assign:
    """`target operator value`; the operator is empty for a plain `=`."""

    target: Node
    operator: str
    value: Node


@dataclass(frozen=True, slots=True)
class Step:
    """`++` or `--`, before or after its target."""

    target: Node
    by: float
    after: bool


@dataclass(frozen=True, slots=True)
class Unary:
    """`!`, `-` or `+`."""

    sign: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic, comparison, `&&`, `||`, `~` and `!~`, and `""` for concatenation."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Choice:
    """`condition ? then : otherwise`."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Within:
    """`(keys) in array`."""

    keys: tuple[Node, ...]
    array: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the program."""

    name: str
    arguments: tuple[Node, ...]
    at: int


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """One of awk's functions."""

    name: str
    arguments: tuple[Node, ...]
    at: int


@dataclass(frozen=True, slots=True)
class GetLine:
    """`getline`: *kind* is empty, `<` or `|`, and *source* the file or command."""

    kind: str
    source: Node | None
    target: Node | None


@dataclass(frozen=True, slots=True)
class Group:
    """A list in parentheses, which only `in` and `print` take."""

    items: tuple[Node, ...]


Node = (
    Number | String | RegexLiteral | Name | Index | FieldOf | Assign | Step | Unary | Binary
    | Choice | Within | Call | BuiltIn | GetLine | Group
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Evaluate:
    """An expression as a statement."""

    expression: Node


@dataclass(frozen=True, slots=True)
class Print:
    """`print` or `printf`, into *target* by *redirect* (`>`, `>>`, `|` or empty)."""

    formatted: bool
    items: tuple[Node, ...]
    redirect: str
    target: Node | None


@dataclass(frozen=True, slots=True)
class Block:
    """Statements."""

    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class If:
    """`if`."""

    condition: Node
    then: Statement
    otherwise: Statement | None


@dataclass(frozen=True, slots=True)
class Loop:
    """`while`, `for(;;)`, and `do` (*first*: the body runs before the condition is looked at)."""

    begin: Statement | None
    condition: Node | None
    step: Statement | None
    body: Statement
    first: bool = False


@dataclass(frozen=True, slots=True)
class Each:
    """`for (key in array)`."""

    key: Node
    array: str
    body: Statement


@dataclass(frozen=True, slots=True)
class Switch:
    """`switch`, whose labels (None: default) point into *body*."""

    value: Node
    labels: tuple[tuple[Node | None, int], ...]
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Leave:
    """`break`, `continue`, `next`, `nextfile`, `exit` or `return`."""

    word: str
    value: Node | None


@dataclass(frozen=True, slots=True)
class Delete:
    """`delete array` or of one element."""

    array: str
    keys: tuple[Node, ...] | None


Statement = Evaluate | Print | Block | If | Loop | Each | Switch | Leave | Delete


@dataclass(slots=True)
class Function:
    """A function: its parameters, of which some are arrays, and its body."""

    name: str
    parameters: tuple[str, ...]
    body: Statement = field(default_factory=lambda: Block(()))
    arrays: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern and its action; *last* is the end of a range."""

    when: str
    pattern: Node | None
    last: Node | None
    action: Statement | None


@dataclass(slots=True)
class Program:
    """Everything."""

    rules: list[Rule] = field(default_factory=list)
    functions: dict[str, Function] = field(default_factory=dict)
    waits: bool = False
    """Whether a function reads or runs something, so that calling one may wait."""
