"""What must agree between the parts of a scenario, checked on the plain tree.

These rules run even when the types are wrong, so that an author sees every mistake in one go; they
skip what they cannot read and leave it to the type check.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sim.scenario import credentials, real, suspicions
from sim.scenario.fields import placeholders
from sim.scenario.mistakes import Location
from sim.scenario.trees import Finding, Rule, ids, items, mapping, reference, strings


def unique_ids(tree: dict[str, Any]) -> Iterator[Finding]:
    """Every list of named things names each once."""
    for keys, by in (
        (("applications",), "name"),
        (("documents",), "id"),
        (("people",), "id"),
        (("timeline",), "id"),
        (("real", "timeline"), "id"),
        (("facts",), "id"),
        (("alerts",), "name"),
        (("temporary",), "id"),
        (("steady_state",), "measure"),
        (("hypotheses",), "id"),
        (("freeze",), "id"),
        (("history", "changes"), "id"),
        (("history", "revisions"), "offset"),
        (("cluster", "pools"), "name"),
        (("players",), "player"),
    ):
        seen: dict[Any, int] = {}
        for index, item in items(tree, *keys):
            name = item.get(by)
            if name is not None and name in seen:
                yield (*keys, index, by), f'"{name}" is already used by {keys[-1]}[{seen[name]}]'
            seen.setdefault(name, index)


def applications_exist(tree: dict[str, Any]) -> Iterator[Finding]:
    """Whatever names an application names one of the list."""
    known = ids(tree, "applications", by="name")
    for keys in (("timeline",), ("alerts",), ("traffic",)):
        for index, item in items(tree, *keys):
            for field in ("application", "gateway"):
                name = item.get(field)
                yield from reference("application", (*keys, index, field), name, known)
    name = mapping(tree.get("history")).get("application")
    yield from reference("application", ("history", "application"), name, known)
    for index, item in items(tree, "applications"):
        behaviour = mapping(item.get("behaviour"))
        for field in ("database", "upstream", "calls"):
            where = ("applications", index, "behaviour", field)
            yield from reference("application", where, behaviour.get(field), known)
    for role, spec in mapping(tree.get("roles")).items():
        for field in ("application", "namespace_of", "address_of", "port_of"):
            name = mapping(spec).get(field)
            yield from reference("application", ("roles", role, field), name, known)
    for seed, pins in mapping(tree.get("pinned")).items():
        for name in mapping(mapping(pins).get("addresses")):
            yield from reference("application", ("pinned", seed, "addresses", name), name, known)


def pools_exist(tree: dict[str, Any]) -> Iterator[Finding]:
    """Whatever names a pool names one of the cluster's, and exactly one pool takes the rest."""
    known = ids(tree, "cluster", "pools", by="name")
    for index, item in items(tree, "applications"):
        yield from reference("pool", ("applications", index, "pool"), item.get("pool"), known)
    for role, spec in mapping(tree.get("roles")).items():
        for field in ("node", "nodes"):
            pick = mapping(spec).get(field)
            if isinstance(pick, list | tuple) and pick:
                yield from reference("pool", ("roles", role, field), pick[0], known)
    for seed, pins in mapping(tree.get("pinned")).items():
        for name in mapping(mapping(pins).get("pools")):
            yield from reference("pool", ("pinned", seed, "pools", name), name, known)
    pools = items(tree, "cluster", "pools")
    if pools and sum(bool(pool.get("rest")) for _, pool in pools) != 1:
        yield ("cluster", "pools"), "exactly one pool takes the rest of the workers (rest: true)"
    zones = mapping(tree.get("cluster")).get("zones")
    if isinstance(zones, list | tuple):
        for index, pool in pools:
            for number, zone in enumerate(pool.get("zones") or ()):
                where = ("cluster", "pools", index, "zones", number)
                yield from reference("zone", where, zone, set(map(str, zones)))


def tenants_exist(tree: dict[str, Any]) -> Iterator[Finding]:
    """Tenants of a pool are namespaces of the background or of the onboarding."""
    known: set[str] = set()
    for keys in (("cluster", "background"), ("history", "onboarding")):
        branch: Any = tree
        for key in keys:
            branch = mapping(branch).get(key)
        names = mapping(branch).get("namespaces")
        known |= set(names) if isinstance(names, list | tuple) else set()
    for index, pool in items(tree, "cluster", "pools"):
        for number, name in enumerate(pool.get("tenants") or ()):
            where = ("cluster", "pools", index, "tenants", number)
            yield from reference("namespace", where, name, known)


def facts_exist(tree: dict[str, Any]) -> Iterator[Finding]:
    """Whatever names a fact names one of the list."""
    known = ids(tree, "facts")
    lists: list[tuple[Location, Any]] = [(("enough",), tree.get("enough"))]
    lists += [
        (("temporary", index, "safe_when"), item.get("safe_when"))
        for index, item in items(tree, "temporary")
    ]
    for part, fields in (
        ("tempting", ("seen", "refuted_by")),
        ("rubric", ("compares", "separates")),
    ):
        lists += [((part, field), mapping(tree.get(part)).get(field)) for field in fields]
    lists += [
        (("closing", name, "proof"), mapping(question).get("proof"))
        for name, question in mapping(tree.get("closing")).items()
    ]
    for where, names in lists:
        for index, name in enumerate(names if isinstance(names, list | tuple) else ()):
            group = enumerate(name) if isinstance(name, list | tuple) else None
            if group is None:
                yield from reference("fact", (*where, index), name, known)
            else:
                for place, one in group:
                    yield from reference("fact", (*where, index, place), one, known)
    for number, player in items(tree, "players"):
        for index, step in items(player, "steps"):
            name = mapping(step.get("until")).get("fact")
            yield from reference(
                "fact", ("players", number, "steps", index, "until", "fact"), name, known
            )


def roles_exist(tree: dict[str, Any]) -> Iterator[Finding]:
    """Every placeholder stands for a role; each role has exactly one source."""
    roles = mapping(tree.get("roles"))
    known = set(map(str, roles))
    for role, spec in roles.items():
        sources = [key for key in mapping(spec) if key != "what"]
        if isinstance(spec, dict) and len(sources) != 1:
            yield ("roles", role), f"give one source beside `what`, not {len(sources)}"
    for branch in ("facts", "temporary", "tempting", "people", "documents", "briefing"):
        for where, text in strings(tree.get(branch), (branch,)):
            for name in placeholders(text):
                yield from reference("role", where, name, known)
    for index, application in items(tree, "applications"):
        for where, text in strings(application.get("env"), ("applications", index, "env")):
            for name in placeholders(text):
                yield from reference("role", where, name, known)
    for index, fact in items(tree, "facts"):
        for number, shown in items(fact, "shown"):
            where = ("facts", index, "shown", number, "node")
            yield from reference("role", where, shown.get("node"), known)


def playbooks_fill_in(tree: dict[str, Any]) -> Iterator[Finding]:
    """A playbook's line uses roles, names captured before it, and citations of earlier steps."""
    roles = set(map(str, mapping(tree.get("roles"))))
    for number, player in items(tree, "players"):
        names = set(roles)
        for index, step in items(player, "steps"):
            here = ("players", number, "steps", index)
            line = step.get("type")
            for name in placeholders(line) if isinstance(line, str) else ():
                yield from reference("role or captured name", (*here, "type"), name, names)
            names |= set(map(str, mapping(step.get("capture"))))
            if "id" in step:
                names.add(f"cite:{step['id']}")


def timeline_agrees(tree: dict[str, Any]) -> Iterator[Finding]:
    """What speaks of a fault or a change names one that exists."""
    faults = ids(tree, "timeline")
    yield from reference("fault", ("hurts_from",), tree.get("hurts_from"), faults)
    for index, change in items(tree, "history", "changes"):
        where = ("history", "changes", index)
        yield from reference("fault", (*where, "fault"), change.get("fault"), faults)
        if ("ago" in change) == ("fault" in change):
            yield where, "give `ago` or `fault`, and only one of them"
        source = change.get("source")
        documents = ids(tree, "documents")
        yield from reference("document", (*where, "source"), source, documents)
    changes = ids(tree, "history", "changes")
    tempting = mapping(tree.get("tempting")).get("change")
    yield from reference("change", ("tempting", "change"), tempting, changes)
    offsets = sorted(
        item["offset"]
        for _, item in items(tree, "history", "revisions")
        if isinstance(item.get("offset"), int)
    )
    if offsets and offsets != list(range(offsets[0], 1)):
        yield ("history", "revisions"), "offsets run from the oldest up to 0 without a gap"


def calls_exist(tree: dict[str, Any]) -> Iterator[Finding]:
    """A release breaks calls that users make; a robot's failures begin with a fault that happens."""
    application = mapping(tree.get("history")).get("application")
    known = {
        str(call.get("call"))
        for _, users in items(tree, "traffic")
        if users.get("application") == application
        for _, call in items(users, "calls")
    }
    for index, revision in items(tree, "history", "revisions"):
        for number, broken in items(revision, "breaks"):
            where = ("history", "revisions", index, "breaks", number, "call")
            yield from reference("call", where, broken.get("call"), known)
    faults = ids(tree, "timeline")
    for index, users in items(tree, "traffic"):
        for number, client in items(users, "classes"):
            fault = mapping(client.get("fails")).get("fault")
            robot = ("traffic", index, "classes", number, "fails", "fault")
            yield from reference("fault", robot, fault, faults)


def answers_exist(tree: dict[str, Any]) -> Iterator[Finding]:
    """Right answers and victims are among the choices."""
    for name, question in mapping(tree.get("closing")).items():
        known = ids(question, "choices")
        for field in ("right", "victim"):
            answers = mapping(question).get(field)
            for index, answer in enumerate(answers if isinstance(answers, list | tuple) else ()):
                yield from reference("choice", ("closing", name, field, index), answer, known)


SYSTEM_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system", "monitoring")
"""Namespaces that every world has."""


def access_is_somewhere(tree: dict[str, Any]) -> Iterator[Finding]:
    """Rights are given in namespaces that the world has."""
    known = {str(one.get("namespace")) for _, one in items(tree, "applications")}
    known |= set(SYSTEM_NAMESPACES)
    for holder in (("cluster", "background"), ("history", "onboarding")):
        held = mapping(mapping(tree.get(holder[0])).get(holder[1])).get("namespaces")
        known |= set(map(str, held if isinstance(held, list | tuple | dict) else ()))
    for index, grant in items(tree, "access"):
        names = grant.get("namespaces")
        for number, name in enumerate(names if isinstance(names, list | tuple) else ()):
            yield from reference("namespace", ("access", index, "namespaces", number), name, known)


RULES: tuple[Rule, ...] = (
    unique_ids,
    applications_exist,
    pools_exist,
    tenants_exist,
    facts_exist,
    roles_exist,
    playbooks_fill_in,
    timeline_agrees,
    calls_exist,
    answers_exist,
    access_is_somewhere,
    *suspicions.RULES,
    *credentials.RULES,
    *real.RULES,
)
"""Every rule between parts, in the order of reading."""
