"""`bc`: a calculator with numbers as long as they come, `scale`, variables and a few functions."""

from __future__ import annotations

import re
from decimal import (
    ROUND_DOWN,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)

from sim.bash.process import Proc, Running
from sim.bash.tools.inputs import all_text
from sim.bash.tools.options import read_options, tool

_TOKEN = re.compile(
    r"(?P<space>[ \t]+|\\\n|/\*.*?\*/|#[^\n]*)|(?P<number>[0-9A-F]+\.?[0-9A-F]*|\.[0-9A-F]+)"
    r"|(?P<name>[a-z][a-z0-9_]*)|(?P<text>\"[^\"]*\")"
    r"|(?P<sign>\+\+|--|[-+*/%^]=|[<>=!]=|&&|\|\||[-+*/%^=<>!(),;\n{}])",
    re.DOTALL,
)
_MOST_DIGITS = 4000
_EXACT = Context(
    prec=_MOST_DIGITS + 50, rounding=ROUND_DOWN, traps=[InvalidOperation, DivisionByZero, Overflow]
)
_WORDS = {"if", "while", "for", "define", "auto", "return", "break", "read", "array", "else"}


class _Problem(Exception):  # noqa: N818 - a line for standard error
    pass


class _Quit(Exception):  # noqa: N818 - `quit` was met
    pass


def _places(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _cut(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_DOWN, context=_EXACT)


class _Calculator:
    def __init__(self, proc: Proc, *, library: bool) -> None:
        self.proc = proc
        self.library = library
        self.variables: dict[str, Decimal] = {
            "scale": Decimal(20 if library else 0), "ibase": Decimal(10), "obase": Decimal(10),
            "last": Decimal(0),
        }  # fmt: skip
        self.tokens: list[tuple[str, str]] = []
        self.at = 0
        self.line = 1

    def run(self, text: str) -> None:
        """Work through statements; a wrong one is told and the next line goes on."""
        for number, source in enumerate(text.split("\n"), 1):
            self.line = number
            try:
                self.tokens, self.at = self._split(source), 0
                self._statements()
            except _Problem as problem:
                self.proc.stderr.write(f"{problem}\n")
            except RecursionError:
                self.proc.stderr.write(f"(standard_in) {number}: syntax error\n")
            except (InvalidOperation, Overflow, Inexact):
                self.proc.stderr.write("Runtime error (func=(main), adr=0): number too long\n")

    def _wrong(self) -> _Problem:
        return _Problem(f"(standard_in) {self.line}: syntax error")

    def _split(self, source: str) -> list[tuple[str, str]]:
        out: list[tuple[str, str]] = []
        at = 0
        while at < len(source):
            match = _TOKEN.match(source, at)
            if match is None:
                raise _Problem(f"(standard_in) {self.line}: illegal character: {source[at]}")
            at = match.end()
            kind = match.lastgroup or ""
            if kind != "space":
                out.append((kind, match[0]))
        return out

    def _peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def _take(self, sign: str) -> None:
        if self._peek() != sign:
            raise self._wrong()
        self.at += 1

    def _statements(self) -> None:
        while self.at < len(self.tokens):
            if self._peek() == ";":
                self.at += 1
                continue
            kind, text = self.tokens[self.at]
            if text in {"quit", "halt"}:
                raise _Quit
            if text in _WORDS or text in "{}":
                raise _Problem(f"bc: {text}: not supported in this simulator")
            if kind == "text":
                self.at += 1
                self.proc.stdout.write(text[1:-1])
            else:
                assigns = kind == "name" and self.at + 1 < len(self.tokens) and (
                    self.tokens[self.at + 1][1] in {"=", "+=", "-=", "*=", "/=", "%=", "^="}
                )  # fmt: skip
                value = self._expression()
                if not assigns:
                    self.variables["last"] = value
                    self._print(value)
            if self.at < len(self.tokens):
                self._take(";")

    def _print(self, value: Decimal) -> None:
        base = int(self.variables["obase"])
        text = _decimal(value) if base == 10 else _in_base(value, base)
        lines = [text[at : at + 68] for at in range(0, len(text), 68)] if len(text) > 69 else [text]
        self.proc.print("\\\n".join(lines))

    # -- expressions, by rising strength -------------------------------------------------------

    def _expression(self) -> Decimal:
        self.proc.charge(100)
        value = self._and()
        while self._peek() == "||":
            self.at += 1
            right = self._and()
            value = Decimal(int(bool(value) or bool(right)))
        return value

    def _and(self) -> Decimal:
        value = self._not()
        while self._peek() == "&&":
            self.at += 1
            right = self._not()
            value = Decimal(int(bool(value) and bool(right)))
        return value

    def _not(self) -> Decimal:
        if self._peek() == "!":
            self.at += 1
            return Decimal(int(not self._not()))
        return self._relation()

    def _relation(self) -> Decimal:
        value = self._assignment()
        while (sign := self._peek()) in {"<", "<=", ">", ">=", "==", "!="}:
            self.at += 1
            right = self._assignment()
            order = {"<": value < right, "<=": value <= right, ">": value > right,
                     ">=": value >= right, "==": value == right, "!=": value != right}  # fmt: skip
            value = Decimal(int(order[sign]))
        return value

    def _assignment(self) -> Decimal:
        if self.at + 1 < len(self.tokens) and self.tokens[self.at][0] == "name":
            name, sign = self._peek(), self.tokens[self.at + 1][1]
            if sign in {"=", "+=", "-=", "*=", "/=", "%=", "^="}:
                self.at += 2
                value = self._assignment()
                if sign != "=":
                    value = self._applied(sign[0], self.variables.get(name, Decimal(0)), value)
                self._assign(name, value)
                return value
        return self._sum()

    def _assign(self, name: str, value: Decimal) -> None:
        if name == "scale":
            value = max(Decimal(0), min(value // 1, Decimal(1000)))
        elif name == "ibase":
            value = max(Decimal(2), min(value // 1, Decimal(16)))
        elif name == "obase":
            value = max(Decimal(2), min(value // 1, Decimal(10_000)))
        if len(self.variables) < 1000:
            self.variables[name] = value

    def _sum(self) -> Decimal:
        value = self._product()
        while (sign := self._peek()) in {"+", "-"}:
            self.at += 1
            value = self._applied(sign, value, self._product())
        return value

    def _product(self) -> Decimal:
        value = self._power()
        while (sign := self._peek()) in {"*", "/", "%"}:
            self.at += 1
            value = self._applied(sign, value, self._power())
        return value

    def _power(self) -> Decimal:
        if self._peek() == "-":
            self.at += 1
            return _EXACT.minus(self._power())
        value = self._primary()
        if self._peek() == "^":
            self.at += 1
            value = self._applied("^", value, self._power())
        return value

    def _primary(self) -> Decimal:
        if self.at >= len(self.tokens):
            raise self._wrong()
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return self._read(text)
        if text == "(":
            value = self._expression()
            self._take(")")
            return value
        if (
            text in {"++", "--"}
            and self.at < len(self.tokens)
            and self.tokens[self.at][0] == "name"
        ):
            name = self._peek()
            self.at += 1
            self._assign(name, self.variables.get(name, Decimal(0)) + (1 if text == "++" else -1))
            return self.variables[name]
        if kind != "name":
            raise self._wrong()
        if self._peek() == "(":
            self.at += 1
            value = self._expression()
            self._take(")")
            return self._called(text, value)
        value = self.variables.get(text, Decimal(0))
        if self._peek() in {"++", "--"}:
            self._assign(text, value + (1 if self._peek() == "++" else -1))
            self.at += 1
        return value

    def _read(self, text: str) -> Decimal:
        base = int(self.variables["ibase"])
        whole, _, part = text.partition(".")
        if len(text) > _MOST_DIGITS:
            raise _Problem("Runtime error (func=(main), adr=0): number too long")
        if base == 10:
            digits = "".join(str(min(int(char, 16), 9)) for char in whole) or "0"
            below = "".join(str(min(int(char, 16), 9)) for char in part)
            return Decimal(f"{digits}.{below}" if part else digits)
        most = base - 1 if len(whole) > 1 else 15
        value = Decimal(0)
        for char in whole:
            value = value * base + min(int(char, 16), most)
        below_value, unit = Decimal(0), Decimal(1)
        for char in part:
            unit *= base
            below_value += _EXACT.divide(Decimal(min(int(char, 16), most)), unit)
        return value + _cut(below_value, len(part)) if part else value

    def _applied(self, sign: str, left: Decimal, right: Decimal) -> Decimal:
        scale = int(self.variables["scale"])
        self.proc.charge(50 + len(left.as_tuple().digits) + len(right.as_tuple().digits))
        match sign:
            case "+":
                return _EXACT.add(left, right)
            case "-":
                return _EXACT.subtract(left, right)
            case "*":
                a, b = _places(left), _places(right)
                return _cut(_EXACT.multiply(left, right), min(a + b, max(scale, a, b)))
        if sign in "/%":
            if not right:
                what = "Divide by zero" if sign == "/" else "Modulo by zero"
                raise _Problem(f"Runtime error (func=(main), adr={self.at}): {what}")
            quotient = _cut(_EXACT.divide(left, right), scale)
            if sign == "/":
                return quotient
            places = max(scale + _places(right), _places(left))
            return _cut(_EXACT.subtract(left, _EXACT.multiply(quotient, right)), places)
        power = int(right)
        if abs(power) > 100_000 or len(left.as_tuple().digits) * abs(power) > _MOST_DIGITS:
            raise _Problem("bc: power: more digits than this simulator holds")
        self.proc.charge(10 * abs(power))
        if power < 0:
            if not left:
                raise _Problem(f"Runtime error (func=(main), adr={self.at}): Divide by zero")
            return _cut(_EXACT.divide(Decimal(1), _EXACT.power(left, -power)), scale)
        places = min(_places(left) * power, max(scale, _places(left)))
        return _cut(_EXACT.power(left, power), places) if power else Decimal(1)

    def _called(self, name: str, value: Decimal) -> Decimal:
        scale = int(self.variables["scale"])
        if name == "sqrt":
            if value < 0:
                raise _Problem(
                    f"Runtime error (func=(main), adr={self.at}): Square root of a negative number"
                )
            self.proc.charge(20 * scale + 500)
            wide = Context(prec=len(value.as_tuple().digits) + scale + 30, rounding=ROUND_DOWN)
            return _cut(wide.sqrt(value), max(scale, _places(value)))
        if name == "length":
            return Decimal(len(value.as_tuple().digits))
        if name == "scale":
            return Decimal(_places(value))
        if self.library and name in "sclea":
            raise _Problem(f"bc: {name}(): not supported in this simulator")
        raise _Problem(f"Runtime error (func=(main), adr={self.at}): Function {name} not defined.")


def _decimal(value: Decimal) -> str:
    if not value:
        return "0"
    text = f"{value:f}"
    return re.sub(r"^(-?)0\.", r"\1.", text)


def _in_base(value: Decimal, base: int) -> str:
    sign = "-" if value < 0 else ""
    whole = int(abs(value))
    digits: list[int] = []
    while whole:
        whole, digit = divmod(whole, base)
        digits.append(digit)
    if base > 16:
        width = len(str(base - 1))
        return sign + "".join(f" {digit:0{width}}" for digit in digits[::-1] or [0])
    text = "".join("0123456789ABCDEF"[digit] for digit in digits[::-1])
    part = abs(value) - int(abs(value))
    places = _places(value)
    below = ""
    unit = Decimal(1)
    while places and unit < Decimal(10) ** places:
        part = _EXACT.multiply(part, Decimal(base))
        below += "0123456789ABCDEF"[int(part)]
        part -= int(part)
        unit *= base
    return sign + (text or ("" if below else "0")) + (f".{below}" if below else "")


@tool(usage="[options] [file ...]", package="bc 1.07.1")
def bc(proc: Proc) -> Running:
    """Calculate: numbers of any length, scale, ibase, obase, variables, sqrt, comparisons."""
    options = read_options(proc.argv, "lqsiw", "", {"mathlib": "l", "quiet": "q", "standard": "s"})
    code, texts = yield from all_text(proc, [*options.operands, "-"] if options.operands else [])
    calculator = _Calculator(proc, library="l" in options)
    try:
        for _, text in texts:
            calculator.run(text)
    except _Quit:
        return code
    return code
