"""`kubectl set resources`: changes requests and limits in a pod template.

It must not know what the limits lead to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sim.apimachinery.quantity import canonical
from sim.apimachinery.wire import Obj
from sim.kubectl.errors import CommandError
from sim.kubectl.flags import flags
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.results import check_output
from sim.kubectl.setting import SET_FLAGS, Setting
from sim.kubectl.templates import containers_patch


@dataclass
class SetResourcesOptions:
    """What `set resources` was asked."""

    setting: Setting
    containers: str
    wanted: Mapping[str, str]
    """`limits` and `requests` as they were typed."""
    amounts: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def complete(cls, call: Invocation) -> SetResourcesOptions:
        """Read flags and arguments."""
        check_output(call)
        wanted = {what: call.flags.text(what) for what in ("limits", "requests")}
        return cls(Setting.of(call, call.args), call.flags.text("containers"), wanted)

    def validate(self) -> None:
        """Leave everything to `_check`."""

    def _check(self) -> None:
        """Require limits or requests, once the objects have been found."""
        self.setting.check_local()
        self.setting.check_choice()
        self.amounts.update({what: _parse(text) for what, text in self.wanted.items() if text})
        if not self.amounts:
            raise CommandError(
                "you must specify an update to requests or limits "
                "(in the form of --requests/--limits)"
            )

    def run(self, call: Invocation) -> int:
        """Patch the objects."""
        infos = self.setting.find(call)
        self._check()
        said = "resource requirements updated"
        failed = "failed to patch resources update to pod template"
        self.setting.change(call, infos, self._patch, said, failed)
        return 0

    def _patch(self, obj: Obj, problems: list[Exception]) -> Obj:
        patch, matching = containers_patch(obj, self._change, self.containers)
        if not matching:
            problems.append(
                CommandError(f"error: unable to find container named {self.containers}")
            )
        return patch

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
