"""From the tree of expressions to code."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from sim.bash.regex import Regex
from sim.bash.tools.awk.code import Code, apply, constant, value_of
from sim.bash.tools.awk.machine import Array, Machine
from sim.bash.tools.awk.regexes import literal, regex_of
from sim.bash.tools.awk.syntax import (
    Assign,
    Binary,
    BuiltIn,
    Call,
    Choice,
    FieldOf,
    Function,
    GetLine,
    Group,
    Index,
    Name,
    Node,
    Number,
    Program,
    RegexLiteral,
    Step,
    String,
    Unary,
    Within,
)
from sim.bash.tools.awk.tokens import AwkSyntax
from sim.bash.tools.awk.values import (
    UNSET,
    AwkProblem,
    Field,
    Value,
    compare,
    is_true,
    number,
    shown,
    whole,
)

_SPECIALS = {"NF", "FS", "FPAT", "FIELDWIDTHS"}
Put = Callable[..., None]


def _divide(machine: Machine, left: float, right: float) -> float:
    if right == 0.0:
        raise AwkProblem("division by zero attempted")
    return left / right


def _rest(machine: Machine, left: float, right: float) -> float:
    if right == 0.0:
        raise AwkProblem("division by zero attempted in `%'")
    return math.fmod(left, right) if math.isfinite(left) else math.nan


def _power(machine: Machine, left: float, right: float) -> float:
    try:
        result = left**right
    except OverflowError:
        return -math.inf if left < 0 and right % 2 == 1 else math.inf
    except ZeroDivisionError:
        return math.inf
    return -math.nan if isinstance(result, complex) else result


ARITHMETIC: dict[str, Callable[[Machine, float, float], float]] = {
    "+": lambda m, a, b: a + b,
    "-": lambda m, a, b: a - b,
    "*": lambda m, a, b: a * b,
    "/": _divide,
    "%": _rest,
    "^": _power,
}
_COMPARE: dict[str, Callable[[int], bool]] = {
    "<": lambda c: c < 0, "<=": lambda c: c <= 0, "==": lambda c: c == 0,
    "!=": lambda c: c != 0, ">": lambda c: c > 0, ">=": lambda c: c >= 0,
}  # fmt: skip


class Compiler(ABC):
    """Compiles the expressions of one program."""

    def __init__(self, program: Program, arrays: set[str], regexes: Callable[[str], None]) -> None:
        """Compile for *program*, whose global *arrays* are known; *regexes* checks literals."""
        self.program = program
        self.arrays = arrays
        self.check = regexes
        self.function: Function | None = None
        self.bodies: dict[str, Callable[..., Any]] = {}

    # -- names ---------------------------------------------------------------------------------

    def is_local(self, name: str) -> bool:
        """Return whether *name* is a parameter of the function at hand."""
        return self.function is not None and name in self.function.parameters

    def is_array(self, name: str) -> bool:
        """Return whether *name* is an array here."""
        if self.function is not None and self.is_local(name):
            return name in self.function.arrays
        return name in self.arrays

    def _name(self, name: str) -> Code:
        if self.is_array(name):
            raise AwkProblem(f"attempt to use array `{name}' in a scalar context")
        if name in self.program.functions:
            raise AwkSyntax(
                f"error: function `{name}' called with space between name and `(',\n"
                "or used as a variable or an array", -1,
            )  # fmt: skip
        if self.is_local(name):
            return Code(lambda machine: machine.frames[-1][name])
        if name == "NF":
            return Code(lambda machine: float(machine.record.count))
        return Code(lambda machine: machine.variables.get(name, UNSET))

    def array(self, name: str) -> Callable[[Machine], Array]:
        """Return what finds an array."""
        if name in self.program.functions:
            raise AwkProblem(f"function name `{name}' used as an array")
        if self.is_local(name):
            return lambda machine: machine.frames[-1][name]
        return lambda machine: machine.arrays.setdefault(name, {})

    def key(self, keys: tuple[Node, ...]) -> Code:
        """Return code for the subscript of an element."""
        parts = [self.expression(key) for key in keys]
        if len(parts) == 1:
            return apply(_key, parts[0])
        return apply(
            lambda machine, *values: machine.setting("SUBSEP").join(
                _key(machine, value) for value in values
            ),
            *parts,
        )

    # -- targets -------------------------------------------------------------------------------

    def target(self, target: Node) -> tuple[list[Code], Callable[..., Value], Put]:
        """Return what locates *target*, and how it is read and set there."""
        if isinstance(target, Name):
            return self._variable(target.name)
        if isinstance(target, Index):
            find = self.array(target.array)
            if self.is_local(target.array) and not self.is_array(target.array):
                raise AwkProblem(f"attempt to use scalar `{target.array}' as an array")

            def set_element(machine: Machine, value: Value, key: str) -> None:
                find(machine)[key] = value

            return (
                [self.key(target.keys)],
                lambda machine, key: find(machine).get(key, UNSET),
                set_element,
            )
        if isinstance(target, FieldOf):
            return (
                [self.expression(target.operand)],
                lambda machine, index: machine.record.get(number(index)),
                lambda machine, value, index: machine.record.set(number(index), value),
            )
        raise AwkProblem("only a variable, an element or a field can be set")

    def _variable(self, name: str) -> tuple[list[Code], Callable[..., Value], Put]:
        read = self._name(name).run
        if self.is_local(name):

            def set_local(machine: Machine, value: Value) -> None:
                machine.frames[-1][name] = value

            return [], read, set_local
        if name in _SPECIALS:
            return [], read, lambda machine, value: machine.put(name, value)

        def set_global(machine: Machine, value: Value) -> None:
            machine.variables[name] = value

        return [], read, set_global

    # -- expressions ---------------------------------------------------------------------------

    def expression(self, node: Node) -> Code:
        """Return code for *node*."""
        if isinstance(node, Number | String):
            return constant(node.value)
        if isinstance(node, Name):
            return self._name(node.name)
        if isinstance(node, FieldOf):
            return self._field(node)
        if isinstance(node, RegexLiteral):
            regex = self.regex_literal(node)
            return apply(lambda machine, found: float(found), self._fits(constant_record(), regex))
        if isinstance(node, Index):
            find = self.array(node.array)

            def element(machine: Machine, key: str) -> Value:
                return find(machine).setdefault(key, UNSET)

            return apply(element, self.key(node.keys))
        if isinstance(node, Assign):
            return self._assign(node)
        if isinstance(node, Step):
            return self._step(node)
        if isinstance(node, Unary):
            return self._unary(node)
        if isinstance(node, Binary):
            return self._binary(node)
        if isinstance(node, Choice):
            return self._choice(node)
        if isinstance(node, Within):
            find = self.array(node.array)
            return apply(lambda m, key: 1.0 if key in find(m) else 0.0, self.key(node.keys))
        if isinstance(node, Call | BuiltIn | GetLine):
            return self.called(node)
        assert isinstance(node, Group)
        return self.expression(node.items[-1])

    def _field(self, node: FieldOf) -> Code:
        if isinstance(node.operand, Number):
            index = node.operand.value
            if index == 0.0:
                return Code(lambda machine: Field(machine.record.text))
            place = whole(index) - 1
            if place < 0:
                return Code(lambda machine: machine.record.get(index))

            def fixed(machine: Machine) -> Value:
                fields = machine.record.fields
                return fields[place] if place < len(fields) else UNSET

            return Code(fixed)
        return apply(
            lambda machine, value: machine.record.get(number(value)), self.expression(node.operand)
        )

    def _assign(self, node: Assign) -> Code:
        places, read, put = self.target(node.target)
        value = self.expression(node.value)
        if not node.operator:

            def plain(machine: Machine, result: Value, *where: Any) -> Value:
                put(machine, result, *where)
                return result

            return apply(plain, value, *places)
        calculate = ARITHMETIC[node.operator]

        def compound(machine: Machine, right: Value, *where: Any) -> Value:
            result = calculate(machine, number(read(machine, *where)), number(right))
            put(machine, result, *where)
            return result

        return apply(compound, value, *places)

    def _step(self, node: Step) -> Code:
        places, read, put = self.target(node.target)
        by, after = node.by, node.after

        def step(machine: Machine, *where: Any) -> Value:
            before = number(read(machine, *where))
            put(machine, before + by, *where)
            return before if after else before + by

        if not places:
            return Code(step)
        return apply(step, *places)

    def _unary(self, node: Unary) -> Code:
        operand = self.expression(node.operand)
        if node.sign == "!":
            return apply(lambda machine, value: 0.0 if is_true(value) else 1.0, operand)
        if node.sign == "-":
            return apply(lambda machine, value: -number(value) + 0.0, operand)
        return apply(lambda machine, value: number(value), operand)

    def _binary(self, node: Binary) -> Code:
        sign = node.sign
        if sign in {"&&", "||"}:
            return self._logic(node)
        if sign in {"~", "!~"}:
            wanted = sign == "~"
            fits = self._fits(self.expression(node.left), self.regex(node.right))
            return apply(lambda machine, found: 1.0 if found == wanted else 0.0, fits)
        left, right = self.expression(node.left), self.expression(node.right)
        if sign in ARITHMETIC:
            calculate = ARITHMETIC[sign]
            return apply(lambda m, a, b: calculate(m, number(a), number(b)), left, right)
        if sign in _COMPARE:
            holds = _COMPARE[sign]
            return apply(
                lambda m, a, b: 1.0 if holds(compare(a, b, m.variables["CONVFMT"])) else 0.0,
                left,
                right,
            )
        return apply(_joined, left, right)

    def _logic(self, node: Binary) -> Code:
        left, right = self.expression(node.left), self.expression(node.right)
        stops = node.sign == "||"
        if not (left.waits or right.waits):

            def logic(machine: Machine) -> Value:
                if is_true(left.run(machine)) == stops:
                    return float(stops)
                return float(is_true(right.run(machine)))

            return Code(logic)

        def waiting(machine: Machine) -> Any:
            if is_true((yield from value_of(left, machine))) == stops:
                return float(stops)
            return float(is_true((yield from value_of(right, machine))))

        return Code(waiting, True)

    def _choice(self, node: Choice) -> Code:
        condition = self.expression(node.condition)
        then, otherwise = self.expression(node.then), self.expression(node.otherwise)
        if not (condition.waits or then.waits or otherwise.waits):
            return Code(
                lambda machine: (
                    then.run(machine) if is_true(condition.run(machine)) else otherwise.run(machine)
                )
            )

        def waiting(machine: Machine) -> Any:
            holds = is_true((yield from value_of(condition, machine)))
            return (yield from value_of(then if holds else otherwise, machine))

        return Code(waiting, True)

    # -- regular expressions -------------------------------------------------------------------

    def regex_literal(self, node: RegexLiteral) -> Code:
        """Return code for `/.../`; raises AwkSyntax."""
        self.check(node.source)
        source = node.source
        fixed = regex_of(source)
        return Code(lambda m: regex_of(source, ignore_case=True) if m.ignores_case else fixed)

    def regex(self, node: Node) -> Code:
        """Return code that gives a compiled regular expression."""
        if isinstance(node, RegexLiteral):
            return self.regex_literal(node)
        return apply(
            lambda machine, value: regex_of(machine.text(value), machine.ignores_case),
            self.expression(node),
        )

    def _fits(self, operand: Code, regex: Code) -> Code:
        def fits(machine: Machine, value: Value, one: Regex) -> bool:
            text = machine.text(value)
            machine.charge(4 + (len(text) >> 2) * one.weight)
            return one.fits(text)

        return apply(fits, operand, regex)

    # -- what is in another file ----------------------------------------------------------

    @abstractmethod
    def called(self, node: Call | BuiltIn | GetLine) -> Code:
        """Return code for a function or `getline`; see `CallCompiler`."""


def constant_record() -> Code:
    """Return code that gives `$0`."""
    return Code(lambda machine: machine.record.text)


def _key(machine: Machine, value: Value) -> str:
    if value.__class__ is float:
        return shown(value, machine.variables["CONVFMT"])  # type: ignore[arg-type]
    return str(value)


def _joined(machine: Machine, left: Value, right: Value) -> str:
    result = machine.text(left) + machine.text(right)
    if len(result) > 256:
        machine.charge(len(result) >> 3)
    return result


__all__ = ["Compiler", "literal"]
