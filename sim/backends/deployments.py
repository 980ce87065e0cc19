"""Deployments of the applications that a scenario is about, in the revisions that they have had.

Manifests are written here in Kubernetes' words; who loads them, and how the applications behave, is
known elsewhere.
"""

from __future__ import annotations

from sim.apimachinery.wire import Obj
from sim.backends.plan import Plan
from sim.kernel import Epoch
from sim.scenario import fill
from sim.scenario.application import Application
from sim.scenario.fields import placeholders

CHANGE_CAUSE = "kubernetes.io/change-cause"
ZONE_LABEL = "topology.kubernetes.io/zone"


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


def pool_spec(plan: Plan, pool: str) -> dict[str, object]:
    """Return what a pod's spec needs to live in *pool*: nothing, or selector and toleration."""
    if not any(one.taint for one in plan.scenario.cluster.pools if one.name == pool):
        return {}
    return {
        "nodeSelector": {"pool": pool},
        "tolerations": [
            {"effect": "NoSchedule", "key": "pool", "operator": "Equal", "value": pool}
        ],
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
    return int(text) if text.isdecimal() else text
