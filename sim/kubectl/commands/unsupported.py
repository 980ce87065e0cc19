"""`kubectl kuberc`, which exists in kubectl and not here: its commands say so in one line.

An honest refusal is better than a wrong answer; it must not do anything else.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.kubectl.errors import CommandError
from sim.kubectl.invocation import Command, Invocation


@dataclass
class UnsupportedOptions:
    """A command that is not modelled."""

    path: str

    @classmethod
    def complete(cls, call: Invocation) -> UnsupportedOptions:
        """Keep the command's name."""
        return cls(call.path)

    def validate(self) -> None:
        """Say that it is not supported.

        Raises:
            CommandError: always.
        """
        raise CommandError(f'"{self.path}" is not supported in this simulator')

    def run(self, call: Invocation) -> int:
        """Return 1; never reached."""
        return 1


def unsupported(*names: str) -> tuple[Command, ...]:
    """Return commands of these names that refuse whatever they are asked."""
    return tuple(Command(name, "", UnsupportedOptions, unread=True) for name in names)


COMMAND = Command(
    "kuberc",
    "Manage user preferences (kuberc) file",
    subcommands=unsupported("set", "view"),
)
