"""What must agree between the parts of a scenario, checked on the plain tree.

These rules run even when the types are wrong, so that an author sees every mistake in one go; they
skip what they cannot read and leave it to the type check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sim.scenario.fields import placeholders
from sim.scenario.mistakes import Location, unknown

Finding = tuple[Location, str]
Rule = Callable[[dict[str, Any]], Iterator[Finding]]


def _mapping(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _items(tree: Any, *keys: str) -> list[tuple[int, dict[Any, Any]]]:
    for key in keys:
        tree = _mapping(tree).get(key)
    if not isinstance(tree, list | tuple):
        return []
    return [(index, _mapping(item)) for index, item in enumerate(tree)]


def _ids(tree: Any, *keys: str, by: str = "id") -> set[str]:
    return {str(item[by]) for _, item in _items(tree, *keys) if by in item}


def _reference(what: str, location: Location, name: Any, known: set[str]) -> Iterator[Finding]:
    if isinstance(name, str) and name and name not in known:
        yield location, unknown(what, name, known)


def _strings(value: Any, location: Location) -> Iterator[tuple[Location, str]]:
    if isinstance(value, str):
        yield location, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _strings(item, (*location, key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _strings(item, (*location, index))


def unique_ids(tree: dict[str, Any]) -> Iterator[Finding]:
    """Every list of named things names each once."""
    for keys, by in (
        (("applications",), "name"),
        (("documents",), "id"),
        (("people",), "id"),
        (("timeline",), "id"),
        (("facts",), "id"),
        (("alerts",), "name"),
        (("temporary",), "id"),
        (("steady_state",), "measure"),
        (("history", "changes"), "id"),
        (("history", "revisions"), "offset"),
        (("cluster", "pools"), "name"),
        (("players",), "player"),
    ):
        seen: dict[Any, int] = {}
        for index, item in _items(tree, *keys):
            name = item.get(by)
            if name is not None and name in seen:
                yield (*keys, index, by), f'"{name}" is already used by {keys[-1]}[{seen[name]}]'
            seen.setdefault(name, index)


def applications_exist(tree: dict[str, Any]) -> Iterator[Finding]:
    """Whatever names an application names one of the list."""
    known = _ids(tree, "applications", by="name")
    for keys in (("timeline",), ("alerts",), ("traffic",)):
        for index, item in _items(tree, *keys):
            for field in ("application", "gateway"):
                name = item.get(field)
                yield from _reference("application", (*keys, index, field), name, known)
    name = _mapping(tree.get("history")).get("application")
    yield from _reference("application", ("history", "application"), name, known)
    for index, item in _items(tree, "applications"):
        behaviour = _mapping(item.get("behaviour"))
        for field in ("database", "upstream", "calls"):
            where = ("applications", index, "behaviour", field)
            yield from _reference("application", where, behaviour.get(field), known)
    for role, spec in _mapping(tree.get("roles")).items():
        for field in ("application", "namespace_of", "address_of", "port_of"):
            name = _mapping(spec).get(field)
            yield from _reference("application", ("roles", role, field), name, known)
    for seed, pins in _mapping(tree.get("pinned")).items():
        for name in _mapping(_mapping(pins).get("addresses")):
            yield from _reference("application", ("pinned", seed, "addresses", name), name, known)


def pools_exist(tree: dict[str, Any]) -> Iterator[Finding]:
    """Whatever names a pool names one of the cluster's, and exactly one pool takes the rest."""
    known = _ids(tree, "cluster", "pools", by="name")
    for index, item in _items(tree, "applications"):
        yield from _reference("pool", ("applications", index, "pool"), item.get("pool"), known)
    for role, spec in _mapping(tree.get("roles")).items():
        for field in ("node", "nodes"):
            pick = _mapping(spec).get(field)
            if isinstance(pick, list | tuple) and pick:
                yield from _reference("pool", ("roles", role, field), pick[0], known)
    for seed, pins in _mapping(tree.get("pinned")).items():
        for name in _mapping(_mapping(pins).get("pools")):
            yield from _reference("pool", ("pinned", seed, "pools", name), name, known)
    pools = _items(tree, "cluster", "pools")
    if pools and sum(bool(pool.get("rest")) for _, pool in pools) != 1:
        yield ("cluster", "pools"), "exactly one pool takes the rest of the workers (rest: true)"
    zones = _mapping(tree.get("cluster")).get("zones")
    if isinstance(zones, list | tuple):
        for index, pool in pools:
            for number, zone in enumerate(pool.get("zones") or ()):
                where = ("cluster", "pools", index, "zones", number)
                yield from _reference("zone", where, zone, set(map(str, zones)))


def tenants_exist(tree: dict[str, Any]) -> Iterator[Finding]:
    """Tenants of a pool are namespaces of the background or of the onboarding."""
    known: set[str] = set()
    for keys in (("cluster", "background"), ("history", "onboarding")):
        branch: Any = tree
        for key in keys:
            branch = _mapping(branch).get(key)
        names = _mapping(branch).get("namespaces")
        known |= set(names) if isinstance(names, list | tuple) else set()
    for index, pool in _items(tree, "cluster", "pools"):
        for number, name in enumerate(pool.get("tenants") or ()):
            where = ("cluster", "pools", index, "tenants", number)
            yield from _reference("namespace", where, name, known)


def facts_exist(tree: dict[str, Any]) -> Iterator[Finding]:
    """Whatever names a fact names one of the list."""
    known = _ids(tree, "facts")
    lists: list[tuple[Location, Any]] = [(("enough",), tree.get("enough"))]
    lists += [
        (("temporary", index, "safe_when"), item.get("safe_when"))
        for index, item in _items(tree, "temporary")
    ]
    for part, fields in (
        ("tempting", ("seen", "refuted_by")),
        ("rubric", ("compares", "separates")),
    ):
        lists += [((part, field), _mapping(tree.get(part)).get(field)) for field in fields]
    lists += [
        (("closing", name, "proof"), _mapping(question).get("proof"))
        for name, question in _mapping(tree.get("closing")).items()
    ]
    for where, names in lists:
        for index, name in enumerate(names if isinstance(names, list | tuple) else ()):
            yield from _reference("fact", (*where, index), name, known)
    for number, player in _items(tree, "players"):
        for index, step in _items(player, "steps"):
            name = _mapping(step.get("until")).get("fact")
            yield from _reference(
                "fact", ("players", number, "steps", index, "until", "fact"), name, known
            )


def roles_exist(tree: dict[str, Any]) -> Iterator[Finding]:
    """Every placeholder stands for a role; each role has exactly one source."""
    roles = _mapping(tree.get("roles"))
    known = set(map(str, roles))
    for role, spec in roles.items():
        sources = [key for key in _mapping(spec) if key != "what"]
        if isinstance(spec, dict) and len(sources) != 1:
            yield ("roles", role), f"give one source beside `what`, not {len(sources)}"
    for branch in ("facts", "temporary", "tempting", "people", "documents", "briefing"):
        for where, text in _strings(tree.get(branch), (branch,)):
            for name in placeholders(text):
                yield from _reference("role", where, name, known)
    for index, application in _items(tree, "applications"):
        for where, text in _strings(application.get("env"), ("applications", index, "env")):
            for name in placeholders(text):
                yield from _reference("role", where, name, known)
    for index, fact in _items(tree, "facts"):
        for number, shown in _items(fact, "shown"):
            where = ("facts", index, "shown", number, "node")
            yield from _reference("role", where, shown.get("node"), known)


def playbooks_fill_in(tree: dict[str, Any]) -> Iterator[Finding]:
    """A playbook's line uses roles, names captured before it, and citations of earlier steps."""
    roles = set(map(str, _mapping(tree.get("roles"))))
    for number, player in _items(tree, "players"):
        names = set(roles)
        for index, step in _items(player, "steps"):
            here = ("players", number, "steps", index)
            line = step.get("type")
            for name in placeholders(line) if isinstance(line, str) else ():
                yield from _reference("role or captured name", (*here, "type"), name, names)
            names |= set(map(str, _mapping(step.get("capture"))))
            if "id" in step:
                names.add(f"cite:{step['id']}")


def timeline_agrees(tree: dict[str, Any]) -> Iterator[Finding]:
    """What speaks of a fault or a change names one that exists."""
    faults = _ids(tree, "timeline")
    yield from _reference("fault", ("hurts_from",), tree.get("hurts_from"), faults)
    for index, change in _items(tree, "history", "changes"):
        where = ("history", "changes", index)
        yield from _reference("fault", (*where, "fault"), change.get("fault"), faults)
        if ("ago" in change) == ("fault" in change):
            yield where, "give `ago` or `fault`, and only one of them"
        source = change.get("source")
        documents = _ids(tree, "documents")
        yield from _reference("document", (*where, "source"), source, documents)
    changes = _ids(tree, "history", "changes")
    tempting = _mapping(tree.get("tempting")).get("change")
    yield from _reference("change", ("tempting", "change"), tempting, changes)
    offsets = sorted(
        item["offset"]
        for _, item in _items(tree, "history", "revisions")
        if isinstance(item.get("offset"), int)
    )
    if offsets and offsets != list(range(offsets[0], 1)):
        yield ("history", "revisions"), "offsets run from the oldest up to 0 without a gap"


def answers_exist(tree: dict[str, Any]) -> Iterator[Finding]:
    """Right answers and victims are among the choices."""
    for name, question in _mapping(tree.get("closing")).items():
        known = _ids(question, "choices")
        for field in ("right", "victim"):
            answers = _mapping(question).get(field)
            for index, answer in enumerate(answers if isinstance(answers, list | tuple) else ()):
                yield from _reference("choice", ("closing", name, field, index), answer, known)


SYSTEM_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system", "monitoring")
"""Namespaces that every world has."""


def access_is_somewhere(tree: dict[str, Any]) -> Iterator[Finding]:
    """Rights are given in namespaces that the world has."""
    known = {str(one.get("namespace")) for _, one in _items(tree, "applications")}
    known |= set(SYSTEM_NAMESPACES)
    for holder in (("cluster", "background"), ("history", "onboarding")):
        held = _mapping(_mapping(tree.get(holder[0])).get(holder[1])).get("namespaces")
        known |= set(map(str, held if isinstance(held, list | tuple | dict) else ()))
    for index, grant in _items(tree, "access"):
        names = grant.get("namespaces")
        for number, name in enumerate(names if isinstance(names, list | tuple) else ()):
            yield from _reference("namespace", ("access", index, "namespaces", number), name, known)


RULES: tuple[Rule, ...] = (
    unique_ids,
    applications_exist,
    pools_exist,
    tenants_exist,
    facts_exist,
    roles_exist,
    playbooks_fill_in,
    timeline_agrees,
    answers_exist,
    access_is_somewhere,
)
"""Every rule between parts, in the order of reading."""
