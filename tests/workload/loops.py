"""An event loop for a test, whatever the thread it runs in has been used for."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run *main* in a loop of its own; a browser test before this one may have left one here."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, main).result()
