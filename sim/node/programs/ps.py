"""ps: its three kinds of options, any columns, any order, and trees; busybox' ps; pstree.

Forms are those of procps 4.0. This file must not know why a process is as big as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sim.bash.process import Proc
from sim.node.machine import Process
from sim.node.programs.host import machine_of
from sim.node.programs.options import UsageError, program
from sim.node.programs.pscolumns import COLUMNS, FORMATS, SORT_NAMES, Column, Row
from sim.node.programs.psview import (
    own_pid,
    seconds_used,
    uid_of,
    visible,
)

_HELP = (
    "\n\nUsage:\n ps [options]\n\n Try 'ps --help <simple|list|output|threads|misc|all>'\n"
    "  or 'ps --help <s|l|o|t|m|a>'\n for additional help text.\n\nFor more details see ps(1)."
)
_LOGGED = 25
"""Columns of a terminal when nobody says: 80; args are cut there."""


class _Asked:
    """What a command line asks for."""

    def __init__(self) -> None:
        self.columns: list[Column] = []
        self.format = ""
        self.every = False
        self.with_terminal = False
        self.bsd = False
        self.own = False
        self.chosen: list[Callable[[Process], bool]] = []
        self.sort: list[str] = []
        self.forest = False
        self.header = True
        self.wide = 0
        self.negate = False

    def pick(self, wanted: Callable[[Process], bool]) -> None:
        self.chosen.append(wanted)


def _wrong(text: str) -> UsageError:
    return UsageError(f"error: {text}{_HELP}")


@program(1)
def ps(proc: Proc) -> int:
    """List processes."""
    asked = _read(proc)
    proc.asked()
    machine = machine_of(proc)
    mine = own_pid(proc)
    rows = [Row(machine, p, p.pid == mine) for p in _selected(proc, asked)]
    for name in reversed(asked.sort):
        key = COLUMNS[name.lstrip("+-")].key or (lambda r: 0)
        rows.sort(key=key, reverse=name.startswith("-"))  # type: ignore[arg-type]
    if asked.forest:
        rows = _forest(rows)
    columns = asked.columns or list(FORMATS[asked.format or ("bsd" if asked.bsd else "default")])
    width = _width(proc, asked)
    for line in _table(columns, rows, header=asked.header):
        proc.print(line[:width] if width else line)
    return 0 if rows else 1


def _width(proc: Proc, asked: _Asked) -> int:
    """Return where lines are cut; 0 for nowhere."""
    if asked.wide > 1 or not proc.stdout.tty:
        return 0
    columns = proc.terminal.columns if proc.terminal is not None else 80
    return max(columns, 132) if asked.wide else columns


def _table(columns: Sequence[Column], rows: Sequence[Row], *, header: bool) -> list[str]:
    widths = [max(one.width, len(one.title)) for one in columns]
    lines = []

    def join(cells: list[str]) -> str:
        parts = []
        over = 0
        for index, (cell, column, width) in enumerate(zip(cells, columns, widths, strict=True)):
            last = index == len(columns) - 1
            room = max(0, width - over)
            text = cell.ljust(room) if column.left else cell.rjust(room)
            over = max(0, len(text) - room) if not last else 0
            parts.append(text.rstrip() if last else text)
        return " ".join(parts)

    titles = [one.title for one in columns]
    if header and any(titles):
        lines.append(join(titles))
    lines += [join([column.show(row) for column in columns]) for row in rows]
    return lines


def _selected(proc: Proc, asked: _Asked) -> list[Process]:
    found = visible(proc)
    if asked.chosen:
        keep = [p for p in found if any(wanted(p) for wanted in asked.chosen)]
        return [p for p in found if p not in keep] if asked.negate else keep
    if asked.every:
        return found
    if asked.with_terminal:
        return [p for p in found if p.tty != "?"]
    user = proc.environ.get("USER", "root")
    if asked.own:
        return [p for p in found if p.user == user]
    itself = max(found, key=lambda p: p.pid, default=None)
    if itself is not None and itself.tty != "?":
        return [p for p in found if p.tty == itself.tty and p.user == itself.user]
    own = {"-bash", " ".join(proc.argv)}
    return [p for p in found if p.command in own or p.command.startswith("sudo ps")]


def _forest(rows: Sequence[Row]) -> list[Row]:
    """Return *rows* with children below their parents and the art in front of their commands."""
    here = {row.process.pid for row in rows}
    below: dict[int, list[Row]] = {}
    for row in rows:
        parent = row.process.ppid
        below.setdefault(parent if parent in here and parent != 1 else 0, []).append(row)
    found: list[Row] = []

    def add(row: Row, art: str, bars: str) -> None:
        found.append(row._replace(art=art))
        children = below.get(row.process.pid, [])
        for index, child in enumerate(children):
            last = index == len(children) - 1
            add(child, f"{bars} \\_ ", bars + ("    " if last else " |  "))

    for row in below.get(0, []):
        if row.process.pid != 0:
            add(row, "", "")
    return found


# -- options ---------------------------------------------------------------------------------------


def _read(proc: Proc) -> _Asked:
    asked = _Asked()
    words = list(proc.argv[1:])
    while words:
        word = words.pop(0)
        if word.startswith("--"):
            _long(asked, word[2:], words)
        elif word.startswith("-") and len(word) > 1:
            _unix(proc, asked, word[1:], words)
        elif word.replace(",", "").isdecimal():
            _by_pid(asked, word)
        else:
            _bsd(proc, asked, word, words)
    return asked


def _columns_of(asked: _Asked, text: str) -> None:
    for part in text.replace(",", " ").split() if "=" not in text else _renamed(text):
        name, sign, title = part.partition("=")
        column = COLUMNS.get(name)
        if column is None:
            raise _wrong(f'unknown user-defined format specifier "{name}"')
        asked.columns.append(column._replace(title=title, width=max(1, column.width) if title or column.left
                                             else column.width) if sign else column)  # fmt: skip


def _renamed(text: str) -> list[str]:
    """Return the parts of a list with titles: what follows the first `=` is all one title, ps(1)."""
    head, sign, title = text.partition("=")
    *names, last = head.replace(",", " ").split()
    first, comma, rest = title.partition(",")
    follows = comma and (rest.partition("=")[0].partition(",")[0]) in COLUMNS
    if follows:
        return [*names, f"{last}{sign}{first}", *_renamed_or_plain(rest)]
    return [*names, f"{last}{sign}{title}"]


def _renamed_or_plain(text: str) -> list[str]:
    return _renamed(text) if "=" in text else text.replace(",", " ").split()


def _by_pid(asked: _Asked, text: str) -> None:
    parts = text.replace(",", " ").split()
    if not parts or not all(one.isdecimal() for one in parts):
        raise _wrong("process ID list syntax error")
    wanted = {int(one[:9]) for one in parts}
    asked.pick(lambda p: p.pid in wanted)


def _by_parent(asked: _Asked, text: str) -> None:
    parts = text.replace(",", " ").split()
    if not parts or not all(one.isdecimal() for one in parts):
        raise _wrong("process ID list syntax error")
    wanted = {int(one[:9]) for one in parts}
    asked.pick(lambda p: p.ppid in wanted)


def _by_name(asked: _Asked, text: str) -> None:
    wanted = {one[:15] for one in text.replace(",", " ").split()}
    asked.pick(lambda p: p.name in wanted)


def _by_user(proc: Proc, asked: _Asked, text: str) -> None:
    wanted = set(text.replace(",", " ").split())
    known = {p.user for p in visible(proc)} | {"root", "oncall", "nobody", "ansible"}
    if any(one not in known and not one.isdecimal() for one in wanted):
        raise _wrong("user name does not exist")
    asked.pick(lambda p: p.user in wanted or str(uid_of(p)) in wanted)


def _by_tty(asked: _Asked, text: str) -> None:
    wanted = {one.removeprefix("/dev/") for one in text.replace(",", " ").split()}
    asked.pick(lambda p: p.tty in wanted)


def _sorted_by(asked: _Asked, text: str) -> None:
    for part in text.split(","):
        name = part.lstrip("+-")
        known = SORT_NAMES.get(name, name)
        if known not in COLUMNS or COLUMNS[known].key is None:
            raise _wrong("unknown sort specifier")
        asked.sort.append(("-" if part.startswith("-") else "") + known)


def _long(asked: _Asked, text: str, words: list[str]) -> None:
    name, sign, value = text.partition("=")
    takes = {"sort": _sorted_by, "pid": _by_pid, "ppid": _by_parent, "tty": _by_tty,
             "format": _columns_of}  # fmt: skip
    if name in takes:
        takes[name](asked, value if sign else words.pop(0) if words else "")
    elif name == "forest":
        asked.forest = True
    elif name in ("no-headers", "no-heading", "noheader", "noheaders", "noheading", "no-headings"):
        asked.header = False
    elif name in ("deselect",):
        asked.negate = True
    elif name in ("headers", "cumulative", "info"):
        return
    elif name in ("cols", "columns", "width", "rows", "lines"):
        if not sign and words:
            words.pop(0)
    else:
        raise _wrong("unknown gnu long option")


def _unix(proc: Proc, asked: _Asked, letters: str, words: list[str]) -> None:
    takes: dict[str, tuple[Callable[[str], None], str]] = {
        "o": (lambda t: _columns_of(asked, t), "format specification must follow -o"),
        "C": (lambda t: _by_name(asked, t), "list of command names must follow -C"),
        "p": (lambda t: _by_pid(asked, t), "list of process IDs must follow -p"),
        "q": (lambda t: _by_pid(asked, t), "list of process IDs must follow -q"),
        "u": (lambda t: _by_user(proc, asked, t), "list of users must follow -u"),
        "U": (lambda t: _by_user(proc, asked, t), "list of real users must follow -U"),
        "t": (lambda t: _by_tty(asked, t), "list of terminals (pty, tty...) must follow -t"),
        "k": (lambda t: _sorted_by(asked, t), "long sort specification must follow 'k'"),
    }
    index = 0
    if letters in ("aux", "axu", "auxw", "auxww", "auxf", "auxwf", "auxwwf"):
        # Taken as BSD's when there is no user called x.
        _bsd(proc, asked, letters, words)
        return
    while index < len(letters):
        letter, index = letters[index], index + 1
        if letter in takes:
            value = letters[index:] or (words.pop(0) if words else "")
            if not value:
                raise _wrong(takes[letter][1])
            takes[letter][0](value)
            return
        if letter in "eA":
            asked.every = True
        elif letter in "fFl":
            asked.format = letter
        elif letter == "j":
            asked.format = "jsysv"
        elif letter == "H":
            asked.forest = True
        elif letter == "w":
            asked.wide += 1
        elif letter == "N":
            asked.negate = True
        elif letter in "ad":
            asked.with_terminal = letter == "a"
            asked.every = asked.every or letter == "d"
        elif letter in "ycMP":
            continue
        elif letter in "LTmZ":
            raise UsageError(f"ps: -{letter} is not supported in this simulator")
        else:
            raise _wrong("unsupported SysV option")


def _bsd(proc: Proc, asked: _Asked, letters: str, words: list[str]) -> None:
    asked.bsd = True
    index = 0
    while index < len(letters):
        letter, index = letters[index], index + 1
        if letter in "oOkpqUt":
            _bsd_value(proc, asked, letter, letters[index:] or (words.pop(0) if words else ""))
            return
        if letter == "a":
            if asked.own:
                asked.every = True
            asked.with_terminal = True
        elif letter == "x":
            asked.every = asked.with_terminal
            asked.own = not asked.with_terminal
        elif letter in "ulj":
            asked.format = letter
        elif letter == "f":
            asked.forest = True
        elif letter == "w":
            asked.wide += 1
        elif letter == "h":
            asked.header = False
        elif letter == "e":
            asked.wide = max(asked.wide, 0)
        elif letter == "r":
            asked.pick(lambda p: p.cpu_percent >= 50)
        elif letter not in "cnSgvX":
            raise _wrong("unsupported option (BSD syntax)")


def _bsd_value(proc: Proc, asked: _Asked, letter: str, value: str) -> None:
    if not value:
        raise _wrong(
            "List of process IDs must follow q."
            if letter == "q"
            else f"format specification must follow {letter}"
        )
    if letter in "oO":
        _columns_of(asked, value)
    elif letter == "k":
        _sorted_by(asked, value)
    elif letter in "pq":
        _by_pid(asked, value)
    elif letter == "U":
        _by_user(proc, asked, value)
    else:
        _by_tty(asked, value)


@program(1)
def busybox_ps(proc: Proc) -> int:
    """List processes, busybox' ps: no options but -o and -T."""
    machine = machine_of(proc)
    words = [
        word for word in proc.argv[1:] if word not in ("-T", "-ef", "aux", "-e", "-f", "a", "w")
    ]
    proc.asked()
    found = visible(proc)
    if words[:1] == ["-o"] or (words and words[0].startswith("-o")):
        text = words[0][2:] or (words[1] if len(words) > 1 else "")
        asked = _Asked()
        try:
            _columns_of(asked, text)
        except UsageError:
            raise UsageError(f"ps: bad -o argument '{text}', supported arguments: user,group,comm,args,"
                             "pid,ppid,pgid,etime,nice,rgroup,ruser,time,tty,vsz,stat,rss") from None  # fmt: skip
        rows = [Row(machine, p, False) for p in found]
        proc.print(*_table(asked.columns, rows, header=True))
        return 0
    if words:
        raise UsageError(f"ps: unrecognized option: {words[0].lstrip('-')[:1]}")
    proc.print("PID   USER     TIME  COMMAND")
    for p in found:
        used = seconds_used(machine, p)
        proc.print(f"{p.pid:>5} {p.user:<8} {used // 60:>2}:{used % 60:02d} {p.command}")
    return 0


@program(1)
def pstree(proc: Proc) -> int:
    """Show processes as a tree."""
    pids = any(word.startswith("-") and "p" in word for word in proc.argv[1:])
    full = any(word.startswith("-") and "a" in word for word in proc.argv[1:])
    roots = [int(word) for word in proc.argv[1:] if word.isdecimal()]
    proc.asked()
    found = visible(proc)
    root = next((p for p in found if p.pid == (roots[0] if roots else 1)), None)
    if root is None:
        return 1
    below: dict[int, list[Process]] = {}
    for p in found:
        below.setdefault(p.ppid, []).append(p)

    def told(p: Process) -> str:
        text = p.command if full else p.name
        return (
            f"{text}({p.pid})"
            if pids and not full
            else f"{p.name},{p.pid} {p.command.partition(' ')[2]}".rstrip()
            if pids
            else text
        )

    def show(p: Process, head: str, tail: str) -> None:
        proc.charge(50)
        proc.print(head + told(p))
        children = sorted(below.get(p.pid, []), key=lambda one: (one.name, one.pid))
        for index, child in enumerate(children):
            last = index == len(children) - 1
            show(
                child, tail + ("  `-" if last else "  |-"), tail + ("    " if last else "  |  "[:4])
            )

    show(root, "", "")
    return 0
