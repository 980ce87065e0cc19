"""The applications that a scenario is about, with the revisions they have had.

What their manifests say, and how the applications behave, is known elsewhere.
"""

from __future__ import annotations

from sim.apimachinery.wire import Obj
from sim.backends.deployments import CHANGE_CAUSE, change_cause, manifest_of, with_revision
from sim.backends.plan import PlannedNode
from sim.backends.simulated.secrets import Secrets
from sim.backends.simulated.storage import load_claim
from sim.backends.simulated.workloads import Workloads
from sim.scenario.application import Application

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
