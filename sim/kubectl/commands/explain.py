"""`kubectl explain`: only what discovery knows; field documentation is not served here.

It says so plainly; it must not make documentation up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.kubectl.errors import CommandError
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Command, Invocation


@dataclass
class ExplainOptions:
    """What `explain` was asked."""

    args: Sequence[str]

    @classmethod
    def complete(cls, call: Invocation) -> ExplainOptions:
        """Read arguments."""
        return cls(call.args)

    def validate(self) -> None:
        """Require one resource."""
        if not self.args:
            raise CommandError(
                'You must specify the type of resource to explain. Use "kubectl api-resources" '
                "for a complete list of supported resources.\n"
            )
        if len(self.args) > 1:
            raise CommandError("We accept only this format: explain RESOURCE\n")

    def run(self, call: Invocation) -> int:
        """Say where the fields of a resource that exists are described."""
        word = self.args[0].partition(".")[0]
        resource = call.discovery.find(word)
        if resource is None:
            raise CommandError(f"the server doesn't have a resource type {quote(word)}", bare=True)
        raise CommandError(
            f"the fields of {resource.kind} ({resource.group_version}) are not documented in this "
            "simulator; see https://kubernetes.io/docs/reference/kubernetes-api/"
        )


COMMAND = Command(
    "explain",
    "Get documentation for a resource",
    ExplainOptions,
    flags("api-version", "output string=plaintext", "recursive bool"),
    usage="TYPE [--recursive=FALSE|TRUE]",
)
