"""One file, directory or link as a file system keeps it, and what `ls -l` knows of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple


class Stat(NamedTuple):
    """What `ls -l` knows of a file."""

    kind: str
    """The letter of `ls -l`: `-` file, `d` directory, `l` symbolic link, `c` device."""
    mode: int
    """Permission bits, e.g. 0o644."""
    size: int
    """Bytes."""
    mtime_ms: int
    """Unix time in ms."""
    owner: str
    group: str
    links: int
    target: str
    """Where a symbolic link points to; empty for others."""
    inode: int


@dataclass(slots=True)
class Entry:
    """One file, directory or link."""

    kind: str
    mode: int
    mtime_ms: int
    owner: str
    inode: int
    parts: list[str] = field(default_factory=list)
    length: int = 0
    """Characters in `parts`."""
    names: dict[str, None] = field(default_factory=dict)
    """What is in a directory."""
    target: str = ""
    make: Callable[[], str] | None = None
    """Makes a generated file's text."""

    def text(self) -> str:
        """Return the text of a file."""
        if self.make is not None:
            return self.make()
        if len(self.parts) > 1:
            self.parts = ["".join(self.parts)]
        return self.parts[0] if self.parts else ""
