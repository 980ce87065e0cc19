"""`kubectl plugin list`: files called `kubectl-...` in the directories of PATH.

It must not know what a plugin would do.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from sim.kubectl.errors import CommandError
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.plugins import PREFIX, is_executable, visible


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
        """Print the plugins, and what is wrong with each."""
        paths = list(visible(call.proc))
        if not paths:
            raise CommandError("unable to find any kubectl plugins in your PATH")
        call.out("The following compatible plugins are available:\n\n")
        first: dict[str, str] = {}
        warnings = 0
        for path in paths:
            name = posixpath.basename(path)
            call.out(f"{name if self.name_only else path}\n")
            for warning in self._warnings(call, path, first):
                call.err(f"  - {warning}\n")
                warnings += 1
            first.setdefault(name, path)
        if warnings:
            many = f"{warnings} plugin warnings were found"
            raise CommandError("one plugin warning was found" if warnings == 1 else many)
        return 0

    def _warnings(self, call: Invocation, path: str, first: dict[str, str]) -> Iterator[str]:
        name = posixpath.basename(path)
        if not is_executable(call.proc, path):
            yield f"warning: {path} identified as a kubectl plugin, but it is not executable"
        if name in first:
            yield f"warning: {path} is overshadowed by a similarly named plugin: {first[name]}"
        if command := call.builtin(name.removeprefix(PREFIX).split("-")):
            yield f"warning: {name} overwrites existing command: {quote(command)}"


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
