"""Full-screen drawing on a terminal: the alternate screen, only changed lines, keys by their names.

A program hands over the lines that should stand on the screen; which bytes make them so, and how
keys are spelled on the wire (xterm's control sequences), is known here only.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Generator, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self

import simpy

from sim.bash.process import Proc
from sim.bash.tty import Claim, Tty

ENTER, LEAVE = "\x1b[?1049h\x1b[H\x1b[2J", "\x1b[?1049l"
SHOW_CURSOR, HIDE_CURSOR = "\x1b[?25h", "\x1b[?25l"
RESET, REVERSE, BOLD = "\x1b[m", "\x1b[7m", "\x1b[1m"
RESIZE = "RESIZE"
"""What `read_key` returns when the terminal's size has changed."""

_KEY = re.compile(r"\x1b\[[0-9;?]*[A-Za-z~]|\x1bO[A-Za-z]|\x1b[^\x1b]|[\s\S]")
_SGR = re.compile(r"\x1b\[[0-9;]*m")
_NAMES = {
    "\r": "ENTER", "\n": "ENTER", "\t": "TAB", "\x1b": "ESC", "\x7f": "BACKSPACE", "\b": "BACKSPACE",
    "\x1b[A": "UP", "\x1b[B": "DOWN", "\x1b[C": "RIGHT", "\x1b[D": "LEFT",
    "\x1bOA": "UP", "\x1bOB": "DOWN", "\x1bOC": "RIGHT", "\x1bOD": "LEFT",
    "\x1b[H": "HOME", "\x1b[F": "END", "\x1bOH": "HOME", "\x1bOF": "END",
    "\x1b[1~": "HOME", "\x1b[4~": "END", "\x1b[7~": "HOME", "\x1b[8~": "END",
    "\x1b[2~": "INSERT", "\x1b[3~": "DELETE", "\x1b[5~": "PGUP", "\x1b[6~": "PGDN",
    "\x1b[1;5C": "^RIGHT", "\x1b[1;5D": "^LEFT", "\x1b[1;5A": "^UP", "\x1b[1;5B": "^DOWN",
    "\x1b[1;3C": "M-RIGHT", "\x1b[1;3D": "M-LEFT", "\x1b[1;5H": "^HOME", "\x1b[1;5F": "^END",
    "\x1b[Z": "S-TAB", "\x1b\x7f": "M-BACKSPACE", "\x1b\r": "M-ENTER",
    "\x1b[200~": "PASTE", "\x1b[201~": "PASTED",
    "\x1bOP": "F1", "\x1bOQ": "F2", "\x1bOR": "F3", "\x1bOS": "F4", "\x1b[11~": "F1",
    "\x1b[12~": "F2", "\x1b[13~": "F3", "\x1b[14~": "F4", "\x1b[15~": "F5", "\x1b[17~": "F6",
    "\x1b[18~": "F7", "\x1b[19~": "F8", "\x1b[20~": "F9", "\x1b[21~": "F10", "\x1b[23~": "F11",
    "\x1b[24~": "F12",
}  # fmt: skip


def key_name(token: str) -> str:
    """Return the name of one key as sent by xterm.

    >>> [key_name(token) for token in ("a", chr(24), chr(27) + "[A", chr(27) + "u", chr(31))]
    ['a', '^X', 'UP', 'M-u', '^_']
    """
    if token in _NAMES:
        return _NAMES[token]
    if len(token) == 1:
        return f"^{chr(ord(token) + 64)}" if token < " " else token
    if len(token) == 2:
        return f"M-{token[1]}" if token[1] >= " " else f"M-^{chr(ord(token[1]) + 64)}"
    return "UNKNOWN"


class Screen:
    """The whole screen of a program's terminal, for the time of a `with`.

    Standard output is the terminal; a program reads the keys here, never from its standard input,
    which may be a pipe.
    """

    def __init__(self, proc: Proc, *, signals: bool = False, alternate: bool = True) -> None:
        """Draw for *proc*, which must have a terminal.

        With *signals* Ctrl-C and Ctrl-Z are signals instead of keys; without *alternate* what was
        drawn stays on the terminal afterwards.
        """
        if proc.terminal is None:
            msg = "a screen needs a terminal"
            raise ValueError(msg)
        self._proc = proc
        self.tty: Tty = proc.terminal
        self._signals = signals
        self._alternate = alternate
        self._shown: list[str | None] = []
        self._wanted: tuple[Sequence[str], tuple[int, int] | None] = ((), None)
        self._pending = ""
        self._keys: AbstractContextManager[Claim] | None = None
        self._claim: Claim | None = None
        self._size = (self.tty.columns, self.tty.rows)

    @property
    def columns(self) -> int:
        """Width in characters."""
        return self.tty.columns

    @property
    def rows(self) -> int:
        """Height in lines."""
        return self.tty.rows

    def __enter__(self) -> Self:
        """Take keys and the screen."""
        self._keys = self.tty.keys(
            signals=self._signals, on_stop=self._leave, on_continue=self._come_back
        )
        self._claim = self._keys.__enter__()
        self._enter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the screen and the keys back."""
        self._leave()
        if self._keys is not None:
            self._keys.__exit__(kind, problem, trace)

    def draw(
        self,
        lines: Sequence[str],
        *,
        cursor: tuple[int, int] | None = None,
        continued: Collection[int] = (),
    ) -> None:
        """Make the screen show *lines*, which may hold SGR sequences and must fit its width.

        Rows below the last line are empty. *cursor* is (row, column) from 0; None hides it. Rows in
        *continued* go on with the line of the row above, which fills its row: they are sent in one
        piece, so that what was shown can be read as one line.
        """
        if self._size != (self.columns, self.rows):
            self._size = (self.columns, self.rows)
            self._shown = []
        self._wanted = (lines, cursor)
        out: list[str] = []
        if len(self._shown) != self.rows:
            # Nothing is known of what stands there, after a change of size for instance.
            out.append(f"{RESET}\x1b[H\x1b[2J")
            self._shown = [""] * self.rows
        row = 0
        while row < self.rows:
            end = row + 1
            while end in continued and end < self.rows:
                end += 1
            group = [lines[at] if at < len(lines) else "" for at in range(row, end)]
            if self._shown[row:end] != group:
                self._shown[row:end] = group
                text = "".join(f"{line}{RESET}" if "\x1b" in line else line for line in group)
                rest = "" if width(group[-1]) >= self.columns else "\x1b[K"
                out.append(f"\x1b[{row + 1};1H{text}{rest}")
            row = end
        if cursor is not None:
            out.append(f"\x1b[{cursor[0] + 1};{cursor[1] + 1}H{SHOW_CURSOR}")
        elif out:
            out.append(HIDE_CURSOR)
        if out:
            # The cursor is hidden while lines change, so that it is not seen jumping about.
            self._proc.stdout.write("".join([HIDE_CURSOR, *out] if len(out) > 1 else out))

    def redraw(self) -> None:
        """Send every line again at the next `draw` (Ctrl-L)."""
        self._shown = []

    def beep(self) -> None:
        """Ring the terminal's bell."""
        self._proc.stdout.write("\a")

    def read_key(
        self, timeout_ms: int | None = None, *, also: simpy.Event | None = None
    ) -> Generator[simpy.Event, Any, str | None]:
        """Return the name of the next key: `a`, `^X`, `UP`, `PGUP`, `ENTER`, `ESC`, `M-u` ...

        None when *timeout_ms* have passed, when *also* has fired, and at the end of input (look at
        `ended`); `RESIZE` when the terminal's size has changed.
        """
        env, keyboard = self._proc.env, self.tty.keyboard
        ends = [] if also is None else [also]
        if timeout_ms is not None:
            ends.append(env.timeout(timeout_ms))
        size = (self.columns, self.rows)
        while not self._pending:
            ours = self.tty.holds(self._claim)
            self._pending = keyboard.poll() if ours else ""
            if self._pending or keyboard.over or any(event.processed for event in ends):
                break
            news = keyboard.wait() if ours else self.tty.freed()
            yield simpy.AnyOf(env, [news, self.tty.changed(), *ends])
            if size != (self.columns, self.rows):
                return RESIZE
        if not self._pending:
            return None
        match = _KEY.match(self._pending)
        token = match[0] if match is not None else self._pending[0]
        self._pending = self._pending[len(token) :]
        return key_name(token)

    @property
    def waiting(self) -> bool:
        """Whether keys have been pressed that were not read yet: drawing can wait for them."""
        return bool(self._pending)

    @property
    def ended(self) -> bool:
        """Whether the keyboard was hung up: no key will ever come."""
        return self.tty.keyboard.over and not self._pending

    def _enter(self) -> None:
        self._proc.stdout.write(ENTER if self._alternate else "")
        self._shown = [""] * self.rows if self._alternate else []
        self._size = (self.columns, self.rows)

    def _leave(self) -> None:
        if self._alternate:
            self._proc.stdout.write(f"{LEAVE}{SHOW_CURSOR}")
        else:
            self._proc.stdout.write(f"\x1b[{self.rows};1H\n{SHOW_CURSOR}")

    def _come_back(self) -> None:
        self._enter()
        lines, cursor = self._wanted
        self.draw(lines, cursor=cursor)


def width(line: str) -> int:
    """Return how many columns *line* takes, SGR sequences left out.

    >>> width(chr(27) + "[7mpods" + chr(27) + "[m")
    4
    """
    return len(_SGR.sub("", line)) if "\x1b" in line else len(line)


def fit(line: str, columns: int) -> str:
    """Return *line* cut to *columns*, its SGR sequences kept.

    >>> fit("payment-service", 7)
    'payment'
    """
    if width(line) <= columns:
        return line
    out: list[str] = []
    left = columns
    position = 0
    for match in _SGR.finditer(line):
        text = line[position : match.start()][:left]
        out += [text, match[0]]
        left -= len(text)
        position = match.end()
    out.append(line[position:][:left])
    return "".join(out)
