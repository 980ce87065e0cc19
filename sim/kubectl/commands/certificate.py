"""`kubectl certificate approve` and `deny`.

The server decides whether that can be done. It must not know who signs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from sim.apimachinery.wire import Obj
from sim.client.rest import object_path
from sim.kubectl.builder import Info, Lookup, select
from sim.kubectl.errors import CommandError, raise_all
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.manifests import load_now, sources
from sim.kubectl.results import OUTPUT_FLAGS, Results


@dataclass
class ApproveOptions:
    """`certificate approve`."""

    names: Sequence[str]
    files: bool

    condition, other, said = "Approved", "Denied", "approved"

    @classmethod
    def complete(cls, call: Invocation) -> Self:
        """Read arguments."""
        return cls(call.args, bool(sources(call)))

    def validate(self) -> None:
        """Require a request."""
        if not self.names and not self.files:
            raise CommandError("one or more CSRs must be specified as <name> or -f <filename>")

    def run(self, call: Invocation) -> int:
        """Put the condition on each request that has neither."""
        lookup = Lookup(default="certificatesigningrequests")
        selection = select(call, self.names, lookup, load_now(call))

        def decide(info: Info) -> None:
            conditions = (info.object.get("status") or {}).get("conditions") or []
            types = [one.get("type") for one in conditions]
            if self.other in types:
                raise CommandError(
                    f"certificate signing request {quote(info.name)} is already {self.other}"
                )
            if self.condition not in types or call.flags.on("force"):
                changed = self._changed(call, info.object, conditions)
                path = object_path(info.resource, "", info.name, "approval")
                call.client.replace(path, changed)
            Results(call).say(self.said, info.object)

        raise_all(selection.visit(decide))
        if not selection.infos:
            call.out("No resources found\n")
        return 0

    def _changed(self, call: Invocation, obj: Obj, conditions: Sequence[Obj]) -> Obj:
        verb = "Approve" if self.condition == "Approved" else "Deny"
        at = datetime.fromtimestamp(call.clock() / 1000, UTC)
        condition = {
            "type": self.condition,
            "status": "True",
            "reason": f"Kubectl{verb}",
            "message": f"This CSR was {self.said} by kubectl certificate {verb.lower()}.",
            "lastUpdateTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        }
        status = {**(obj.get("status") or {}), "conditions": [*conditions, condition]}
        return {**obj, "status": status}


class DenyOptions(ApproveOptions):
    """`certificate deny`."""

    condition, other, said = "Denied", "Approved", "denied"


_FLAGS = flags("filename,f list", "force bool", "kustomize,k", "recursive,R bool") + OUTPUT_FLAGS
COMMAND = Command(
    "certificate",
    "Modify certificate resources",
    subcommands=(
        Command(
            "approve",
            "Approve a certificate signing request",
            ApproveOptions,
            _FLAGS,
            usage="(-f FILENAME | NAME)",
        ),
        Command(
            "deny",
            "Deny a certificate signing request",
            DenyOptions,
            _FLAGS,
            usage="(-f FILENAME | NAME)",
        ),
    ),
)
