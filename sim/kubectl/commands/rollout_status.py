"""`kubectl rollout status`: prints how far a rollout is, each time it gets further.

It must not know how the controller goes about it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sim.apimachinery.wire import Obj
from sim.kubectl.builder import Info
from sim.kubectl.commands.rollout import USAGE, Workloads
from sim.kubectl.errors import CommandError, raise_all
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote
from sim.kubectl.history import revision_of
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.waiting import until

Progress = tuple[str, bool]
"""A line, and whether the rollout is done."""


@dataclass
class StatusOptions:
    """What `rollout status` was asked."""

    workloads: Workloads
    watch: bool
    revision: int
    timeout_ms: int

    @classmethod
    def complete(cls, call: Invocation) -> StatusOptions:
        """Read flags and arguments."""
        flags = call.flags
        return cls(
            Workloads.read(call),
            flags.on("watch"),
            flags.number("revision"),
            flags.duration_ms("timeout"),
        )

    def validate(self) -> None:
        """Require a workload and a revision that can be."""
        self.workloads.validate()
        if self.revision < 0:
            raise CommandError(f"revision must be a positive integer: {self.revision}")

    def run(self, call: Invocation) -> Running:
        """Print progress until it is done."""
        selection = self.workloads.find(call)
        for info in selection.infos:
            yield from self._follow(call, info)
        raise_all(selection.errors)
        if not selection.infos:
            call.err(f"No resources found in {call.namespace} namespace.\n")
        return 0

    def _follow(self, call: Invocation, info: Info) -> Running:
        viewer = _VIEWERS.get(info.resource.kind)
        if viewer is None:
            name = f"{info.resource.kind}.{info.resource.group}".removesuffix(".")
            raise CommandError(f"no status viewer has been implemented for {name}")

        def decide(kind: str, obj: Obj) -> bool:
            if kind == "DELETED":
                raise CommandError("object has been deleted")
            line, done = viewer(obj, self.revision)
            call.out(f"{line}\n")
            return done or not self.watch

        done = yield from until(
            call, info.resource, info.namespace, info.name, decide, timeout_ms=self.timeout_ms
        )
        if not done:
            raise CommandError("timed out waiting for the condition")
        return 0


def _observed(obj: Obj) -> bool:
    seen = (obj.get("status") or {}).get("observedGeneration", 0)
    return bool(obj["metadata"].get("generation", 0) <= seen)


def deployment_progress(obj: Obj, revision: int) -> Progress:
    """Return how far a Deployment's rollout is.

    Raises:
        CommandError: if it has passed its deadline, or another revision is rolled out.
    """
    name = quote(obj["metadata"]["name"])
    spec, status = obj["spec"], obj.get("status") or {}
    if revision and revision != revision_of(obj):
        raise CommandError(
            f"desired revision ({revision}) is different from the running revision "
            f"({revision_of(obj)})"
        )
    if not _observed(obj):
        return "Waiting for deployment spec update to be observed...", False
    for condition in status.get("conditions") or []:
        if (
            condition["type"] == "Progressing"
            and condition.get("reason") == "ProgressDeadlineExceeded"
        ):
            raise CommandError(f"deployment {name} exceeded its progress deadline")
    wanted, updated = spec.get("replicas", 0), status.get("updatedReplicas", 0)
    total, available = status.get("replicas", 0), status.get("availableReplicas", 0)
    waiting = f"Waiting for deployment {name} rollout to finish:"
    if updated < wanted:
        return f"{waiting} {updated} out of {wanted} new replicas have been updated...", False
    if total > updated:
        return f"{waiting} {total - updated} old replicas are pending termination...", False
    if available < updated:
        return f"{waiting} {available} of {updated} updated replicas are available...", False
    return f"deployment {name} successfully rolled out", True


def daemon_set_progress(obj: Obj, revision: int) -> Progress:
    """Return how far a DaemonSet's rollout is.

    Raises:
        CommandError: if it is updated by hand.
    """
    name = quote(obj["metadata"]["name"])
    _require_rolling(obj)
    if not _observed(obj):
        return "Waiting for daemon set spec update to be observed...", False
    status = obj.get("status") or {}
    wanted, updated = (
        status.get("desiredNumberScheduled", 0),
        status.get("updatedNumberScheduled", 0),
    )
    waiting = f"Waiting for daemon set {name} rollout to finish:"
    if updated < wanted:
        return f"{waiting} {updated} out of {wanted} new pods have been updated...", False
    available = status.get("numberAvailable", 0)
    if available < wanted:
        return f"{waiting} {available} of {wanted} updated pods are available...", False
    return f"daemon set {name} successfully rolled out", True


def stateful_set_progress(obj: Obj, revision: int) -> Progress:
    """Return how far a StatefulSet's rollout is.

    Raises:
        CommandError: if it is updated by hand.
    """
    _require_rolling(obj)
    spec, status = obj["spec"], obj.get("status") or {}
    if not status.get("observedGeneration") or not _observed(obj):
        return "Waiting for statefulset spec update to be observed...", False
    wanted, ready = spec.get("replicas", 0), status.get("readyReplicas", 0)
    if ready < wanted:
        return f"Waiting for {wanted - ready} pods to be ready...", False
    updated = status.get("updatedReplicas", 0)
    rolling = (spec.get("updateStrategy") or {}).get("rollingUpdate")
    if rolling is not None:
        target = wanted - rolling.get("partition", 0)
        if updated < target:
            return (
                f"Waiting for partitioned roll out to finish: {updated} out of {target} new pods "
                "have been updated...",
                False,
            )
        return f"partitioned roll out complete: {updated} new pods have been updated...", True
    if status.get("updateRevision") != status.get("currentRevision"):
        at = status.get("updateRevision", "")
        text = (
            f"waiting for statefulset rolling update to complete {updated} pods at revision {at}..."
        )
        return text, False
    current, at = status.get("currentReplicas", 0), status.get("currentRevision", "")
    return f"statefulset rolling update complete {current} pods at revision {at}...", True


def _require_rolling(obj: Obj) -> None:
    if (obj["spec"].get("updateStrategy") or {}).get("type") != "RollingUpdate":
        raise CommandError("rollout status is only available for RollingUpdate strategy type")


_VIEWERS: dict[str, Callable[[Obj, int], Progress]] = {
    "Deployment": deployment_progress,
    "DaemonSet": daemon_set_progress,
    "StatefulSet": stateful_set_progress,
}

COMMAND = Command(
    "status",
    "Show the status of the rollout",
    StatusOptions,
    flags(
        "filename,f list",
        "kustomize,k",
        "recursive,R bool",
        "revision int=0",
        "selector,l",
        "timeout duration=0s",
        "watch,w bool=true",
    ),
    usage=USAGE,
)
