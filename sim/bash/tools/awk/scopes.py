"""Which names are arrays: seen from how they are used, through calls of functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from sim.bash.tools.awk.syntax import BuiltIn, Call, Delete, Each, Index, Name, Program, Within

_ARRAYS_OF = {"split": (1, 3), "match": (2,), "asort": (0, 1), "asorti": (0, 1),
              "patsplit": (1, 3)}  # fmt: skip


def nodes(tree: Any) -> Iterator[Any]:
    """Yield every node of *tree*, itself first."""
    if isinstance(tree, tuple):
        for one in tree:
            yield from nodes(one)
        return
    if not is_dataclass(tree):
        return
    yield tree
    for one in fields(tree):
        yield from nodes(getattr(tree, one.name))


def _used_as_arrays(tree: Any, program: Program) -> set[str]:
    found: set[str] = set()
    for node in nodes(tree):
        if isinstance(node, Index | Each | Delete | Within):
            found.add(node.array)
        elif isinstance(node, BuiltIn):
            for place in _ARRAYS_OF.get(node.name, ()):
                argument = node.arguments[place] if place < len(node.arguments) else None
                if isinstance(argument, Name):
                    found.add(argument.name)
        elif isinstance(node, Call) and node.name in program.functions:
            function = program.functions[node.name]
            for parameter, argument in zip(function.parameters, node.arguments, strict=False):
                if parameter in function.arrays and isinstance(argument, Name):
                    found.add(argument.name)
    return found


def find_arrays(program: Program) -> set[str]:
    """Fill in which parameters of functions are arrays; return the global ones."""
    changed = True
    while changed:
        changed = False
        for function in program.functions.values():
            arrays = _used_as_arrays(function.body, program) & set(function.parameters)
            if arrays != function.arrays:
                function.arrays = arrays
                changed = True
    found = {"ENVIRON", "ARGV", "PROCINFO"}
    for rule in program.rules:
        found |= _used_as_arrays((rule.pattern, rule.last, rule.action), program)
    for function in program.functions.values():
        found |= _used_as_arrays(function.body, program) - set(function.parameters)
    return found
