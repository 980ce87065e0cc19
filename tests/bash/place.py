"""A shell in a home with a few files, and what a line does in it."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Any

import simpy

from sim.bash import TEXT_TOOLS, CallSink, FileSystem, Pipe, Proc, Running, Shell, date_program
from sim.kernel import Environment

HOME = "/home/oncall"
NIGHT_MS = 1_795_142_820_000
"""2026-11-20T02:47:00Z."""


def ticking(proc: Proc) -> Running:
    """Print a line each second for ever, as `logs -f` does."""
    number = 0
    while True:
        number += 1
        proc.print(f"line {number}")
        yield from proc.stdout.drain()
        yield proc.env.timeout(1000)


@dataclass
class Done:
    """What a line did."""

    out: str
    err: str
    code: int | None
    """None if it still runs."""
    ms: int


class Place:
    """A workstation without a cluster."""

    def __init__(self) -> None:
        self.env = Environment()
        self.files = FileSystem(
            {
                f"{HOME}/pods.txt": "web-1 Running 0 node-a\nweb-2 Pending 3 node-b\ndb-0 Running 12 node-a\n",
                f"{HOME}/numbers": "10\n9\n100\n9\n",
                f"{HOME}/dir/inner.yaml": "kind: Pod\n",
            },
            home=HOME,
            clock=lambda: NIGHT_MS + self.env.now,
        )
        self.shell = Shell(
            self.env,
            {
                **TEXT_TOOLS,
                "date": date_program(lambda: NIGHT_MS + self.env.now),
                "ticking": ticking,
            },
            environ={"USER": "oncall"},
            files=self.files,
        )
        self.stdin = Pipe(self.env)
        self.process: simpy.Process | None = None
        self.parts: dict[str, list[str]] = {}
        self.code: int | None = None

    def start(self, line: str, *, limit: int = 1 << 20) -> None:
        """Enter *line* and let this instant pass."""
        out: list[str] = []
        err: list[str] = []
        self.parts = {"out": out, "err": err}
        self.code = None
        self.stdin = Pipe(self.env)

        def running() -> Generator[simpy.Event, Any, None]:
            self.code = yield from self.shell.run(
                line, self.stdin, CallSink(out.append, limit=limit), CallSink(err.append), tty=True
            )

        self.process = self.env.spawn(running())
        self.env.settle()

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        assert self.process is not None
        self.process.interrupt("SIGINT")
        self.env.settle()

    @property
    def out(self) -> str:
        return "".join(self.parts["out"])

    @property
    def err(self) -> str:
        return "".join(self.parts["err"])

    def run(self, line: str, *, within_ms: int = 3_600_000, limit: int = 1 << 20) -> Done:
        """Enter *line* and wait for its end, at most *within_ms* of simulated time."""
        began = self.env.now
        self.start(line, limit=limit)
        while self.code is None and self.env.peek() <= began + within_ms:
            self.env.step()
        return Done(self.out, self.err, self.code, self.env.now - began)

    def lines(self, commands: Iterable[str]) -> list[str]:
        """Return what each of *commands* printed."""
        return [self.run(command).out for command in commands]
