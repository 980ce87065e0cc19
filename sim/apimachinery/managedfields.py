"""Who owns which fields: `metadata.managedFields` read and written, sets of fields as paths.

A path is a tuple of FieldsV1's own words: `("f:spec", "f:replicas")`. This file must not know how
objects are merged, nor the server.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sim.apimachinery.wire import Obj

Path = tuple[str, ...]
Paths = frozenset[Path]

APPLY = "Apply"
UPDATE = "Update"
_SELF = "."


class Owner(NamedTuple):
    """Who holds fields: a manager in one of its roles."""

    manager: str
    """`kubectl-client-side-apply`"""
    operation: str
    """APPLY or UPDATE."""
    api_version: str
    """`apps/v1`; empty for an applier, who is one whatever the version."""
    subresource: str = ""
    """`status`"""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one owner holds."""

    paths: Paths
    time: str
    api_version: str
    """The version in which the paths are meant."""


Owners = dict[Owner, Entry]


def owner_of(manager: str, operation: str, api_version: str, subresource: str = "") -> Owner:
    """Return the identity under which entries of *manager* are kept."""
    version = "" if operation == APPLY else api_version
    return Owner(manager, operation, version, subresource)


def decode_owners(entries: Any) -> Owners:
    """Return metadata.managedFields by owner; raises ValueError where they do not parse."""
    owners: Owners = {}
    for entry in entries or ():
        if not isinstance(entry, dict) or not entry:
            continue
        operation, version = entry.get("operation"), str(entry.get("apiVersion") or "")
        if operation not in (APPLY, UPDATE):
            raise ValueError(f"invalid operation: {operation}")
        fields = entry.get("fieldsV1")
        paths = frozenset(_decoded(fields, ())) if isinstance(fields, dict) else frozenset()
        manager, subresource = str(entry.get("manager") or ""), str(entry.get("subresource") or "")
        owner = owner_of(manager, operation, version, subresource)
        held = owners.get(owner)
        if held is not None:
            paths |= held.paths
        owners[owner] = Entry(paths, str(entry.get("time") or ""), version)
    return owners


def _decoded(fields: Obj, path: Path) -> Iterable[Path]:
    for key, below in fields.items():
        if key == _SELF:
            yield path
            continue
        here = (*path, _normal(key))
        if isinstance(below, dict) and below:
            yield from _decoded(below, here)
        else:
            yield here


def _normal(key: str) -> str:
    """Return a word as this server writes it; clients may space JSON differently."""
    if key[:2] in ("k:", "v:"):
        return key[:2] + compact(json.loads(key[2:]))
    if key[:2] not in ("f:", "i:"):
        raise ValueError(f"unknown path element: {key}")
    return key


def compact(value: Any) -> str:
    """Return *value* as the JSON that stands in a path."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def encode_owners(owners: Owners) -> list[Obj]:
    """Return metadata.managedFields: appliers first, then by time and name."""
    held = [(owner, entry) for owner, entry in owners.items() if entry.paths]
    held.sort(key=lambda one: (one[0].operation, one[1].time, *one[0]))
    return [_encoded(owner, entry) for owner, entry in held]


def _encoded(owner: Owner, entry: Entry) -> Obj:
    made: Obj = {
        "manager": owner.manager,
        "operation": owner.operation,
        "apiVersion": entry.api_version,
        "time": entry.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": encode_paths(entry.paths),
    }
    if owner.subresource:
        made["subresource"] = owner.subresource
    return made


def encode_paths(paths: Iterable[Path]) -> Obj:
    """Return a set of paths as FieldsV1.

    >>> encode_paths({("f:spec", "f:replicas")})
    {'f:spec': {'f:replicas': {}}}
    """
    held = sorted(paths)
    root: Obj = {}
    for path in held:
        node = root
        for word in path:
            node = node.setdefault(word, {})
        node[_SELF] = {}
    return _without_lonely(root)


def _without_lonely(node: Obj) -> Obj:
    """Return *node* with a lone `.` left out: an empty set of children says the same."""
    return {
        key: {} if list(below) == [_SELF] else _without_lonely(below) for key, below in node.items()
    }


def touched(owners: Owners, owner: Owner, paths: Paths, *, time: str, api_version: str) -> Owners:
    """Return *owners* with what *owner* now holds; the time moves only if that has changed."""
    held = owners.get(owner)
    if held is not None and held.paths == paths:
        return owners
    return {**owners, owner: Entry(paths, time, api_version)}


def without(owners: Owners, paths: Paths, *, but: Owner | None = None) -> Owners:
    """Return *owners* of whom none but *but* holds any of *paths*."""
    kept: Owners = {}
    for owner, entry in owners.items():
        lost = frozenset() if owner == but else entry.paths & paths
        left = replace(entry, paths=entry.paths - lost) if lost else entry
        if left.paths:
            kept[owner] = left
    return kept


def show_path(path: Path) -> str:
    """Return *path* as messages name it.

    >>> show_path(("f:spec", 'k:{"name":"web"}', "f:image"))
    '.spec[name="web"].image'
    """
    shown = ""
    for word in path:
        kind, text = word[:2], word[2:]
        if kind == "f:":
            shown += f".{text}"
        elif kind == "k:":
            held = json.loads(text)
            shown += f"[{','.join(f'{key}={compact(value)}' for key, value in held.items())}]"
        elif kind == "v:":
            shown += f"[={text}]"
        else:
            shown += f"[{text}]"
    return shown
