"""Joins a program that runs elsewhere to the standard streams and the terminal of one here.

Output appears at the instant at which it happens; keys, sizes and signals travel where there is a
far terminal. It must not know where the program runs.
"""

from __future__ import annotations

from contextlib import ExitStack

import simpy

from sim.bash import BrokenPipe, Pipe, Proc, Running, WorkLimit
from sim.client.doors import Execution
from sim.kernel import Interrupted


def attend(proc: Proc, execution: Execution, *, stdin: bool, tty: bool) -> Running:
    """Copy input and output until the program ends, and return its exit code.

    With *tty* Ctrl-C goes to the far end; without it the far end is interrupted and Interrupted is
    raised here. What the program does counts against the command line that holds it; whoever types
    into it brings new means with each line.
    """
    at_keys = tty and proc.tty
    paid = execution.work
    typed: Pipe | None = proc.stdin if stdin else None
    with ExitStack() as held:
        mode = _Mode(proc, execution, held, wanted=tty)
        try:
            while True:
                for stream, text in execution.poll():
                    (proc.stderr if stream == "stderr" else proc.stdout).write(text)
                done = execution.work
                if done > paid:
                    _pay(proc, execution, done - paid)
                    paid = done
                mode.follow()
                yield from proc.stdout.drain()
                if execution.exit_code is not None:
                    for stream, text in execution.poll():
                        (proc.stderr if stream == "stderr" else proc.stdout).write(text)
                    return execution.exit_code
                shy = mode.keys_are_elsewhere
                if typed is not None and not shy:
                    if text := typed.poll():
                        if at_keys and proc.budget is not None:
                            # Enough that a far line ends by its own budget, not the session.
                            proc.budget.renew(2)
                        execution.write(text)
                        continue
                    if typed.closed:
                        execution.close_stdin()
                        typed = None
                events = [execution.wait(), *mode.news()]
                if typed is not None:
                    events.append(mode.freed() if shy else typed.wait())
                try:
                    yield simpy.AnyOf(proc.env, events)
                except Interrupted:
                    execution.interrupt()
                    if not tty:
                        raise
        except (BrokenPipe, WorkLimit):
            execution.interrupt()
            raise


def _pay(proc: Proc, execution: Execution, units: int) -> None:
    """Charge for what the far end did; where that has ended, it has said itself that it was too much."""
    try:
        proc.charge(units)
    except WorkLimit:
        if execution.exit_code is not None and proc.budget is not None:
            proc.budget.tell()
        raise


class _Mode:
    """Makes the terminal here take keys while the far one does, and the far one as large as ours."""

    def __init__(self, proc: Proc, execution: Execution, held: ExitStack, *, wanted: bool) -> None:
        self._terminal = proc.terminal if wanted else None
        self._execution = execution
        self._held = held
        self._now: tuple[bool, bool] = (False, True)
        self._size = (0, 0)

    def follow(self) -> None:
        """Take over the far end's mode; tell it our size."""
        terminal, execution = self._terminal, self._execution
        if terminal is None:
            return
        if self._size != (terminal.columns, terminal.rows):
            self._size = (terminal.columns, terminal.rows)
            execution.resize(*self._size)
        mode = (execution.raw, execution.signals)
        if mode != self._now:
            self._now = mode
            self._held.close()
            if mode[0]:
                self._held.enter_context(terminal.keys(signals=mode[1]))

    @property
    def keys_are_elsewhere(self) -> bool:
        """Whether another program here, `less` behind a pipe, takes the keys one by one."""
        return self._terminal is not None and self._terminal.raw and not self._now[0]

    def freed(self) -> simpy.Event:
        """Return what tells that such a program has given them back."""
        assert self._terminal is not None
        return self._terminal.freed()

    def news(self) -> list[simpy.Event]:
        """Return what tells of a change on this side."""
        return [] if self._terminal is None else [self._terminal.changed()]
