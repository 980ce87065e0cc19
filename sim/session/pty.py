"""The terminal in front of a program inside a container: echo, erasing, Ctrl-C, whole lines.

A client outside sends each key as it is pressed, and expects what the kernel's line discipline
makes of it (termios(3)). A program that reads keys gets them as they are; while lines are edited,
arrow keys and completion are swallowed. What the program is, is not known.
"""

from __future__ import annotations

from collections.abc import Callable

import simpy

from sim.client.doors import Execution
from sim.kernel import Environment

INTERRUPT, END, ERASE_LINE, ERASE_WORD = "\x03", "\x04", "\x15", "\x17"
QUIT, SUSPEND = "\x1c", "\x1a"
_ERASE = ("\x7f", "\b")
_ESCAPE = "\x1b"
MAX_LINE = 4096
"""Longest line that the kernel takes (N_TTY_BUF_SIZE); more is dropped."""


class Pty:
    """An Execution seen through a terminal."""

    def __init__(
        self, env: Environment, program: Execution, entered: Callable[[str], None]
    ) -> None:
        """Stand before *program*; *entered* hears each whole line before the program does."""
        self._env = env
        self._program = program
        self._entered = entered
        self._line = ""
        self._echo = ""
        self._escape = ""
        self._news: simpy.Event | None = None

    @property
    def exit_code(self) -> int | None:
        """The program's exit code, or None while it runs."""
        return self._program.exit_code

    @property
    def lost(self) -> bool:
        """Whether the program has ended without a code of its own."""
        return self._program.lost

    def poll(self) -> list[tuple[str, str]]:
        """Return and forget echo and output, both on stdout, with the terminal's line ends."""
        echo, self._echo = self._echo, ""
        text = "".join(text for _, text in self._program.poll())
        whole = echo + text.replace("\r\n", "\n").replace("\n", "\r\n")
        return [("stdout", whole)] if whole else []

    def wait(self) -> simpy.Event:
        """Return an event that fires when `poll` has something or the program has ended."""
        if self._echo:
            return self._env.event().succeed()
        if self._news is None:
            self._news = self._env.event()
        return self._program.wait() | self._news

    def write(self, text: str) -> None:
        """Take keys."""
        for key in text:
            if not self._program.raw:
                self._key(key)
            elif self._program.signals and key in (INTERRUPT, QUIT):
                self._program.interrupt()
            elif self._program.signals and key == SUSPEND:
                self._program.suspend()
            else:
                self._program.write(key)
        event, self._news = self._news, None
        if event is not None:
            event.succeed()

    def close_stdin(self) -> None:
        """Hang up the input."""
        self._program.close_stdin()

    def interrupt(self) -> None:
        """Send SIGINT."""
        self._program.interrupt()

    @property
    def work(self) -> int:
        """What the program has done so far."""
        return self._program.work

    @property
    def raw(self) -> bool:
        """Whether the program reads keys."""
        return self._program.raw

    @property
    def signals(self) -> bool:
        """Whether Ctrl-C is a signal even so."""
        return self._program.signals

    def resize(self, columns: int, rows: int) -> None:
        """Tell the program the size of the client's window."""
        self._program.resize(columns, rows)

    def suspend(self) -> None:
        """Send SIGTSTP."""
        self._program.suspend()

    def complete(self, line: str) -> list[str]:
        """Return nothing: the client's own terminal edits its lines."""
        return []

    def _key(self, key: str) -> None:
        if self._escape or key == _ESCAPE:
            self._escape += key
            # A sequence ends with a letter or `~`; a lone Escape with whatever follows it.
            if len(self._escape) > 1 and (key.isalpha() or key == "~") and key != "O":
                self._escape = ""
        elif key in "\r\n":
            line, self._line = self._line, ""
            self._echo += "\r\n"
            self._entered(line)
            self._program.write(line + "\n")
        elif key in _ERASE:
            self._erase(1)
        elif key == ERASE_LINE:
            self._erase(len(self._line))
        elif key == ERASE_WORD:
            kept = self._line.rstrip().rpartition(" ")
            self._erase(len(self._line) - len(kept[0] + kept[1]))
        elif key in (INTERRUPT, QUIT):
            self._line = ""
            self._echo += "^C" if key == INTERRUPT else "^\\"
            self._program.interrupt()
        elif key == SUSPEND:
            self._line = ""
            self._echo += "^Z"
            self._program.suspend()
        elif key == END:
            if self._line:
                line, self._line = self._line, ""
                self._program.write(line)
            else:
                self._program.close_stdin()
        elif key >= " " and len(self._line) < MAX_LINE:
            self._line += key
            self._echo += key

    def _erase(self, count: int) -> None:
        count = min(count, len(self._line))
        if count:
            self._line = self._line[:-count]
            self._echo += "\b \b" * count
