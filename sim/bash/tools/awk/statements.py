"""From the tree of statements to code; each turn of a loop is counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.bash.tools.awk.calls import CallCompiler
from sim.bash.tools.awk.code import Code, apply, value_of
from sim.bash.tools.awk.machine import (
    TURN_UNITS,
    BreakLoop,
    ContinueLoop,
    ExitProgram,
    Machine,
    NextFile,
    NextRecord,
    ReturnValue,
)
from sim.bash.tools.awk.syntax import (
    Block,
    Delete,
    Each,
    Evaluate,
    Function,
    If,
    Leave,
    Loop,
    Print,
    RegexLiteral,
    Rule,
    Statement,
    Switch,
)
from sim.bash.tools.awk.values import UNSET, Value, compare, formatted, is_true, number, whole

_LEAVES = {"break": BreakLoop, "continue": ContinueLoop, "next": NextRecord, "nextfile": NextFile}
_DEEPEST = 200
"""Calls of functions inside of each other."""


class StatementCompiler(CallCompiler):
    """Compiles statements, functions and rules."""

    def functions(self) -> None:
        """Compile the bodies of all functions."""
        for function in self.program.functions.values():
            self.function = function
            self.bodies[function.name] = self._body(function, self.statement(function.body))
            self.function = None

    def _body(self, function: Function, body: Code) -> Callable[..., Any]:
        def frame(machine: Machine, values: tuple[Any, ...]) -> dict[str, Any]:
            machine.charge(TURN_UNITS)
            if len(machine.frames) > _DEEPEST:
                raise RecursionError
            made: dict[str, Any] = {}
            for index, name in enumerate(function.parameters):
                if index < len(values):
                    made[name] = values[index]
                else:
                    made[name] = {} if name in function.arrays else UNSET
            return made

        def call(machine: Machine, *values: Any) -> Value:
            machine.frames.append(frame(machine, values))
            try:
                body.run(machine)
            except ReturnValue as returned:
                return returned.value
            finally:
                machine.frames.pop()
            return UNSET

        def waiting(machine: Machine, *values: Any) -> Any:
            machine.frames.append(frame(machine, values))
            try:
                yield from value_of(body, machine)
            except ReturnValue as returned:
                return returned.value
            finally:
                machine.frames.pop()
            return UNSET

        return waiting if self.program.waits else call

    def statement(self, node: Statement) -> Code:
        """Return code for a statement."""
        if isinstance(node, Evaluate):
            return self.expression(node.expression)
        if isinstance(node, Print):
            return self._print(node)
        if isinstance(node, Block):
            return _sequence([self.statement(one) for one in node.body])
        if isinstance(node, If):
            return self._if(node)
        if isinstance(node, Loop):
            return self._loop(node)
        if isinstance(node, Each):
            return self._each(node)
        if isinstance(node, Switch):
            return self._switch(node)
        if isinstance(node, Delete):
            return self._delete(node)
        return self._leave(node)

    def _print(self, node: Print) -> Code:
        parts = [self.expression(item) for item in node.items]
        if node.formatted:

            def make(machine: Machine, form: Value, *values: Value) -> str:
                text = formatted(machine.text(form), list(values), machine.setting("CONVFMT"))
                machine.charge(len(text) >> 2)
                return text

            text = apply(make, *parts)
        elif not parts:
            text = Code(lambda machine: machine.record.text + machine.setting("ORS"))
        else:

            def joined(machine: Machine, *values: Value) -> str:
                shown = machine.printed
                if len(values) == 1:
                    return shown(values[0]) + machine.setting("ORS")
                joint = machine.setting("OFS")
                return joint.join([shown(value) for value in values]) + machine.setting("ORS")

            text = apply(joined, *parts)
        if node.target is None:
            return apply(lambda machine, one: machine.outputs.print(one), text)
        redirect = node.redirect
        return apply(
            lambda machine, one, target: machine.outputs.write(
                machine, redirect, machine.text(target), one
            ),
            text,
            self.expression(node.target),
        )

    def _if(self, node: If) -> Code:
        condition, then = self.expression(node.condition), self.statement(node.then)
        otherwise = _sequence([]) if node.otherwise is None else self.statement(node.otherwise)
        if not (condition.waits or then.waits or otherwise.waits):

            def run(machine: Machine) -> None:
                if is_true(condition.run(machine)):
                    then.run(machine)
                else:
                    otherwise.run(machine)

            return Code(run)

        def waiting(machine: Machine) -> Any:
            holds = is_true((yield from value_of(condition, machine)))
            yield from value_of(then if holds else otherwise, machine)

        return Code(waiting, True)

    def _loop(self, node: Loop) -> Code:
        begin = _sequence([]) if node.begin is None else self.statement(node.begin)
        condition = Code(lambda machine: 1.0)
        if node.condition is not None:
            condition = self.expression(node.condition)
        step = _sequence([]) if node.step is None else self.statement(node.step)
        body, first = self.statement(node.body), node.first
        if not any(part.waits for part in (begin, condition, step, body)):

            def run(machine: Machine) -> None:
                begin.run(machine)
                skip = first
                while skip or is_true(condition.run(machine)):
                    skip = False
                    machine.charge(TURN_UNITS)
                    try:
                        body.run(machine)
                    except ContinueLoop:
                        pass
                    except BreakLoop:
                        return
                    step.run(machine)

            return Code(run)

        def waiting(machine: Machine) -> Any:
            yield from value_of(begin, machine)
            skip = first
            while skip or is_true((yield from value_of(condition, machine))):
                skip = False
                machine.charge(TURN_UNITS)
                try:
                    yield from value_of(body, machine)
                except ContinueLoop:
                    pass
                except BreakLoop:
                    return
                yield from value_of(step, machine)

        return Code(waiting, True)

    def _each(self, node: Each) -> Code:
        find, body = self.array(node.array), self.statement(node.body)
        _, _, put = self.target(node.key)
        if not body.waits:

            def run(machine: Machine) -> None:
                for key in machine.keys(find(machine)):
                    machine.charge(TURN_UNITS)
                    put(machine, key)
                    try:
                        body.run(machine)
                    except ContinueLoop:
                        continue
                    except BreakLoop:
                        return

            return Code(run)

        def waiting(machine: Machine) -> Any:
            for key in machine.keys(find(machine)):
                machine.charge(TURN_UNITS)
                put(machine, key)
                try:
                    yield from body.run(machine)
                except ContinueLoop:
                    continue
                except BreakLoop:
                    return

        return Code(waiting, True)

    def _switch(self, node: Switch) -> Code:
        value = self.expression(node.value)
        labels: list[tuple[Callable[[Machine, Value], bool] | None, int]] = []
        for label, place in node.labels:
            if label is None:
                labels.append((None, place))
            elif isinstance(label, RegexLiteral):
                labels.append((self._label_regex(label), place))
            else:
                labels.append((self._label(self.expression(label)), place))
        body = [self.statement(one) for one in node.body]

        def waiting(machine: Machine) -> Any:
            found = yield from value_of(value, machine)
            start: int | None = None
            for fits, place in labels:
                if fits is not None and fits(machine, found):
                    start = place
                    break
            if start is None:
                start = next((place for fits, place in labels if fits is None), len(body))
            try:
                for one in body[start:]:
                    yield from value_of(one, machine)
            except BreakLoop:
                return

        return (
            Code(waiting, True)
            if value.waits or any(one.waits for one in body)
            else _drained(waiting)
        )

    def _label(self, label: Code) -> Callable[[Machine, Value], bool]:
        return lambda machine, found: (
            compare(found, label.run(machine), machine.setting("CONVFMT")) == 0
        )

    def _label_regex(self, label: RegexLiteral) -> Callable[[Machine, Value], bool]:
        regex = self.regex_literal(label)
        return lambda machine, found: regex.run(machine).fits(machine.text(found))

    def _delete(self, node: Delete) -> Code:
        find = self.array(node.array)
        if node.keys is None:
            return Code(lambda machine: find(machine).clear())
        return apply(lambda machine, key: find(machine).pop(key, None), self.key(node.keys))

    def _leave(self, node: Leave) -> Code:
        word = node.word
        if word in _LEAVES:
            leaving = _LEAVES[word]

            def leave(machine: Machine) -> None:
                raise leaving

            return Code(leave)
        value = None if node.value is None else self.expression(node.value)
        if word == "exit":

            def leave_program(machine: Machine, code: Value | None = None) -> None:
                if code is not None:
                    machine.code = whole(number(code)) & 255
                raise ExitProgram

            return Code(leave_program) if value is None else apply(leave_program, value)

        def leave_function(machine: Machine, result: Value = UNSET) -> None:
            raise ReturnValue(result)

        return Code(leave_function) if value is None else apply(leave_function, value)

    # -- rules ---------------------------------------------------------------------------------

    def rule(self, rule: Rule) -> tuple[Code | None, Code]:
        """Return code for a rule's pattern (None: always) and for its action."""
        action = Code(
            lambda machine: machine.outputs.print(machine.record.text + machine.setting("ORS"))
        )
        if rule.action is not None:
            action = self.statement(rule.action)
        if rule.pattern is None:
            return None, action
        first = self.expression(rule.pattern)
        if rule.last is None:
            return first, action
        last = self.expression(rule.last)
        inside = [False]

        def within(machine: Machine) -> Any:
            if not inside[0] and not is_true((yield from value_of(first, machine))):
                return 0.0
            inside[0] = not is_true((yield from value_of(last, machine)))
            return 1.0

        return Code(within, True), action


def _drained(run: Callable[[Machine], Any]) -> Code:
    """Return a generator function that never yields as plain code."""

    def plain(machine: Machine) -> None:
        for _ in run(machine):
            raise AssertionError

    return Code(plain)


def _sequence(parts: list[Code]) -> Code:
    if len(parts) == 1:
        return parts[0]
    if not any(part.waits for part in parts):
        runs = [part.run for part in parts]

        def run(machine: Machine) -> None:
            for one in runs:
                one(machine)

        return Code(run)

    def waiting(machine: Machine) -> Any:
        for part in parts:
            yield from value_of(part, machine)

    return Code(waiting, True)
