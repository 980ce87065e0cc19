"""`kubectl expose`: a Service in front of a workload's pods.

It must not know where the traffic goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.apimachinery.wire import Obj
from sim.client.rest import collection_path
from sim.kubectl.builder import Info, Lookup, select
from sim.kubectl.errors import CommandError
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.results import (
    CLIENT,
    DRY_RUN_FLAG,
    OUTPUT_FLAGS,
    Results,
    dry_run_of,
    dry_run_query,
)
from sim.kubectl.templates import pod_spec_of

_EXPOSABLE = ("Deployment", "Pod", "ReplicaSet", "ReplicationController", "Service")


@dataclass
class ExposeOptions:
    """What `expose` was asked."""

    args: Sequence[str]
    name: str
    port: str
    target: str
    protocol: str
    kind: str
    dry_run: str

    @classmethod
    def complete(cls, call: Invocation) -> ExposeOptions:
        """Read flags and arguments."""
        flags = call.flags
        return cls(
            call.args,
            flags.text("name"),
            flags.text("port"),
            flags.text("target-port"),
            flags.text("protocol") or "TCP",
            flags.text("type"),
            dry_run_of(call),
        )

    def validate(self) -> None:
        """Refuse what cannot be meant."""
        if self.kind not in ("", "ClusterIP", "NodePort", "LoadBalancer", "ExternalName"):
            raise CommandError(
                f"invalid service type: {self.kind}, valid types are: ClusterIP, ExternalName, "
                "NodePort, LoadBalancer"
            )

    def run(self, call: Invocation) -> int:
        """Create the Service."""
        for info in select(call, self.args, Lookup(bulk=False)).require():
            obj = self._service(info, info.namespace if call.namespace_given else "")
            if self.dry_run != CLIENT:
                path = collection_path(call.known("services"), info.namespace)
                query = [("fieldManager", "kubectl-expose"), *dry_run_query(self.dry_run)]
                obj = call.client.create(path, obj, query)
            Results(call, self.dry_run).say("exposed", obj)
        return 0

    def _service(self, info: Info, namespace: str) -> Obj:
        kind = info.resource.kind
        if kind not in _EXPOSABLE:
            raise CommandError(f"cannot expose a {kind}.{info.resource.group}".rstrip("."))
        spec: Obj = {"ports": self._ports(info), "selector": _selector(info.object)}
        if self.kind:
            spec["type"] = self.kind
        metadata: Obj = {"name": self.name or info.name}
        if namespace:
            metadata["namespace"] = namespace
        if labels := info.object["metadata"].get("labels"):
            metadata["labels"] = dict(labels)
        return {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": spec,
            "status": {"loadBalancer": {}},
        }

    def _ports(self, info: Info) -> list[Obj]:
        numbers = self.port.split(",") if self.port else _ports_of(info.object)
        if not numbers:
            raise CommandError(
                "couldn't find port via --port flag or introspection\n"
                "See 'kubectl expose -h' for help and examples"
            )
        ports = []
        for index, number in enumerate(numbers, 1):
            if not number.isdecimal():
                raise CommandError(f"strconv.Atoi: parsing {quote(number)}: invalid syntax")
            port: Obj = {"port": int(number), "protocol": self.protocol}
            target = self.target or number
            port["targetPort"] = int(target) if target.isdigit() else target
            if len(numbers) > 1:
                port["name"] = f"port-{index}"
            ports.append(port)
        return ports


def _ports_of(obj: Obj) -> list[str]:
    if obj["kind"] == "Service":
        return [str(port["port"]) for port in (obj.get("spec") or {}).get("ports") or []]
    return [
        str(port["containerPort"])
        for container in pod_spec_of(obj).get("containers") or []
        for port in container.get("ports") or []
    ]


def _selector(obj: Obj) -> dict[str, str]:
    spec = obj.get("spec") or {}
    if obj["kind"] == "Pod":
        labels = obj["metadata"].get("labels") or {}
        if not labels:
            raise CommandError("the pod has no labels and cannot be exposed")
        return dict(labels)
    if obj["kind"] in ("Service", "ReplicationController"):
        return dict(spec.get("selector") or {})
    selector = spec.get("selector") or {}
    if selector.get("matchExpressions"):
        raise CommandError(
            "couldn't convert expressions - "
            f'"{selector["matchExpressions"]}" to map-based selector format'
        )
    return dict(selector.get("matchLabels") or {})


COMMAND = Command(
    "expose",
    "Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service",
    ExposeOptions,
    flags(
        "cluster-ip",
        "external-ip",
        "field-manager",
        "filename,f list",
        "kustomize,k",
        "labels,l",
        "load-balancer-ip",
        "name",
        "override-type string=merge",
        "overrides",
        "port",
        "protocol",
        "record bool",
        "recursive,R bool",
        "save-config bool",
        "selector",
        "session-affinity",
        "target-port",
        "type",
    )
    + OUTPUT_FLAGS
    + DRY_RUN_FLAG,
    usage="(-f FILENAME | TYPE NAME) [--port=port] [--target-port=number-or-name]",
)
