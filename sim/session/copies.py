"""Copies of this process that each do one piece of work and end with it, or with this process.

A copy holds none of this process's standard streams unless it is to use them: a pipe that somebody
reads ends when this process does, whatever its copies are at. What the work is about is not known here.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

_FRAME = struct.Struct("<qq")
"""Number of a result and length of what follows."""
_PR_SET_PDEATHSIG = 1
_STREAMS = (0, 1, 2)


def can_copy() -> bool:
    """Return whether a copy would be whole: of several threads only one lives on in it."""
    return sys.platform == "linux" and threading.active_count() == 1


def end_with_parent() -> None:
    """Have this process killed when the thread that started it ends, however it ends: see prctl(2)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def results(work: Callable[[BinaryIO], None]) -> Iterator[tuple[int, Any]]:
    """Run *work* in a copy of this process and yield what it hands to `send`, as it comes.

    Raises:
        RuntimeError: if the copy broke.
    """
    reading, writing = os.pipe()

    def in_child() -> None:
        os.close(reading)
        with os.fdopen(writing, "wb") as out:
            work(out)

    child = _copy(in_child)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as pipe:
            while head := pipe.read(_FRAME.size):
                place, size = _FRAME.unpack(head)
                yield place, pickle.loads(pipe.read(size))
    finally:
        # A reader that stops early closes the pipe, and the copies end at their next result.
        _, status = os.waitpid(child, 0)
    _check(status)


def send(out: BinaryIO, place: int, result: Any) -> None:
    """Hand *result* to whoever reads the results, as number *place*."""
    body = pickle.dumps(result, pickle.HIGHEST_PROTOCOL)
    out.write(_FRAME.pack(place, len(body)) + body)
    out.flush()


def in_copy(work: Callable[[], None]) -> None:
    """Run *work* in a copy of this process and wait for it.

    Raises:
        RuntimeError: if the copy broke.
    """
    _, status = os.waitpid(_copy(work), 0)
    _check(status)


def status_in_copy(work: Callable[[], int]) -> int:
    """Run *work* in a copy that keeps the standard streams; return what it does, negative: a signal."""
    _, status = os.waitpid(_copy(work, streams=True), 0)
    return os.waitstatus_to_exitcode(status)


def _check(status: int) -> None:
    if status != 0:
        msg = f"a replay ended with status {status}"
        raise RuntimeError(msg)


def _copy(work: Callable[[], int | None], *, streams: bool = False) -> int:
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            end_with_parent()
            if os.getppid() == parent:
                if not streams:
                    _let_go_of_streams()
                code = work() or 0
        finally:
            # The copy must not run the parent's exit handlers.
            os._exit(code)
    return child


def _let_go_of_streams() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in _STREAMS:
        os.dup2(nothing, stream)
    if nothing not in _STREAMS:
        os.close(nothing)
