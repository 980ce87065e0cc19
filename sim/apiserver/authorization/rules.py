"""Policy rules: what one allows, what one set covers of another, and how they are written in messages.

Pure functions over rules as they stand in roles (pkg/apis/rbac/helpers, component-helpers
auth/rbac/validation). This file must not know users, bindings or the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sim.apimachinery.wire import Obj

ALL = "*"


def allows(rule: Obj, verb: str, group: str, resource: str, subresource: str, name: str) -> bool:
    """True when *rule* allows *verb* on the resource."""
    verbs = rule.get("verbs") or ()
    if verb not in verbs and ALL not in verbs:
        return False
    groups = rule.get("apiGroups") or ()
    if group not in groups and ALL not in groups:
        return False
    names = rule.get("resourceNames")
    if names and name not in names:
        return False
    return _names_resource(rule.get("resources") or (), resource, subresource)


def _names_resource(listed: Sequence[str], resource: str, subresource: str) -> bool:
    if ALL in listed:
        return True
    if not subresource:
        return resource in listed
    return f"{resource}/{subresource}" in listed or f"*/{subresource}" in listed


def allows_path(rule: Obj, verb: str, path: str) -> bool:
    """True when *rule* allows *verb* on a path that is no resource."""
    verbs = rule.get("verbs") or ()
    if verb not in verbs and ALL not in verbs:
        return False
    return any(_covers_path(one, path) for one in rule.get("nonResourceURLs") or ())


def _covers_path(pattern: str, path: str) -> bool:
    if pattern in (ALL, path):
        return True
    return pattern.endswith("*") and path.startswith(pattern.rstrip("*"))


def is_everything(rule: Obj) -> bool:
    """True when *rule* allows every verb on every resource."""
    return all(
        ALL in (rule.get(field) or ()) for field in ("verbs", "apiGroups", "resources")
    ) and not rule.get("resourceNames")


def is_every_path(rule: Obj) -> bool:
    """True when *rule* allows every verb on every path that is no resource."""
    return all(ALL in (rule.get(field) or ()) for field in ("verbs", "nonResourceURLs"))


def not_covered(held: Sequence[Obj], wanted: Iterable[Obj]) -> list[Obj]:
    """Return the parts of *wanted*, a verb on a resource each, that no rule of *held* covers."""
    return [
        part
        for rule in wanted
        for part in _parts(rule)
        if not any(_covers(one, part) for one in held)
    ]


def _parts(rule: Obj) -> Iterator[Obj]:
    """Break *rule* down to one verb on one resource (or path) each."""
    verbs = rule.get("verbs") or ()
    for group in rule.get("apiGroups") or ():
        for resource in rule.get("resources") or ():
            for verb in verbs:
                base = {"apiGroups": [group], "resources": [resource], "verbs": [verb]}
                names = rule.get("resourceNames")
                if not names:
                    yield base
                for name in names or ():
                    yield {**base, "resourceNames": [name]}
    for path in rule.get("nonResourceURLs") or ():
        for verb in verbs:
            yield {"nonResourceURLs": [path], "verbs": [verb]}


def _covers(held: Obj, part: Obj) -> bool:
    verbs = held.get("verbs") or ()
    if ALL not in verbs and part["verbs"][0] not in verbs:
        return False
    if "nonResourceURLs" in part:
        path = part["nonResourceURLs"][0]
        return any(_covers_path(one, path) for one in held.get("nonResourceURLs") or ())
    groups = held.get("apiGroups") or ()
    if ALL not in groups and part["apiGroups"][0] not in groups:
        return False
    names, asked = held.get("resourceNames"), part.get("resourceNames")
    if names and (not asked or asked[0] not in names):
        return False
    resource, _, subresource = part["resources"][0].partition("/")
    return _names_resource(held.get("resources") or (), resource, subresource)


def describe_missing(parts: Iterable[Obj]) -> str:
    """Return rules that are not covered, one a line, verbs on the same resource together."""
    verbs: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for part in parts:
        key = tuple((field, part[field][0]) for field in _FIELDS if field in part)
        listed = verbs.setdefault(key, [])
        if part["verbs"][0] not in listed:
            listed.append(part["verbs"][0])
    lines = (
        "{"
        + ", ".join(
            [
                *(f"{_FIELDS[field]}:{go_quoted([value])}" for field, value in key),
                f"Verbs:{go_quoted(done)}",
            ]
        )
        + "}"
        for key, done in verbs.items()
    )
    return "\n".join(sorted(lines))


_FIELDS = {
    "apiGroups": "APIGroups",
    "resources": "Resources",
    "nonResourceURLs": "NonResourceURLs",
    "resourceNames": "ResourceNames",
}


def go_quoted(values: Iterable[str]) -> str:
    """Return *values* as Go's %q prints a slice of strings."""
    return "[" + " ".join(f'"{one}"' for one in values) + "]"
