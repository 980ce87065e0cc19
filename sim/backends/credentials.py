"""Values that only their owners should know: what Secrets hold at the start, what faults write later.

A value has a name and is drawn once for a run, so that two places which name it agree. This file must
not know who uses a value.
"""

from __future__ import annotations

from base64 import b64encode

from sim.backends.plan import Plan
from sim.postgres import Role, Roles
from sim.scenario.application import Application, Database
from sim.scenario.secrets import Secret

LENGTH = 32
Place = tuple[str, str]
"""Namespace and name."""


def drawn_value(plan: Plan, name: str) -> str:
    """Return the value called *name*; `namespace/secret/key` is what that key held at the start."""
    if name.count("/") == 2:
        namespace, secret, key = name.split("/")
        return initial_value(plan, namespace, secret, key)
    return plan.stream.at("value", name).hex(LENGTH)


def initial_value(plan: Plan, namespace: str, name: str, key: str) -> str:
    """Return what a key of a Secret holds at the start."""
    told = listed(plan, namespace, name)
    if told is not None and key in told.text:
        return told.text[key]
    if told is not None and key in told.drawn:
        return drawn_value(plan, told.drawn[key])
    return plan.stream.at("secret", namespace, f"{name}/{key}").hex(LENGTH)


def roles_of(plan: Plan, application: Application, behaviour: Database) -> Roles:
    """Return the roles of a database as they are at the start."""
    roles = [Role(one.name, one.superuser) for one in behaviour.users]
    made = Roles(roles, stream=plan.stream.at("roles", application.name))
    for one in behaviour.users:
        if one.secret:
            made.set_password(one.name, drawn_value(plan, one.secret), -application.age)
    return made


def secret_keys(plan: Plan) -> dict[Place, dict[str, None]]:
    """Return which keys each Secret has at the start, gathered from all who use or list it."""
    found: dict[Place, dict[str, None]] = {}
    for application in plan.scenario.applications:
        for place in application.secret_env.values():
            name, _, key = place.partition("/")
            found.setdefault((application.namespace, name), {})[key] = None
    for one in plan.scenario.secrets:
        keys = found.setdefault((one.namespace, one.name), {})
        keys |= dict.fromkeys((*one.text, *one.drawn))
    return found


def encoded(value: str) -> str:
    """Return *value* as a Secret's `data` holds it."""
    return b64encode(value.encode()).decode()


def listed(plan: Plan, namespace: str, name: str) -> Secret | None:
    """Return what a scenario says of a Secret beside the variables that come from it."""
    for one in plan.scenario.secrets:
        if (one.namespace, one.name) == (namespace, name):
            return one
    return None
