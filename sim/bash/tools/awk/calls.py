"""Calls in awk: functions of the program, awk's own, and `getline`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.bash.regex import Regex
from sim.bash.tools.awk import functions
from sim.bash.tools.awk.code import Code, apply, apply_waiting, constant
from sim.bash.tools.awk.compiler import Compiler, Put
from sim.bash.tools.awk.machine import Array, Machine
from sim.bash.tools.awk.syntax import (
    BuiltIn,
    Call,
    FieldOf,
    GetLine,
    Index,
    Name,
    Number,
    RegexLiteral,
)
from sim.bash.tools.awk.tokens import AwkSyntax
from sim.bash.tools.awk.values import AwkProblem, Field, Value


class CallCompiler(Compiler):
    """Compiles calls."""

    def called(self, node: Call | BuiltIn | GetLine) -> Code:
        """Return code for a function or `getline`."""
        if isinstance(node, Call):
            return self._call(node)
        if isinstance(node, BuiltIn):
            return self._builtin(node)
        return self._getline(node)

    def _call(self, node: Call) -> Code:
        function = self.program.functions.get(node.name)
        if function is None:
            raise AwkProblem(f"function `{node.name}' not defined")
        if len(node.arguments) > len(function.parameters):
            raise AwkSyntax(
                f"fatal: function `{node.name}' called with more arguments than declared", -1
            )
        parts: list[Code] = []
        for parameter, argument in zip(function.parameters, node.arguments, strict=False):
            if parameter in function.arrays:
                if not isinstance(argument, Name):
                    raise AwkProblem(f"attempt to use scalar parameter `{parameter}' as an array")
                parts.append(Code(self.array(argument.name)))
            else:
                parts.append(self.expression(argument))
        bodies, name = self.bodies, node.name

        def run(machine: Machine, *values: Any) -> Any:
            # A function may be called before its body has been read.
            return bodies[name](machine, *values)

        if self.program.waits:
            return apply_waiting(run, *parts)
        return apply(run, *parts)

    def _getline(self, node: GetLine) -> Code:
        kind = node.kind
        source = constant("") if node.source is None else self.expression(node.source)
        places: list[Code] = []
        put: Put | None = None
        if node.target is not None:
            places, _, put = self.target(node.target)

        def read(machine: Machine, name: Value, *where: Any) -> Any:
            line = yield from machine.inputs.line(machine, kind, machine.text(name))
            if isinstance(line, float):
                return line
            if put is None:
                machine.record.put(line)
            else:
                put(machine, Field(line), *where)
            return 1.0

        return apply_waiting(read, source, *places)

    def _builtin(self, node: BuiltIn) -> Code:
        name, arguments = node.name, node.arguments
        if name == "length":
            return self._length(node)
        if name in {"sub", "gsub"}:
            return self._sub(node)
        if name in {"split", "match", "asort", "asorti", "patsplit"}:
            return self._with_array(node)
        if name == "gensub":
            target = arguments[3] if len(arguments) > 3 else FieldOf(Number(0.0))
            return apply(
                lambda m, regex, by, how, text: functions.gensub(
                    m, regex, m.text(by), how, m.text(text)
                ),
                self.regex(arguments[0]),
                *(self.expression(one) for one in (*arguments[1:3], target)),
            )
        if name == "isarray":
            found = isinstance(arguments[0], Name) and self.is_array(arguments[0].name)
            return constant(float(found))
        if name == "typeof" and isinstance(arguments[0], Name) and self.is_array(arguments[0].name):
            return constant("array")
        parts = [self.expression(one) for one in arguments]
        if name == "system":
            return apply_waiting(lambda m, line: m.outputs.system(m, m.text(line)), *parts)
        if name == "close":
            return apply_waiting(lambda m, what, *_: m.outputs.close(m, m.text(what)), *parts)
        return apply(lambda machine, *values: functions.plain(machine, name, list(values)), *parts)

    def _length(self, node: BuiltIn) -> Code:
        if not node.arguments:
            return Code(lambda machine: float(len(machine.record.text)))
        only = node.arguments[0]
        if isinstance(only, Name) and self.is_array(only.name):
            find = self.array(only.name)
            return Code(lambda machine: float(len(find(machine))))
        return apply(lambda machine, value: float(len(machine.text(value))), self.expression(only))

    def _sub(self, node: BuiltIn) -> Code:
        pattern, by, *rest = node.arguments
        target = rest[0] if rest else FieldOf(Number(0.0))
        which = 1 if node.name == "sub" else 0
        regex, template = self.regex(pattern), self.expression(by)
        if not isinstance(target, Name | Index | FieldOf):
            return apply(
                lambda m, one, new, text: float(
                    functions.substitute(m, one, m.text(new), m.text(text), which=which)[1]
                ),
                regex, template, self.expression(target),
            )  # fmt: skip
        places, read, put = self.target(target)

        def replace(machine: Machine, one: Regex, new: Value, *where: Any) -> Value:
            text = machine.text(read(machine, *where))
            result, made = functions.substitute(machine, one, machine.text(new), text, which=which)
            if made:
                put(machine, result, *where)
            return float(made)

        return apply(replace, regex, template, *places)

    def _array_argument(self, node: BuiltIn, place: int) -> Callable[[Machine], Array]:
        argument = node.arguments[place]
        if not isinstance(argument, Name):
            raise AwkProblem(f"{node.name}: argument {place + 1} is not an array")
        return self.array(argument.name)

    def _with_array(self, node: BuiltIn) -> Code:
        name, arguments = node.name, node.arguments
        if name in {"asort", "asorti"}:
            source = self._array_argument(node, 0)
            target = self._array_argument(node, 1) if len(arguments) > 1 else source
            how = self.expression(arguments[2]) if len(arguments) > 2 else constant("")
            return apply(
                lambda m, order: functions.sort_array(
                    m, source(m), target(m), m.text(order), keys=name == "asorti"
                ),
                how,
            )
        text = self.expression(arguments[0])
        if name == "match":
            groups = self._array_argument(node, 2) if len(arguments) > 2 else None
            return apply(
                lambda m, value, regex: functions.match_text(
                    m, m.text(value), regex, None if groups is None else groups(m)
                ),
                text, self.regex(arguments[1]),
            )  # fmt: skip
        if name == "patsplit":
            raise AwkProblem("`patsplit' is not supported in this simulator")
        array = self._array_argument(node, 1)
        gaps = self._array_argument(node, 3) if len(arguments) > 3 else None
        if len(arguments) < 3:
            separator = Code(lambda machine: machine.setting("FS"))
        elif isinstance(arguments[2], RegexLiteral):
            separator = self.regex_literal(arguments[2])
        else:
            separator = apply(lambda m, value: m.text(value), self.expression(arguments[2]))
        return apply(
            lambda m, value, by: functions.split(
                m, m.text(value), array(m), by, None if gaps is None else gaps(m)
            ),
            text, separator,
        )  # fmt: skip
