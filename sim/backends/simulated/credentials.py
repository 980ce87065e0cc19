"""Values that only their owners should know: what Secrets hold at the start, what faults write later.

A value has a name and is drawn once for a run, so that two places which name it agree. This file must
not know who uses a value.
"""

from __future__ import annotations

from base64 import b64encode

from sim.apimachinery.wire import Obj
from sim.apiserver.fieldmanagers import Author
from sim.backends.simulated.plan import Plan
from sim.backends.simulated.workloads import Workloads
from sim.postgres import Role, Roles
from sim.scenario.application import Application, Database
from sim.scenario.secrets import Secret

LENGTH = 32
MAKER = "kubectl-create"
"""Manager of the fields of a Secret that somebody made long ago."""
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
    listed = _listed(plan, namespace, name)
    if listed is not None and key in listed.text:
        return listed.text[key]
    if listed is not None and key in listed.drawn:
        return drawn_value(plan, listed.drawn[key])
    return plan.stream.at("secret", namespace, f"{name}/{key}").hex(LENGTH)


def roles_of(plan: Plan, application: Application, behaviour: Database) -> Roles:
    """Return the roles of a database as they are at the start."""
    roles = [Role(one.name, one.superuser) for one in behaviour.users]
    made = Roles(roles, stream=plan.stream.at("roles", application.name))
    for one in behaviour.users:
        if one.secret:
            made.set_password(one.name, drawn_value(plan, one.secret), -application.age)
    return made


class Secrets:
    """Loads the Secrets of a scenario, each once."""

    def __init__(self, workloads: Workloads) -> None:
        """Load through *workloads*; which keys a Secret has is gathered from all who use it."""
        self._workloads = workloads
        self._plan = plan = workloads.plan
        self._keys: dict[Place, dict[str, None]] = {}
        self._loaded: dict[Place, None] = {}
        for application in plan.scenario.applications:
            for place in application.secret_env.values():
                name, _, key = place.partition("/")
                self._keys.setdefault((application.namespace, name), {})[key] = None
        for one in plan.scenario.secrets:
            keys = self._keys.setdefault((one.namespace, one.name), {})
            keys |= dict.fromkeys((*one.text, *one.drawn))

    def load_for(self, application: Application, made_ago: int) -> None:
        """Load what *application*'s variables come from."""
        for place in application.secret_env.values():
            self._load(application.namespace, place.partition("/")[0], made_ago)

    def load_rest(self) -> None:
        """Load the Secrets that no application has asked for."""
        for one in self._plan.scenario.secrets:
            self._load(one.namespace, one.name, one.age)

    def _load(self, namespace: str, name: str, made_ago: int) -> None:
        if (namespace, name) in self._loaded:
            return
        self._loaded[namespace, name] = None
        plan, listed = self._plan, _listed(self._plan, namespace, name)
        metadata: Obj = {
            "name": name,
            "namespace": namespace,
            "creationTimestamp": self._workloads.stamp(listed.age if listed else made_ago),
        }
        if listed is not None and listed.labels:
            metadata["labels"] = dict(listed.labels)
        if listed is not None and listed.annotations:
            metadata["annotations"] = dict(listed.annotations)
        data = {
            key: encoded(initial_value(plan, namespace, name, key))
            for key in self._keys[namespace, name]
        }
        secret = {"metadata": metadata, "type": "Opaque", "data": data}
        self._workloads.api.load("secrets", self._owned(secret))

    def _owned(self, secret: Obj) -> Obj:
        """Return *secret* with the mark of who made it."""
        api = self._workloads.api
        info = api.resources.by_plural("secrets")
        made = api.registry.fields.updated(info, secret, None, Author(MAKER, "v1"))
        return dated(made, MAKER, secret["metadata"]["creationTimestamp"])


def dated(obj: Obj, manager: str, stamp: str) -> Obj:
    """Return *obj* with what *manager* wrote last written at *stamp*."""
    entries = [
        {**one, "time": stamp} if one.get("manager") == manager else one
        for one in obj["metadata"].get("managedFields") or ()
    ]
    return {**obj, "metadata": {**obj["metadata"], "managedFields": entries}}


def encoded(value: str) -> str:
    """Return *value* as a Secret's `data` holds it."""
    return b64encode(value.encode()).decode()


def _listed(plan: Plan, namespace: str, name: str) -> Secret | None:
    for one in plan.scenario.secrets:
        if (one.namespace, one.name) == (namespace, name):
            return one
    return None
