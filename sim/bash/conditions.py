"""Single conditions of `[[ ]]`: files, texts, numbers and regular expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.bash.arithmetic import ArithmeticProblem, evaluate
from sim.bash.patterns import compiled

if TYPE_CHECKING:
    from sim.bash.state import State

_NUMERIC = {
    "-eq": lambda a, b: a == b, "-ne": lambda a, b: a != b, "-lt": lambda a, b: a < b,
    "-le": lambda a, b: a <= b, "-gt": lambda a, b: a > b, "-ge": lambda a, b: a >= b,
}  # fmt: skip


class NoNumber(Exception):  # noqa: N818 - what the command itself complains of
    """An operand of `-eq`, or what `((...))` was given, has no value as a number."""


def tested(operator: str, operand: str, shell: State) -> bool:
    """Return whether a condition of one operand holds."""
    if operator == "-n":
        return operand != ""
    if operator == "-z":
        return operand == ""
    if operator == "-v":
        return is_set(operand, shell)
    if operator == "-R":
        return "n" in shell.variables.flags.get(operand, "")
    if operator == "-o":
        return shell.option(operand)
    if operator == "-t":
        if operand == "0":
            return shell.streams.tty
        sink = shell.streams.get(int(operand)) if operand.isdecimal() else None
        return sink is not None and sink.tty
    return _file(operator, operand, shell)


def is_set(name: str, shell: State) -> bool:
    """Return whether a variable or element has a value."""
    base, bracket, rest = name.partition("[")
    if not bracket:
        return bool(name) and shell.parameter(name) is not None
    key = rest.removesuffix("]")
    elements = shell.variables.elements(base)
    if key in {"@", "*"}:
        return bool(elements)
    keys = {str(one) for one, _ in elements}
    if "A" not in shell.variables.flags.get(base, ""):
        key = str(evaluate(key, shell))
    return key in keys


def _file(operator: str, operand: str, shell: State) -> bool:
    path = shell.files.resolve(operand, shell.cwd) if operand else ""
    if not path:
        return False
    if operator in {"-L", "-h"}:
        return shell.files.is_link(path)
    found = shell.files.stat_or_none(path)
    if found is None:
        return operand in shell.pipes and operator in {"-e", "-a", "-r", "-p"}
    if operator == "-d":
        return found.kind == "d"
    if operator == "-f":
        return found.kind == "-"
    if operator == "-c":
        return found.kind == "c"
    if operator in {"-b", "-p", "-S", "-g", "-u", "-k"}:
        return operator == "-k" and bool(found.mode & 0o1000)
    if operator == "-s":
        return found.size > 0
    if operator == "-x":
        return found.kind == "d" or bool(found.mode & 0o111)
    return True


def compared(left: str, operator: str, right: str, shell: State) -> bool:
    """Return whether a condition of two operands holds; patterns are not known here."""
    if operator in _NUMERIC:
        try:
            return bool(_NUMERIC[operator](evaluate(left, shell), evaluate(right, shell)))
        except ArithmeticProblem as problem:
            raise NoNumber(str(problem)) from None
    if operator in {"<", ">"}:
        return left < right if operator == "<" else left > right
    files = shell.files
    one = files.stat_or_none(files.resolve(left, shell.cwd)) if left else None
    two = files.stat_or_none(files.resolve(right, shell.cwd)) if right else None
    if operator == "-ef":
        return one is not None and two is not None and one.inode == two.inode
    if operator == "-nt":
        return one is not None and (two is None or one.mtime_ms > two.mtime_ms)
    return two is not None and (one is None or one.mtime_ms < two.mtime_ms)


def regex_of(pieces: list[tuple[str, bool]], *, nocase: bool) -> Any | None:
    """Return the regular expression of `=~`, in which what is quoted stands for itself."""
    out = ["(?i)" if nocase else ""]
    for text, quoted in pieces:
        out.append(
            "".join("\\" + c if c in r".[]{}()\*+?|^$" else c for c in text) if quoted else text
        )
    return compiled("".join(out), longest=True)
