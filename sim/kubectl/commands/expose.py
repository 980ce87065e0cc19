"""`kubectl expose`: a Service in front of a workload's pods.

It must not know where the traffic goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.apimachinery.wire import Obj
from sim.client.rest import collection_path
from sim.kubectl.builder import Info, Lookup, check_structs, from_files, select
from sim.kubectl.errors import CommandError, raise_all
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.manifests import load_manifests
from sim.kubectl.results import (
    CLIENT,
    DRY_RUN_FLAG,
    OUTPUT_FLAGS,
    Results,
    check_output,
    dry_run_of,
    dry_run_query,
)
from sim.kubectl.structorder import typed
from sim.kubectl.templates import pod_spec_of, recorded

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
    files: Sequence[str]
    selector: dict[str, str]
    """What the first object or `--selector` says; it serves for the others too."""
    labels: dict[str, str]
    cluster_ip: str
    affinity: str

    @classmethod
    def complete(cls, call: Invocation) -> ExposeOptions:
        """Read flags and arguments."""
        check_output(call)
        flags = call.flags
        return cls(
            call.args,
            flags.text("name"),
            flags.text("port"),
            flags.text("target-port"),
            flags.text("protocol") or "TCP",
            flags.text("type"),
            dry_run_of(call),
            flags.many("filename"),
            _pairs(flags.text("selector")),
            _pairs(flags.text("labels")),
            flags.text("cluster-ip"),
            flags.text("session-affinity"),
        )

    def validate(self) -> None:
        """Refuse what cannot be meant."""
        if self.kind not in ("", "ClusterIP", "NodePort", "LoadBalancer", "ExternalName"):
            raise CommandError(
                f"invalid service type: {self.kind}, valid types are: ClusterIP, ExternalName, "
                "NodePort, LoadBalancer"
            )

    def run(self, call: Invocation) -> Running:
        """Create the Service."""
        manifests = None
        if self.files:
            manifests = yield from load_manifests(call, self.files)
        if manifests is not None and not self.args:
            check_structs(manifests)
            selection = from_files(call, manifests)
        else:
            selection = select(call, self.args, Lookup(bulk=False), manifests)
        errors = selection.visit(lambda info: self._expose(call, info))
        raise_all(errors)
        return 0

    def _expose(self, call: Invocation, info: Info) -> None:
        obj = self._service(info, info.namespace if call.namespace_given else "")
        obj = recorded(call, obj)
        if self.dry_run != CLIENT:
            path = collection_path(call.known("services"), info.namespace)
            query = [("fieldManager", "kubectl-expose"), *dry_run_query(self.dry_run)]
            obj = call.client.create(path, obj, query)
        Results(call, self.dry_run).say("exposed", typed(obj))

    def _service(self, info: Info, namespace: str) -> Obj:
        kind = info.resource.kind
        if kind not in _EXPOSABLE:
            raise CommandError(f"cannot expose a {kind}.{info.resource.group}".rstrip("."))
        if not self.selector:
            self.selector = _selector(info.object)
        spec: Obj = {"ports": self._ports(info), "selector": self.selector}
        if self.kind:
            spec["type"] = self.kind
        if self.cluster_ip:
            spec["clusterIP"] = self.cluster_ip
        if self.affinity:
            spec["sessionAffinity"] = self.affinity
        metadata: Obj = {"name": self.name or info.name}
        if namespace:
            metadata["namespace"] = namespace
        labels = self.labels or info.object["metadata"].get("labels")
        if labels:
            self.labels = metadata["labels"] = dict(labels)
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
            raise CommandError("couldn't find port via --port flag or introspection")
        ports = []
        for index, number in enumerate(numbers, 1):
            if not number.isdecimal():
                raise CommandError(f"strconv.Atoi: parsing {quote(number)}: invalid syntax")
            port: Obj = {"port": int(number), "protocol": self.protocol}
            target = self.target or number
            port["targetPort"] = int(target) if target.isdecimal() else target
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


def _pairs(text: str) -> dict[str, str]:
    pairs = dict(part.partition("=")[::2] for part in text.split(",") if part)
    if any("=" not in part for part in text.split(",") if part):
        raise CommandError(f"unexpected label spec: {text}")
    return pairs


def _selector(obj: Obj) -> dict[str, str]:
    spec = obj.get("spec") or {}
    if obj["kind"] == "Pod":
        labels = obj["metadata"].get("labels") or {}
        if not labels:
            raise CommandError("the pod has no labels and cannot be exposed")
        return dict(labels)
    if obj["kind"] in ("Service", "ReplicationController"):
        if not spec.get("selector"):
            raise CommandError(
                "couldn't retrieve selectors via --selector flag or introspection: the "
                f"{obj['kind'].lower()} has no pod selector set"
            )
        return dict(spec["selector"])
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
