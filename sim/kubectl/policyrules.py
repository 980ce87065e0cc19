"""Policy rules as kubectl lays them out: one resource a row, verbs on the same resource together.

It must not know who asked, nor where the rules come from (component-helpers auth/rbac/validation).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sim.apimachinery.wire import Obj

HEADERS = ("Resources", "Non-Resource URLs", "Resource Names", "Verbs")
_FIELDS = (
    ("Verbs", "verbs"),
    ("APIGroups", "apiGroups"),
    ("Resources", "resources"),
    ("ResourceNames", "resourceNames"),
    ("NonResourceURLs", "nonResourceURLs"),
)
"""In the order of a PolicyRule's text, by which kubectl sorts."""


def rule_rows(rules: Iterable[Obj]) -> list[tuple[str, str, str, str]]:
    """Return the rows of *rules* below `HEADERS`, as `describe role` and `auth can-i --list` print."""
    return [
        (
            _combined(one),
            listed(one.get("nonResourceURLs")),
            listed(one.get("resourceNames")),
            listed(one.get("verbs")),
        )
        for one in sorted(_compacted(rules), key=_text)
    ]


def uncovered(owner: Sequence[Obj], servant: Iterable[Obj]) -> list[Obj]:
    """Return the smallest parts of the rules of *servant* that no rule of *owner* allows."""
    parts = (part for rule in servant for part in _parts(rule))
    return [part for part in parts if not any(_covers(rule, part) for rule in owner)]


def listed(values: Sequence[str] | None) -> str:
    """Return *values* as Go prints a slice."""
    return f"[{' '.join(values or [])}]"


def _covers(rule: Obj, part: Obj) -> bool:
    """Return whether *rule* allows all that *part* does."""
    names = rule.get("resourceNames") or []
    return (
        _has_all(rule.get("verbs"), part["verbs"])
        and _has_all(rule.get("apiGroups"), part.get("apiGroups") or [])
        and _has_all(rule.get("resources"), part.get("resources") or [], below=True)
        and all(_covers_path(rule, path) for path in part.get("nonResourceURLs") or [])
        and (
            not names
            or (bool(part.get("resourceNames")) and _has_all(names, part["resourceNames"]))
        )
    )


def _has_all(held: Sequence[str] | None, wanted: Sequence[str], *, below: bool = False) -> bool:
    """Return whether all *wanted* are *held*; *below*: `*/scale` holds `deployments/scale`."""
    words = held or []
    if "*" in words:
        return True
    return all(
        one in words or (below and "/" in one and f"*/{one.partition('/')[2]}" in words)
        for one in wanted
    )


def _covers_path(rule: Obj, path: str) -> bool:
    return any(
        path == one or (one.endswith("*") and path.startswith(one.rstrip("*")))
        for one in rule.get("nonResourceURLs") or []
    )


def _compacted(rules: Iterable[Obj]) -> list[Obj]:
    """Return rules of one resource (and name) each with all its verbs; paths stay apart."""
    simple: dict[tuple[str, str, str], Obj] = {}
    others: list[Obj] = []
    for part in (part for rule in rules for part in _parts(rule)):
        if "nonResourceURLs" in part:
            others.append(part)
            continue
        names = part.get("resourceNames") or [""]
        key = (part["apiGroups"][0], part["resources"][0], names[0])
        held = simple.get(key)
        if held is None:
            simple[key] = part
        elif part["verbs"][0] not in held["verbs"]:
            simple[key] = {**held, "verbs": [*held["verbs"], *part["verbs"]]}
    return [*others, *simple.values()]


def _parts(rule: Obj) -> Iterator[Obj]:
    for group in rule.get("apiGroups") or ():
        for resource in rule.get("resources") or ():
            for verb in rule.get("verbs") or ():
                part = {"apiGroups": [group], "resources": [resource], "verbs": [verb]}
                names = rule.get("resourceNames")
                if not names:
                    yield part
                for name in names or ():
                    yield {**part, "resourceNames": [name]}
    for path in rule.get("nonResourceURLs") or ():
        for verb in rule.get("verbs") or ():
            yield {"nonResourceURLs": [path], "verbs": [verb]}


def _combined(rule: Obj) -> str:
    """Return `deployments.apps/scale` for a rule of one resource."""
    resources, groups = rule.get("resources") or [], rule.get("apiGroups") or []
    if not resources:
        return ""
    main, slash, below = resources[0].partition("/")
    group = f".{groups[0]}" if groups and groups[0] else ""
    return f"{main}{group}{slash}{below}"


def _text(rule: Obj) -> str:
    return "".join(f"{label}:{listed(rule.get(field))}," for label, field in _FIELDS)
