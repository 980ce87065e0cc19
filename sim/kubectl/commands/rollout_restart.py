"""`kubectl rollout restart`: a new template annotation makes the controller replace every pod.

It must not know how the controller goes about it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.kernel.walltime import format_rfc3339
from sim.kubectl.builder import Info
from sim.kubectl.commands.rollout import (
    RESTARTABLE,
    ROLLOUT_FLAGS,
    Workloads,
    change_each,
    patch_workload,
    refused,
)
from sim.kubectl.errors import CommandError
from sim.kubectl.invocation import Command, Invocation

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"


@dataclass
class RestartOptions:
    """What `rollout restart` was asked."""

    workloads: Workloads

    @classmethod
    def complete(cls, call: Invocation) -> RestartOptions:
        """Read flags and arguments."""
        return cls(Workloads.read(call))

    def validate(self) -> None:
        """Require a workload."""
        self.workloads.validate()

    def run(self, call: Invocation) -> int:
        """Patch the templates."""
        return change_each(call, self.workloads, self._restart)

    def _restart(self, call: Invocation, info: Info) -> Exception | None:
        if info.resource.kind not in RESTARTABLE:
            return refused(info, "restarting is not supported")
        spec = info.object.get("spec") or {}
        if spec.get("paused"):
            return refused(info, "can't restart paused deployment (run rollout resume first)")
        now = format_rfc3339(call.clock())
        metadata = (spec.get("template") or {}).get("metadata") or {}
        if (metadata.get("annotations") or {}).get(RESTARTED_AT) == now:
            return CommandError(
                f"failed to create patch for {info.name}: if restart has already been triggered "
                "within the past second, please wait before attempting to trigger another"
            )
        patch = {"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: now}}}}}
        return patch_workload(call, info, patch, "restarted")


COMMAND = Command("restart", "Restart a resource", RestartOptions, ROLLOUT_FLAGS, usage="RESOURCE")
