"""A small cluster for the controllers' tests: a real API server, all controllers, a plain kubelet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import simpy

from sim.apimachinery.meta import key_of
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.control import Controllers, start_controllers
from sim.kernel import Environment, Epoch, Stream

EPOCH = Epoch.parse("2026-11-20T01:40:00Z")
START_MS = 800
STOP_MS = 500
SECOND = 1000
MINUTE = 60 * SECOND


class PlainKubelet:
    """Runs every bound pod: ready after START_MS, gone STOP_MS after its deletion."""

    def __init__(self, env: Environment, api: ApiServer) -> None:
        self.env = env
        self.api = api
        self.broken: set[str] = set()
        self.dead_nodes: set[str] = set()
        self._addresses = 0
        api.subscribe("pods", self._changed)

    def _after(self, delay: int, act: Callable[[], None]) -> None:
        def fire(_: simpy.Event) -> None:
            act()

        timeout = self.env.timeout(delay)
        assert timeout.callbacks is not None
        timeout.callbacks.append(fire)

    def _changed(self, kind: str, new: Obj, old: Obj | None) -> None:
        if kind == "DELETED":
            return
        node = new["spec"].get("nodeName")
        if not node or node in self.dead_nodes:
            return
        key = key_of(new)
        if "deletionTimestamp" in new["metadata"]:
            if old is None or "deletionTimestamp" not in old["metadata"]:
                self._after(STOP_MS, lambda: self._stop(*key))
        elif "podIP" not in new["status"] and (old is None or not old["spec"].get("nodeName")):
            self._after(START_MS, lambda: self._start(*key))

    def _stop(self, namespace: str, name: str) -> None:
        self.api.delete("pods", namespace, name, grace_s=0)

    def _start(self, namespace: str, name: str) -> None:
        pod = self.api.get("pods", namespace, name)
        if pod is None or "deletionTimestamp" in pod["metadata"]:
            return
        image = pod["spec"]["containers"][0]["image"]
        self.set_ready(pod, ready=image not in self.broken, ip=self._address())

    def _address(self) -> str:
        self._addresses += 1
        high, low = divmod(self._addresses, 250)
        return f"10.244.{high}.{low + 1}"

    def set_ready(self, pod: Obj, *, ready: bool, ip: str | None = None) -> None:
        """Write the status of a running pod."""
        now = EPOCH.rfc3339(self.env.now)
        condition = {"type": "Ready", "status": str(ready), "lastTransitionTime": now}

        def change(obj: Obj) -> Obj:
            kept = [c for c in obj["status"].get("conditions", ()) if c["type"] != "Ready"]
            status = {**obj["status"], "phase": "Running", "conditions": [*kept, condition]}
            return {**obj, "status": {**status, **({"podIP": ip} if ip else {})}}

        self.api.modify("pods", *key_of(pod), change, status=True)

    def finish(self, pod: Obj, code: int = 0) -> None:
        """Let the container of a running pod end with *code*; the pod's phase follows."""
        now = EPOCH.rfc3339(self.env.now)
        ended = {"exitCode": code, "finishedAt": now, "reason": "Error" if code else "Completed"}

        def change(obj: Obj) -> Obj:
            name = obj["spec"]["containers"][0]["name"]
            listed = [{"name": name, "state": {"terminated": ended}, "restartCount": 0}]
            phase = "Failed" if code else "Succeeded"
            kept = [c for c in obj["status"].get("conditions", ()) if c["type"] != "Ready"]
            status = {**obj["status"], "phase": phase, "containerStatuses": listed}
            return {**obj, "status": {**status, "conditions": kept}}

        self.api.modify("pods", *key_of(pod), change, status=True)


class World:
    """Everything a test touches."""

    def __init__(self) -> None:
        self.env = Environment()
        self.api = ApiServer(self.env, EPOCH, Stream("test", 0))
        self.kubelet = PlainKubelet(self.env, self.api)
        self.controllers: Controllers | None = None
        self.writes: list[tuple[str, str, str]] = []

    def start(
        self,
        *,
        pinned_names: Mapping[str, Sequence[str]] | None = None,
        pinned_hashes: Mapping[str, str] | None = None,
    ) -> Controllers:
        """Start the controllers on what has been loaded."""
        self.controllers = start_controllers(
            self.env,
            self.api,
            Stream("test", 0),
            pinned_names=pinned_names,
            pinned_hashes=pinned_hashes,
        )
        for resource in ("pods", "replicasets", "deployments", "daemonsets", "endpointslices"):
            self._record(resource)
        return self.controllers

    def _record(self, resource: str) -> None:
        def note(kind: str, new: Obj, _old: Obj | None) -> None:
            self.writes.append((kind, resource, new["metadata"]["name"]))

        self.api.subscribe(resource, note)

    def run(self, ms: int) -> None:
        """Let *ms* pass."""
        self.env.advance(self.env.now + ms)

    # -- reading ---------------------------------------------------------------------------------

    def get(self, resource: str, name: str, namespace: str = "shop") -> Obj:
        """Return an object that has to be there."""
        found = self.api.get(resource, namespace, name)
        assert found is not None, f"no {resource} {namespace}/{name}"
        return found

    def pods(self, **labels: str) -> list[Obj]:
        """Return the pods of the namespace that carry *labels*."""
        return self.api.list("pods", "shop", labels=labels)

    def nodes_of(self, **labels: str) -> list[str]:
        """Return the nodes of those pods, sorted."""
        return sorted(pod["spec"].get("nodeName", "") for pod in self.pods(**labels))

    def events(self, reason: str, kind: str | None = None) -> list[str]:
        """Return the messages of the events with *reason*, in the order of their making."""
        listed = [event for event in self.api.list("events") if event["reason"] == reason]
        listed.sort(key=lambda event: int(event["metadata"]["resourceVersion"]))
        return [
            event["message"] for event in listed if kind in (None, event["involvedObject"]["kind"])
        ]

    # -- writing ---------------------------------------------------------------------------------

    def node(self, name: str, *, zone: str = "a", cpu: str = "4", load: bool = True) -> Obj:
        """Add a Ready node."""
        amounts = {"cpu": cpu, "memory": "16Gi", "pods": "110"}
        condition = {"type": "Ready", "status": "True", "lastTransitionTime": EPOCH.rfc3339(0)}
        node = {
            "metadata": {
                "name": name,
                "labels": {
                    "kubernetes.io/hostname": name,
                    "topology.kubernetes.io/zone": zone,
                },
            },
            "spec": {},
            "status": {"allocatable": amounts, "capacity": amounts, "conditions": [condition]},
        }
        return self.api.load("nodes", node) if load else self.api.create("nodes", node)

    def storage_class(self, name: str = "fast", **fields: Any) -> Obj:
        """Add a StorageClass whose driver runs in the cluster; the default class if not said else."""
        driver = fields.get("provisioner", "disk.example.com")
        if self.api.get("csidrivers", "", driver) is None:
            self.api.create("csidrivers", {"metadata": {"name": driver}, "spec": {}})
        mark = {"storageclass.kubernetes.io/is-default-class": "true"}
        made = {"metadata": {"name": name, "annotations": mark}, "provisioner": driver, **fields}
        return self.api.create("storageclasses", made)

    def deployment(self, name: str, replicas: int = 3, **spec: Any) -> Obj:
        """Create a Deployment of *replicas* pods of image `<name>:1`."""
        return self.api.create("deployments", deployment(name, replicas, **spec))

    def set_image(self, name: str, image: str, resource: str = "deployments") -> None:
        """Change the image of the first container, as `kubectl set image` does."""
        self.api.modify(resource, "shop", name, lambda old: with_image(old, image))

    def patch_spec(self, resource: str, name: str, namespace: str = "shop", **fields: Any) -> None:
        """Set fields of the spec."""
        self.api.modify(
            resource, namespace, name, lambda old: {**old, "spec": {**old["spec"], **fields}}
        )


def with_image(obj: Obj, image: str) -> Obj:
    """Return a workload whose first container has *image*."""
    template = obj["spec"]["template"]
    first, *rest = template["spec"]["containers"]
    spec = {**template["spec"], "containers": [{**first, "image": image}, *rest]}
    return {**obj, "spec": {**obj["spec"], "template": {**template, "spec": spec}}}


def template(name: str, *, cpu: str = "100m", **spec: Any) -> Obj:
    """Return a pod template with one container."""
    requests = {"cpu": cpu, "memory": "128Mi"}
    container = {
        "name": "app",
        "image": f"{name}:1",
        "ports": [{"name": "http", "containerPort": 8080}],
        "resources": {"requests": requests},
    }
    return {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container], **spec}}


def deployment(name: str, replicas: int = 3, *, pod: Obj | None = None, **spec: Any) -> Obj:
    """Return a Deployment as a user writes it."""
    return {
        "metadata": {"name": name, "namespace": "shop", "labels": {"app": name}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": pod if pod is not None else template(name),
            **spec,
        },
    }


def service(name: str, **spec: Any) -> Obj:
    """Return a Service that selects `app=<name>`."""
    return {
        "metadata": {"name": name, "namespace": "shop", "labels": {"app": name}},
        "spec": {
            "selector": {"app": name},
            "ports": [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}],
            **spec,
        },
    }
