"""The applications that a scenario is about, with the revisions they have had.

Manifests are written here in Kubernetes' words; how the applications behave is known elsewhere.
"""

from __future__ import annotations

from sim.apimachinery.wire import Obj
from sim.backends.simulated.credentials import Secrets
from sim.backends.simulated.plan import Plan, PlannedNode
from sim.backends.simulated.storage import load_claim
from sim.backends.simulated.tenants import pool_spec
from sim.backends.simulated.workloads import Workloads
from sim.kernel import Epoch
from sim.scenario import fill
from sim.scenario.application import Application
from sim.scenario.fields import placeholders

CHANGE_CAUSE = "kubernetes.io/change-cause"
ZONE_LABEL = "topology.kubernetes.io/zone"
WEEK_MS = 604_800_000
MADE_BEFORE_MS = 5 * WEEK_MS
"""How much older than its oldest remembered revision an application is."""


class Applications:
    """Loads a scenario's applications, their Services and their history."""

    def __init__(self, workloads: Workloads) -> None:
        """Load through *workloads*."""
        self._workloads = workloads
        self._plan = workloads.plan
        self._secrets = Secrets(workloads)

    def load(self) -> None:
        """Load every application, and the Secrets that a scenario lists beside them."""
        for application in self._plan.scenario.applications:
            self._load(application)
        self._secrets.load_rest()

    def _load(self, application: Application) -> None:
        plan, workloads = self._plan, self._workloads
        history = plan.scenario.history
        remembered = application.name == history.application
        made_ago = application.age + MADE_BEFORE_MS
        revision, label = 1, ""
        manifest = manifest_of(plan, application)
        if remembered:
            made_ago = max(entry.ago or 0 for entry in history.revisions) + MADE_BEFORE_MS
            revision, label = plan.revision - 1, plan.revision_hash(-1)
            manifest = with_revision(plan, manifest, -1)
            cause = change_cause(plan, workloads.epoch, -1)
            manifest["metadata"]["annotations"] = {CHANGE_CAUSE: cause}
        self._secrets.load_for(application, made_ago)
        if application.config:
            workloads.api.load("configmaps", _config(application, workloads.stamp(made_ago)))
        if application.volume is not None:
            claim = application.volume
            load_claim(workloads, application.namespace, claim.claim, claim.size, ago=made_ago)
        running = workloads.deployment(
            manifest,
            self._nodes(application),
            made_ago=made_ago,
            pods_ago=application.age,
            revision=revision,
            template_hash=label,
        )
        if remembered:
            self._remember(application, running.owner)
        service = application.service
        workloads.service(
            application.namespace,
            application.name,
            [
                {
                    "name": service.name,
                    "port": service.port,
                    "protocol": "TCP",
                    "targetPort": service.target,
                }
            ],
            running,
            made_ago=made_ago,
            selector={"app": application.name},
            address=plan.addresses[application.name],
        )

    def _remember(self, application: Application, deployment: Obj) -> None:
        """Load the ReplicaSets of the revisions before the current one, scaled to nothing."""
        plan = self._plan
        for entry in plan.scenario.history.revisions:
            if entry.offset >= -1 or entry.ago is None:
                continue
            old = with_revision(plan, manifest_of(plan, application), entry.offset)
            template = old["spec"]["template"]
            past = {
                **deployment,
                "metadata": {
                    **deployment["metadata"],
                    "annotations": {
                        **deployment["metadata"]["annotations"],
                        CHANGE_CAUSE: change_cause(plan, self._workloads.epoch, entry.offset),
                    },
                },
                "spec": {**deployment["spec"], "template": template},
            }
            self._workloads.replicaset(
                past,
                plan.revision + entry.offset,
                plan.revision_hash(entry.offset),
                made_ago=entry.ago,
                replicas=0,
            )

    def _nodes(self, application: Application) -> list[PlannedNode]:
        """Return where the pods sit: as the scheduler would have spread them."""
        plan = self._plan
        which = application.nodes
        members = list(plan.pool(application.pool, "all" if which == "any" else which))
        if application.spread:
            return _spread(members, application.replicas)
        start = plan.stream.at("placement", application.name).integer(0, len(members) - 1)
        return [members[(start + turn) % len(members)] for turn in range(application.replicas)]


def _spread(nodes: list[PlannedNode], count: int) -> list[PlannedNode]:
    """Return *count* places, each on the least used node of the least used zone."""
    chosen: list[PlannedNode] = []
    for _ in range(count):
        zones = {node.zone: 0 for node in nodes} | {
            zone: sum(one.zone == zone for one in chosen) for zone in {n.zone: 0 for n in chosen}
        }
        chosen.append(
            min(nodes, key=lambda node: (zones[node.zone], chosen.count(node), node.number))
        )
    return chosen


def manifest_of(plan: Plan, application: Application) -> Obj:
    """Return the Deployment of *application* in its starting version."""
    name = application.name
    labels = {"app": name, "team": application.team}
    resources = application.resources
    requests = {"cpu": resources.cpu, "memory": resources.memory}
    limits = {
        key: value
        for key, value in (("cpu", resources.cpu_limit), ("memory", resources.memory_limit))
        if value
    }
    container: Obj = {
        "name": name,
        "image": f"{application.image}:{application.version}",
        "ports": [{"containerPort": application.service.target, "name": application.service.name}],
        "readinessProbe": _probe(application),
        "resources": {"requests": requests, **({"limits": limits} if limits else {})},
    }
    env = [*_environment(plan, application.env), *_from_secrets(application.secret_env)]
    if env:
        container["env"] = env
    spec: Obj = {"containers": [container]}
    volumes: list[Obj] = []
    mounts: list[Obj] = []
    if application.volume is not None:
        claim = {"claimName": application.volume.claim}
        volumes.append({"name": "data", "persistentVolumeClaim": claim})
        mounts.append({"mountPath": application.volume.path, "name": "data"})
    if application.config:
        volumes.append({"configMap": {"name": name}, "name": "config"})
        mounts.append({"mountPath": f"/etc/{name}", "name": "config", "readOnly": True})
    if volumes:
        spec["volumes"], container["volumeMounts"] = volumes, mounts
    spec |= {
        "terminationGracePeriodSeconds": application.grace // 1000,
        **pool_spec(plan, application.pool),
    }
    if application.spread:
        spec["topologySpreadConstraints"] = [
            {
                "labelSelector": {"matchLabels": {"app": name}},
                "matchLabelKeys": ["pod-template-hash"],
                "maxSkew": 1,
                "topologyKey": ZONE_LABEL,
                "whenUnsatisfiable": "ScheduleAnyway",
            }
        ]
    strategy: Obj = {"type": application.strategy}
    if application.strategy == "RollingUpdate":
        strategy["rollingUpdate"] = {
            "maxSurge": _count(application.surge),
            "maxUnavailable": _count(application.unavailable),
        }
    return {
        "metadata": {"name": name, "namespace": application.namespace, "labels": labels},
        "spec": {
            "replicas": application.replicas,
            "revisionHistoryLimit": application.history_limit,
            "selector": {"matchLabels": {"app": name}},
            "strategy": strategy,
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


def with_revision(plan: Plan, manifest: Obj, offset: int) -> Obj:
    """Return *manifest* with image and environment of the history's revision at *offset*."""
    entry = plan.revision_spec(offset)
    template = manifest["spec"]["template"]
    container, *others = template["spec"]["containers"]
    image = str(container["image"]).rpartition(":")[0]
    changed = {**container, "image": f"{image}:{entry.version}"}
    if entry.env:
        kept = [one for one in container.get("env", ()) if one["name"] not in entry.env]
        changed["env"] = [*kept, *_environment(plan, entry.env)]
    spec = {**template["spec"], "containers": [changed, *others]}
    return {
        **manifest,
        "metadata": dict(manifest["metadata"]),
        "spec": {**manifest["spec"], "template": {**template, "spec": spec}},
    }


def change_cause(plan: Plan, epoch: Epoch, offset: int) -> str:
    """Return what `rollout history` says of the revision at *offset*, with its time in UTC."""
    entry = plan.revision_spec(offset)
    if entry.ago is not None:
        at = -entry.ago
    else:
        releases = [one for one in plan.scenario.timeline if one.fault == "rollout"]
        at = plan.fault_at(releases[0].id) if releases else 0
    return f"{epoch.datetime(at):%Y-%m-%d %H:%MZ} {entry.cause}"


def _config(application: Application, stamp: str) -> Obj:
    return {
        "metadata": {
            "name": application.name,
            "namespace": application.namespace,
            "labels": {"app": application.name, "team": application.team},
            "creationTimestamp": stamp,
        },
        "data": dict(application.config),
    }


def _environment(plan: Plan, env: dict[str, str]) -> list[Obj]:
    names = {role: plan.role(role) for text in env.values() for role in placeholders(text)}
    return [{"name": name, "value": fill(text, names)} for name, text in env.items()]


def _from_secrets(secrets: dict[str, str]) -> list[Obj]:
    return [
        {
            "name": name,
            "valueFrom": {
                "secretKeyRef": {"name": place.partition("/")[0], "key": place.partition("/")[2]}
            },
        }
        for name, place in secrets.items()
    ]


def _probe(application: Application) -> Obj:
    readiness = application.readiness
    action: Obj = (
        {"httpGet": {"path": readiness.path, "port": readiness.port}}
        if readiness.path
        else {"tcpSocket": {"port": readiness.port}}
    )
    timing = {"periodSeconds": readiness.period // 1000, "failureThreshold": readiness.failures}
    if readiness.initial:
        timing["initialDelaySeconds"] = readiness.initial // 1000
    return {**action, **timing}


def _count(text: str) -> str | int:
    return int(text) if text.isdigit() else text
