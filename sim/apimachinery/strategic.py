"""Strategic merge patch: lists of Kubernetes' types merged by their keys, with its directives.

Follows apimachinery's util/strategicpatch, the order of list items included. Keys and strategies are
those of the published schemas, which carry k8s.io/api's struct tags; this file must not know the server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.apimachinery.definitions import definitions, ref_name
from sim.apimachinery.gotext import go_print
from sim.apimachinery.patch import PatchError

Json = Any
Schema = Mapping[str, Any] | None
"""Of the value at hand; None where it is not published."""

_STRATEGY = "x-kubernetes-patch-strategy"
_MERGE_KEY = "x-kubernetes-patch-merge-key"
_UNKNOWN: Mapping[str, Any] = {}

_ORDER = "$setElementOrder/"
_DELETE_FROM = "$deleteFromPrimitiveList/"
_RETAIN = "$retainKeys"
_DIRECTIVE = "$patch"


def strategic_merge_patch(target: Json, patch: Json, kind: str) -> Json:
    """Return *target*, an object of *kind*, with *patch* merged in.

    Raises:
        PatchError: if a directive is unknown or a list item lacks its key.
    """
    group_version = target.get("apiVersion") if isinstance(target, dict) else None
    return _merge_map(target, patch, definitions().of_kind(kind, group_version))


def _field(schema: Schema, name: str) -> Mapping[str, Any]:
    """Return what is said of a field: its schema and, beside it, how its values are merged."""
    if schema is None:
        return _UNKNOWN
    properties = schema.get("properties")
    if properties is not None:
        found: Mapping[str, Any] = properties.get(name, _UNKNOWN)
        return found
    extra = schema.get("additionalProperties")
    return extra if isinstance(extra, dict) else _UNKNOWN


def _resolved(schema: Mapping[str, Any]) -> Schema:
    name = ref_name(schema)
    return schema if name is None else definitions().get(name)


def _items(field: Mapping[str, Any]) -> Schema:
    items = field.get("items")
    return None if items is None else _resolved(items)


def _merge_map(target: dict[str, Json], patch: dict[str, Json], schema: Schema) -> dict[str, Json]:
    directive = patch.get(_DIRECTIVE)
    if directive == "replace":
        replaced: dict[str, Json] = _clean({k: v for k, v in patch.items() if k != _DIRECTIVE})
        return replaced
    if directive == "delete":
        return {}
    if directive not in (None, "merge"):
        raise PatchError(f"Unknown patch type: {directive}")
    merged = dict(target)
    if _RETAIN in patch:
        kept = patch[_RETAIN]
        merged = {key: value for key, value in merged.items() if key in kept}
    for key, value in patch.items():
        if key.startswith(_DELETE_FROM):
            name = key[len(_DELETE_FROM) :]
            if name in merged:
                merged[name] = [item for item in merged[name] if item not in value]
    for key, value in patch.items():
        if key.startswith("$"):
            continue
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            field, held = _field(schema, key), merged.get(key)
            if not isinstance(held, dict) or field.get(_STRATEGY) == "replace":
                held = {}
            merged[key] = _merge_map(held, value, _resolved(field))
        elif isinstance(value, list):
            held = merged.get(key)
            merged[key] = _merge_list(
                key, held if isinstance(held, list) else None, value, _field(schema, key)
            )
        else:
            merged[key] = value
    for key, order in patch.items():
        if key.startswith(_ORDER):
            name = key[len(_ORDER) :]
            if merged.get(name):
                before = target.get(name) or []
                merge_key = _field(schema, name).get(_MERGE_KEY)
                merged[name] = _ordered(merged[name], order, before, merge_key)
    return merged


def _clean(value: Json) -> Json:
    """Return *value* without directives and nulls."""
    if isinstance(value, dict):
        return {
            key: _clean(one)
            for key, one in value.items()
            if one is not None and not key.startswith("$")
        }
    if isinstance(value, list):
        return [
            _clean(one) for one in value if not (isinstance(one, dict) and _is_directive_only(one))
        ]
    return value


def _is_directive_only(item: dict[str, Json]) -> bool:
    return _DIRECTIVE in item


def _merge_list(
    name: str, held: list[Json] | None, patch: list[Json], field: Mapping[str, Any]
) -> list[Json]:
    target = held or []
    if "merge" not in field.get(_STRATEGY, "").split(","):
        return list(_clean(patch))
    key: str | None = field.get(_MERGE_KEY)
    if key is None:
        both = list(dict.fromkeys([*target, *patch]))
        return _ordered(both, patch, target, None)
    if not all(isinstance(one, dict) for one in patch):
        return list(_clean(patch))
    schema = _items(field)
    plain: list[dict[str, Json]] = []
    replace = False
    for item in patch:
        directive = item.get(_DIRECTIVE)
        if directive == "delete":
            if key not in item:
                raise PatchError(f"delete patch type with no merge key defined: {name}")
            target = [one for one in target if one.get(key) != item[key]]
        elif directive == "replace":
            replace = True
            rest = {k: v for k, v in item.items() if k != _DIRECTIVE}
            if rest:
                plain.append(rest)
        elif directive in (None, "merge"):
            plain.append({k: v for k, v in item.items() if k != _DIRECTIVE})
        else:
            raise PatchError(f"Unknown patch type: {directive}")
    if replace:
        return list(_clean(plain))
    merged = list(target)
    for item in plain:
        if key not in item:
            raise PatchError(f"map: {go_print(item)} does not contain declared merge key: {key}")
        for index, one in enumerate(merged):
            if one.get(key) == item[key]:
                merged[index] = _merge_map(one, item, schema)
                break
        else:
            merged.append(_merge_map({}, item, schema))
    return _ordered(merged, plain, target, key)


def _ordered(
    items: list[Json], order: list[Json], before: list[Json], key: str | None
) -> list[Json]:
    """Return *items*: those named in *order* in its order, the others where *before* had them."""

    def identity(item: Json) -> Json:
        return item.get(key) if key is not None and isinstance(item, dict) else item

    wanted = [identity(one) for one in order]
    stood = [identity(one) for one in before]
    named = sorted(
        (one for one in items if identity(one) in wanted),
        key=lambda one: wanted.index(identity(one)),
    )
    others = [one for one in items if identity(one) not in wanted]
    result = list(named)
    start = 0
    for other in others:
        place = len(result)
        if identity(other) in stood:
            at = stood.index(identity(other))
            for index in range(start, len(result)):
                one = identity(result[index])
                if one in stood and stood.index(one) > at:
                    place = index
                    break
        result.insert(place, other)
        start = place + 1
    return result
