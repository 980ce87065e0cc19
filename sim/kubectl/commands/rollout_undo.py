"""`kubectl rollout undo`: puts an earlier revision's template back.

It must not know whether that helps.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.apimachinery.wire import Obj
from sim.client.rest import JSON_PATCH, STRATEGIC_MERGE, ApiStatusError
from sim.kubectl.builder import Info
from sim.kubectl.commands.rollout import ROLLOUT_FLAGS, USAGE, Workloads
from sim.kubectl.describers.template import write_template
from sim.kubectl.describers.writer import Page
from sim.kubectl.errors import CommandError, plain, raise_all
from sim.kubectl.flags import flags, without
from sim.kubectl.goformat import quote
from sim.kubectl.history import (
    REVISION,
    at_revision,
    controller_revisions_of,
    replica_sets_of,
    revision_of,
    without_hash,
)
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.results import (
    CLIENT,
    DRY_RUN_FLAG,
    Results,
    check_output,
    dry_run_of,
    dry_run_query,
)
from sim.kubectl.structorder import typed

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_KEPT = (
    _LAST_APPLIED,
    REVISION,
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
)
"""Annotations that stay the Deployment's own."""


@dataclass
class UndoOptions:
    """What `rollout undo` was asked."""

    workloads: Workloads
    to_revision: int
    """0: the one before the present one."""
    dry_run: str

    @classmethod
    def complete(cls, call: Invocation) -> UndoOptions:
        """Read flags and arguments."""
        check_output(call)
        return cls(Workloads.read(call), call.flags.number("to-revision"), dry_run_of(call))

    def validate(self) -> None:
        """Require a workload."""
        self.workloads.validate()

    def run(self, call: Invocation) -> int:
        """Roll the workloads back."""
        selection = self.workloads.find(call)
        errors = list(selection.errors)
        for info in selection.infos:
            if _LAST_APPLIED in (info.object["metadata"].get("annotations") or {}):
                call.err(
                    f"Warning: resource {info.resource.plural}/{info.name} was previously managed "
                    "with 'kubectl apply'. Rolling back will not update the "
                    f"{_LAST_APPLIED} annotation, which may cause unexpected behavior on future "
                    "'kubectl apply' operations. Consider using 'kubectl apply' with your "
                    "previous configuration file instead.\n"
                )
            try:
                said = self._roll_back(call, info)
            except (CommandError, ApiStatusError) as error:
                errors.append(error)
                continue
            Results(call, self.dry_run).say(said, typed(info.object))
        raise_all(errors)
        return 0

    def _roll_back(self, call: Invocation, info: Info) -> str:
        if self.to_revision < 0:
            raise _missing(self.to_revision)
        if info.resource.kind == "Deployment":
            return self._roll_back_deployment(call, info)
        if info.resource.kind in ("DaemonSet", "StatefulSet"):
            return self._roll_back_controller(call, info)
        name = f"{info.resource.kind}.{info.resource.group}".rstrip(".")
        raise CommandError(f"no rollbacker has been implemented for {quote(name)}")

    def _roll_back_deployment(self, call: Invocation, info: Info) -> str:
        deployment = info.object
        holder = self._replica_set(deployment, replica_sets_of(call, deployment))
        template = holder["spec"]["template"]
        if self.dry_run == CLIENT:
            return _printed(template)
        if deployment["spec"].get("paused"):
            raise CommandError(
                "you cannot rollback a paused deployment; resume it first with "
                "'kubectl rollout resume' and try again"
            )
        if without_hash(template) == without_hash(deployment["spec"]["template"]):
            return self._skipped()
        held = deployment["metadata"].get("annotations") or {}
        annotations = {key: value for key, value in held.items() if key in _KEPT}
        from_holder = holder["metadata"].get("annotations") or {}
        annotations |= {key: value for key, value in from_holder.items() if key not in _KEPT}
        patch = [
            {"op": "replace", "path": "/spec/template", "value": without_hash(template)},
            {"op": "replace", "path": "/metadata/annotations", "value": annotations},
        ]
        self._patch(call, info, patch, JSON_PATCH)
        return "rolled back"

    def _replica_set(self, deployment: Obj, replica_sets: list[Obj]) -> Obj:
        by_revision = {revision_of(one): one for one in replica_sets}
        if self.to_revision:
            if self.to_revision not in by_revision:
                raise _missing(self.to_revision)
            return by_revision[self.to_revision]
        if len(by_revision) < 2:
            name = quote(deployment["metadata"]["name"])
            raise CommandError(f"no rollout history found for deployment {name}")
        return by_revision[sorted(by_revision)[-2]]

    def _roll_back_controller(self, call: Invocation, info: Info) -> str:
        revisions = controller_revisions_of(call, info.object)
        if not self.to_revision and len(revisions) <= 1:
            raise CommandError("no last revision to roll back to")
        by_number = {int(one["revision"]): one for one in revisions}
        number = self.to_revision or sorted(by_number)[-2]
        if number not in by_number:
            raise _missing(self.to_revision)
        wanted = at_revision(info.object, by_number[number])
        if self.dry_run == CLIENT:
            return f"will roll back to {_printed(wanted['spec']['template'])}"
        if wanted["spec"]["template"] == info.object["spec"]["template"]:
            return self._skipped()
        self._patch(call, info, by_number[number].get("data") or {}, STRATEGIC_MERGE)
        return "rolled back"

    def _patch(self, call: Invocation, info: Info, patch: object, kind: str) -> None:
        try:
            call.client.patch(info.path, patch, kind, dry_run_query(self.dry_run))
        except ApiStatusError as error:
            raise CommandError(
                f"failed restoring revision {self.to_revision}: {plain(error)}"
            ) from None

    def _skipped(self) -> str:
        revision = self.to_revision
        return f"skipped rollback (current template already matches revision {revision})"


def _printed(template: Obj) -> str:
    page = Page()
    write_template(page, template)
    return page.raw()


def _missing(revision: int) -> CommandError:
    return CommandError(f"unable to find specified revision {revision} in history")


COMMAND = Command(
    "undo",
    "Undo a previous rollout",
    UndoOptions,
    flags("to-revision int=0") + without(ROLLOUT_FLAGS, "field-manager") + DRY_RUN_FLAG,
    usage=USAGE,
)
