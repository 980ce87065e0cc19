"""An open watch: what has changed since a revision, filtered, waiting to be polled.

It is fed inside each write, so a waiter is resumed at the exact instant of the change. How an event
is shown (object or Table row) is the caller's function; this file must not know printers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import simpy

from sim.apimachinery.wire import Obj, WatchEvent
from sim.apiserver.history import Change
from sim.kernel import Environment

BOOKMARK_EVERY_MS = 60_000
"""About once a minute a watch that allows it gets a bookmark (kube-apiserver's cacher)."""

INITIAL_EVENTS_END = "k8s.io/initial-events-end"
"""Annotation of the bookmark that ends the first events (sendInitialEvents)."""


class Watch:
    """A stream of changes of one resource; satisfies `sim.client.doors.WatchStream`."""

    def __init__(
        self,
        env: Environment,
        *,
        matches: Callable[[Obj], bool],
        show: Callable[[Obj, bool], Obj],
        forget: Callable[[Watch], None],
        revision: Callable[[], int],
        bookmark: Callable[[int], Obj] | None,
    ) -> None:
        self._env = env
        self._matches = matches
        self._show = show
        self._forget = forget
        self._revision = revision
        self._bookmark = bookmark
        self._pending: deque[WatchEvent] = deque()
        self._first = True
        self._ended = False
        self._waiter: simpy.Event | None = None

    @property
    def closed(self) -> bool:
        """True when the server has ended the stream and nothing is left to poll."""
        return self._ended and not self._pending

    def start(self, timeout_ms: int) -> None:
        """Begin to send bookmarks, if the client allows them, and end after *timeout_ms* (0: never)."""
        if self._bookmark is not None:
            self._after(BOOKMARK_EVERY_MS, self._mark)
        if timeout_ms:
            self._after(timeout_ms, self.expire)

    def feed(self, change: Change) -> None:
        """Take *change* if it concerns what this watch selects."""
        now_in = self._matches(change.new) if change.type != "DELETED" else False
        if change.type == "ADDED":
            if now_in:
                self.push("ADDED", change.new)
            return
        was_in = change.old is not None and self._matches(change.old)
        if now_in:
            self.push("MODIFIED" if was_in else "ADDED", change.new)
        elif was_in:
            self.push("DELETED", change.new if change.type == "DELETED" else _last(change))

    def push(self, type_: str, obj: Obj) -> None:
        """Queue *obj* as shown to this watcher and wake who waits."""
        if self._ended:
            return
        self._pending.append(WatchEvent(type_, self._show(obj, self._first)))
        self._first = False
        self._wake()

    def push_bookmark(self, *, initial_end: bool = False) -> None:
        """Queue a bookmark at the current revision."""
        if self._bookmark is None or self._ended:
            return
        mark = self._bookmark(self._revision())
        if initial_end:
            metadata = {**mark["metadata"], "annotations": {INITIAL_EVENTS_END: "true"}}
            mark = {**mark, "metadata": metadata}
        self._pending.append(WatchEvent("BOOKMARK", mark))
        self._wake()

    def fail(self, status: Obj) -> None:
        """Queue an ERROR and end the stream."""
        self._pending.append(WatchEvent("ERROR", status))
        self._end()

    def expire(self) -> None:
        """End the stream from the server's side, as a timeout does; the last word is a bookmark."""
        self.push_bookmark()
        self._end()

    def poll(self) -> list[WatchEvent]:
        """Return and forget what has come in."""
        events = list(self._pending)
        self._pending.clear()
        return events

    def wait(self) -> simpy.Event:
        """Return an event that fires when `poll` has something or the stream closes."""
        if self._pending or self._ended:
            return self._env.event().succeed()
        if self._waiter is None:
            self._waiter = self._env.event()
        return self._waiter

    def close(self) -> None:
        """End the watch from the client's side."""
        self._pending.clear()
        self._end()

    def _mark(self) -> None:
        if not self._ended:
            self.push_bookmark()
            self._after(BOOKMARK_EVERY_MS, self._mark)

    def _after(self, delay_ms: int, act: Callable[[], None]) -> None:
        self._env.timeout(delay_ms).callbacks.append(lambda _event: act())

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self._forget(self)
            self._wake()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None:
            waiter.succeed()


def _last(change: Change) -> Obj:
    """Return how an object was when it was still selected, at the revision of the change."""
    old: Obj = change.old or {}
    metadata = {**old["metadata"], "resourceVersion": str(change.revision)}
    return {**old, "metadata": metadata}
