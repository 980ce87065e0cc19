"""Bracket expressions (`[a-z[:digit:]_]`) and what has to be escaped for the engine."""

from __future__ import annotations

_SPECIAL = frozenset("\\.+*?()|[]{}^$")
CLASSES = (
    "alpha", "digit", "alnum", "upper", "lower", "space", "blank", "punct", "print", "graph",
    "cntrl", "xdigit",
)  # fmt: skip
_UNMATCHED = "Unmatched [, [^, [:, [., or [="
_CONTROLS = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class RegexProblem(Exception):  # noqa: N818 - the text that a tool prints
    """A pattern is none; `str()` is what GNU's matcher calls it."""

    def __init__(self, message: str, *, number: str = "") -> None:
        """Say *message*; *number* is that of the back-reference which cannot be had."""
        super().__init__(message)
        self.number = number


def escaped(char: str) -> str:
    """Return *char* as the engine reads it literally."""
    if char in _SPECIAL:
        return "\\" + char
    return "\\x00" if char == "\0" else char


def _inside(char: str) -> str:
    return "\\" + char if char in "\\]^-[" else escaped(char)


def read_bracket(
    pattern: str, at: int, *, escapes: str = "", controls: str = ""
) -> tuple[str, int]:
    """Read the bracket whose `[` stands before *at*; return it translated and where it ends.

    *escapes* are characters that a backslash makes literal (a backslash is plain without them),
    *controls* letters that name a control character after one.

    Raises:
        RegexProblem: if it does not end, or a range or class in it is wrong.
    """
    begin = at
    negated = pattern.startswith("^", at)
    at += negated
    if at >= len(pattern):
        raise RegexProblem("Invalid regular expression" if not escapes else _UNMATCHED)
    out: list[str] = []
    first = True
    while True:
        if at >= len(pattern):
            raise RegexProblem(_UNMATCHED)
        if pattern[at] == "]" and not first:
            break
        first = False
        low, at, name = _element(pattern, at, escapes, controls)
        if name:
            out.append(f"[:{name}:]")
            continue
        if pattern[at : at + 1] == "-" and pattern[at + 1 : at + 2] not in {"]", ""}:
            high, at, name = _element(pattern, at + 1, escapes, controls)
            if name or high < low:
                raise RegexProblem("Invalid range end")
            out.append(f"{_inside(low)}-{_inside(high)}")
        else:
            out.append(_inside(low))
    inner = pattern[begin:at]
    if len(inner) > 2 and inner[0] == inner[-1] == ":" and not negated and not escapes:
        raise RegexProblem("character class syntax is [[:space:]], not [:space:]")
    return f"[{'^' if negated else ''}{''.join(out)}]", at + 1


def _element(pattern: str, at: int, escapes: str, controls: str) -> tuple[str, int, str]:
    """Return (character, where it ends, or else the name of a class)."""
    char = pattern[at]
    sign = pattern[at + 1 : at + 2]
    if char == "[" and sign in {":", ".", "="}:
        end = pattern.find(sign + "]", at + 2)
        if end < 0:
            raise RegexProblem(_UNMATCHED)
        name = pattern[at + 2 : end]
        if sign == ":":
            if name not in CLASSES:
                raise RegexProblem("Invalid character class name")
            return "", end + 2, name
        if len(name) != 1:
            raise RegexProblem("Invalid collation character")
        return name, end + 2, ""
    if char == "\\" and sign in controls and sign:
        return _CONTROLS[sign], at + 2, ""
    if char == "\\" and escapes and sign:
        return sign, at + 2, ""
    return char, at + 1, ""
