"""Keys that wait for their moment; a key that already waits is never queued twice.

Thanks to this file a burst of changes to one object costs one reconcile. It must not know what a
key stands for.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import simpy

from sim.kernel import Environment

K = TypeVar("K", bound=Hashable)


class Workqueue(Generic[K]):
    """A set of keys, each with the instant at which it is handed to *handle*.

    | a key is     | `add` for later     | `add` for earlier   | its instant comes   |
    |--------------|---------------------|---------------------|---------------------|
    | not waiting  | waits               | waits               | -                   |
    | waiting      | keeps its instant   | moves to the earlier| handled, forgotten  |

    `handle` may add its own key again, also for the same instant.
    """

    def __init__(self, env: Environment, handle: Callable[[K], None]) -> None:
        self._env = env
        self._handle = handle
        self._due: dict[K, int] = {}

    def __len__(self) -> int:
        return len(self._due)

    def __contains__(self, key: K) -> bool:
        return key in self._due

    def due(self, key: K) -> int | None:
        """Return the instant (ms) at which *key* is handled, or None if it does not wait."""
        return self._due.get(key)

    def add(self, key: K, delay_ms: int = 0) -> None:
        """Let *key* be handled *delay_ms* from now, or when it is due already if that is sooner."""
        due = self._env.now + max(0, delay_ms)
        waiting = self._due.get(key)
        if waiting is not None and waiting <= due:
            return
        self._due[key] = due
        timeout = self._env.timeout(due - self._env.now)

        def fire(_: simpy.Event) -> None:
            # A timeout that was overtaken by an earlier one finds another instant, or none.
            if self._due.get(key) == due:
                del self._due[key]
                self._handle(key)

        if timeout.callbacks is not None:
            timeout.callbacks.append(fire)

    def forget(self, key: K) -> None:
        """Drop *key* if it waits."""
        self._due.pop(key, None)
