"""`expr`: one expression of whole numbers and texts."""

from __future__ import annotations

import re

from sim.bash.process import Proc, Running
from sim.bash.tools.options import Misuse, UsageProblem, tool

_LEVELS = (
    ("|",),
    ("&",),
    ("<", "<=", "=", "==", "!=", ">=", ">"),
    ("+", "-"),
    ("*", "/", "%"),
    (":",),
)
MAX_DIGITS = 200


class _Expression:
    def __init__(self, proc: Proc, words: list[str]) -> None:
        self.proc, self.words, self.at = proc, words, 0

    def peek(self) -> str | None:
        return self.words[self.at] if self.at < len(self.words) else None

    def take(self) -> str:
        word = self.peek()
        if word is None:
            raise UsageProblem(f"syntax error: missing argument after ‘{self.words[self.at - 1]}’")
        self.at += 1
        return word

    def level(self, depth: int = 0) -> str:
        if depth == len(_LEVELS):
            return self.primary()
        value = self.level(depth + 1)
        while (sign := self.peek()) is not None and sign in _LEVELS[depth]:
            self.at += 1
            value = self._apply(sign, value, self.level(depth + 1))
        return value

    def primary(self) -> str:
        word = self.take()
        if word == "(":
            value = self.level()
            if self.peek() is None:
                raise UsageProblem(f"syntax error: expecting ')' after ‘{self.words[self.at - 1]}’")
            if self.peek() != ")":
                raise UsageProblem(f"syntax error: expecting ')' instead of ‘{self.peek()}’")
            self.at += 1
            return value
        if word == ")":
            raise UsageProblem("syntax error: unexpected ')'")
        if word == "+":
            return self.take()
        if word == "length":
            return str(len(self.primary()))
        if word == "substr":
            text, start, count = self.primary(), self.primary(), self.primary()
            if not _whole(start) or not _whole(count) or int(start) < 1 or int(count) < 1:
                return ""
            return text[int(start) - 1 : int(start) - 1 + int(count)]
        if word == "index":
            text, chars = self.primary(), self.primary()
            return str(next((at for at, one in enumerate(text, 1) if one in chars), 0))
        if word == "match":
            return self._match(self.primary(), self.primary())
        return word

    def _apply(self, sign: str, left: str, right: str) -> str:
        if sign == "|":
            return left if not _null(left) else right if not _null(right) else "0"
        if sign == "&":
            return left if not _null(left) and not _null(right) else "0"
        if sign == ":":
            return self._match(left, right)
        if sign in _LEVELS[2]:
            both = _whole(left) and _whole(right)
            order = _compared(int(left), int(right)) if both else _compared(left, right)
            return str(int({"<": order < 0, "<=": order <= 0, "=": order == 0, "==": order == 0,
                            "!=": order != 0, ">=": order >= 0, ">": order > 0}[sign]))  # fmt: skip
        if not _whole(left) or not _whole(right):
            raise UsageProblem("non-integer argument")
        a, b = int(left), int(right)
        if sign in "/%" and b == 0:
            raise UsageProblem("division by zero")
        quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1) if sign in "/%" else 0
        value = {"+": a + b, "-": a - b, "*": a * b, "/": quotient, "%": a - quotient * b}[sign]
        return str(value)

    def _match(self, text: str, pattern: str) -> str:
        found = _basic(pattern, text)
        grouped = "\\(" in pattern
        if found is None:
            return "" if grouped else "0"
        return (found[1] or "") if grouped else str(len(found[0]))


def _basic(pattern: str, text: str) -> re.Match[str] | None:
    """Return the match of a basic regular expression at the beginning of *text*."""
    import re2  # noqa: PLC0415 - not needed at the start

    out: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\" and at + 1 < len(pattern):
            at += 1
            following = pattern[at]
            out.append(following if following in "(){}|+?" else re.escape(following))
        elif char == "[":
            end = pattern.find("]", at + (3 if pattern[at + 1 : at + 2] == "^" else 2))
            end = len(pattern) - 1 if end < 0 else end
            out.append(pattern[at : end + 1])
            at = end
        elif char in "(){}|+?":
            out.append(re.escape(char))
        else:
            out.append(char)
        at += 1
    try:
        matched: re.Match[str] | None = re2.match("".join(out).removeprefix("^"), text)
    except re2.error:
        raise UsageProblem("Invalid regular expression") from None
    return matched


def _whole(text: str) -> bool:
    return re.fullmatch(r"-?\d+", text, re.ASCII) is not None and len(text) <= MAX_DIGITS


def _null(text: str) -> bool:
    return text == "" or re.fullmatch(r"-?0+", text) is not None


def _compared(left: int | str, right: int | str) -> int:
    return 0 if left == right else -1 if left < right else 1  # type: ignore[operator]


@tool(2, usage="EXPRESSION")
def expr(proc: Proc) -> Running:
    """Print the value of EXPRESSION to standard output."""
    words = proc.argv[1:]
    if words[:1] == ["--"]:
        words = words[1:]
    if not words:
        raise Misuse("missing operand")
    expression = _Expression(proc, words)
    value = expression.level()
    if expression.peek() is not None:
        raise UsageProblem(f"syntax error: unexpected argument ‘{expression.peek()}’")
    if len(value) > 1 << 16:
        raise UsageProblem("the result is too long")
    proc.print(value)
    return int(_null(value))
    yield
