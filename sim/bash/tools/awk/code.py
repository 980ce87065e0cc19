"""Pieces of a compiled program: closures over a `Machine`, some of which have to wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from sim.bash.tools.awk.machine import Machine


class Code(NamedTuple):
    """A closure; if it *waits* it is a generator function, to be called with `yield from`."""

    run: Callable[[Machine], Any]
    waits: bool = False


def constant(value: Any) -> Code:
    """Return code that gives *value*."""
    return Code(lambda machine: value)


def _values(parts: tuple[Code, ...], machine: Machine) -> Any:
    """Run *parts* in a generator; return their values."""
    values: list[Any] = []
    for part in parts:
        value = (yield from part.run(machine)) if part.waits else part.run(machine)
        values.append(value)
    return values


def apply(call: Callable[..., Any], *parts: Code) -> Code:
    """Return code that gives what *call* makes of the machine and the values of *parts*."""
    if any(part.waits for part in parts):

        def waiting(machine: Machine) -> Any:
            values = yield from _values(parts, machine)
            return call(machine, *values)

        return Code(waiting, True)
    if len(parts) == 1:
        only = parts[0].run
        return Code(lambda machine: call(machine, only(machine)))
    if len(parts) == 2:
        first, second = parts[0].run, parts[1].run
        return Code(lambda machine: call(machine, first(machine), second(machine)))
    runs = [part.run for part in parts]
    return Code(lambda machine: call(machine, *[run(machine) for run in runs]))


def apply_waiting(call: Callable[..., Any], *parts: Code) -> Code:
    """Return code like `apply`'s for a *call* that is a generator function itself."""

    def waiting(machine: Machine) -> Any:
        values = yield from _values(parts, machine)
        return (yield from call(machine, *values))

    return Code(waiting, True)


def value_of(code: Code, machine: Machine) -> Any:
    """Run *code* in a generator, whether it waits or not."""
    if code.waits:
        return (yield from code.run(machine))
    return code.run(machine)
