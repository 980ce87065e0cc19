"""Filling fields in without touching what is there: the same object comes back if nothing is missing.

So copies of one template stay shared. This file must not know which fields.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.apimachinery.wire import Obj


def fill(obj: Obj, /, **missing: Any) -> Obj:
    """Return *obj* with those fields added that it lacks (or that are null)."""
    lacking = {key: value for key, value in missing.items() if obj.get(key) is None}
    return {**obj, **lacking} if lacking else obj


def each(items: list[Obj], change: Callable[[Obj], Obj]) -> list[Obj]:
    """Return *items* changed one by one, or the very same list if none changed."""
    changed = [change(one) for one in items]
    same = all(new is old for new, old in zip(changed, items, strict=True))
    return items if same else changed


_COMPLETE: dict[tuple[int, Callable[[Obj], Obj]], list[Obj]] = {}
_REMEMBERED = 8192


def each_once(items: list[Obj], change: Callable[[Obj], Obj]) -> list[Obj]:
    """Return what `each` does; a list that *change* left alone is not looked through again.

    All pods of a template share its lists, and lists are never changed in place.
    """
    key = id(items), change
    if _COMPLETE.get(key) is items:
        return items
    changed = each(items, change)
    if changed is items:
        if len(_COMPLETE) >= _REMEMBERED:
            _COMPLETE.clear()
        _COMPLETE[key] = items
    return changed


def within(obj: Obj, field: str, change: Callable[[Any], Any]) -> Obj:
    """Return *obj* with *change* applied to the field if it is there."""
    held = obj.get(field)
    if held is None:
        return obj
    new = change(held)
    return obj if new is held else {**obj, field: new}
