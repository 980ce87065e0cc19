"""The Secrets that are there at the beginning, with the marks of who made them.

What they hold is known elsewhere.
"""

from __future__ import annotations

from sim.apimachinery.wire import Obj
from sim.apiserver.fieldmanagers import Author
from sim.backends.credentials import Place, encoded, initial_value, listed, secret_keys
from sim.backends.simulated.workloads import Workloads
from sim.scenario.application import Application

MAKER = "kubectl-create"
"""Manager of the fields of a Secret that somebody made long ago."""


class Secrets:
    """Loads the Secrets of a scenario, each once."""

    def __init__(self, workloads: Workloads) -> None:
        """Load through *workloads*; which keys a Secret has is gathered from all who use it."""
        self._workloads = workloads
        self._plan = workloads.plan
        self._keys = secret_keys(self._plan)
        self._loaded: dict[Place, None] = {}

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
        plan, told = self._plan, listed(self._plan, namespace, name)
        metadata: Obj = {
            "name": name,
            "namespace": namespace,
            "creationTimestamp": self._workloads.stamp(told.age if told else made_ago),
        }
        if told is not None and told.labels:
            metadata["labels"] = dict(told.labels)
        if told is not None and told.annotations:
            metadata["annotations"] = dict(told.annotations)
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
