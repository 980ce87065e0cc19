"""What a player can do at a keyboard, and what it gets back."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pause:
    """Read, think, wait."""

    ms: int


@dataclass(frozen=True, slots=True)
class Type:
    """Enter a line and wait for the prompt."""

    line: str
    interrupt_ms: int | None = None
    """Press Ctrl-C when the command still runs after this long."""
    patience_ms: int = 15 * 60_000
    """Press Ctrl-C after this long in any case."""
    think: str = ""
    """The player's reason, shown beside the line to those who watch."""


Move = Pause | Type


@dataclass(frozen=True, slots=True)
class Shown:
    """What a line brought to the screen."""

    command: int
    """Number of the command line, for citations."""
    stdout: str
    stderr: str
    code: int


Play = Generator[Move, Shown | None, None]
"""A player at work; a Pause is answered with None."""
