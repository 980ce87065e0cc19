"""What the `rollout` commands share: finding the workloads, and the group itself.

It must not know what one of them does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sim.apimachinery.wire import Obj
from sim.client.rest import STRATEGIC_MERGE, ApiStatusError
from sim.kubectl.builder import Info, Lookup, Selection, select
from sim.kubectl.errors import CommandError, plain, raise_all
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Invocation
from sim.kubectl.manifests import load_now, sources
from sim.kubectl.results import OUTPUT_FLAGS, Results
from sim.kubectl.structorder import typed

ROLLOUT_FLAGS = (
    flags(
        "field-manager",
        "filename,f list",
        "kustomize,k",
        "recursive,R bool",
        "selector,l",
    )
    + OUTPUT_FLAGS
)
USAGE = "(TYPE NAME | TYPE/NAME)"
RESTARTABLE = ("Deployment", "DaemonSet", "StatefulSet")


@dataclass(frozen=True, slots=True)
class Workloads:
    """Which workloads a `rollout` command is about."""

    args: Sequence[str]
    labels: str
    files: bool
    """They are named by files."""

    @classmethod
    def read(cls, call: Invocation) -> Workloads:
        """Read arguments and selector."""
        return cls(call.args, call.flags.text("selector"), bool(sources(call)))

    def validate(self) -> None:
        """Require at least one."""
        if not self.args and not self.files:
            raise CommandError("required resource not specified")

    def find(self, call: Invocation) -> Selection:
        """Return the workloads."""
        return select(call, self.args, Lookup(labels=self.labels), load_now(call))


def change_each(
    call: Invocation, workloads: Workloads, change: Callable[[Invocation, Info], Exception | None]
) -> int:
    """Let *change* act on every workload, then raise what went wrong with some."""
    selection = workloads.find(call)
    tell_none(call, selection)
    errors = list(selection.errors)
    for info in selection.infos:
        problem = change(call, info)
        if problem is not None:
            errors.append(problem)
    raise_all(errors)
    return 0


def patch_workload(call: Invocation, info: Info, patch: Obj, said: str) -> Exception | None:
    """Patch one workload and say *said*; return what went wrong."""
    query = [("fieldManager", "kubectl-rollout")]
    try:
        obj = call.client.patch(info.path, patch, STRATEGIC_MERGE, query)
    except ApiStatusError as error:
        return CommandError(f"failed to patch: {plain(error)}")
    Results(call).say(said, typed(obj))
    return None


def refused(info: Info, why: str) -> CommandError:
    """Return the error of a workload that cannot be changed like this."""
    return CommandError(f"error: {info.resource.qualified} {quote(info.name)} {why}")


def tell_none(call: Invocation, selection: Selection) -> None:
    """Say that nothing was found, if nothing was and nothing else is said."""
    if not selection.infos and not selection.errors:
        call.err(f"No resources found in {call.namespace} namespace.\n")
