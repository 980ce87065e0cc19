"""Which command acts at this moment: programs that cross a door say so at each of their steps.

Programs of several terminals take turns; whoever records a request reads the turn here.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from sim.bash import Proc, Program, Running
from sim.kernel import Environment
from sim.shell.terminal import Job, Terminal


class Attribution:
    """The acting command; satisfies the Context of `sim.client.recording`.

    A program on a node or in a container runs as a process of its own: what it does belongs to
    the command that holds it open, the latest if several do.
    """

    def __init__(self, env: Environment) -> None:
        """Start with nobody acting."""
        self._env = env
        self._acting: Terminal | None = None
        self._holding: list[Job] = []

    @property
    def at(self) -> int:
        """Simulated ms since the scenario's start."""
        return self._env.now

    @property
    def input(self) -> int:
        """The input that is being worked on, or -1."""
        job = self._job
        return -1 if job is None else job.input

    @property
    def command(self) -> int:
        """The number of the command line that acts, or -1."""
        job = self._job
        if job is None:
            return -1
        return job.inner if job.remote is not None and job.inner >= 0 else job.number

    @property
    def client(self) -> str:
        """Nothing: what acts here is the workstation's own."""
        return ""

    @property
    def terminal(self) -> Terminal | None:
        """The terminal whose program takes its step."""
        return self._acting

    def begin(self, job: Job) -> None:
        """Note that *job* runs."""
        self._holding.append(job)

    def end(self, job: Job) -> None:
        """Note that *job* has ended."""
        self._holding.remove(job)

    @property
    def _job(self) -> Job | None:
        if self._acting is not None:
            return self._acting.job
        if self._env.active_process is None:
            return None
        # Nothing of ours takes a step, but a process does: a program at the far end of some job.
        held = (job for job in reversed(self._holding) if any(one.runs for one in job.remotes))
        return next(held, None)

    def attributed(self, program: Program) -> Program:
        """Return *program* such that each of its steps is its terminal's."""

        def run(proc: Proc) -> Running:
            return self._steps(program(proc), proc.host)

        run.__doc__ = program.__doc__
        return run

    def _steps(self, running: Running, terminal: Any) -> Generator[simpy.Event, Any, int]:
        value: Any = None
        problem: BaseException | None = None
        while True:
            before, self._acting = self._acting, terminal
            try:
                event = running.send(value) if problem is None else running.throw(problem)
            except StopIteration as end:
                return int(end.value)
            finally:
                self._acting = before
            value, problem = None, None
            try:
                value = yield event
            except GeneratorExit:
                running.close()
                raise
            except BaseException as raised:
                problem = raised
