"""`kubectl set resources`: changes requests and limits in a pod template.

It must not know what the limits lead to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.apimachinery.quantity import canonical
from sim.apimachinery.wire import Obj
from sim.kubectl.builder import Lookup
from sim.kubectl.commands.set_image import SET_FLAGS, set_lookup
from sim.kubectl.errors import CommandError
from sim.kubectl.flags import flags
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.results import check_output, dry_run_of
from sim.kubectl.templates import TemplateChange


@dataclass
class SetResourcesOptions:
    """What `set resources` was asked."""

    resources: Sequence[str]
    containers: str
    wanted: Mapping[str, str]
    """`limits` and `requests` as they were typed."""
    lookup: Lookup
    dry_run: str
    amounts: dict[str, dict[str, str]]

    @classmethod
    def complete(cls, call: Invocation) -> SetResourcesOptions:
        """Read flags and arguments."""
        check_output(call)
        wanted = {what: call.flags.text(what) for what in ("limits", "requests")}
        return cls(
            call.args,
            call.flags.text("containers"),
            wanted,
            set_lookup(call),
            dry_run_of(call),
            {},
        )

    def validate(self) -> None:
        """Leave everything to `check_amounts`."""

    def check_amounts(self) -> None:
        """Require limits or requests, once the objects have been found."""
        if self.lookup.bulk and self.lookup.labels:
            raise CommandError("cannot set --all and --selector at the same time")
        self.amounts.update({what: _parse(text) for what, text in self.wanted.items() if text})
        if self.resources and not self.amounts:
            raise CommandError(
                "you must specify an update to requests or limits "
                "(in the form of --requests/--limits)"
            )

    def run(self, call: Invocation) -> int:
        """Patch the objects."""
        change = TemplateChange(
            self.resources,
            self.lookup,
            self._change,
            "resource requirements updated",
            "failed to patch resources update to pod template",
            self.dry_run,
            self.containers,
            self._check,
            self.check_amounts,
        )
        return change.run(call)

    def _check(self, obj: Obj, matching: int) -> Exception | None:
        if matching:
            return None
        return CommandError(f"error: unable to find container named {self.containers}")

    def _change(self, container: Obj) -> Obj:
        held = container.get("resources") or {}
        changes: Obj = {}
        for what, amounts in self.amounts.items():
            old = held.get(what) or {}
            fresh = {
                name: text
                for name, text in amounts.items()
                if name not in old or canonical(old[name]) != text
            }
            if fresh:
                changes[what] = fresh
        return {"resources": changes} if changes else {}


def _parse(text: str) -> dict[str, str]:
    amounts: dict[str, str] = {}
    for part in text.split(","):
        name, equals, amount = part.partition("=")
        if not equals or "=" in amount:
            raise CommandError(f"invalid argument syntax {part}, expected <resource>=<value>")
        try:
            amounts[name] = canonical(amount)
        except ValueError as error:
            raise CommandError(str(error)) from None
    return amounts


COMMAND = Command(
    "resources",
    "Update resource requests/limits on objects with pod templates",
    SetResourcesOptions,
    flags("containers,c string=*", "limits", "requests") + SET_FLAGS,
    usage="(-f FILENAME | TYPE NAME) ([--limits=LIMITS & --requests=REQUESTS]",
)
