"""What creating, changing and ending an object of a certain kind brings with it.

Namespaces end when their content has, Services get addresses, pods a first status. This file must
not know requests; the registry calls it inside each write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.apimachinery.errors import forbidden, not_found
from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.wire import Obj
from sim.apiserver.addresses import Addresses
from sim.apiserver.admission import admit_pod
from sim.apiserver.customresources import CustomResources
from sim.apiserver.generation import with_template_generation
from sim.apiserver.jobs import with_own_labels

if TYPE_CHECKING:
    from sim.apiserver.registry import Registry


FIRST_STATUS: dict[str, Obj] = {
    "daemonsets": {
        "currentNumberScheduled": 0,
        "numberMisscheduled": 0,
        "desiredNumberScheduled": 0,
        "numberReady": 0,
    },
    "ingresses": {"loadBalancer": {}},
    "poddisruptionbudgets": {
        "disruptionsAllowed": 0,
        "currentHealthy": 0,
        "desiredHealthy": 0,
        "expectedPods": 0,
    },
    "horizontalpodautoscalers": {"desiredReplicas": 0, "currentMetrics": None},
    "persistentvolumeclaims": {"phase": "Pending"},
    "persistentvolumes": {"phase": "Pending"},
    "replicasets": {"replicas": 0},
    "replicationcontrollers": {"replicas": 0},
    "statefulsets": {"replicas": 0, "availableReplicas": 0},
}
"""What the server itself says of a new object of these kinds: also numbers that are never omitted."""


class Lifecycle:
    """The particulars of kinds, called by the registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._addresses = Addresses(registry.stream.at("service-address"))
        self._ending: dict[str, None] = {}
        self.custom = CustomResources(registry)

    def admit_namespace(self, info: ResourceInfo, namespace: str, name: str, user: str) -> None:
        """Refuse an outside user's object in a namespace that is missing or ending.

        Raises:
            ApiError: NotFound or Forbidden.
        """
        if info.custom:
            self.custom.admit(info)
        if not info.namespaced or user == "system":
            return
        found = self._registry.store.get("namespaces", "", namespace)
        if found is None:
            raise not_found("namespaces", namespace)
        if "deletionTimestamp" in found["metadata"]:
            why = (
                f"unable to create new content in namespace {namespace} because it is being "
                "terminated"
            )
            refused = forbidden(info.plural, name, why, info.group)
            cause = {
                "reason": "NamespaceTerminating",
                "message": f"namespace {namespace} is being terminated",
                "field": "metadata.namespace",
            }
            refused.details = {**(refused.details or {}), "causes": [cause]}
            raise refused

    def prepare_create(self, info: ResourceInfo, obj: Obj, user: str) -> Obj:
        """Return *obj* with what the server itself fills in at creation."""
        match info.key:
            case "pods":
                if user != "system" or "status" not in obj:
                    status = {"phase": "Pending", "qosClass": qos_class(obj["spec"])}
                    return {**obj, "status": status}
            case "services":
                return self._addresses.assign(obj)
            case "namespaces":
                return self._namespace(obj)
            case "customresourcedefinitions":
                return self.custom.complete(obj, None)
            case "jobs":
                obj = with_own_labels(obj)
            case "daemonsets":
                obj = with_template_generation(obj, None)
        if info.custom and "status" in info.subresources:
            return {key: value for key, value in obj.items() if key != "status"}
        if info.key != "pods" and "status" in info.subresources and user != "system":
            first = FIRST_STATUS.get(info.key)
            if first is not None:
                return {**obj, "status": first}
            return {**obj, "status": {}} if "status" in obj else obj
        return obj

    def prepare_load(self, info: ResourceInfo, obj: Obj) -> Obj:
        """Return *obj*, part of the world's beginning, with what it would have got at creation."""
        match info.key:
            case "pods":
                return admit_pod(self._registry, obj)
            case "services":
                return self._addresses.assign(obj)
            case "namespaces":
                return self._namespace(obj)
            case "customresourcedefinitions":
                return self.custom.complete(obj, None)
        return obj

    def prepare_update(self, info: ResourceInfo, new: Obj, old: Obj) -> Obj:
        """Return *new* with what the server itself keeps or fills in at a change."""
        if info.key == "services":
            return self._addresses.reassign(new, old)
        if info.key == "customresourcedefinitions":
            return self.custom.complete(new, old)
        if info.key == "daemonsets" and new is not old:
            return with_template_generation(new, old)
        return new

    def stored(self, resource: str, obj: Obj) -> None:
        """Take note of an object that now stands in the store."""
        if resource == "services":
            self._addresses.note(obj)
        elif resource == "customresourcedefinitions":
            self.custom.stored(obj)

    def removed(self, info: ResourceInfo, obj: Obj) -> None:
        """Take note of an object that has left the store."""
        if info.key == "services":
            self._addresses.release(obj)
        elif info.custom or info.key == "customresourcedefinitions":
            self.custom.removed(info.key, obj)
        namespace = obj["metadata"].get("namespace", "")
        if info.namespaced and namespace in self._ending:
            self._finish_namespace(namespace)

    def end_namespace(self, namespace: Obj) -> Obj:
        """Begin the end of a namespace: Terminating, its content deleted, then gone."""
        registry = self._registry
        name = namespace["metadata"]["name"]
        if name in self._ending:
            return namespace
        self._ending[name] = None
        metadata = {**namespace["metadata"], "deletionTimestamp": registry.timestamp()}
        status = {**namespace.get("status", {}), "phase": "Terminating"}
        ending = {**namespace, "metadata": metadata, "status": status}
        begun = registry.modify("namespaces", "", name, lambda _old: ending) or namespace
        for resource in registry.store.resources():
            if resource in ("namespaces", "nodes"):
                continue
            for obj in registry.store.list(resource, name):
                registry.delete(resource, name, obj["metadata"]["name"])
        self._finish_namespace(name)
        return begun

    @staticmethod
    def _namespace(obj: Obj) -> Obj:
        metadata = obj["metadata"]
        labels = {**(metadata.get("labels") or {}), "kubernetes.io/metadata.name": metadata["name"]}
        return {
            **obj,
            "metadata": {**metadata, "labels": labels},
            "spec": obj.get("spec") or {"finalizers": ["kubernetes"]},
            "status": obj.get("status") or {"phase": "Active"},
        }

    def _finish_namespace(self, name: str) -> None:
        registry = self._registry
        store = registry.store
        if name not in self._ending or any(
            store.count(resource, name) for resource in store.resources() if resource != "events"
        ):
            return
        del self._ending[name]
        # What was recorded about the end itself goes last, and keeps nobody waiting.
        for event in store.list("events", name):
            registry.remove("events", event)
        found = store.get("namespaces", "", name)
        if found is not None:
            registry.remove("namespaces", found)


def qos_class(spec: Obj) -> str:
    """Return Guaranteed, Burstable or BestEffort, as the kubelet ranks pods for the OOM killer."""
    containers = [*spec.get("containers", ()), *(spec.get("initContainers") or ())]
    any_set, all_guaranteed = False, bool(containers)
    for container in containers:
        resources = container.get("resources") or {}
        requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
        for name in ("cpu", "memory"):
            if name in requests or name in limits:
                any_set = True
            if name not in limits or requests.get(name, limits[name]) != limits[name]:
                all_guaranteed = False
    if not any_set:
        return "BestEffort"
    return "Guaranteed" if all_guaranteed else "Burstable"
