"""Strategic merge patch: lists of Kubernetes' types merged by their keys, with its directives.

Follows apimachinery's util/strategicpatch, the order of list items included. Keys are known by field
name, as k8s.io/api's struct tags give them; this file must not know the server.
"""

from __future__ import annotations

from typing import Any

from sim.apimachinery.patch import PatchError

Json = Any

_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "volumes": "name",
    "env": "name",
    "imagePullSecrets": "name",
    "resourceClaims": "name",
    "schedulingGates": "name",
    "secrets": "name",
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
    "hostAliases": "ip",
    "podIPs": "ip",
    "hostIPs": "ip",
    "topologySpreadConstraints": "topologyKey",
    "conditions": "type",
    "addresses": "type",
    "ownerReferences": "uid",
    "webhooks": "name",
}
"""List field -> the key by which its items are merged; a list not named here is replaced."""
_SETS = frozenset({"finalizers"})
"""Lists of strings that merge as sets."""

_ORDER = "$setElementOrder/"
_DELETE_FROM = "$deleteFromPrimitiveList/"
_RETAIN = "$retainKeys"
_DIRECTIVE = "$patch"


def _merge_key(field: str, items: list[Json], kind: str) -> str | None:
    if field == "ports":
        if kind == "Service" and not any(
            isinstance(i, dict) and "containerPort" in i for i in items
        ):
            return "port"
        return "containerPort"
    if field == "addresses" and kind != "Node":
        return None
    if field == "secrets" and kind != "ServiceAccount":
        return None
    return _KEYS.get(field)


def strategic_merge_patch(target: Json, patch: Json, kind: str) -> Json:
    """Return *target*, an object of *kind*, with *patch* merged in.

    Raises:
        PatchError: if a directive is unknown or a list item lacks its key.
    """
    return _merge_map(target, patch, kind)


def _merge_map(target: dict[str, Json], patch: dict[str, Json], kind: str) -> dict[str, Json]:
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
            field = key[len(_DELETE_FROM) :]
            if field in merged:
                merged[field] = [item for item in merged[field] if item not in value]
    for key, value in patch.items():
        if key.startswith("$"):
            continue
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            held = merged.get(key)
            merged[key] = _merge_map(held if isinstance(held, dict) else {}, value, kind)
        elif isinstance(value, list):
            merged[key] = _merge_list(key, merged.get(key), value, kind)
        else:
            merged[key] = value
    for key, order in patch.items():
        if key.startswith(_ORDER):
            field = key[len(_ORDER) :]
            if merged.get(field):
                before = target.get(field) or []
                merge_key = _merge_key(field, merged[field], kind)
                merged[field] = _ordered(merged[field], order, before, merge_key)
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


def _merge_list(field: str, held: list[Json] | None, patch: list[Json], kind: str) -> list[Json]:
    target = held or []
    if field in _SETS:
        both = list(dict.fromkeys([*target, *patch]))
        return _ordered(both, patch, target, None)
    key = _merge_key(field, [*target, *patch], kind)
    if key is None or not all(isinstance(one, dict) for one in patch):
        return list(_clean(patch))
    plain: list[dict[str, Json]] = []
    replace = False
    for item in patch:
        directive = item.get(_DIRECTIVE)
        if directive == "delete":
            if key not in item:
                raise PatchError(f"delete patch type with no merge key defined: {field}")
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
            raise PatchError(
                f"map: {item} does not contain declared merge key: {key}".replace("'", '"')
            )
        for index, one in enumerate(merged):
            if one.get(key) == item[key]:
                merged[index] = _merge_map(one, item, kind)
                break
        else:
            merged.append(_merge_map({}, item, kind))
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
