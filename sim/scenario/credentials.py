"""What must agree between Secrets, the users of databases, who logs in, and faults that change them.

As with the other rules, what cannot be read is left to the type check.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sim.scenario.mistakes import Location
from sim.scenario.trees import Finding, Rule, items, mapping, reference

Tree = dict[str, Any]
_PLACE = "write namespace/secret/key, e.g. payments/payments-db/password"


def _held(tree: Tree) -> set[str]:
    """Return every `namespace/secret/key` that is there at the start."""
    found: set[str] = set()
    for _, application in items(tree, "applications"):
        for place in mapping(application.get("secret_env")).values():
            found.add(f"{application.get('namespace')}/{place}")
    for _, secret in items(tree, "secrets"):
        for field in ("text", "drawn"):
            for key in mapping(secret.get(field)):
                found.add(f"{secret.get('namespace')}/{secret.get('name')}/{key}")
    return found


def _users(tree: Tree) -> dict[str, set[str]]:
    """Return database -> its users, where a database lists any."""
    found: dict[str, set[str]] = {}
    for _, application in items(tree, "applications"):
        behaviour = application.get("behaviour")
        names = {str(one.get("name")) for _, one in items(behaviour, "users")}
        if names:
            found[str(application.get("name"))] = names
    return found


def users_have_secrets(tree: Tree) -> Iterator[Finding]:
    """Passwords of a database's users come from keys that are there at the start; names differ."""
    known = _held(tree)
    for index, application in items(tree, "applications"):
        seen: set[str] = set()
        for number, user in items(application.get("behaviour"), "users"):
            where = ("applications", index, "behaviour", "users", number)
            yield from _place((*where, "secret"), user.get("secret"), known)
            name = str(user.get("name"))
            if name in seen:
                yield (*where, "name"), f'"{name}" is there already'
            seen.add(name)


def services_can_log_in(tree: Tree) -> Iterator[Finding]:
    """Who dials a database with users logs in as one of them, with a variable that it has."""
    users = _users(tree)
    for index, application in items(tree, "applications"):
        behaviour = mapping(application.get("behaviour"))
        known = users.get(str(behaviour.get("database")))
        if known is None:
            continue
        where = ("applications", index, "behaviour")
        if not behaviour.get("user"):
            yield where, f'"{behaviour["database"]}" lists its users: say `user`'
        yield from reference("user", (*where, "user"), behaviour.get("user"), known)
        variable = behaviour.get("password_from") or "DB_PASSWORD"
        given = {*mapping(application.get("env")), *mapping(application.get("secret_env"))}
        if variable not in given:
            yield where, f"no variable {variable} in `env` or `secret_env` holds its password"


def credentials_change(tree: Tree) -> Iterator[Finding]:
    """A fault gives one value, and a password to a user that there is."""
    users, held = _users(tree), _held(tree)
    faults: list[tuple[Location, dict[Any, Any]]] = [
        (("timeline", index), fault) for index, fault in items(tree, "timeline")
    ]
    faults += [
        (("real", "timeline", index), fault) for index, fault in items(tree, "real", "timeline")
    ]
    for where, fault in faults:
        kind = fault.get("fault")
        if kind not in ("set-secret", "set-password"):
            continue
        if bool(fault.get("value")) == bool(fault.get("text")):
            yield where, "give `value` (the name of a drawn one) or `text`, and only one of them"
        if "/" in str(fault.get("value") or ""):
            yield from _place((*where, "value"), fault["value"], held)
        if kind == "set-password":
            database = str(fault.get("application"))
            if database not in users:
                yield (*where, "application"), f'"{database}" is no database that lists its users'
            else:
                named = fault.get("user")
                yield from reference("user", (*where, "user"), named, users[database])


def values_exist(tree: Tree) -> Iterator[Finding]:
    """Secrets are listed once; a value that is named by its place is there."""
    held = _held(tree)
    seen: set[tuple[Any, Any]] = set()
    for index, secret in items(tree, "secrets"):
        place = secret.get("namespace"), secret.get("name")
        if place in seen:
            yield ("secrets", index, "name"), f'"{place[0]}/{place[1]}" is there already'
        seen.add(place)
        for key, value in mapping(secret.get("drawn")).items():
            if "/" in str(value):
                yield from _place(("secrets", index, "drawn", key), value, held)
        for key in set(mapping(secret.get("text"))) & set(mapping(secret.get("drawn"))):
            yield ("secrets", index, "drawn", key), f'"{key}" is in `text`, too'


def _place(where: tuple[str | int, ...], value: Any, known: set[str]) -> Iterator[Finding]:
    if not isinstance(value, str) or not value:
        return
    if value.count("/") != 2:
        yield where, _PLACE
        return
    yield from reference("value", where, value, known)


RULES: tuple[Rule, ...] = (
    users_have_secrets,
    services_can_log_in,
    credentials_change,
    values_exist,
)
"""Rules about credentials, in the order of reading."""
