"""`kubectl rollout pause` and `resume`: the two values of one field.

It must not know what a paused workload does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from sim.kubectl.builder import Info
from sim.kubectl.commands.rollout import (
    ROLLOUT_FLAGS,
    USAGE,
    Workloads,
    change_each,
    patch_workload,
    refused,
)
from sim.kubectl.invocation import Command, Invocation


@dataclass
class PauseOptions:
    """What `rollout pause` was asked."""

    paused = True

    workloads: Workloads

    @classmethod
    def complete(cls, call: Invocation) -> Self:
        """Read flags and arguments."""
        return cls(Workloads.read(call))

    def validate(self) -> None:
        """Require a workload."""
        self.workloads.validate()

    def run(self, call: Invocation) -> int:
        """Patch the field."""
        return change_each(call, self.workloads, self._set)

    def _set(self, call: Invocation, info: Info) -> Exception | None:
        if info.resource.kind != "Deployment":
            return refused(info, f"{'pausing' if self.paused else 'resuming'} is not supported")
        if bool((info.object.get("spec") or {}).get("paused")) == self.paused:
            return refused(info, "is already paused" if self.paused else "is not paused")
        patch = {"spec": {"paused": True if self.paused else None}}
        return patch_workload(call, info, patch, "paused" if self.paused else "resumed")


class ResumeOptions(PauseOptions):
    """What `rollout resume` was asked."""

    paused = False


PAUSE = Command(
    "pause", "Mark the provided resource as paused", PauseOptions, ROLLOUT_FLAGS, usage=USAGE
)
RESUME = Command("resume", "Resume a paused resource", ResumeOptions, ROLLOUT_FLAGS, usage=USAGE)
