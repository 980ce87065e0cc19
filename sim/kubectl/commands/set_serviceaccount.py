"""`kubectl set serviceaccount`: as whom the pods of a workload run.

It must not know what the account may do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.apimachinery.strategic import strategic_merge_patch
from sim.apimachinery.wire import Obj
from sim.client.rest import STRATEGIC_MERGE, ApiStatusError
from sim.kubectl.builder import Lookup, select
from sim.kubectl.commands.set_image import SET_FLAGS
from sim.kubectl.errors import CommandError, plain, raise_all
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.manifests import load_now
from sim.kubectl.results import CLIENT, Results, dry_run_of, dry_run_query
from sim.kubectl.templates import template_path


@dataclass
class SetServiceAccountOptions:
    """What `set serviceaccount` was asked."""

    resources: Sequence[str]
    account: str
    dry_run: str
    everything: bool
    local: bool

    @classmethod
    def complete(cls, call: Invocation) -> SetServiceAccountOptions:
        """Read arguments; the last one is the account."""
        if not call.args:
            raise CommandError("serviceaccount is required")
        return cls(
            call.args[:-1],
            call.args[-1],
            dry_run_of(call),
            call.flags.on("all"),
            call.flags.on("local"),
        )

    def validate(self) -> None:
        """Refuse what is not modelled."""
        if self.local:
            raise CommandError(
                '"kubectl set serviceaccount --local" is not supported in this simulator'
            )

    def run(self, call: Invocation) -> int:
        """Patch the pod templates."""
        errors: list[Exception] = []
        lookup = Lookup(bulk=self.everything)
        for info in select(call, self.resources, lookup, load_now(call)).require():
            path = template_path(info.resource.kind)
            if not path:
                errors.append(
                    CommandError(
                        f"error: {info.resource.plural}/{info.name} the object is not a pod or does "
                        f"not have a pod template: *v1.{info.resource.kind}\n"
                    )
                )
                continue
            patch: Obj = {"serviceAccountName": self.account}
            for step in reversed(path):
                patch = {step: patch}
            try:
                if self.dry_run == CLIENT:
                    obj: Obj = strategic_merge_patch(info.object, patch, info.resource.kind)
                else:
                    query = [("fieldManager", "kubectl-set"), *dry_run_query(self.dry_run)]
                    obj = call.client.patch(info.path, patch, STRATEGIC_MERGE, query)
            except ApiStatusError as error:
                errors.append(CommandError(f"failed to patch ServiceAccountName {plain(error)}"))
                continue
            Results(call, self.dry_run).say("serviceaccount updated", obj)
        raise_all(errors)
        return 0


COMMAND = Command(
    "serviceaccount",
    "Update the service account of a resource",
    SetServiceAccountOptions,
    SET_FLAGS,
    usage="(-f FILENAME | TYPE NAME) SERVICE_ACCOUNT",
    aliases=("sa",),
)
