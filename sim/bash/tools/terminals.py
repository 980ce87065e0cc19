"""`clear`, `reset`, `stty` and `tput`: what is asked of the terminal; `screen`, `tmux`, `script` say why not."""

from __future__ import annotations

from sim.bash.process import Proc, Running
from sim.bash.tty import COLUMNS, ROWS

CLEAR = "\x1b[H\x1b[2J\x1b[3J"
RESET = "\x1bc"
_PAIR = 2
_SETTINGS = (
    "intr = ^C; quit = ^\\; erase = ^?; kill = ^U; eof = ^D; eol = <undef>; eol2 = <undef>; "
    "swtch = <undef>; start = ^Q; stop = ^S; susp = ^Z; rprnt = ^R; werase = ^W; lnext = ^V; "
    "discard = ^O; min = 1; time = 0;",
    "-parenb -parodd -cmspar cs8 -hupcl -cstopb cread -clocal -crtscts",
    "-ignbrk -brkint -ignpar -parmrk -inpck -istrip -inlcr -igncr icrnl ixon -ixoff -iuclc -ixany "
    "-imaxbel iutf8",
    "opost -olcuc -ocrnl onlcr -onocr -onlret -ofill -ofdel nl0 cr0 tab0 bs0 vt0 ff0",
    "isig icanon iexten echo echoe echok -echonl -noflsh -xcase -tostop -echoprt echoctl echoke "
    "-flusho -extproc",
)
"""What `stty -a` tells of a terminal that nobody has changed, a line (wrapped) for each kind."""
_CAPABILITIES = {
    "sgr0": "\x1b(B\x1b[m", "bold": "\x1b[1m", "dim": "\x1b[2m", "sitm": "\x1b[3m",
    "ritm": "\x1b[23m", "smul": "\x1b[4m", "rmul": "\x1b[24m", "rev": "\x1b[7m", "smso": "\x1b[7m",
    "rmso": "\x1b[27m", "blink": "\x1b[5m", "clear": "\x1b[H\x1b[2J\x1b[3J", "el": "\x1b[K",
    "ed": "\x1b[J", "home": "\x1b[H", "civis": "\x1b[?25l", "cnorm": "\x1b[?12l\x1b[?25h",
    "smcup": "\x1b[?1049h\x1b[22;0;0t", "rmcup": "\x1b[?1049l\x1b[23;0;0t", "bel": "\a",
    "sc": "\x1b7", "rc": "\x1b8", "cr": "\r", "cuu1": "\x1b[A", "cud1": "\n", "op": "\x1b[39;49m",
}  # fmt: skip
"""Of the terminal `xterm-256color`, terminfo(5)."""


def clear(proc: Proc) -> Running:
    """Clear the screen and what has scrolled away; with `-x` the screen only."""
    proc.stdout.write("\x1b[H\x1b[2J" if "-x" in proc.argv else CLEAR)
    return 0
    yield


def reset(proc: Proc) -> Running:
    """Bring the terminal back to how it was."""
    proc.stdout.write(RESET)
    return 0
    yield


def _size(proc: Proc) -> tuple[int, int]:
    if proc.terminal is None:
        return COLUMNS, ROWS
    return proc.terminal.columns, proc.terminal.rows


def stty(proc: Proc) -> Running:
    """Tell size and settings; changing them is taken as done where it changes nothing to be seen."""
    words = proc.argv[1:]
    if not proc.tty or proc.terminal is None:
        return proc.fail("'standard input': Inappropriate ioctl for device")
    columns, rows = _size(proc)
    if words == ["size"]:
        proc.print(f"{rows} {columns}")
    elif words in (["-a"], ["--all"]):
        first = f"speed 38400 baud; rows {rows}; columns {columns}; line = 0;"
        for group in (first, *_SETTINGS):
            proc.print(*_wrapped(group, columns))
    elif not words:
        proc.print("speed 38400 baud; line = 0;", "-brkint -imaxbel iutf8")
    elif words == ["sane"]:
        pass
    else:
        return _set(proc, words, columns, rows)
    return 0
    yield


def _wrapped(group: str, columns: int) -> list[str]:
    """Return the settings of *group* in lines of *columns*, broken between settings only."""
    settings = group.split("; ") if ";" in group else group.split()
    mark = ";" if ";" in group else ""
    lines = [""]
    for setting in settings:
        word = setting if setting.endswith(mark) else setting + mark
        if lines[-1] and len(lines[-1]) + 1 + len(word) > columns:
            lines.append(word)
        else:
            lines[-1] += f" {word}" if lines[-1] else word
    return lines


def _set(proc: Proc, words: list[str], columns: int, rows: int) -> int:
    """Take `cols 120 rows 40`; anything else is refused."""
    terminal = proc.terminal
    assert terminal is not None
    size = {"cols": columns, "columns": columns, "rows": rows}
    at = 0
    while at < len(words):
        word = words[at]
        if word not in size:
            known = " ".join(_SETTINGS).replace("-", "").split()
            if word.lstrip("-") in known:
                return proc.fail(f"{word}: not supported in this simulator")
            return proc.fail(f"invalid argument '{word}'\nTry 'stty --help' for more information.")
        if at + 1 == len(words):
            return proc.fail(
                f"missing argument to '{word}'\nTry 'stty --help' for more information."
            )
        value = words[at + 1]
        if not value.isdecimal() or len(value) > 4:
            return proc.fail(f"invalid integer argument: '{value}'")
        size[word] = int(value)
        if word == "cols":
            size["columns"] = int(value)
        at += _PAIR
    terminal.resize(size["columns"], size["rows"])
    return 0


def tput(proc: Proc) -> Running:
    """Print a capability of the terminal: `tput cols`, `tput setaf 1`, `tput bold`."""
    words = proc.argv[1:]
    if words[:1] == ["-T"]:
        words = words[2:]
    if not words:
        proc.stderr.write("usage: tput [-V] [-S] [-T term] capname\n")
        return 2
    name, values = words[0], words[1:]
    columns, rows = _size(proc)
    number = int(values[0]) if values and values[0].isdecimal() and len(values[0]) < 4 else 0
    if name in ("cols", "lines", "colors"):
        proc.print(str({"cols": columns, "lines": rows, "colors": 256}[name]))
    elif name in ("setaf", "setab"):
        base = 30 if name == "setaf" else 40
        low, high = base + number, base + 60 + number - 8
        code = str(low) if number < 8 else str(high) if number < 16 else f"{base + 8};5;{number}"
        proc.stdout.write(f"\x1b[{code}m")
    elif name == "cup":
        row, column = (int(one) + 1 if one.isdecimal() else 1 for one in (*values, "0", "0")[:2])
        proc.stdout.write(f"\x1b[{row};{column}H")
    elif name in ("init", "reset"):
        proc.stdout.write("\x1b[!p\x1b[?3;4l\x1b[4l\x1b>")
    elif name == "longname":
        proc.print("xterm with 256 colors")
    elif name in _CAPABILITIES:
        proc.stdout.write(_CAPABILITIES[name])
    else:
        proc.stderr.write(f"tput: unknown terminfo capability '{name}'\n")
        return 4
    return 0
    yield


def multiplexer(proc: Proc) -> Running:
    """Say what is there instead of `screen`, `tmux` and `script`."""
    name = proc.argv[0].rpartition("/")[2]
    if name == "script":
        return proc.fail("not supported in this simulator: everything shown here is kept anyway")
    return proc.fail("not supported in this simulator: open another tab, or use & and Ctrl-Z")
    yield
