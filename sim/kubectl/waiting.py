"""Waiting for one object to become what is wanted: list, then watch, in simulated time.

It must not know what is waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import simpy

from sim.apimachinery.wire import Obj
from sim.client.discovery import Resource
from sim.client.rest import collection_path, with_kinds
from sim.kubectl.invocation import Invocation

_AGAIN_MS = 1000
"""A watch that the server ended is opened again after this long."""

Decide = Callable[[str, Obj], bool]
"""Hears (ADDED | MODIFIED | DELETED, object) and says whether the wait is over."""


def until(
    call: Invocation,
    resource: Resource,
    namespace: str,
    name: str,
    decide: Decide,
    *,
    timeout_ms: int = 0,
    absent: Callable[[], bool] = lambda: False,
) -> Generator[simpy.Event, Any, bool]:
    """Return True when *decide* says so, False when *timeout_ms* (0: never) are over.

    *absent* is asked when the first list does not have the object.
    """
    env = call.proc.env
    deadline = env.timeout(timeout_ms) if timeout_ms else None
    path = collection_path(resource, namespace)
    selector = ("fieldSelector", f"metadata.name={name}")
    while True:
        page = call.client.get(path, [selector, ("limit", "500"), ("resourceVersion", "0")])
        items = with_kinds(page)
        if not items and absent():
            return True
        if any(decide("ADDED", item) for item in items):
            return True
        version = str(page.get("metadata", {}).get("resourceVersion", "0"))
        query = [selector, ("resourceVersion", version), ("allowWatchBookmarks", "true")]
        stream = call.client.watch(path, query)
        try:
            while True:
                for event in stream.poll():
                    if event.type in ("BOOKMARK", "ERROR"):
                        continue
                    if decide(event.type, event.object):
                        return True
                if stream.closed:
                    break
                yield stream.wait() if deadline is None else stream.wait() | deadline
                if deadline is not None and deadline.processed:
                    return False
        finally:
            stream.close()
        pause = env.timeout(_AGAIN_MS)
        yield pause if deadline is None else pause | deadline
        if deadline is not None and deadline.processed:
            return False


def uid_of(obj: Obj) -> str:
    """Return metadata.uid, or nothing."""
    return str(obj.get("metadata", {}).get("uid", ""))
