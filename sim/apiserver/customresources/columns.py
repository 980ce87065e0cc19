"""How a custom resource is shown in a Table: its additionalPrinterColumns, by JSONPath.

Follows apiextensions-apiserver pkg/registry/customresource/tableconvertor. Paths know fields, indices,
`[*]` and filters that compare with `==`; this file must not know the store.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from sim.apimachinery.table import NAME, Column
from sim.apimachinery.wire import Obj
from sim.apiserver.printers.base import Printer, since

Step = Callable[[Any], list[Any]]

_STEP = re.compile(
    r"""\.?\[['"](?P<quoted>[^'"]*)['"]\]"""
    r"""|\[(?P<index>-?\d+)\]"""
    r"""|\[\?\(@\.(?P<field>[^=!<>]+?)\s*(?P<op>==|!=)\s*(?P<value>"[^"]*"|'[^']*'|[^)]*)\)\]"""
    r"""|(?P<all>\[\*\]|\.\*)"""
    r"""|\.(?P<name>(?:\\.|[^.\[\\])+)"""
)
_AGE = {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}


class PathError(ValueError):
    """A path that is no JSONPath of the kind that columns may use."""


def find(path: str, obj: Any) -> list[Any]:
    """Return what lies at *path* (`.status.conditions[?(@.type=="Ready")].status`) in *obj*.

    Raises:
        PathError: if *path* is no path.
    """
    found = [obj]
    for step in steps_of(path):
        found = [one for held in found for one in step(held)]
    return found


@lru_cache(maxsize=1024)
def steps_of(path: str) -> tuple[Step, ...]:
    """Return the steps of *path*; raises PathError if it is none."""
    steps: list[Step] = []
    at = 0
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None:
            raise PathError(f"unrecognized character in action: {path[at:]!r}")
        steps.append(_step(match))
        at = match.end()
    return tuple(steps)


def _step(match: re.Match[str]) -> Step:
    if match["index"] is not None:
        return _indexed(int(match["index"]))
    if match["all"]:
        return _each
    if match["field"]:
        return _filtered(match["field"], match["op"], match["value"])
    name = match["quoted"] if match["quoted"] is not None else match["name"].replace("\\", "")
    return _named(name)


def _named(name: str) -> Step:
    def step(held: Any) -> list[Any]:
        return [held[name]] if isinstance(held, dict) and name in held else []

    return step


def _indexed(index: int) -> Step:
    def step(held: Any) -> list[Any]:
        inside = isinstance(held, list) and -len(held) <= index < len(held)
        return [held[index]] if inside else []

    return step


def _each(held: Any) -> list[Any]:
    if isinstance(held, dict):
        return list(held.values())
    return list(held) if isinstance(held, list) else []


def _filtered(field: str, op: str, wanted: str) -> Step:
    steps = steps_of(f".{field}")
    value = wanted[1:-1] if wanted[:1] in ("'", '"') else wanted.strip()

    def matches(one: Any) -> bool:
        found = [one]
        for step in steps:
            found = [inner for held in found for inner in step(held)]
        shown = _text(found[0]) if found else None
        return (shown == value) == (op == "==") if shown is not None else False

    def step(held: Any) -> list[Any]:
        return [one for one in held if matches(one)] if isinstance(held, list) else []

    return step


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))


def printer_for(columns: tuple[Obj, ...]) -> Printer:
    """Return the printer of a custom resource with these additionalPrinterColumns."""
    shown = columns or (_AGE,)
    definitions = (NAME, *(_column(one) for one in shown))
    cells = [_cell(one) for one in shown]

    def row(obj: Obj, now: int) -> list[Any]:
        return [obj["metadata"]["name"], *(cell(obj, now) for cell in cells)]

    return Printer(columns=definitions, cells=row)


def _column(one: Obj) -> Column:
    described = one.get("description") or _DESCRIPTIONS.get(
        str(one.get("jsonPath", "")),
        f"Custom resource definition column (in JSONPath format): {one.get('jsonPath', '')}",
    )
    return Column(
        str(one["name"]),
        str(one.get("type", "string")),
        wide=bool(one.get("priority")),
        format=str(one.get("format", "")),
        description=described,
    )


_DESCRIPTIONS = {
    ".metadata.creationTimestamp": (
        "CreationTimestamp is a timestamp representing the server time when this object was "
        "created. It is not guaranteed to be set in happens-before order across separate "
        "operations. Clients may not set this value. It is represented in RFC3339 form and is in "
        "UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: "
        "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md"
        "#metadata"
    )
}


def _cell(column: Obj) -> Callable[[Obj, int], Any]:
    path, type_ = str(column.get("jsonPath", "")), column.get("type", "string")

    def cell(obj: Obj, now: int) -> Any:
        found = find(path, obj)
        if not found or found[0] is None:
            return None
        return _shown(found[0], type_, now)

    return cell


def _shown(value: Any, type_: Any, now: int) -> Any:
    """Return a cell as its column's type has it; null for what is of another type."""
    match type_:
        case "integer":
            number = isinstance(value, int | float) and not isinstance(value, bool)
            return int(value) if number else None
        case "number":
            number = isinstance(value, int | float) and not isinstance(value, bool)
            return float(value) if number else None
        case "boolean":
            return value if isinstance(value, bool) else None
        case "date":
            return _since(value, now)
    return _text(value)


def _since(value: Any, now: int) -> str:
    if not isinstance(value, str):
        return "<invalid>"
    try:
        return since(value, now)
    except ValueError:
        return "<invalid>"
