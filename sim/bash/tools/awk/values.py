"""What an awk program computes with: numbers, texts, fields, variables, and its functions."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import re2

from sim.bash.patterns import compiled
from sim.bash.tools.echo import formatted
from sim.bash.tools.options import UsageProblem

_NUMBER = re.compile(r"\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
MAX_STEPS = 200_000
"""Turns of all loops of one program; then it is stopped."""
MAX_TEXT = 1 << 20
MAX_VALUES = 100_000
"""Entries that all arrays of one program may have."""

Value = str | float
Expression = Callable[["State"], Value]
Statement = Callable[["State"], None]


@dataclass
class State:
    """One run of a program: the line at hand and the variables."""

    write: Callable[[str], None]
    variables: dict[str, Value] = field(default_factory=dict)
    arrays: dict[str, dict[str, Value]] = field(default_factory=dict)
    fields: list[str] = field(default_factory=lambda: [""])
    """`fields[0]` is the whole line."""
    steps: int = 0
    """Turns of loops so far."""
    left: bool = False
    """`exit` was called."""
    code: int = 0


class NextRecord(Exception):  # noqa: N818 - control flow of `next`
    """`next` was called: the rest of the rules is skipped for this line."""


def number(value: Value) -> float:
    """Return *value* as awk counts it: the number at its beginning, else 0."""
    if isinstance(value, float):
        return value
    match = _NUMBER.match(value)
    return float(match[0]) if match else 0.0


def text(value: Value) -> str:
    """Return *value* as awk prints it."""
    if isinstance(value, str):
        return value
    if value == int(value) and abs(value) < 1e16:
        return str(int(value))
    return f"{value:.6g}"


def is_true(value: Value) -> bool:
    """Return whether a pattern with this *value* holds."""
    if isinstance(value, float):
        return value != 0
    if looks_numeric(value):
        return number(value) != 0
    return value != ""


def looks_numeric(value: Value) -> bool:
    """Return whether *value* is compared as a number."""
    if isinstance(value, float):
        return True
    match = _NUMBER.match(value)
    return match is not None and not value[match.end() :].strip()


class Target:
    """Something that can be assigned to: a variable, a field, an array's entry."""

    def __init__(self, name: str, key: Expression | None) -> None:
        self.name = name
        self.key = key

    def get(self, state: State) -> Value:
        """Return what it holds; empty if nothing."""
        if self.key is None:
            if self.name == "NF":
                return float(len(state.fields) - 1)
            return state.variables.get(self.name, "")
        key = self.key(state)
        if self.name == "$":
            index = int(number(key))
            return state.fields[index] if 0 <= index < len(state.fields) else ""
        return state.arrays.get(self.name, {}).get(text(key), "")

    def put(self, state: State, value: Value) -> Value:
        """Make it hold *value* and return that."""
        if isinstance(value, str) and len(value) > MAX_TEXT:
            raise UsageProblem(f"a text of more than {MAX_TEXT} characters")
        if self.key is None:
            state.variables[self.name] = value
        elif self.name == "$":
            index = int(number(self.key(state)))
            if not 0 <= index < 1000:
                raise UsageProblem(f"trying to access out of range field {index}")
            if index == 0:
                split_record(state, text(value))
                return value
            state.fields.extend([""] * (index + 1 - len(state.fields)))
            state.fields[index] = text(value)
            state.fields[0] = text(state.variables["OFS"]).join(state.fields[1:])
        else:
            array = state.arrays.setdefault(self.name, {})
            array[text(self.key(state))] = value
            if sum(map(len, state.arrays.values())) > MAX_VALUES:
                raise UsageProblem(f"more than {MAX_VALUES} array entries")
        return value


def split_record(state: State, line: str) -> None:
    """Make *line* the record at hand."""
    if len(line) > MAX_TEXT:
        raise UsageProblem(f"a text of more than {MAX_TEXT} characters")
    separator = text(state.variables.get("FS", " "))
    if separator == " ":
        fields = line.split()
    elif len(separator) == 1:
        fields = line.split(separator) if line else []
    else:
        fields = [str(piece) for piece in compile_regex(separator).split(line)] if line else []
    state.fields = [line, *fields]


def compile_regex(pattern: str) -> Any:
    """Return *pattern* compiled; raises UsageProblem if it is none."""
    regex = compiled(pattern)
    if regex is None:
        raise UsageProblem(f"invalid regular expression: {pattern}")
    return regex


def _substitute(state: State, arguments: list[Value], count: int) -> Value:
    pattern, replacement = text(arguments[0]), text(arguments[1])
    safe = replacement.replace("\\", "\\\\").replace("&", "\\g<0>")
    line, done = compile_regex(pattern).subn(safe, state.fields[0], count)
    split_record(state, str(line))
    return float(done)


def _substr(_state: State, arguments: list[Value]) -> Value:
    start = round(number(arguments[1]))
    whole = text(arguments[0])
    if len(arguments) < 3:
        return whole[max(0, start - 1) :]
    return whole[max(0, start - 1) : max(0, start - 1 + round(number(arguments[2])))]


def _split(state: State, arguments: list[Value], name: str) -> Value:
    whole = text(arguments[0])
    separator = text(arguments[1]) if len(arguments) > 1 else text(state.variables["FS"])
    if separator == " ":
        pieces = whole.split()
    else:
        pattern = re2.escape(separator) if len(separator) == 1 else separator
        pieces = [str(one) for one in compile_regex(pattern).split(whole)] if whole else []
    state.arrays[name] = {str(index): piece for index, piece in enumerate(pieces, 1)}
    return float(len(pieces))


def split_call(name: str, arguments: list[Expression]) -> Expression:
    """Return the call of `split` into the array *name*."""
    return lambda state: _split(state, [argument(state) for argument in arguments], name)


def count_step(state: State) -> None:
    """Count one turn of a loop; raises UsageProblem when there are too many."""
    state.steps += 1
    if state.steps > MAX_STEPS:
        raise UsageProblem(f"stopped after {MAX_STEPS} turns of a loop")


FUNCTIONS: dict[str, Callable[[State, list[Value]], Value]] = {
    "length": lambda s, a: float(len(text(a[0]) if a else s.fields[0])),
    "toupper": lambda _, a: text(a[0]).upper(),
    "tolower": lambda _, a: text(a[0]).lower(),
    "int": lambda _, a: float(int(number(a[0]))),
    "index": lambda _, a: float(text(a[0]).find(text(a[1])) + 1),
    "substr": _substr,
    "split": lambda _, a: 0.0,
    "sprintf": lambda _, a: formatted(text(a[0]), [text(one) for one in a[1:]])[0],
    "sub": lambda s, a: _substitute(s, a, 1),
    "gsub": lambda s, a: _substitute(s, a, 0),
    "match": lambda _, a: float((m.start() + 1) if (m := compile_regex(text(a[1])).search(text(a[0]))) else 0),
}  # fmt: skip
