"""A shell at a terminal of its own: lines are entered, keys are pressed, the glass is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.bash import TEXT_TOOLS, CallSink, FileSystem, Program, Shell
from sim.bash.tty import Tty
from sim.kernel import Environment
from tests.glass import Glass

EPOCH_MS = 1_795_142_820_000
"""Fri Nov 20 02:47:00 2026 UTC."""


class Keyboard:
    """One shell and one screen of *columns* x *rows*."""

    def __init__(
        self,
        columns: int = 60,
        rows: int = 10,
        files: Mapping[str, str] | None = None,
        programs: Mapping[str, Program] | None = None,
    ) -> None:
        self.env = Environment()
        self.tty = Tty(self.env, columns=columns, rows=rows)
        self.glass = Glass(columns, rows)
        self.printed = ""
        self.files = FileSystem(
            {f"/root/{name}": text for name, text in (files or {}).items()},
            clock=lambda: EPOCH_MS + self.env.now,
        )
        self.shell = Shell(
            self.env,
            {**TEXT_TOOLS, **(programs or {})},
            environ={"HOSTNAME": "laptop"},
            files=self.files,
            terminal=self.tty,
        )
        self.codes: list[int] = []
        self._process: Any = None

    def enter(self, line: str) -> Keyboard:
        """Run *line* until it waits for a key or for time."""
        sink = CallSink(self._show, tty=True)

        def running() -> Any:
            code = yield from self.shell.run(line, self.tty.keyboard, sink, sink, tty=True)
            self.codes.append(code)

        self._process = self.env.spawn(running())
        self.env.settle()
        return self

    def press(self, *keys: str) -> Keyboard:
        """Press *keys* one after the other, as xterm sends them."""
        for key in keys:
            self.tty.keyboard.write(key)
            self.env.settle()
        return self

    def interrupt(self, cause: str = "SIGINT") -> Keyboard:
        self._process.interrupt(cause)
        self.env.settle()
        return self

    def wait(self, ms: int) -> Keyboard:
        self.env.advance(self.env.now + ms)
        self.env.settle()
        return self

    def resize(self, columns: int, rows: int) -> Keyboard:
        self.tty.resize(columns, rows)
        self.glass.resize(columns, rows)
        self.env.settle()
        return self

    def read(self, name: str) -> str:
        return self.files.read(f"/root/{name}")

    def _show(self, text: str) -> None:
        self.printed += text
        self.glass.feed(text)
