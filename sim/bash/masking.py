"""Which rights new files do not get: the file system is told at each step of who makes them.

Programs take turns over one file system; this file knows neither them nor the shell.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import simpy

from sim.bash.files import UMASK, FileSystem


@contextmanager
def masked(files: FileSystem, umask: int) -> Iterator[None]:
    """Make files with *umask* for a time in which nobody else takes a step."""
    before, files.umask = files.umask, umask
    try:
        yield
    finally:
        files.umask = before


def under(
    running: Generator[simpy.Event, Any, int], files: FileSystem, umask: int
) -> Generator[simpy.Event, Any, int]:
    """Return *running* such that what it makes has the modes that *umask* leaves."""
    return running if umask == UMASK else _stepping(running, files, umask)


def _stepping(
    running: Generator[simpy.Event, Any, int], files: FileSystem, umask: int
) -> Generator[simpy.Event, Any, int]:
    value: Any = None
    problem: BaseException | None = None
    while True:
        try:
            with masked(files, umask):
                event = running.send(value) if problem is None else running.throw(problem)
        except StopIteration as end:
            return int(end.value)
        value, problem = None, None
        try:
            value = yield event
        except GeneratorExit:
            running.close()
            raise
        except BaseException as raised:
            problem = raised
