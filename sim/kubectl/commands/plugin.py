"""`kubectl plugin list`: programs called `kubectl-...` of this machine, of which there are none.

It must not know what a plugin would do.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.kubectl.errors import CommandError
from sim.kubectl.flags import flags
from sim.kubectl.invocation import Command, Invocation

_PREFIX = "kubectl-"
_PATH = "/usr/local/bin"


@dataclass
class PluginListOptions:
    """What `plugin list` was asked."""

    name_only: bool

    @classmethod
    def complete(cls, call: Invocation) -> PluginListOptions:
        """Read flags."""
        return cls(call.flags.on("name-only"))

    def validate(self) -> None:
        """Nothing contradicts anything."""

    def run(self, call: Invocation) -> int:
        """Print the plugins."""
        names = sorted(name for name in call.proc.programs if name.startswith(_PREFIX))
        if not names:
            raise CommandError("unable to find any kubectl plugins in your PATH")
        call.out("The following compatible plugins are available:\n\n")
        call.out("".join(f"{name if self.name_only else f'{_PATH}/{name}'}\n" for name in names))
        return 0


COMMAND = Command(
    "plugin",
    "Provides utilities for interacting with plugins",
    subcommands=(
        Command(
            "list",
            "List all visible plugin executables on a user's PATH",
            PluginListOptions,
            flags("name-only bool"),
            offline=True,
        ),
    ),
)
