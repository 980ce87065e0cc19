"""The commands of kubectl, one file each, entered in this one table."""

from __future__ import annotations

from sim.kubectl.commands import describe, get
from sim.kubectl.invocation import Command

COMMANDS: tuple[Command, ...] = (describe.COMMAND, get.COMMAND)
