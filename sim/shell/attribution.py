"""Which command acts at this moment: programs that cross a door say so at each of their steps.

Programs of several commands take turns; whoever records a request reads the turn here.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any

import simpy

from sim.bash import Proc, Program, Running
from sim.kernel import Environment
from sim.shell.terminal import Job, Remote


class Attribution:
    """The acting command; satisfies the Context of `sim.client.recording`.

    A program on a node or in a container runs as a process of its own: what it does belongs to
    the command that holds it open, the latest if several do.
    """

    def __init__(self, env: Environment) -> None:
        """Start with nobody acting."""
        self._env = env
        self._acting: Job | None = None
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
        return -1 if job is None else job.acting

    @property
    def client(self) -> str:
        """Nothing: what acts here is the workstation's own."""
        return ""

    @property
    def acting(self) -> Job | None:
        """The command line whose program takes its step."""
        return self._acting

    def hold(self, job: Job, remote: Remote) -> None:
        """Note that *job* holds *remote* open."""
        job.remotes.append(remote)
        self._holding = [
            one for one in self._holding if one is not job and any(far.runs for far in one.remotes)
        ]
        self._holding.append(job)

    @property
    def _job(self) -> Job | None:
        if self._acting is not None:
            return self._acting
        if self._env.active_process is None:
            return None
        # Nothing of ours takes a step, but a process does: a program at the far end of some job.
        held = (job for job in reversed(self._holding) if any(one.runs for one in job.remotes))
        return next(held, None)

    def attributed(self, program: Program) -> Program:
        """Return *program* such that each of its steps is its terminal's."""

        def run(proc: Proc) -> Running:
            if not isinstance(proc.host, Job):
                return program(proc)
            return self._steps(program(replace(proc, on_asked=proc.host.mark_asked)), proc.host)

        run.__doc__ = program.__doc__
        return run

    def _steps(self, running: Running, job: Job) -> Generator[simpy.Event, Any, int]:
        value: Any = None
        problem: BaseException | None = None
        while True:
            before, self._acting = self._acting, job
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
