"""`kubectl alpha`: the group of commands on trial, which is empty in 1.37.

It must not know any of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.kubectl.invocation import Command, Invocation


@dataclass
class AlphaOptions:
    """What `alpha` was asked: nothing."""

    @classmethod
    def complete(cls, call: Invocation) -> AlphaOptions:
        """Read nothing."""
        return cls()

    def validate(self) -> None:
        """Nothing contradicts anything."""

    def run(self, call: Invocation) -> int:
        """Say that there is nothing."""
        call.err("No alpha commands are available in this version of kubectl\n")
        return 0


COMMAND = Command("alpha", "Commands for features in alpha", AlphaOptions, offline=True)
