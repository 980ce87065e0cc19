"""APIServices: one for each group and version that is served, put back when somebody deletes it.

It must not know what a group means (kube-aggregator's autoregister controller, and crdregistration).
"""

from __future__ import annotations

from typing import ClassVar

from sim.apimachinery.meta import Key, labels_of
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.kernel import Environment, Stream
from sim.reconcile import Change, Controller, Informer

MANAGED = "kube-aggregator.kubernetes.io/automanaged"
APIREGISTRATION = "apiregistration.k8s.io"
"""The aggregator's own group, which needs no entry."""
METRICS = "metrics.k8s.io"
_CUSTOM = (1000, 100)
_PRIORITIES = {
    "": (18000, 1),
    "apps": (17800, 15),
    "events.k8s.io": (17750, 5),
    "authentication.k8s.io": (17700, 15),
    "authorization.k8s.io": (17600, 15),
    "autoscaling": (17500, 15),
    "batch": (17400, 15),
    "certificates.k8s.io": (17300, 15),
    "networking.k8s.io": (17200, 15),
    "policy": (17100, 15),
    "rbac.authorization.k8s.io": (17000, 15),
    "storage.k8s.io": (16800, 15),
    "apiextensions.k8s.io": (16700, 15),
    "admissionregistration.k8s.io": (16700, 15),
    "scheduling.k8s.io": (16600, 15),
    "coordination.k8s.io": (16500, 15),
    "node.k8s.io": (16300, 15),
    "discovery.k8s.io": (16200, 15),
    "flowcontrol.apiserver.k8s.io": (16100, 21),
}
"""Of a built-in group: groupPriorityMinimum and versionPriority (apiserver's aggregator.go)."""


def registered(api: ApiServer) -> dict[str, tuple[str, str]]:
    """Return what is served, (group, version) by the name of its APIService."""
    return {
        f"{version}.{group}": (group, version)
        for group, version in api.resources.group_versions()
        if group != APIREGISTRATION
    }


def apiservice(group: str, version: str, stamp: str) -> Obj:
    """Return the APIService of what this server serves itself, or of the metrics server."""
    minimum, priority = _PRIORITIES.get(group, _CUSTOM)
    spec: Obj = {"version": version, "groupPriorityMinimum": minimum, "versionPriority": priority}
    labels = {MANAGED: "onstart" if group in _PRIORITIES else "true"}
    why = ("Local", "Local APIServices are always available")
    if group:
        spec["group"] = group
    if group == METRICS:
        labels = {"k8s-app": "metrics-server"}
        where = {"name": "metrics-server", "namespace": "kube-system", "port": 443}
        more = {"groupPriorityMinimum": 100, "insecureSkipTLSVerify": True, "service": where}
        spec = {**spec, **more}
        why = ("Passed", "all checks passed")
    condition = {
        "type": "Available",
        "status": "True",
        "lastTransitionTime": stamp,
        "reason": why[0],
        "message": why[1],
    }
    return {
        "metadata": {"name": f"{version}.{group}", "labels": labels, "creationTimestamp": stamp},
        "spec": spec,
        "status": {"conditions": [condition]},
    }


class ApiServiceRegistration(Controller):
    """A key is an APIService, there or not."""

    name: ClassVar[str] = "autoregister"

    def __init__(
        self,
        env: Environment,
        api: ApiServer,
        stream: Stream,
        *,
        services: Informer,
        definitions: Informer,
    ) -> None:
        super().__init__(env, api, stream)
        self._services = services
        services.on_change(self._service_changed)
        definitions.on_change(self._definition_changed)

    def _service_changed(self, change: Change) -> None:
        if change.type == "DELETED":
            self.enqueue(change.key)

    def _definition_changed(self, change: Change) -> None:
        for one in (change.new, change.old or change.new):
            group = one["spec"]["group"]
            for version in one["spec"]["versions"]:
                self.enqueue(Key("", f"{version['name']}.{group}"))

    def reconcile(self, key: Key) -> None:
        """Register what is served; forget what is served no longer."""
        held, served = self._services.get(*key), registered(self.api).get(key.name)
        if served is None:
            if held is not None and labels_of(held).get(MANAGED) == "true":
                self.api.delete("apiservices", *key)
        elif held is None and served[0] != METRICS:
            self.api.create("apiservices", apiservice(*served, self.timestamp()))
