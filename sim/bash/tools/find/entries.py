"""What `find` knows of a file, and how it is shown by `-ls` and `-printf`."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from sim.bash.files import Stat
from sim.bash.process import FileSystem

_HALF_YEAR = 15_778_476_000
"""Milliseconds after which `-ls` shows the year, as ls(1)."""
_ESCAPES = {"n": "\n", "t": "\t", "0": "\0", "\\": "\\", "a": "\a", "r": "\r"}
_FORMAT = re.compile(
    r"\\([0-7]{3}|.)|%([-+ #0]*[0-9]*(?:\.[0-9]+)?)([ACT].|.)|([^\\%]+)", re.DOTALL
)


@dataclass(frozen=True)
class Entry:
    """One file that was come to."""

    shown: str
    """Its name as it is printed."""
    top: str
    """The operand below which it was found."""
    path: str
    depth: int
    stat: Stat

    @property
    def name(self) -> str:
        """The last part of its name."""
        return posixpath.basename(self.shown.rstrip("/")) or self.shown

    @property
    def type(self) -> str:
        """Its letter for `-type`."""
        return "f" if self.stat.kind == "-" else self.stat.kind


def is_empty(files: FileSystem, entry: Entry) -> bool:
    """Return whether a file or directory holds nothing."""
    if entry.type == "d":
        return not files.listdir(entry.path)
    return entry.type == "f" and entry.stat.size == 0


def mode_letters(stat: Stat) -> str:
    """Return a mode as `ls -l` shows it."""
    bits = "".join(
        letter if stat.mode >> (8 - place) & 1 else "-" for place, letter in enumerate("rwxrwxrwx")
    )
    if stat.mode & 0o1000:
        bits = bits[:8] + ("t" if bits[8] == "x" else "T")
    return stat.kind + bits


def _blocks(stat: Stat) -> int:
    return -(-stat.size // 4096) * 4 if stat.kind in "-d" else 0


def listed(entry: Entry, now_ms: int) -> str:
    """Return the line of `-ls`."""
    stat = entry.stat
    when = datetime.fromtimestamp(stat.mtime_ms // 1000, UTC)
    old = not 0 <= now_ms - stat.mtime_ms < _HALF_YEAR
    date = f"{when:%b} {when.day:2} " + (f"{when.year:5}" if old else f"{when:%H:%M}")
    name = f"{entry.shown} -> {stat.target}" if stat.kind == "l" else entry.shown
    return (
        f"{stat.inode:9} {_blocks(stat):6} {mode_letters(stat)} {stat.links:3} {stat.owner:<8} "
        f"{stat.group:<8} {stat.size:8} {date} {name}"
    )


def printed(form: str, entry: Entry) -> str:
    """Return *entry* in the form of `-printf`."""
    out: list[str] = []
    for match in _FORMAT.finditer(form):
        escape, flags, letter, text = match.groups()
        if text is not None:
            out.append(text)
        elif escape is not None:
            octal = len(escape) == 3
            out.append(chr(int(escape, 8)) if octal else _ESCAPES.get(escape, "\\" + escape))
        elif letter == "%":
            out.append("%")
        else:
            value = _directive(letter, entry)
            width = re.fullmatch(r"(-?)0*([0-9]{1,3})?.*", flags or "")
            if width and width[2]:
                value = value.ljust(int(width[2])) if width[1] else value.rjust(int(width[2]))
            out.append(value)
    return "".join(out)


def _directive(letter: str, entry: Entry) -> str:
    stat = entry.stat
    if letter[0] in "ACT" and len(letter) == 2:
        return _time(letter[1], stat.mtime_ms)
    when = datetime.fromtimestamp(stat.mtime_ms // 1000, UTC)
    below = entry.shown[len(entry.top) :].lstrip("/") if entry.depth else ""
    folder = posixpath.dirname(entry.shown)
    known = {
        "p": entry.shown, "f": entry.name, "h": folder or ("." if "/" not in entry.shown else "/"),
        "P": below, "H": entry.top, "s": str(stat.size), "m": f"{stat.mode:o}",
        "M": mode_letters(stat), "u": stat.owner, "g": stat.group, "d": str(entry.depth),
        "y": entry.type, "l": stat.target, "n": str(stat.links), "i": str(stat.inode),
        "b": str(_blocks(stat) * 2), "k": str(_blocks(stat)),
        "t": f"{when:%a %b} {when.day:2} {when:%H:%M:%S}.{stat.mtime_ms % 1000:03d}0000000 "
        f"{when.year}",
    }  # fmt: skip
    return known.get(letter, "%" + letter)


def _time(letter: str, ms: int) -> str:
    when = datetime.fromtimestamp(ms // 1000, UTC)
    fraction = f".{ms % 1000:03d}0000000"
    if letter == "@":
        return f"{ms // 1000}{fraction}"
    if letter == "+":
        return f"{when:%Y-%m-%d+%H:%M:%S}{fraction}"
    if letter in "ST":
        return f"{when:%S}{fraction}" if letter == "S" else f"{when:%H:%M:%S}{fraction}"
    return f"{when:%{letter}}" if letter in "YmdHMFDjabeByIpZ" else letter
