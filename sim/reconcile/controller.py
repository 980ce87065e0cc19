"""The base of every controller: keys in, one reconcile at a time, errors retried with back-off.

Thanks to this file each controller reacts a drawn moment after the change that concerns it, and
never twice for one burst. It must not know any resource.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from typing import ClassVar

from sim.apimachinery.errors import ApiError
from sim.apimachinery.meta import Key
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.kernel import Environment, Stream
from sim.reconcile.workqueue import Workqueue

FIRST_RETRY_MS = 5
"""First delay of client-go's item-exponential rate limiter; it doubles with each failure."""
LONGEST_RETRY_MS = 1_000_000
"""Last delay of that limiter: 1000 s."""


class Controller(ABC):
    """A reconciler of keys. Subclasses name themselves and implement `reconcile`."""

    name: ClassVar[str]
    """The component that events are recorded for, e.g. `replicaset-controller`."""
    latency_ms: ClassVar[tuple[int, int]] = (5, 30)
    """Shortest and longest time from a change to the reconcile it causes."""

    def __init__(self, env: Environment, api: ApiServer, stream: Stream) -> None:
        self.env = env
        self.api = api
        self.stream = stream
        self._latency = stream.at("latency", self.name)
        self._rounds: Counter[Key] = Counter()
        self._failures: Counter[Key] = Counter()
        self.queue: Workqueue[Key] = Workqueue(env, self._process)

    @property
    def now(self) -> int:
        """Return the simulated time in ms."""
        return self.env.now

    def timestamp(self) -> str:
        """Return now as metav1.Time."""
        return self.api.epoch.rfc3339(self.env.now)

    def age_ms(self, timestamp: str) -> int:
        """Return how long ago *timestamp* (RFC 3339) was, in ms."""
        return self.env.now - self.api.epoch.since(timestamp)

    def enqueue(self, key: Key) -> None:
        """Reconcile *key* after this controller's drawn latency."""
        if key in self.queue:
            due = self.queue.due(key)
            if due is not None and due <= self.env.now + self.latency_ms[0]:
                return
        self._rounds[key] += 1
        self.queue.add(key, self._latency.at(key, self._rounds[key]).integer(*self.latency_ms))

    def enqueue_after(self, key: Key, delay_ms: int) -> None:
        """Reconcile *key* after *delay_ms*, or sooner if something else asks for it."""
        self.queue.add(key, delay_ms)

    @abstractmethod
    def reconcile(self, key: Key) -> None:
        """Bring the world behind *key* one step nearer to its spec; a gone object is no error."""

    def event(self, about: Obj, type_: str, reason: str, message: str) -> None:
        """Record an EventObject about *about* in this controller's name."""
        self.api.event(about, type_, reason, message, component=self.name)

    def _process(self, key: Key) -> None:
        try:
            self.reconcile(key)
        except ApiError:
            failures = self._failures[key]
            self._failures[key] += 1
            # Beyond 2^18 the cap has long been reached.
            delay = FIRST_RETRY_MS << min(failures, 18)
            self.queue.add(key, min(delay, LONGEST_RETRY_MS))
        else:
            if key in self._failures:
                del self._failures[key]
