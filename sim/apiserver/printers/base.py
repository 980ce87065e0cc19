"""What a printer is, and the cells that many kinds share: ages, counts, images, selectors.

A printer turns one object into the cells of one row, as pkg/printers/internalversion does. Times
are Unix milliseconds; this file must not know any kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sim.apimachinery.duration import human_duration
from sim.apimachinery.labels import format_selector
from sim.apimachinery.table import Column, definitions
from sim.apimachinery.wire import Obj
from sim.kernel.walltime import parse_rfc3339_ms

NONE = "<none>"
UNSET = "<unset>"
UNKNOWN = "<unknown>"

CONTAINERS = Column("Containers", wide=True, description="Names of each container in the template.")
IMAGES = Column(
    "Images", wide=True, description="Images referenced by each container in the template."
)
SELECTOR = Column("Selector", wide=True, description="Label selector for pods.")


@dataclass(frozen=True, slots=True)
class Printer:
    """How one kind is shown in a Table."""

    columns: tuple[Column, ...]
    cells: Callable[[Obj, int], list[Any]]
    """From (object, now in Unix ms) to one cell for each column."""
    conditions: Callable[[Obj], list[Obj] | None] | None = None
    """Conditions of the row, for kinds whose rows have them."""

    def definitions(self) -> list[Obj]:
        """Return columnDefinitions."""
        return definitions(self.columns)


@lru_cache(maxsize=1 << 15)
def _since(stamp: str, now_s: int) -> str:
    return human_duration(now_s * 1000 - parse_rfc3339_ms(stamp))


def since(stamp: str | None, now: int) -> str:
    """Return how long ago *stamp* (RFC 3339) was, or `<unknown>`."""
    if not stamp:
        return UNKNOWN
    if "." not in stamp:  # whole seconds: the answer can only change with the second
        return _since(stamp, now // 1000)
    return human_duration(now - parse_rfc3339_ms(stamp))


def age(obj: Obj, now: int) -> str:
    """Return the AGE cell."""
    return since(obj["metadata"].get("creationTimestamp"), now)


def between(start: str | None, end: str | None, now: int) -> str:
    """Return how long something took from *start* to *end* (now if open), or "" if not begun."""
    if not start:
        return ""
    until = parse_rfc3339_ms(end) if end else now
    return human_duration(until - parse_rfc3339_ms(start))


def count(held: Obj, field: str) -> int:
    """Return a number of a status, 0 where it is absent."""
    return int(held.get(field) or 0)


def some(items: Iterable[str], limit: int, *, empty: str, separator: str = ",") -> str:
    """Return the first *limit* items and ` + N more...`, or *empty* for none."""
    listed = list(items)
    if not listed:
        return empty
    shown = separator.join(listed[:limit])
    rest = len(listed) - limit
    return f"{shown} + {rest} more..." if rest > 0 else shown


def containers(template: Obj) -> list[str]:
    """Return the wide cells Containers and Images of a pod template."""
    listed = (template.get("spec") or {}).get("containers") or []
    return [
        ",".join(one.get("name", "") for one in listed),
        ",".join(one.get("image", "") for one in listed),
    ]


def selector(spec: Obj) -> str:
    """Return the wide cell Selector of a workload's spec."""
    return format_selector(spec.get("selector") or {})


def by_type(conditions: list[Obj] | None, type_: str) -> Obj | None:
    """Return the condition of that type, or None."""
    for condition in conditions or ():
        if condition.get("type") == type_:
            return condition
    return None
