"""`watch`: runs a command again and again and shows what it prints on the whole screen, watch(1)."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sim.bash.pipes import Capture, OutputLimit
from sim.bash.process import Proc, Running
from sim.bash.screen import RESET, REVERSE, Screen
from sim.bash.tools.options import Options, UsageProblem, read_options, tool
from sim.bash.tools.waiting import MOST_MS, span_ms
from sim.kernel import Interrupted

MIN_WATCH_MS = 100
TAB = 8
_LONG = {
    "interval": "n", "no-title": "t", "differences": "d", "errexit": "e", "chgexit": "g",
    "color": "c", "exec": "x", "beep": "b", "precise": "p", "no-wrap": "w", "equexit": "q",
    "version": "v",
}  # fmt: skip
_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_SGR = re.compile(r"\x1b\[[0-9;]*m")
Cell = tuple[str, str]
"""A character and the colours before it."""
Row = list[Cell] | str
"""A row of the screen: a text where there are no colours."""


@tool()
def watch(proc: Proc) -> Running:
    """Run a command every two seconds until Ctrl-C."""
    options = read_options(proc.argv, "tdecgbpxwv", "nq", _LONG, stop_at_operand=True)
    if "v" in options:
        proc.print("watch from procps-ng 4.0.2")
        return 0
    span = span_ms(options.flags.get("n", "2"))
    if span is None:
        raise UsageProblem(f"failed to parse argument: '{options.flags['n']}'")
    if not options.operands or proc.interpret is None:
        proc.stderr.write("\nUsage:\n watch [options] command\n\nFor more details see watch(1).\n")
        return 1
    interval = int(max(MIN_WATCH_MS, min(span, MOST_MS)))
    if proc.terminal is None or not proc.stdout.tty:
        return (yield from _plain(proc, options, interval))
    shown = _Shown(proc, options, interval)
    with Screen(proc, signals=True) as screen:
        try:
            return (yield from shown.run(screen))
        except Interrupted as signal:
            if signal.cause != "SIGINT":
                raise
            return 0


def _plain(proc: Proc, options: Options, interval: int) -> Running:
    """Print what the command prints each time, where there is no terminal."""
    assert proc.interpret is not None
    line = _line(options)
    while True:
        proc.stdout.write("\x1b[H\x1b[2J")
        if "t" not in options:
            proc.print(f"Every {interval / 1000:.1f}s: {line}", "")
        yield from proc.interpret(proc, line)
        yield from proc.stdout.drain()
        yield proc.env.timeout(interval)


def _line(options: Options) -> str:
    words = options.operands
    return shlex.join(words) if "x" in options else " ".join(words)


MARKED = 20
"""Characters of a line that are read for each cell of the screen; escape sequences take no cell."""


@dataclass
class _Shown:
    """One run of watch on a screen."""

    proc: Proc
    options: Options
    interval: int
    before: list[Row] = field(default_factory=list)
    changed: dict[tuple[int, int], bool] = field(default_factory=dict)
    """Where something has been different at some time."""
    same: int = 0
    """How often in a row the output has been the same."""

    def run(self, screen: Screen) -> Running:
        proc, options = self.proc, self.options
        assert proc.interpret is not None
        cycles = options.number("q", 0)
        first = True
        while True:
            began = proc.env.now
            output = Capture()
            try:
                child = replace(proc, stdout=output, stderr=output, tty=False)
                code = yield from proc.interpret(child, _line(options))
            except OutputLimit:
                code = 1
            rows = self._cells(output.text, screen)
            different = rows != self.before
            lines = self._lines(rows, screen, first=first)
            if code and "b" in options:
                screen.beep()
            if code and "e" in options:
                note = "command exit with a non-zero status, press a key to exit"
                lines = [*lines, *[""] * screen.rows][: screen.rows - 1]
                screen.draw([*lines, f"{REVERSE}{note}{RESET}"])
                yield from screen.read_key()
                return 8
            screen.draw(lines)
            self.before = rows
            if not first and different and "g" in options:
                return 0
            self.same = 0 if different else self.same + 1
            if cycles and self.same >= cycles:
                return 0
            first = False
            spent = proc.env.now - began if "p" in options else 0
            yield from self._sleep(screen, max(0, self.interval - spent), lines)

    def _sleep(self, screen: Screen, span: int, lines: list[str]) -> Running:
        """Wait for the next turn; a new size is drawn at once, keys do nothing."""
        until = self.proc.env.now + span
        while (left := until - self.proc.env.now) > 0:
            if screen.ended:
                yield self.proc.env.timeout(left)
            elif (yield from screen.read_key(left)) == "RESIZE":
                screen.draw([line[: screen.columns] for line in lines])
        return 0

    def _cells(self, text: str, screen: Screen) -> list[Row]:
        """Return what fits on the screen, wrapped at its width."""
        columns, room = screen.columns, screen.rows - (0 if "t" in self.options else 2)
        rows: list[Row] = []
        # a line may be megabytes long: what cannot be seen is not looked at
        cells = columns if "w" in self.options else columns * max(0, room)
        for line in text.splitlines()[: max(0, room)]:
            if "\x1b" not in line and "\t" not in line:
                end = min(len(line), columns if "w" in self.options else cells)
                rows += [line[at : min(at + columns, end)] for at in range(0, end, columns)] or [""]
                continue
            row: list[Cell] = []
            style, at = "", 0
            while at < min(len(line), MARKED * cells) and len(row) < cells:
                found = _SEQUENCE.match(line, at)
                if found is not None:
                    if "c" in self.options and _SGR.fullmatch(found[0]):
                        style = "" if found[0] in ("\x1b[m", "\x1b[0m") else style + found[0]
                    at = found.end()
                    continue
                char = line[at]
                at += 1
                row += [(" ", style)] * (TAB - len(row) % TAB) if char == "\t" else [(char, style)]
            if "w" in self.options or not row:
                rows.append(row[:columns])
            else:
                rows += [row[start : start + columns] for start in range(0, len(row), columns)]
        return rows[: max(0, room)]

    def _lines(self, rows: list[Row], screen: Screen, *, first: bool) -> list[str]:
        """Return the lines to draw, with what is different from before marked if that is wanted."""
        lines = [] if "t" in self.options else [self._header(screen.columns), ""]
        permanent = self.options.flags.get("d") in ("permanent", "cumulative", "1")
        marks = "d" in self.options and not first
        for number, row in enumerate(rows):
            if isinstance(row, str) and not marks and not self.changed:
                lines.append(row)
                continue
            old = self.before[number] if number < len(self.before) else []
            out, now = [], ""
            for column, cell in enumerate(row):
                char, style = (cell, "") if isinstance(cell, str) else cell
                was = old[column][0] if column < len(old) else " "
                differs = marks and char != was
                if differs and permanent:
                    self.changed[number, column] = True
                marked = differs or (number, column) in self.changed
                wanted = style + REVERSE if marked else style
                if wanted != now:
                    out.append(RESET + wanted if now else wanted)
                    now = wanted
                out.append(char)
            lines.append("".join(out) + (RESET if now else ""))
        return lines

    def _header(self, columns: int) -> str:
        """Return `Every 2.0s: command` and, to the right, host and time."""
        proc = self.proc
        moment = datetime.fromtimestamp(proc.files.clock() / 1000, UTC)
        host = proc.environ.get("HOSTNAME", "localhost")
        right = f"{host}: {moment:%a %b} {moment.day:2} {moment:%H:%M:%S %Y}"
        left = f"Every {self.interval / 1000:.1f}s: "
        command = " ".join(self.options.operands)
        if columns < len(right):
            return ""
        room = columns - len(right) - len(left)
        if room < 0:
            return right.rjust(columns)
        if len(command) > room - 2:
            command = f"{command[: max(0, room - 5)]}..." if room > 5 else ""
        return f"{left}{command}".ljust(columns - len(right)) + right
