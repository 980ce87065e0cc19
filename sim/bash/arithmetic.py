"""The value of `$((...))`, `((...))` and `let`: C's operators on 64-bit numbers, as bash has them.

An expression becomes a tree once and is evaluated as often as it is needed; where the values of
variables are kept is the business of `Scope`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Protocol

from sim.bash.control import ExpansionProblem

MAX_DEPTH = 64
"""How deep parentheses and variables that name other variables may go."""
_TOKEN = re.compile(
    r"(\d+#[0-9a-zA-Z@_]*|\d\w*)|([A-Za-z_]\w*)|"
    r"(<<=|>>=|\*\*|\+\+|--|&&|\|\||<<|>>|<=|>=|==|!=|[-+*/%&|^]=|[-+*/%<>!~&|^?:=,()\[])"
)
_SPACE = re.compile(r"\s*")
_SPAN = 1 << 64
_LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"||"}), frozenset({"&&"}), frozenset({"|"}), frozenset({"^"}), frozenset({"&"}),
    frozenset({"==", "!="}), frozenset({"<", "<=", ">", ">="}), frozenset({"<<", ">>"}),
    frozenset({"+", "-"}), frozenset({"*", "/", "%"}),
)  # fmt: skip
"""Binary operators by rising precedence."""
_ASSIGN = frozenset({"=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "^=", "|="})
_PLAIN = re.compile(r"\s*(-?)(0|[1-9]\d{0,17})\s*\Z")

Tree = tuple[Any, ...]


class Scope(Protocol):
    """Where the variables of an expression live."""

    def number(self, name: str, index: str | None) -> str:
        """Return the text of a variable or element; empty if it has none."""

    def store(self, name: str, index: str | None, value: int) -> None:
        """Set it."""


class ArithmeticProblem(ExpansionProblem):
    """An expression that has no value; `str()` is bash's complaint."""


def wrap(value: int) -> int:
    """Return *value* as a 64-bit signed number, as the shell has it.

    >>> wrap(2**63)
    -9223372036854775808
    """
    if -(1 << 63) <= value < 1 << 63:
        return value
    return (value + _SPAN // 2) % _SPAN - _SPAN // 2


class _Reader:
    """Builds the tree of one expression."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.kind = ""
        self.token = ""
        self.start = self.last = 0
        """Where the token that is looked at begins, and the one before it."""
        self.end = 0
        self.depth = 0
        self.advance()

    def problem(self, what: str, at: int) -> ArithmeticProblem:
        shown = self.text.lstrip()
        return ArithmeticProblem(f'{shown}: {what} (error token is "{self.text[at:]}")')

    def advance(self) -> None:
        self.last = self.start
        space = _SPACE.match(self.text, self.end)
        self.start = space.end() if space else self.end
        if self.start >= len(self.text):
            self.kind, self.token = "end", ""
            self.start = self.end if self.end else self.start
            return
        match = _TOKEN.match(self.text, self.start)
        if match is None:
            raise self.problem(
                "syntax error: invalid arithmetic operator"
                if self.last != self.start or self.kind
                else "syntax error: operand expected",
                self.start,
            )
        self.kind = "number" if match[1] else "name" if match[2] else "sign"
        self.token = match[0]
        self.end = match.end()

    def whole(self) -> Tree:
        if self.kind == "end":
            return ("num", 0)
        tree = self.comma()
        if self.kind != "end":
            raise self.problem("syntax error in expression", self.start)
        return tree

    def comma(self) -> Tree:
        tree = self.assignment()
        while self.token == "," and self.kind == "sign":
            self.advance()
            tree = ("comma", tree, self.assignment())
        return tree

    def assignment(self) -> Tree:
        left = self.conditional()
        if self.kind == "sign" and self.token in _ASSIGN:
            if left[0] != "var":
                raise self.problem("attempted assignment to non-variable", self.start)
            sign = self.token[:-1]
            self.advance()
            at = self.start
            return ("assign", left, sign, self.assignment(), at, self.text)
        return left

    def conditional(self) -> Tree:
        condition = self.binary(0)
        if self.token != "?" or self.kind != "sign":
            return condition
        self.advance()
        if self.kind == "end" or self.token == ":":
            raise self.problem(
                "expression expected", self.last if self.kind == "end" else self.start
            )
        yes = self.comma()
        if self.token != ":":
            at = self.start if self.kind != "end" else self.last
            raise self.problem("`:' expected for conditional expression", at)
        self.advance()
        if self.kind == "end":
            raise self.problem("expression expected", self.last)
        return ("cond", condition, yes, self.conditional())

    def binary(self, level: int) -> Tree:
        if level == len(_LEVELS):
            return self.power()
        left = self.binary(level + 1)
        while self.kind == "sign" and self.token in _LEVELS[level]:
            sign = self.token
            self.advance()
            at = self.start
            right = self.binary(level + 1)
            left = ("bin", sign, left, right, at, self.text)
        return left

    def power(self) -> Tree:
        base = self.unary()
        if self.token == "**":
            self.advance()
            exponent = self.power()
            at = self.last if self.kind == "end" else self.start
            return ("bin", "**", base, exponent, at, self.text)
        return base

    def unary(self) -> Tree:
        self.depth += 1
        if self.depth > 400:
            raise self.problem("expression recursion level exceeded", self.start)
        try:
            return self._unary()
        finally:
            self.depth -= 1

    def _unary(self) -> Tree:
        if self.kind != "sign":
            return self.primary()
        sign = self.token
        if sign in {"++", "--"}:
            following = _SPACE.match(self.text, self.end)
            at = following.end() if following else self.end
            name = re.compile(r"[A-Za-z_]\w*").match(self.text, at)
            if name is None:
                self.kind, self.token, self.end = "sign", sign[0], self.start + 1
                sign = sign[0]
            else:
                self.advance()
                return ("pre", sign[0], self.variable())
        if sign in {"-", "+", "!", "~"}:
            self.advance()
            return ("un", sign, self.unary())
        return self.primary()

    def variable(self) -> Tree:
        name, index = self.token, None
        if self.text.startswith("[", self.end):
            depth, at = 0, self.end
            while at < len(self.text):
                depth += (self.text[at] == "[") - (self.text[at] == "]")
                at += 1
                if depth == 0:
                    break
            if depth:
                raise self.problem("bad array subscript", self.start)
            index = self.text[self.end + 1 : at - 1]
            self.end = at
        self.advance()
        return ("var", name, index)

    def primary(self) -> Tree:
        if self.kind == "number":
            value = self.number(self.token)
            self.advance()
            return ("num", value)
        if self.kind == "name":
            variable = self.variable()
            if self.kind == "sign" and self.token in {"++", "--"}:
                sign = self.token[0]
                self.advance()
                return ("post", sign, variable)
            return variable
        if self.kind == "sign" and self.token == "(":
            self.advance()
            inner = self.comma()
            if self.token != ")":
                raise self.problem("missing `)'", self.last if self.kind == "end" else self.start)
            self.advance()
            return inner
        at = self.last if self.kind == "end" else self.start
        raise self.problem("syntax error: operand expected", at)

    def number(self, token: str) -> int:
        base, digits = 10, token
        if "#" in token:
            head, _, digits = token.partition("#")
            base = int(head[:9])
            if not 2 <= base <= 64:
                raise self.problem("invalid arithmetic base", self.start)
            if not digits:
                raise self.problem("invalid integer constant", self.start)
        elif token[:2] in {"0x", "0X"}:
            base, digits = 16, token[2:]
        elif token.startswith("0") and len(token) > 1:
            base, digits = 8, token[1:]
        value = 0
        for char in digits:
            value = wrap(value * base + self.digit(char, base))
        return value

    def digit(self, char: str, base: int) -> int:
        if char.isdecimal():
            value = ord(char) - 48
        elif "a" <= char <= "z":
            value = ord(char) - 87
        elif "A" <= char <= "Z":
            value = ord(char) - (55 if base <= 36 else 29)
        else:
            value = 62 if char == "@" else 63
        if value >= base:
            raise self.problem("value too great for base", self.start)
        return value


@lru_cache(maxsize=2048)
def _tree(text: str) -> Tree:
    if len(text) > 16_384:
        raise ArithmeticProblem("arithmetic expression is too long")
    return _Reader(text).whole()


def evaluate(text: str, scope: Scope, depth: int = 0) -> int:
    """Return the value of the expression *text*; an empty one is 0.

    Raises:
        ArithmeticProblem: if it is no expression, divides by 0, or goes too deep.
    """
    plain = _PLAIN.match(text)
    if plain is not None:
        return -int(plain[2]) if plain[1] else int(plain[2])
    if depth > MAX_DEPTH:
        raise ArithmeticProblem(
            f'{text}: expression recursion level exceeded (error token is "{text}")'
        )
    try:
        return _value(_tree(text), scope, depth)
    except RecursionError:
        raise ArithmeticProblem("arithmetic expression is nested too deep") from None


def _value(tree: Tree, scope: Scope, depth: int) -> int:
    kind = tree[0]
    if kind == "num":
        return int(tree[1])
    if kind == "var":
        text = scope.number(tree[1], tree[2])
        return evaluate(text, scope, depth + 1) if text else 0
    if kind == "bin":
        return _binary(tree, scope, depth)
    if kind == "assign":
        _, target, sign, source, at, text = tree
        value = _value(source, scope, depth)
        if sign:
            value = _apply(sign, _value(target, scope, depth), value, at, text)
        scope.store(target[1], target[2], value)
        return value
    if kind in {"pre", "post"}:
        _, sign, target = tree
        old = _value(target, scope, depth)
        new = wrap(old + 1 if sign == "+" else old - 1)
        scope.store(target[1], target[2], new)
        return new if kind == "pre" else old
    if kind == "un":
        value = _value(tree[2], scope, depth)
        sign = tree[1]
        if sign == "!":
            return int(not value)
        return wrap(-value) if sign == "-" else ~value if sign == "~" else value
    if kind == "cond":
        return _value(tree[2] if _value(tree[1], scope, depth) else tree[3], scope, depth)
    _value(tree[1], scope, depth)
    return _value(tree[2], scope, depth)


def _binary(tree: Tree, scope: Scope, depth: int) -> int:
    _, sign, left, right, at, text = tree
    if sign == "&&":
        return int(bool(_value(left, scope, depth)) and bool(_value(right, scope, depth)))
    if sign == "||":
        return int(bool(_value(left, scope, depth)) or bool(_value(right, scope, depth)))
    return _apply(sign, _value(left, scope, depth), _value(right, scope, depth), at, text)


def _apply(sign: str, a: int, b: int, at: int, text: str) -> int:
    match sign:
        case "+":
            return wrap(a + b)
        case "-":
            return wrap(a - b)
        case "*":
            return wrap(a * b)
        case "/" | "%":
            if b == 0:
                raise _failed(text, "division by 0", at)
            quotient = abs(a) // abs(b)
            quotient = quotient if (a < 0) == (b < 0) else -quotient
            return wrap(quotient if sign == "/" else a - b * quotient)
        case "**":
            if b < 0:
                raise _failed(text, "exponent less than 0", at)
            return wrap(pow(a, b, _SPAN))
        case "<<":
            return wrap(a << (b & 63))
        case ">>":
            return a >> (b & 63)
        case "&":
            return a & b
        case "|":
            return a | b
        case "^":
            return a ^ b
        case "==":
            return int(a == b)
        case "!=":
            return int(a != b)
        case "<":
            return int(a < b)
        case "<=":
            return int(a <= b)
        case ">":
            return int(a > b)
        case _:
            return int(a >= b)


def _failed(text: str, what: str, at: int) -> ArithmeticProblem:
    return ArithmeticProblem(f'{text.lstrip()}: {what} (error token is "{text[at:]}")')
