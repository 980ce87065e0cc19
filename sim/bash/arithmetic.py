"""The value of `$((...))`: whole numbers, variables and C's operators, with limits."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping

from sim.bash.syntax import ShellSyntaxError

_TOKEN = re.compile(r"\s*(?:(\d+)|([A-Za-z_]\w*)|(\*\*|&&|\|\||<=|>=|==|!=|[-+*/%<>!()]))")
_SPAN = 1 << 64


def _divide(left: int, right: int) -> int:
    if right == 0:
        raise ShellSyntaxError("division by 0")
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


_BINARY: tuple[Mapping[str, Callable[[int, int], int]], ...] = (
    {"||": lambda a, b: int(bool(a) or bool(b))},
    {"&&": lambda a, b: int(bool(a) and bool(b))},
    {"==": lambda a, b: int(a == b), "!=": lambda a, b: int(a != b)},
    {
        "<": lambda a, b: int(a < b),
        "<=": lambda a, b: int(a <= b),
        ">": lambda a, b: int(a > b),
        ">=": lambda a, b: int(a >= b),
    },
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": _divide, "%": lambda a, b: a - b * _divide(a, b)},
)
"""Operators by rising precedence."""


class _Evaluation:
    def __init__(self, text: str, variables: Mapping[str, str]) -> None:
        self.text = text
        self.variables = variables
        self.tokens: list[str] = []
        at = 0
        while text[at:].strip():
            match = _TOKEN.match(text, at)
            if match is None:
                raise self.wrong()
            self.tokens.append(match[0].strip())
            at = match.end()
        if len(self.tokens) > 1000:
            raise ShellSyntaxError("arithmetic expression is too long")
        self.at = 0

    def wrong(self) -> ShellSyntaxError:
        return ShellSyntaxError(f"{self.text}: syntax error in arithmetic expression")

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def binary(self, level: int = 0) -> int:
        if level == len(_BINARY):
            return self.unary()
        value = self.binary(level + 1)
        while (sign := self.peek()) in _BINARY[level]:
            self.at += 1
            value = _wrap(_BINARY[level][sign](value, self.binary(level + 1)))
        return value

    def unary(self) -> int:
        token = self.peek()
        self.at += 1
        if token == "-":
            return -self.unary()
        if token == "+":
            return self.unary()
        if token == "!":
            return int(not self.unary())
        if token == "(":
            value = self.binary()
            if self.peek() != ")":
                raise self.wrong()
            self.at += 1
            return value
        if token.isdigit():
            return _wrap(int(token[:30]))
        if token and (token[0].isalpha() or token[0] == "_"):
            text = self.variables.get(token, "").strip() or "0"
            if not re.fullmatch(r"-?\d{1,30}", text):
                raise self.wrong()
            return _wrap(int(text))
        raise self.wrong()


def _wrap(value: int) -> int:
    """Return *value* as a 64-bit signed number, as the shell has it."""
    return (value + _SPAN // 2) % _SPAN - _SPAN // 2


def evaluate(text: str, variables: Mapping[str, str]) -> int:
    """Return the value of the expression *text*; an empty one is 0.

    Raises:
        ShellSyntaxError: if it is no expression, divides by 0, or is too long or deep.
    """
    evaluation = _Evaluation(text, variables)
    if not evaluation.tokens:
        return 0
    try:
        value = evaluation.binary()
    except RecursionError:
        raise ShellSyntaxError("arithmetic expression is nested too deep") from None
    if evaluation.peek():
        raise evaluation.wrong()
    return value
