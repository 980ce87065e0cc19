"""A container that runs one command and ends with it: debug pods, `kubectl run -- command`.

The command is a program of the image, or its shell waiting for input. This file must not know any program.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import simpy

from sim.apps.context import Application, Context, Life
from sim.bash import ShellExecution
from sim.bash.tools.shells import prompt as prompt_of
from sim.kernel import Interrupted

SHELLS = ("sh", "bash", "zsh", "ash")
MEMORY_BYTES = 6 << 20
LINE = 200
"""What the log takes for a line, in units of a `Budget`."""


class CommandRunner(Application):
    """Runs the container's command line with the programs of its image."""

    brief = True
    """It may end at the very moment of its start."""

    def __init__(self, _container: Context) -> None:
        """Run nothing yet."""

    @classmethod
    def factory(cls) -> Callable[[Context], Application]:
        """Return what makes the behaviour of each container."""
        return cls

    def run(self, ctx: Context) -> Life:
        """Run the command and return its exit code."""
        argv = tuple(ctx.argv)
        reads, tty = bool(ctx.spec.get("stdin")), bool(ctx.spec.get("tty"))
        shell = ctx.shell()
        bare = len(argv) == 1 and argv[0].rpartition("/")[2] in SHELLS
        if bare:
            execution = ShellExecution(
                shell, stdin=reads, tty=tty, prompt=lambda: prompt_of(shell), line_cost=LINE
            )
        else:
            execution = ShellExecution(shell, argv=argv, stdin=reads, tty=tty, line_cost=LINE)

        ctx.take_input(execution)
        try:
            while execution.exit_code is None:
                yield execution.wait()
                self._print(ctx, execution)
        except Interrupted:
            execution.interrupt()
            yield from _settling(ctx, execution)
            self._print(ctx, execution)
            return 143
        self._print(ctx, execution)
        return execution.exit_code

    def memory(self, ctx: Context, now: int) -> int:
        """Return what a small shell takes."""
        return MEMORY_BYTES

    def listening(self, port: int) -> bool:
        """Accept nothing."""
        return False

    @staticmethod
    def _print(ctx: Context, execution: ShellExecution) -> None:
        # Without a text something else has changed, such as what the keys of its terminal do.
        for stream, text in execution.poll() or [("stdout", "")]:
            ctx.output(text, stream)


def _settling(ctx: Context, execution: ShellExecution) -> Generator[simpy.Event, Any, None]:
    """Give the command a moment to end after its signal."""
    if execution.exit_code is None:
        yield execution.wait() | ctx.env.timeout(200)
