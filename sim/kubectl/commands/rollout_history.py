"""`kubectl rollout history`: the revisions of a workload and what made them.

It must not know what a revision changed.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.apimachinery.wire import Obj
from sim.kubectl.builder import Info
from sim.kubectl.commands.rollout import ROLLOUT_FLAGS, USAGE, Workloads
from sim.kubectl.describers.template import write_template
from sim.kubectl.describers.writer import Page
from sim.kubectl.errors import CommandError, raise_all
from sim.kubectl.flags import flags, without
from sim.kubectl.goformat import quote
from sim.kubectl.history import (
    CHANGE_CAUSE,
    at_revision,
    change_cause,
    controller_revisions_of,
    replica_sets_of,
    revision_of,
)
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.printers.tabwriter import describe_writer
from sim.kubectl.results import Results, check_output
from sim.kubectl.structorder import typed


@dataclass
class HistoryOptions:
    """What `rollout history` was asked."""

    workloads: Workloads
    revision: int

    @classmethod
    def complete(cls, call: Invocation) -> HistoryOptions:
        """Read flags and arguments."""
        made = cls(Workloads.read(call), call.flags.number("revision"))
        made.validate()
        check_output(call)
        return made

    def validate(self) -> None:
        """Require a workload and a revision that can be."""
        self.workloads.validate()
        if self.revision < 0:
            raise CommandError(f"revision must be a positive integer: {self.revision}")

    def run(self, call: Invocation) -> int:
        """Print the revisions."""
        selection = self.workloads.find(call)
        for info in selection.infos:
            revisions = history_of(call, info)
            if call.flags.text("output"):
                self._print_objects(call, revisions)
            else:
                self._print(call, info, revisions)
        raise_all(selection.errors)
        return 0

    def _chosen(self, revisions: dict[int, tuple[Obj, str]]) -> Obj:
        if self.revision not in revisions:
            raise CommandError("unable to find the specified revision")
        return revisions[self.revision][0]

    def _print_objects(self, call: Invocation, revisions: dict[int, tuple[Obj, str]]) -> None:
        results = Results(call)
        if self.revision:
            results.say("", typed(self._chosen(revisions)))
            return
        for number in sorted(revisions):
            try:
                results.say("", typed(revisions[number][0]))
            except CommandError as error:
                # the real one goes on: only what the printer itself had shown is seen
                call.out(error.shown)

    def _print(self, call: Invocation, info: Info, revisions: dict[int, tuple[Obj, str]]) -> None:
        if not revisions:
            which = f"with revision #{self.revision}" if self.revision else ""
            call.out(f"{info.label} {which}\nNo rollout history found.\n")
            return
        if self.revision:
            holder = self._chosen(revisions)
            page = Page()
            template = holder["spec"].get("template") or {}
            cause = revisions[self.revision][1]
            if cause and info.resource.kind == "Deployment":
                template = _with_annotation(template, cause)
            write_template(page, template)
            # the template is printed with its tabs as they are
            call.out(f"{info.label} with revision #{self.revision}\n{page.raw()}\n")
            return
        rows = [f"{number}\t{revisions[number][1] or '<none>'}\n" for number in sorted(revisions)]
        table = describe_writer().align("REVISION\tCHANGE-CAUSE\n" + "".join(rows))
        call.out(f"{info.label} \n{table}\n")


def _with_annotation(template: Obj, cause: str) -> Obj:
    metadata = template.get("metadata") or {}
    annotations = {**(metadata.get("annotations") or {}), CHANGE_CAUSE: cause}
    return {**template, "metadata": {**metadata, "annotations": annotations}}


def history_of(call: Invocation, info: Info) -> dict[int, tuple[Obj, str]]:
    """Return revision -> (object with that template, change cause).

    Raises:
        CommandError: for a kind that has no history.
    """
    kind = info.resource.kind
    if kind == "Deployment":
        return {
            revision_of(one): (one, change_cause(one)) for one in replica_sets_of(call, info.object)
        }
    if kind in ("DaemonSet", "StatefulSet"):
        return {
            int(one["revision"]): (at_revision(info.object, one), change_cause(one))
            for one in controller_revisions_of(call, info.object)
        }
    name = f"{kind}.{info.resource.group}" if info.resource.group else kind
    raise CommandError(f"no history viewer has been implemented for {quote(name)}")


COMMAND = Command(
    "history",
    "View rollout history",
    HistoryOptions,
    flags("revision int=0") + without(ROLLOUT_FLAGS, "field-manager"),
    usage=USAGE,
)
