"""`ls` (and `dir`): directories and files listed, in lines, columns or at length."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cmp_to_key

from sim.bash.files import FileProblem, Stat
from sim.bash.process import Proc, Running
from sim.bash.tools.amounts import human
from sim.bash.tools.inputs import encoded, quoted, shown
from sim.bash.tools.moments import formatted
from sim.bash.tools.options import Misuse, Options, UsageProblem, read_options, tool
from sim.bash.tools.versions import compare_versions

_LONG = {
    "all": "a", "almost-all": "A", "human-readable": "h", "reverse": "r", "recursive": "R",
    "directory": "d", "classify": "classify=?", "inode": "i", "size": "s", "color": "color=?",
    "sort": "sort=", "full-time": "full-time", "time-style": "time-style=", "no-group": "G",
    "numeric-uid-gid": "n", "group-directories-first": "dirs-first", "width": "w",
    "dereference": "L", "quote-name": "Q", "literal": "N", "si": "si", "indicator-style": "mark=",
    "format": "format=", "time": "time=", "file-type": "file-type", "ignore-backups": "B",
}  # fmt: skip
_MANY = {
    "color": (("always", "yes", "force"), ("never", "no", "none"), ("auto", "tty", "if-tty")),
    "sort": (("none",), ("time",), ("size",), ("extension",), ("version",), ("width",)),
}
_RECENT_MS = 31_556_952_000 // 2
_COLORS = {"d": "01;34", "l": "01;36", "c": "40;33;01", "x": "01;32"}
_ARCHIVES = (".tar", ".tgz", ".gz", ".zip", ".xz", ".bz2", ".zst")


@dataclass
class _Item:
    name: str
    path: str
    stat: Stat


@tool(2)
def ls(proc: Proc) -> Running:
    """List information about the files (the current directory by default)."""
    options = read_options(proc.argv, "aAlhtrSRdF1isgonGUXvmxCpLHQNkcuBqb", "wI", _LONG)
    listing = _Listing(proc, options)
    files: list[_Item] = []
    directories: list[_Item] = []
    for name in options.operands or ["."]:
        try:
            item = listing.item(name, proc.path(name), follow=not listing.at_length)
        except FileProblem as problem:
            proc.fail(f"cannot access {quoted(name)}: {problem}")
            listing.code = 2
            continue
        target = directories if item.stat.kind == "d" and "d" not in options else files
        target.append(item)
    several = len(options.operands) > 1 or "R" in options
    listing.show(listing.sorted(files), total=False)
    started = bool(files)
    for item in listing.sorted(directories):
        queue = [item]
        while queue:
            here = queue.pop(0)
            if several:
                label = shown(here.name) if proc.stdout.tty else here.name
                proc.print(*([""] if started else []), f"{label}:")
            started = True
            inside = listing.inside(here)
            listing.show(inside, total=True)
            proc.charge(200 + 50 * len(inside))
            if "R" in options:
                below = [
                    _Item(posixpath.join(here.name, one.name), one.path, one.stat)
                    for one in inside
                    if one.stat.kind == "d" and one.name not in {".", ".."}
                ]
                queue = below + queue
            yield from proc.stdout.drain()
    return listing.code


class _Listing:
    def __init__(self, proc: Proc, options: Options) -> None:
        self.proc, self.options = proc, options
        self.code = 0
        self.now = proc.files.clock()
        self.at_length = bool({"l", "g", "o", "n", "full-time"} & set(options.flags))
        self.human = "h" in options or "si" in options
        self.color = self._when("color") if "color" in options else False
        self.mark = "F" in options or ("classify" in options and self._when("classify"))
        self.order = options.last_of("tSUXv") or _word(options, "sort")[:1].replace("n", "U")
        if options.flags.get("sort") == "version":
            self.order = "v"
        if _word(options, "sort") == "extension":
            self.order = "X"
        self.order = self.order.replace("s", "S")
        self._reset = False
        self.style = self._time_style()
        width = options.flags.get("w")
        if width is not None and not (width.isascii() and width.isdecimal()):
            raise UsageProblem(f"invalid line width: ‘{width}’")
        terminal = proc.terminal
        columns = proc.environ.get("COLUMNS", "")
        self.width = int((width or "")[:6] or (columns if columns.isdecimal() else "") or 80)
        if terminal is not None and width is None:
            self.width = terminal.columns

    def _when(self, name: str) -> bool:
        word = self.options.flags[name] or "always"
        groups = _MANY["color"]
        found = [group for group in groups if any(one.startswith(word) for one in group)]
        if not found:
            listed = "".join(f"\n  - {', '.join(f'‘{one}’' for one in group)}" for group in groups)
            raise Misuse(
                f"invalid argument ‘{word}’ for ‘--{name}’\nValid arguments are:{listed}", 1
            )
        return found[0][0] == "always" or (found[0][0] == "auto" and self.proc.stdout.tty)

    def _time_style(self) -> str:
        if "full-time" in self.options:
            return "full-iso"
        return self.options.flags.get("time-style", self.proc.environ.get("TIME_STYLE", ""))

    # -- what is there -------------------------------------------------------------------------

    def item(self, name: str, path: str, *, follow: bool) -> _Item:
        """Return a file; a link itself at length, else what it leads to if that is there."""
        if not name:
            raise FileProblem("No such file or directory")
        files = self.proc.files
        own = files.stat(path, follow="L" in self.options)
        if name.endswith("/") and own.kind == "-":
            raise FileProblem("Not a directory")
        follow = follow and "d" not in self.options
        if own.kind == "l" and (follow or name.endswith("/")):
            target = files.stat_or_none(path)
            if target is not None and target.kind == "d":
                own = target
        return _Item(name, path, own)

    def inside(self, item: _Item) -> list[_Item]:
        """Return what is in a directory, in order."""
        files, options = self.proc.files, self.options
        names = files.listdir(item.path)
        if "a" not in options and "A" not in options:
            names = [name for name in names if not name.startswith(".")]
        if "B" in options:
            names = [name for name in names if not name.endswith("~")]
        items: list[_Item] = []
        if options.last_of("aA") == "a":
            for name, path in ((".", item.path), ("..", posixpath.dirname(item.path))):
                items.append(_Item(name, path, files.stat(path)))
        for name in names:
            path = posixpath.join(item.path, name)
            found = files.stat_or_none(path, follow="L" in options)
            if found is None:
                found = files.stat_or_none(path, follow=False)
            if found is not None:
                items.append(_Item(name, path, found))
        return self.sorted(items)

    def sorted(self, items: list[_Item]) -> list[_Item]:
        """Return *items* in the order that was asked for."""
        if self.order != "U":
            items = sorted(items, key=lambda one: encoded(one.name))
        if self.order == "t":
            items.sort(key=lambda one: -one.stat.mtime_ms)
        elif self.order == "S":
            items.sort(key=lambda one: -one.stat.size)
        elif self.order == "X":
            items.sort(key=lambda one: encoded(posixpath.splitext(one.name)[1]))
        elif self.order == "v":
            items.sort(key=lambda one: cmp_to_key(compare_versions)(one.name))
        if "r" in self.options:
            items.reverse()
        if "dirs-first" in self.options:
            items.sort(key=lambda one: one.stat.kind != "d")
        return items

    # -- how it is shown -----------------------------------------------------------------------

    def show(self, items: list[_Item], *, total: bool) -> None:
        """Print *items*, at length with a line of their total."""
        proc, options = self.proc, self.options
        if total and (self.at_length or "s" in options):
            proc.print(f"total {self._blocks(sum(blocks(one.stat) for one in items))}")
        if self.at_length:
            self._table(items)
            return
        cells = [self._front(one, items) + self._name(one, items) for one in items]
        form = options.last_of("1mxC")
        if form == "m":
            proc.print(*_commas(cells, self.width))
        elif cells and form != "1" and (proc.stdout.tty or form in {"x", "C"} or "w" in options):
            lengths = [self._length(one, items) for one in items]
            proc.print(*_columns(cells, lengths, self.width, across=form == "x"))
        else:
            proc.print(*cells)

    def _blocks(self, size: int) -> str:
        return human(size) if self.human else str(size // 1024)

    def _front(self, item: _Item, items: list[_Item]) -> str:
        front = ""
        if "i" in self.options:
            width = max(len(str(one.stat.inode)) for one in items)
            front += f"{item.stat.inode:>{width}} "
        if "s" in self.options:
            width = max(len(self._blocks(blocks(one.stat))) for one in items)
            front += f"{self._blocks(blocks(item.stat)):>{width}} "
        return front

    def _label(self, item: _Item, items: list[_Item]) -> str:
        """Return the name, on a terminal in quotes where a shell needs them."""
        if "Q" in self.options:
            return '"' + item.name.replace("\\", "\\\\").replace('"', '\\"') + '"'
        if not self.proc.stdout.tty or "N" in self.options:
            return item.name
        label = shown(item.name)
        aligned = any(shown(one.name) != one.name for one in items) and self._form_aligned()
        return f" {label}" if aligned and label == item.name else label

    def _form_aligned(self) -> bool:
        return self.at_length or self.options.last_of("1mxC") not in {"1", "m"}

    def _sign(self, item: _Item) -> str:
        kind = item.stat.kind
        if "p" in self.options and not self.mark:
            return "/" if kind == "d" else ""
        if not self.mark:
            return ""
        if kind == "-":
            return "*" if item.stat.mode & 0o111 else ""
        if kind == "l" and self.at_length:
            return ""
        return {"d": "/", "l": "@"}.get(kind, "")

    def _length(self, item: _Item, items: list[_Item]) -> int:
        return len(self._front(item, items) + self._label(item, items) + self._sign(item))

    def _name(self, item: _Item, items: list[_Item]) -> str:
        return self._painted(self._label(item, items), item.stat) + self._sign(item)

    def _painted(self, label: str, stat: Stat) -> str:
        if not self.color or not self.proc.environ.get("TERM"):
            return label
        executable = stat.kind == "-" and stat.mode & 0o111
        code = _COLORS.get("x" if executable else stat.kind, "")
        if not code and label.endswith(_ARCHIVES):
            code = "01;31"
        if not code:
            return label
        first, self._reset = ("" if self._reset else "\x1b[0m"), True
        return f"{first}\x1b[{code}m{label}\x1b[0m"

    def _table(self, items: list[_Item]) -> None:
        rows = []
        for one in items:
            stat = one.stat
            number = "n" in self.options
            owner, group = (
                (uid(stat.owner), uid(stat.group)) if number else (stat.owner, stat.group)
            )
            cells = [kind_and_mode(stat), str(stat.links)]
            cells += [] if "g" in self.options else [owner]
            cells += [] if "o" in self.options or "G" in self.options else [group]
            size = human(stat.size, 1000 if "si" in self.options else 1024)
            cells.append(size if self.human else str(stat.size))
            rows.append((cells, one))
        widths = [
            max(map(len, column)) for column in zip(*(cells for cells, _ in rows), strict=True)
        ]
        for cells, one in rows:
            padded = [
                f"{cell:>{width}}" if at in {1, len(cells) - 1} else f"{cell:<{width}}"
                for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
            ]
            when = self._when_changed(one.stat.mtime_ms)
            name = self._name(one, items)
            if one.stat.kind == "l":
                name += f" -> {self._target(one)}"
            self.proc.print(f"{self._front(one, items)}{' '.join(padded)} {when} {name}")

    def _target(self, item: _Item) -> str:
        found = self.proc.files.stat_or_none(item.path)
        target = item.stat.target
        label = shown(target) if self.proc.stdout.tty else target
        return label if found is None else self._painted(label, found)

    def _when_changed(self, ms: int) -> str:
        moment = datetime.fromtimestamp(ms / 1000, UTC)
        if self.style == "full-iso":
            return formatted(moment, "%Y-%m-%d %H:%M:%S.%N %z", nanos=ms % 1000 * 1_000_000)
        if self.style == "long-iso":
            return formatted(moment, "%Y-%m-%d %H:%M")
        if self.style.startswith("+"):
            return formatted(moment, self.style[1:])
        recent = 0 <= self.now - ms < _RECENT_MS
        if self.style == "iso":
            return formatted(moment, "%m-%d %H:%M" if recent else "%Y-%m-%d ")
        return formatted(moment, "%b %e %H:%M" if recent else "%b %e  %Y")


def _word(options: Options, name: str) -> str:
    word = options.flags.get(name, "")
    if not word:
        return ""
    groups = _MANY[name]
    found = [group for group in groups if any(one.startswith(word) for one in group)]
    if len(found) != 1:
        listed = "".join(f"\n  - {', '.join(f'‘{one}’' for one in group)}" for group in groups)
        raise Misuse(f"invalid argument ‘{word}’ for ‘--{name}’\nValid arguments are:{listed}", 1)
    return found[0][0]


def _columns(cells: list[str], lengths: list[int], width: int, *, across: bool) -> list[str]:
    """Return lines of columns, as many as fit; filled downwards unless *across*."""
    for count in range(min(len(cells), max(1, width // 3)), 0, -1):
        rows = -(-len(cells) // count)
        if not across and -(-len(cells) // rows) < count:
            continue
        places = [
            (at % count if across else at // rows, at // count if across else at % rows)
            for at in range(len(cells))
        ]
        wide = [0] * count
        for (column, _), length in zip(places, lengths, strict=True):
            wide[column] = max(wide[column], length + (2 if column < count - 1 else 0))
        if sum(wide) < width or count == 1:
            break
    starts = [sum(wide[:column]) for column in range(count)]
    lines = [""] * rows
    ends = [0] * rows
    for (column, row), cell, length in zip(places, cells, lengths, strict=True):
        lines[row] += _gap(ends[row], starts[column]) + cell
        ends[row] = starts[column] + length
    return lines


def _gap(at: int, goal: int) -> str:
    """Return tabs and blanks from one column of the screen to another, as ls sets them."""
    out = ""
    while at < goal:
        if goal // 8 > (at + 1) // 8:
            out += "\t"
            at += 8 - at % 8
        else:
            out += " "
            at += 1
    return out


def _commas(cells: list[str], width: int) -> list[str]:
    lines: list[str] = []
    for index, cell in enumerate(cells):
        text = cell + ("," if index < len(cells) - 1 else "")
        if lines and len(lines[-1]) + 1 + len(text) < width:
            lines[-1] += f" {text}"
        else:
            lines.append(text)
    return lines


def blocks(stat: Stat) -> int:
    """Return the bytes on disk of a file."""
    return -(-stat.size // 4096) * 4096 if stat.kind in "-d" else 0


def kind_and_mode(stat: Stat) -> str:
    """Return e.g. `-rw-r--r--`."""
    letters = "".join(
        letter if stat.mode >> (8 - at) & 1 else "-" for at, letter in enumerate("rwxrwxrwx")
    )
    out = list(letters)
    for bit, at, mark in ((0o4000, 2, "s"), (0o2000, 5, "s"), (0o1000, 8, "t")):
        if stat.mode & bit:
            out[at] = mark if out[at] == "x" else mark.upper()
    return stat.kind + "".join(out)


def uid(owner: str) -> str:
    """Return the number of a user: 0 for root, 1000 for the one person of a place."""
    return "0" if owner == "root" else "1000"
