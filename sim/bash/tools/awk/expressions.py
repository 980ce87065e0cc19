"""Expressions of awk, from the loosest operator to the tightest."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sim.bash.tools.awk.syntax import (
    Assign,
    Binary,
    BuiltIn,
    Call,
    Choice,
    FieldOf,
    GetLine,
    Group,
    Index,
    Name,
    Node,
    Number,
    RegexLiteral,
    Step,
    String,
    Unary,
    Within,
)
from sim.bash.tools.awk.tokens import AwkSyntax, Token, read_tokens

_ASSIGNS = {"=": "", "+=": "+", "-=": "-", "*=": "*", "/=": "/", "%=": "%", "^=": "^", "**=": "^"}
_COMPARES = {"<", "<=", "==", "!=", ">", ">="}
_COUNTS = {
    "length": (0, 1), "substr": (2, 3), "index": (2, 2), "split": (2, 4), "sub": (2, 3),
    "gsub": (2, 3), "gensub": (3, 4), "match": (2, 3), "tolower": (1, 1), "toupper": (1, 1),
    "sprintf": (1, 9999), "int": (1, 1), "sqrt": (1, 1), "exp": (1, 1), "log": (1, 1),
    "sin": (1, 1), "cos": (1, 1), "atan2": (2, 2), "rand": (0, 0), "srand": (0, 1),
    "strftime": (0, 3), "systime": (0, 0), "mktime": (1, 2), "system": (1, 1), "asort": (1, 3),
    "asorti": (1, 3), "close": (1, 2), "fflush": (0, 1), "and": (2, 99), "or": (2, 99),
    "xor": (2, 99), "lshift": (2, 2), "rshift": (2, 2), "compl": (1, 1), "strtonum": (1, 1),
    "patsplit": (2, 4), "isarray": (1, 1), "typeof": (1, 1),
}  # fmt: skip
_DEPTH = 60
_Read = TypeVar("_Read")


class ExpressionReader:
    """Reads expressions from tokens; `waits` becomes True when one may have to wait."""

    def __init__(self, source: str, warnings: list[str]) -> None:
        """Begin with *source*; raises AwkSyntax."""
        self.tokens = read_tokens(source, warnings)
        self.at = 0
        self.waits = False
        self._depth = 0
        self._parens = 0

    @property
    def here(self) -> Token:
        """The token at hand."""
        return self.tokens[self.at]

    def at_sign(self, sign: str) -> bool:
        """Return whether *sign* stands here."""
        return self.here.kind == "sign" and self.here.text == sign

    def take(self, text: str) -> bool:
        """Step over a sign or word if it stands here."""
        if self.here.kind in {"sign", "word"} and self.here.text == text:
            self.at += 1
            return True
        return False

    def need(self, sign: str) -> None:
        """Step over *sign*, which must stand here."""
        if not self.take(sign):
            raise self.wrong()

    def wrong(self) -> AwkSyntax:
        """Return what is said of a token that may not stand here."""
        ends = self.here.kind in {"end", "newline"}
        told = "unexpected newline or end of string" if ends else "syntax error"
        return AwkSyntax(told, self.here.at)

    def skip_newlines(self) -> None:
        """Step over newlines, where a line may be broken."""
        while self.here.kind == "newline":
            self.at += 1

    def deeper(self, read: Callable[[], _Read]) -> _Read:
        """Read something inside of something; raises AwkSyntax when that is too deep."""
        self._depth += 1
        if self._depth > _DEPTH:
            raise AwkSyntax("fatal: the program is nested too deep for this simulator", -1)
        try:
            return read()
        finally:
            self._depth -= 1

    # -- from loose to tight -------------------------------------------------------------------

    def expression(self, *, bare: bool = False) -> Node:
        """Read an expression; *bare* in `print`, where `>` is no comparison."""
        return self.deeper(lambda: self._ternary(bare))

    def _assigned(self, target: Node, bare: bool) -> Node | None:
        if self.here.kind == "sign" and self.here.text in _ASSIGNS and _is_target(target):
            operator = _ASSIGNS[self.here.text]
            self.at += 1
            self.skip_newlines()
            return Assign(target, operator, self.expression(bare=bare))
        return None

    def _ternary(self, bare: bool) -> Node:
        condition = self._or(bare)
        assigned = self._assigned(condition, bare)
        if assigned is not None:
            return assigned
        if not self.take("?"):
            return condition
        self.skip_newlines()
        then = self.expression(bare=bare)
        self.skip_newlines()
        self.need(":")
        self.skip_newlines()
        return Choice(condition, then, self.expression(bare=bare))

    def _or(self, bare: bool) -> Node:
        left = self._and(bare)
        while self.take("||"):
            self.skip_newlines()
            left = Binary("||", left, self._and(bare))
        return left

    def _and(self, bare: bool) -> Node:
        left = self._in(bare)
        while self.take("&&"):
            self.skip_newlines()
            left = Binary("&&", left, self._in(bare))
        return left

    def _in(self, bare: bool) -> Node:
        left = self._match(bare)
        while self.here.kind == "word" and self.here.text == "in":
            self.at += 1
            if self.here.kind != "name":
                raise self.wrong()
            keys = left.items if isinstance(left, Group) else (left,)
            left = Within(keys, self.here.text)
            self.at += 1
        if isinstance(left, Group):
            raise self.wrong()
        return left

    def _match(self, bare: bool) -> Node:
        left = self._compare(bare)
        while self.here.kind == "sign" and self.here.text in {"~", "!~"}:
            sign = self.here.text
            self.at += 1
            left = Binary(sign, left, self._compare(bare))
        return left

    def _compare(self, bare: bool) -> Node:
        left = self.concatenation()
        while self.at_sign("|") and self.tokens[self.at + 1].text == "getline":
            self.at += 2
            self.waits = True
            left = GetLine("|", left, self._optional_target())
        if self.at_sign("|&"):
            raise AwkSyntax("fatal: `|&' is not supported in this simulator", -1)
        sign = self.here.text
        if self.here.kind == "sign" and sign in _COMPARES and not (bare and sign == ">"):
            self.at += 1
            left = Binary(sign, left, self.concatenation())
            while self.at_sign("|") and self.tokens[self.at + 1].text == "getline":
                self.at += 2
                self.waits = True
                left = GetLine("|", left, self._optional_target())
        return left

    def concatenation(self, *, plain: bool = False) -> Node:
        """Read operands that stand side by side; *plain* is the target of an output."""
        left = self._sum()
        while self._begins_operand() and not (plain and self.here.kind == "newline"):
            left = Binary("", left, self._sum())
        return left

    def _begins_operand(self) -> bool:
        token = self.here
        if token.kind in {"number", "string", "name", "call", "builtin", "regex"}:
            return True
        if token.kind == "word":
            return False
        return (
            token.kind == "sign"
            and token.text in {"$", "(", "!", "++", "--", "-", "+"}
            and token.text not in {"-", "+"}
        )

    def _sum(self) -> Node:
        left = self._product()
        while self.here.kind == "sign" and self.here.text in {"+", "-"}:
            sign = self.here.text
            self.at += 1
            left = Binary(sign, left, self._product())
        return left

    def _product(self) -> Node:
        left = self.unary()
        while self.here.kind == "sign" and self.here.text in {"*", "/", "%"}:
            sign = self.here.text
            self.at += 1
            right = self.unary()
            if sign != "*" and right == Number(0.0):
                rest = " in `%'" if sign == "%" else ""
                raise AwkSyntax(f"error: division by zero attempted{rest}", -1)
            left = Binary(sign, left, right)
        return left

    def unary(self) -> Node:
        """Read an operand with its signs."""
        if self.here.kind == "sign" and self.here.text in {"!", "-", "+"}:
            sign = self.here.text
            self.at += 1
            operand = self.deeper(self.unary)
            if sign == "!":
                assigned = self._assigned(operand, False)
                operand = assigned or operand
            return Unary(sign, operand)
        return self._power()

    def _power(self) -> Node:
        left = self._postfix()
        if self.here.kind == "sign" and self.here.text in {"^", "**"}:
            self.at += 1
            # It binds tighter than a sign before it and is read from the right.
            right = self.deeper(self.unary)
            return Binary("^", left, right)
        return left

    def _postfix(self) -> Node:
        if self.here.kind == "sign" and self.here.text in {"++", "--"}:
            by = 1.0 if self.here.text == "++" else -1.0
            self.at += 1
            target = self.lvalue()
            return Step(target, by, after=False)
        node = self.primary()
        if _is_target(node) and self.here.kind == "sign" and self.here.text in {"++", "--"}:
            by = 1.0 if self.here.text == "++" else -1.0
            self.at += 1
            return Step(node, by, after=True)
        return node

    def lvalue(self) -> Node:
        """Read a variable, an element or a field."""
        node = self.primary()
        if not _is_target(node):
            raise self.wrong()
        return node

    def primary(self) -> Node:
        """Read a literal, a name, a call, a field or something in parentheses."""
        token = self.here
        if token.kind == "sign":
            return self._signed(token)
        self.at += 1
        if token.kind == "number":
            hexadecimal = token.text[:2] in {"0x", "0X"}
            return Number(float(int(token.text, 16) if hexadecimal else float(token.text)))
        if token.kind == "string":
            return String(token.text)
        if token.kind == "regex":
            return RegexLiteral(token.text, token.at)
        if token.kind == "name":
            if self.at_sign("["):
                self.at += 1
                keys = self._list("]")
                if self.at_sign("["):
                    raise AwkSyntax(
                        "fatal: arrays of arrays are not supported in this simulator", -1
                    )
                return Index(token.text, keys)
            return Name(token.text)
        if token.kind == "call":
            self.need("(")
            return Call(token.text, self._list(")"), token.at)
        if token.kind == "builtin":
            return self._builtin(token)
        if token.kind == "word" and token.text == "getline":
            return self._getline()
        self.at -= 1
        raise self.wrong()

    def _signed(self, token: Token) -> Node:
        self.at += 1
        if token.text == "$":
            if self.here.kind == "sign" and self.here.text in {"++", "--", "-", "+", "!"}:
                inner = self._postfix() if self.here.text in {"++", "--"} else self.unary()
                return FieldOf(inner)
            return FieldOf(self.deeper(self.primary))
        if token.text == "(":
            items = self._list(")")
            if not items:
                self.at -= 1
                raise self.wrong()
            if len(items) > 1:
                return Group(items)
            # A choice of its own keeps `(a) = 1` from being taken for an assignment.
            return items[0] if not _is_target(items[0]) else Group(items).items[0]
        if token.text == "@":
            raise AwkSyntax("fatal: `@' is not supported in this simulator", -1)
        self.at -= 1
        raise self.wrong()

    def _list(self, close: str) -> tuple[Node, ...]:
        self.skip_newlines()
        if self.take(close):
            return ()
        items = [self.expression()]
        self.skip_newlines()
        while self.take(","):
            self.skip_newlines()
            items.append(self.expression())
            self.skip_newlines()
        self.need(close)
        return tuple(items)

    def _builtin(self, token: Token) -> Node:
        name = token.text
        if name in {"system", "close"}:
            self.waits = True
        if not self.at_sign("("):
            if name == "length":
                return BuiltIn(name, (), token.at)
            raise self.wrong()
        self.at += 1
        arguments = self._list(")")
        least, most = _COUNTS[name]
        if not least <= len(arguments) <= most:
            at = self.tokens[self.at - 1].at
            raise AwkSyntax(f"{len(arguments)} is invalid as number of arguments for {name}", at)
        return BuiltIn(name, arguments, token.at)

    def _optional_target(self) -> Node | None:
        token = self.here
        if token.kind == "name" or (token.kind == "sign" and token.text == "$"):
            return self.lvalue()
        return None

    def _getline(self) -> Node:
        self.waits = True
        target = self._optional_target()
        if self.take("<"):
            return GetLine("<", self.primary(), target)
        return GetLine("", None, target)


def _is_target(node: Node) -> bool:
    return isinstance(node, Name | Index | FieldOf)
