"""Joins a program that runs elsewhere to this program's standard streams.

Output appears at the instant at which it happens; Ctrl-C is handed on when there is a terminal. It
must not know where the program runs.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from sim.bash import Proc
from sim.client.doors import Execution
from sim.kernel import Interrupted


def attach(
    proc: Proc, execution: Execution, *, stdin: bool, tty: bool
) -> Generator[simpy.Event, Any, int]:
    """Copy input and output until the program ends, and return its exit code."""
    forwarding = stdin
    while True:
        for stream, text in execution.poll():
            (proc.stderr if stream == "stderr" else proc.stdout).write(text)
        if execution.exit_code is not None:
            return execution.exit_code
        if forwarding:
            if typed := proc.stdin.poll():
                execution.write(typed)
            if proc.stdin.closed:
                execution.close_stdin()
                forwarding = False
        try:
            yield from proc.stdout.drain()
            news = execution.wait()
            yield news | proc.stdin.wait() if forwarding else news
        except Interrupted:
            execution.interrupt()
            if not tty:
                raise
