"""`kubectl set selector`: which pods a Service stands for.

It must not know the pods.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.apimachinery.strategic import strategic_merge_patch
from sim.apimachinery.wire import Obj
from sim.client.rest import STRATEGIC_MERGE
from sim.kubectl.builder import Lookup, select
from sim.kubectl.commands.set_image import SET_FLAGS
from sim.kubectl.errors import CommandError
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.manifests import load_now
from sim.kubectl.results import CLIENT, Results, dry_run_of, dry_run_query


@dataclass
class SetSelectorOptions:
    """What `set selector` was asked."""

    resources: Sequence[str]
    selector: str | None
    dry_run: str
    everything: bool
    local: bool

    @classmethod
    def complete(cls, call: Invocation) -> SetSelectorOptions:
        """Read arguments; the last one is the selector."""
        args = call.args
        return cls(
            args[:-1],
            args[-1] if args else None,
            dry_run_of(call),
            call.flags.on("all"),
            call.flags.on("local"),
        )

    def validate(self) -> None:
        """Require a selector of equalities."""
        if self.selector is None:
            raise CommandError("one selector is required")
        if self.local:
            raise CommandError('"kubectl set selector --local" is not supported in this simulator')

    def run(self, call: Invocation) -> int:
        """Patch the Services."""
        lookup = Lookup(bulk=self.everything)
        infos = select(call, self.resources, lookup, load_now(call)).require()
        wanted = _equalities(self.selector or "")
        for info in infos:
            if info.resource.kind != "Service":
                raise CommandError("setting a selector is only supported for Services")
            old = (info.object.get("spec") or {}).get("selector") or {}
            change: Obj = {key: value for key, value in wanted.items() if old.get(key) != value}
            change.update(dict.fromkeys(key for key in old if key not in wanted))
            patch: Obj = {"spec": {"selector": change}} if change else {}
            if self.dry_run == CLIENT:
                obj: Obj = strategic_merge_patch(info.object, patch, "Service")
            else:
                query = [("fieldManager", "kubectl-set"), *dry_run_query(self.dry_run)]
                version = call.flags.text("resource-version")
                if version:
                    patch = {**patch, "metadata": {"resourceVersion": version}}
                obj = call.client.patch(info.path, patch, STRATEGIC_MERGE, query)
            Results(call, self.dry_run).say("selector updated", obj)
        return 0


def _equalities(text: str) -> dict[str, str]:
    made: dict[str, str] = {}
    for part in text.split(","):
        key, equals, value = part.strip().replace("==", "=").partition("=")
        if not equals or key.endswith("!"):
            raise CommandError(f"couldn't parse the selector string {quote(text)}: not supported")
        made[key.strip()] = value.strip()
    return made


COMMAND = Command(
    "selector",
    "Set the selector on a resource",
    SetSelectorOptions,
    flags("resource-version") + SET_FLAGS,
    usage="(-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version]",
)
