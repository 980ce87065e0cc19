"""Assignments: `name=value`, `name+=value`, `name[i]=value`, `name=(...)`."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from sim.bash import quoting
from sim.bash.arithmetic import evaluate
from sim.bash.control import ExpansionProblem
from sim.bash.process import Running
from sim.bash.state import State
from sim.bash.syntax import Array, Assignment, Word
from sim.bash.variables import Indexed, Keyed


class Declared(str):
    """An argument of `declare`: the text `name=value`, and the assignment that it came from."""

    __slots__ = ("array", "assignment")

    assignment: Assignment
    array: list[tuple[str | int | None, str, bool]] | None


class Assigning(State):
    """A shell that carries out assignments."""

    def assignment(self, assignment: Assignment) -> Generator[simpy.Event, Any, str]:
        """Carry out one assignment; returns how `set -x` shows it."""
        name = assignment.name
        if isinstance(assignment.value, Array):
            yield from self.fill(name, assignment.value, append=assignment.append)
            return assignment.raw
        text: str = yield from self.expander.text(assignment.value, assigned=True)
        if assignment.index is not None:
            yield from self.assign_element(name, assignment.index, text, append=assignment.append)
            return assignment.raw
        if assignment.append:
            text = self.appended(name, text)
        self.assign(name, text)
        return f"{name}={quoting.if_needed(text)}" if "xtrace" in self.on else ""

    def appended(self, name: str, text: str, old: str | None = None) -> str:
        """Return what `name+=text` makes of the old value."""
        flags = self.variables.flags.get(self.variables.resolve(name), "")
        old = self.variables.scalar(name) or "" if old is None else old
        if "i" in flags:
            return str(evaluate(old, self) + evaluate(text, self))
        return old + text

    def assign_element(
        self, name: str, subscript: Word | None, text: str, *, append: bool = False
    ) -> Running:
        """Set a variable, or with *subscript* one element."""
        if subscript is None:
            self.assign(name, text)
            return 0
        name = self.variables.resolve(name)
        array = self.variables.values_.get(name)
        flags = self.variables.flags.get(name, "")
        if isinstance(array, Keyed) or "A" in flags:
            key: str | int = yield from self.expander.text(subscript)
            if isinstance(array, str) or array is None:
                array = self.variables.make_array(name, keyed=True)
            if key == "":
                raise ExpansionProblem(f"{name}[{subscript.raw}]: bad array subscript")
        else:
            expression: str = yield from self.expander.text(subscript)
            if not expression.strip():
                raise ExpansionProblem(f"{name}[{subscript.raw}]: bad array subscript")
            key = self.position(name, evaluate(expression, self), subscript.raw)
        old: str = "" if not isinstance(array, dict) else array.get(key, "")  # type: ignore[arg-type]
        if isinstance(array, str) and key == 0:
            old = array
        if append:
            text = self.appended(name, text, old)
        elif "i" in flags:
            text = str(evaluate(text, self))
        self.variables.set_element(name, key, text)
        return 0

    def fill(
        self, name: str, value: Array, *, append: bool = False, keyed: bool = False
    ) -> Running:
        """Carry out `name=(...)`."""
        name = self.variables.resolve(name)
        old = self.variables.values_.get(name)
        keyed = keyed or isinstance(old, Keyed) or "A" in self.variables.flags.get(name, "")
        items = yield from self.items(value, keyed=keyed)
        self.put_items(name, items, append=append, keyed=keyed)
        return 0

    def items(
        self, value: Array, *, keyed: bool
    ) -> Generator[simpy.Event, Any, list[tuple[str | int | None, str, bool]]]:
        """Return (key or None, text, whether it is added to) of each element of `(...)`."""
        out: list[tuple[str | int | None, str, bool]] = []
        plain: list[str] = []
        for item in value.items:
            if isinstance(item, Assignment):
                assert isinstance(item.value, Word)
                key: str = yield from self.expander.text(item.index)
                text: str = yield from self.expander.text(item.value, assigned=True)
                out.append((key, text, item.append))
            elif keyed:
                plain.extend((yield from self.expander.arguments((item,))))
            else:
                texts: list[str] = yield from self.expander.arguments((item,))
                out.extend((None, text, False) for text in texts)
        if plain:
            plain += [""] * (len(plain) % 2)
            out.extend((plain[i], plain[i + 1], False) for i in range(0, len(plain), 2))
        return out

    def put_items(
        self,
        name: str,
        items: list[tuple[str | int | None, str, bool]],
        *,
        append: bool = False,
        keyed: bool = False,
    ) -> None:
        """Store the elements of `name=(...)`."""
        array: Indexed | Keyed
        if append:
            self.variables.check(name)
            array = self.variables.make_array(name, keyed=keyed)
        else:
            array = self.variables.clear_array(name, keyed=keyed)
        whole = "i" in self.variables.flags.get(name, "")
        at = max(array, default=-1) + 1 if isinstance(array, Indexed) else 0
        for key, text, adds in items:
            if isinstance(array, Keyed):
                place: str | int = str(key)
            elif key is None:
                place = at
            else:
                place = self.position(name, evaluate(str(key), self), str(key))
            old: str = array.get(place, "")  # type: ignore[arg-type]
            value = str(evaluate(text, self)) if whole else text
            self.variables.set_element(name, place, old + value if adds else value)
            if isinstance(place, int):
                at = place + 1

    def declared(self, word: Assignment) -> Generator[simpy.Event, Any, str]:
        """Return an assignment that is an argument of `declare` and the like."""
        sign = "+=" if word.append else "="
        if isinstance(word.value, Array):
            argument = Declared(word.name)
            argument.assignment = word
            argument.array = []
            return argument
        text: str = yield from self.expander.text(word.value, assigned=True)
        index = "" if word.index is None else f"[{(yield from self.expander.text(word.index))}]"
        argument = Declared(f"{word.name}{index}{sign}{text}")
        argument.assignment = word
        argument.array = None
        return argument
