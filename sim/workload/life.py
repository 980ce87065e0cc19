"""From start to end of a program: signals become one event, exit codes one number.

This file must not know any program.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, NoReturn

Program = Callable[["Stop"], Coroutine[Any, Any, int]]


class Stop:
    """Set when the program shall end."""

    def __init__(self) -> None:
        """Go on."""
        self.event = asyncio.Event()

    def __bool__(self) -> bool:
        """Return whether the end was asked for."""
        return self.event.is_set()

    async def within(self, seconds: float) -> bool:
        """Wait so long, or until the end is asked for; return whether it was."""
        try:
            await asyncio.wait_for(self.event.wait(), seconds)
        except TimeoutError:
            return False
        return True


def live(program: Program) -> NoReturn:
    """Run *program* and end the process with its exit code; SIGTERM, SIGINT and SIGQUIT ask it to end."""

    async def whole() -> int:
        stop = Stop()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            loop.add_signal_handler(number, stop.event.set)
        return await program(stop)

    loop = asyncio.new_event_loop()
    code = loop.run_until_complete(whole())
    # What is still open ends with the process, at once, as it does for any server that gives up.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


async def unless(event: asyncio.Event, doing: Awaitable[Any]) -> bool:
    """Wait for *doing*, or give it up when *event* is set; return whether it came to its end."""
    task = asyncio.ensure_future(doing)
    waiting = asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait((task, waiting), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
            return True
        return False
    finally:
        for one in (task, waiting):
            if not one.done():
                one.cancel()
        await asyncio.gather(task, waiting, return_exceptions=True)
