"""A scenario as objects of a real Kubernetes: what has to be created before a run can begin, and in which order.

Pure: it is handed what is known of the cluster and returns objects and patches. This file must not know how they
are sent or undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sim.apimachinery.wire import Obj
from sim.backends.credentials import encoded, initial_value, listed, secret_keys
from sim.backends.deployments import (
    CHANGE_CAUSE,
    ZONE_LABEL,
    change_cause,
    manifest_of,
    with_revision,
)
from sim.backends.kind.background import background_namespaces, background_of
from sim.backends.kind.programs import DEFAULT_RATE, SAMPLES_PORT, prober_of, program_of
from sim.backends.kind.recipes import prober_image
from sim.backends.kind.undoing import LABEL, OURS
from sim.backends.plan import Plan
from sim.kernel import Epoch
from sim.scenario.application import Application
from sim.workload.settings import VARIABLE, packed

SETTINGS_SECRET = "uncordon-workload"
"""In each namespace with applications of ours: what their programs are told, by application."""
PROBER = "prober"
REVISION = "deployment.kubernetes.io/revision"
HASH_LABEL = "pod-template-hash"
CONTROL_PLANE_TAINTS = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
HOST_FOLDER = "/var/lib/uncordon"
"""On the control plane's node: what volumes are made of."""
_WAVES = (("database",), ("web-service", "neighbour", "idle"), ("gateway",))
HOST_LABEL = "kubernetes.io/hostname"
SMALL = {"cpu": "20m", "memory": "32Mi"}
"""What each pod requests: all of the scenario have to fit on one laptop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFacts:
    """One node of the cluster, and what it is in the scenario."""

    name: str
    """Its real name."""
    pool: str = ""
    """Of the scenario; empty for the control plane, which takes what lives in no pool of its own."""
    zone: str = ""
    """As the topology label shall have it, e.g. `eu-west-1b`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a cluster when objects are made for it."""

    nodes: tuple[NodeFacts, ...]
    services: int = 0
    """Services that are there already."""
    rate: float = DEFAULT_RATE
    """Requests per second of all users together."""
    epoch: Epoch | None = None
    """When simulated time 0 is on the wall, as well as is known yet: robots' hours, dates of old releases."""
    token: str = ""
    """Names the run, so that a database starts afresh with it."""

    @property
    def control_plane(self) -> str:
        """Return the name of the node of the control plane."""
        return next(node.name for node in self.nodes if not node.pool)


class NodeChange(NamedTuple):
    """How a node is made one of the scenario's, and back to what it was, whatever has been done to it since."""

    node: str
    patch: Obj
    """A merge patch (RFC 7386)."""
    undo: list[Obj]
    """A JSON patch (RFC 6902)."""


def objects_for(plan: Plan, facts: Facts) -> list[Obj]:
    """Return everything to be created, in order; all of it carries our label."""
    return [one for wave in waves_for(plan, facts) for one in wave]


def waves_for(plan: Plan, facts: Facts) -> list[list[Obj]]:
    """Return everything to be created, in waves: the Deployments of each must be available before the next begins.

    Then no pod has ever been restarted when a run begins: databases are there before their clients, and the
    application before its users.
    """
    applications = plan.scenario.applications
    first = [
        *_namespaces(plan),
        *_secrets(plan),
        *_settings(plan, facts),
        *(_config(one) for one in applications if one.config),
        *(each for one in applications if one.volume for each in _volume(one, facts)),
        *(_service(plan, one) for one in applications),
        *background_of(plan, existing=facts.services + len(applications)),
        *past_of(plan, facts),
    ]
    waves = [first]
    for kinds in _WAVES:
        names = [one.name for one in applications if one.behaviour.kind in kinds]
        waves.append([deployment_of(plan, facts, name) for name in names])
    waves[-1] += _probers(plan, facts)
    return [[labelled(one) for one in wave] for wave in waves if wave]


def deployment_of(plan: Plan, facts: Facts, name: str, offset: int = -1) -> Obj:
    """Return the Deployment of an application; of one with a history the revision at *offset*.

    Offset 0 is the release of the timeline: what has to be written to roll it out.
    """
    application = plan.scenario.application(name)
    manifest = manifest_of(plan, application)
    if name == plan.scenario.history.application:
        manifest = with_revision(plan, manifest, offset)
        if facts.epoch is not None:
            cause = change_cause(plan, facts.epoch, offset)
            manifest["metadata"]["annotations"] = {CHANGE_CAUSE: cause}
    template = _fitted(manifest["spec"]["template"], application.name)
    if application.nodes == "last-zone":
        _prefer_zone(template, plan.pool(application.pool, "last-zone")[0].zone)
    made = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        **manifest,
        "spec": {**manifest["spec"], "template": template},
    }
    return labelled(made)


def past_of(plan: Plan, facts: Facts) -> list[Obj]:
    """Return the ReplicaSets of the revisions before the starting one, oldest first.

    They are made before their Deployment, whose controller adopts them and counts on from their number.
    """
    history = plan.scenario.history
    found = []
    for entry in sorted(history.revisions, key=lambda one: one.offset):
        if entry.offset >= -1 or entry.ago is None:
            continue
        deployment = deployment_of(plan, facts, history.application, entry.offset)
        metadata, spec = deployment["metadata"], deployment["spec"]
        label = plan.revision_hash(entry.offset)
        own = {HASH_LABEL: label}
        template = spec["template"]
        labels = {**template["metadata"]["labels"], **own}
        annotations = dict(metadata.get("annotations") or {})
        annotations[REVISION] = str(plan.revision + entry.offset)
        found.append(
            {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "metadata": {
                    "name": f"{metadata['name']}-{label}",
                    "namespace": metadata["namespace"],
                    "labels": labels,
                    "annotations": annotations,
                },
                "spec": {
                    "replicas": 0,
                    "selector": {"matchLabels": {**spec["selector"]["matchLabels"], **own}},
                    "template": {**template, "metadata": {"labels": labels}},
                },
            }
        )
    return found


def node_changes(plan: Plan, facts: Facts, nodes: Iterable[Obj]) -> list[NodeChange]:
    """Return what makes each of *nodes* (as they are now) one of the scenario's: labels, taints, and no cordon."""
    tainted = {pool.name for pool in plan.scenario.cluster.pools if pool.taint}
    by_name = {node["metadata"]["name"]: node for node in nodes}
    found = []
    for one in facts.nodes:
        node = by_name[one.name]
        labels = {ZONE_LABEL: one.zone} if one.zone else {}
        if one.pool:
            labels["pool"] = one.pool
        patch: Obj = {"metadata": {"labels": labels}, "spec": {"unschedulable": None}}
        # What Kubernetes itself says of a node's state is not ours to keep.
        had = [
            taint
            for taint in node["spec"].get("taints") or ()
            if not taint["key"].startswith("node.kubernetes.io/")
        ]
        if one.pool in tainted:
            ours = {"key": "pool", "value": one.pool, "effect": "NoSchedule"}
            patch["spec"]["taints"] = [*(taint for taint in had if taint["key"] != "pool"), ours]
        before = {
            "/metadata/labels": node["metadata"].get("labels") or {},
            "/spec/taints": had,
            "/spec/unschedulable": bool(node["spec"].get("unschedulable")),
        }
        undo = [{"op": "add", "path": path, "value": value} for path, value in before.items()]
        found.append(NodeChange(one.name, patch, undo))
    return found


def host_folders(plan: Plan) -> tuple[str, ...]:
    """Return the folders on the control plane's node that pods write into; whoever cleans up removes them."""
    return tuple(_folder(one) for one in plan.scenario.applications if one.volume)


def sample_pods(plan: Plan) -> tuple[tuple[str, str, int, str], ...]:
    """Return whose `/samples` are read: (namespace, label `app`, container port, program)."""
    programs = {"gateway": "users", "neighbour": "neighbour"}
    found = [
        (one.namespace, one.name, one.service.target, programs[one.behaviour.kind])
        for one in plan.scenario.applications
        if one.behaviour.kind in programs
    ]
    probers = ((_edge(plan), PROBER, SAMPLES_PORT, "prober") for _ in plan.scenario.traffic[:1])
    return (*found, *probers)


def labelled(obj: Obj) -> Obj:
    """Return *obj* with our label, and the pods that it makes as well."""
    metadata = obj["metadata"]
    made = {
        **obj,
        "metadata": {**metadata, "labels": {**(metadata.get("labels") or {}), LABEL: OURS}},
    }
    template = (obj.get("spec") or {}).get("template")
    if template:
        inner = template["metadata"]
        labels = {**(inner.get("labels") or {}), LABEL: OURS}
        made["spec"] = {
            **obj["spec"],
            "template": {**template, "metadata": {**inner, "labels": labels}},
        }
    return made


# -- inside ----------------------------------------------------------------------------------------


def _namespaces(plan: Plan) -> list[Obj]:
    names = (
        *(one.namespace for one in plan.scenario.applications),
        *(one.namespace for one in plan.scenario.secrets),
        *background_namespaces(plan),
    )
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        for name in dict.fromkeys(names)
    ]


def _secrets(plan: Plan) -> list[Obj]:
    found = []
    for (namespace, name), keys in secret_keys(plan).items():
        told = listed(plan, namespace, name)
        metadata: Obj = {"name": name, "namespace": namespace}
        if told is not None and told.labels:
            metadata["labels"] = dict(told.labels)
        if told is not None and told.annotations:
            metadata["annotations"] = dict(told.annotations)
        data = {key: encoded(initial_value(plan, namespace, name, key)) for key in keys}
        found.append(_secret(metadata, data))
    return found


def _settings(plan: Plan, facts: Facts) -> list[Obj]:
    """Return what the programs are told; Secrets, because passwords and what a release breaks are in it."""
    by_namespace: dict[str, Obj] = {}
    epoch_ms = facts.epoch.unix_ms if facts.epoch is not None else 0
    for one in plan.scenario.applications:
        program = program_of(plan, one, rate=facts.rate, epoch_ms=epoch_ms, token=facts.token)
        data = by_namespace.setdefault(one.namespace, {})
        data[one.name] = encoded(packed(program.settings))
    for spec in plan.scenario.traffic[:1]:
        data = by_namespace.setdefault(_edge(plan), {})
        data[PROBER] = encoded(packed(prober_of(plan, spec).settings))
    return [
        _secret({"name": SETTINGS_SECRET, "namespace": namespace}, data)
        for namespace, data in by_namespace.items()
    ]


def _secret(metadata: Obj, data: Obj) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": "Opaque",
        "data": data,
    }


def _config(application: Application) -> Obj:
    labels = {"app": application.name, "team": application.team}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": application.name,
            "namespace": application.namespace,
            "labels": labels,
        },
        "data": dict(application.config),
    }


def _volume(application: Application, facts: Facts) -> list[Obj]:
    """Return a volume of a folder on the control plane's node, and the claim on it."""
    volume = application.volume
    if volume is None:
        return []
    name = f"{application.namespace}-{volume.claim}"
    capacity = {"storage": volume.size}
    common: Obj = {"accessModes": ["ReadWriteOnce"], "storageClassName": ""}
    here = {
        "matchExpressions": [{"key": HOST_LABEL, "operator": "In", "values": [facts.control_plane]}]
    }
    claim = {"namespace": application.namespace, "name": volume.claim}
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": name},
            "spec": {
                **common,
                "capacity": capacity,
                "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **claim},
                "hostPath": {"path": _folder(application), "type": "DirectoryOrCreate"},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [here]}},
                "persistentVolumeReclaimPolicy": "Retain",
            },
        },
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": claim,
            "spec": {**common, "resources": {"requests": capacity}, "volumeName": name},
        },
    ]


def _folder(application: Application) -> str:
    claim = application.volume.claim if application.volume else ""
    return f"{HOST_FOLDER}/{application.namespace}-{claim}"


def _service(plan: Plan, application: Application) -> Obj:
    service = application.service
    port = {
        "name": service.name,
        "port": service.port,
        "protocol": "TCP",
        "targetPort": service.target,
    }
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": application.name,
            "namespace": application.namespace,
            "labels": {"app": application.name},
        },
        "spec": {
            "ports": [port],
            "selector": {"app": application.name},
            "clusterIP": plan.addresses[application.name],
        },
    }


def _edge(plan: Plan) -> str:
    """Return the namespace of the gateways, where the prober lives as well."""
    spec = plan.scenario.traffic[0]
    return plan.scenario.application(spec.gateway).namespace


def _probers(plan: Plan, facts: Facts) -> Sequence[Obj]:
    if not plan.scenario.traffic:
        return ()
    labels = {"app": PROBER, "team": "edge"}
    container: Obj = {
        "name": PROBER,
        "image": prober_image(plan),
        "ports": [{"containerPort": SAMPLES_PORT, "name": "http"}],
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": SAMPLES_PORT}},
        "resources": {},
    }
    template: Obj = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": PROBER, "namespace": _edge(plan), "labels": labels},
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": {"app": PROBER}},
                "template": _fitted(template, PROBER),
            },
        }
    ]


def _fitted(template: Obj, name: str) -> Obj:
    """Return a pod template of the scenario as a small cluster can carry it, with our program's settings."""
    spec = template["spec"]
    container, *others = spec["containers"]
    resources = container.get("resources") or {}
    own = [
        {
            "name": VARIABLE,
            "valueFrom": {"secretKeyRef": {"name": SETTINGS_SECRET, "key": name}},
        },
        {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
    ]
    changed = {
        **container,
        "env": [*container.get("env", ()), *own],
        "resources": {**resources, "requests": dict(SMALL)},
    }
    made = {**spec, "containers": [changed, *others]}
    spreading = made.get("topologySpreadConstraints")
    if spreading:
        # On few nodes zones alone would leave one of them empty.
        made["topologySpreadConstraints"] = [
            *spreading,
            *({**one, "topologyKey": HOST_LABEL} for one in spreading),
        ]
    if "nodeSelector" not in made:
        # Only the control plane's node is in no pool of its own.
        made["tolerations"] = [
            *(made.get("tolerations") or ()),
            *(
                {"key": key, "operator": "Exists", "effect": "NoSchedule"}
                for key in CONTROL_PLANE_TAINTS
            ),
        ]
    return {**template, "spec": made}


def _prefer_zone(template: Obj, zone: str) -> None:
    """Have the template's pods rather sit in *zone*: a fresh template, changed in place."""
    term = {"matchExpressions": [{"key": ZONE_LABEL, "operator": "In", "values": [zone]}]}
    preferred = [{"weight": 100, "preference": term}]
    template["spec"]["affinity"] = {
        "nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}
    }
