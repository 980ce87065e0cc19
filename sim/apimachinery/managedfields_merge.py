"""Merging by structure: the fields of a value, what differs between two, one applied over another.

Follows structured-merge-diff (typed/tofieldset.go, compare.go, merge.go, remove.go). Values are never
changed in place. This file must not know who owns what.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

from sim.apimachinery.managedfields import Path, Paths, compact
from sim.apimachinery.structure import DEDUCED, Structure

_ABSENT: Any = object()
_LISTS = ("set", "keyed")


class Comparison(NamedTuple):
    """What differs between two values."""

    added: Paths
    modified: Paths
    removed: Paths


def _children(value: Any, structure: Structure) -> dict[str, tuple[Any, Structure]] | None:
    """Return what is in *value* by path word, or None where the value is one leaf."""
    if structure.form in ("struct", "map") and isinstance(value, dict):
        return {f"f:{name}": (one, structure.field(name) or DEDUCED) for name, one in value.items()}
    if structure.form in _LISTS and isinstance(value, list):
        item = structure.item or DEDUCED
        return {_word(one, structure): (one, item) for one in value}
    return None


def _word(item: Any, structure: Structure) -> str:
    """Return the path word of a list's item."""
    if structure.form == "keyed" and isinstance(item, dict):
        keys = {
            key: item.get(key, structure.defaults.get(key))
            for key in structure.keys
            if key in item or key in structure.defaults
        }
        return f"k:{compact(keys)}"
    return f"v:{compact(item)}"


def field_set(value: Any, structure: Structure) -> Paths:
    """Return the fields that *value* sets, as who applies it owns them."""
    return frozenset(_fields(value, structure, ()))


def _fields(value: Any, structure: Structure, path: Path) -> Iterator[Path]:
    below = _children(value, structure)
    if below is None:
        yield path
        return
    for word, (one, inner) in below.items():
        here = (*path, word)
        yield from _fields(one, inner, here)
        open_field = structure.form == "map" or (
            structure.form == "struct" and word[2:] not in structure.fields
        )
        if structure.form in _LISTS or open_field or one is None or one == {}:
            yield here


def compare(old: Any, new: Any, structure: Structure) -> Comparison:
    """Return the fields that differ between *old* and *new*."""
    found: tuple[list[Path], list[Path], list[Path]] = ([], [], [])
    _compare(old, new, structure, (), found)
    return Comparison(*(frozenset(one) for one in found))


def _compare(
    old: Any,
    new: Any,
    structure: Structure,
    path: Path,
    found: tuple[list[Path], list[Path], list[Path]],
) -> None:
    if old is new:
        return
    added, modified, removed = found
    before = {} if old is _ABSENT else _children(old, structure)
    after = {} if new is _ABSENT else _children(new, structure)
    if before is None or after is None or not (before or after):
        if old is _ABSENT:
            added.append(path)
        elif new is _ABSENT:
            removed.append(path)
        elif old != new:
            modified.append(path)
        return
    gone: tuple[Any, Structure] = (_ABSENT, DEDUCED)
    for word, (one, inner) in after.items():
        _compare(before.get(word, gone)[0], one, inner, (*path, word), found)
    for word, (one, inner) in before.items():
        if word not in after:
            _compare(one, _ABSENT, inner, (*path, word), found)
    if path and old is _ABSENT:
        added.append(path)
    elif path and new is _ABSENT:
        removed.append(path)


def merge(live: Any, applied: Any, structure: Structure) -> Any:
    """Return *live* with what *applied* says; items of lists that are sets or maps are joined."""
    if structure.form in ("struct", "map") and isinstance(live, dict) and isinstance(applied, dict):
        merged = dict(live)
        for name, one in applied.items():
            inner = structure.field(name) or DEDUCED
            merged[name] = merge(live[name], one, inner) if name in live else one
        return merged
    if structure.form in _LISTS and isinstance(live, list) and isinstance(applied, list):
        return _merge_lists(live, applied, structure)
    return applied


def _merge_lists(live: list[Any], applied: list[Any], structure: Structure) -> list[Any]:
    """Join two lists: items that both have stand in the applied order, those of *live* alone before."""
    item = structure.item or DEDUCED
    held = {_word(one, structure): one for one in live}
    wanted = {_word(one, structure): one for one in applied}
    shared = deque(word for word in wanted if word in held)
    coming, joined = deque(wanted), []
    waiting = deque(held)
    while waiting or coming:
        here = waiting[0] if waiting else None
        if here is not None and here not in wanted:
            joined.append(held[waiting.popleft()])
            continue
        if here is not None and (not shared or here != shared[0]):
            waiting.popleft()  # its place is where it was applied, before or after this one
            continue
        word = coming.popleft()
        if word in held:
            shared.popleft()
            if word == here:
                waiting.popleft()
        joined.append(merge(held[word], wanted[word], item) if word in held else wanted[word])
    return joined


def remove(value: Any, structure: Structure, paths: Paths) -> Any:
    """Return *value* without what lies at *paths*."""
    below = _children(value, structure)
    if below is None or not paths:
        return value
    heads: dict[str, set[Path]] = {}
    for path in paths:
        heads.setdefault(path[0], set()).add(path[1:])
    kept = {
        word: remove(one, inner, frozenset(heads.get(word, ())))
        for word, (one, inner) in below.items()
        if () not in heads.get(word, ())
    }
    if isinstance(value, list):
        return list(kept.values())
    return {word[2:]: one for word, one in kept.items()}


def with_structs(paths: Paths, structure: Structure) -> Paths:
    """Return *paths* with the named fields that lie on the way to them."""
    found = set(paths)
    for path in paths:
        at: Structure | None = structure
        for depth, word in enumerate(path[:-1]):
            if at is None:
                break
            if at.form == "struct" and word[2:] in at.fields:
                found.add(path[: depth + 1])
            at = at.field(word[2:]) if word.startswith("f:") else at.item
    return frozenset(found)


def with_ancestors(paths: Paths) -> Paths:
    """Return *paths* with everything that lies on the way to them."""
    return frozenset(path[:depth] for path in paths for depth in range(1, len(path) + 1))


def undeclared(value: Any, structure: Structure) -> Iterator[Path]:
    """Yield the fields of *value* that a struct does not have."""
    below = _children(value, structure)
    for word, (one, inner) in (below or {}).items():
        if structure.form == "struct" and structure.field(word[2:]) is None:
            yield (word,)
        else:
            yield from ((word, *path) for path in undeclared(one, inner))
