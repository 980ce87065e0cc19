"""The servers that the suite can ask: a sandbox by calls, and any through HTTP(S).

A check sees requests and answers and lets time pass; it must not know which of them it holds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, TypeVar

from sim.apimachinery.wire import ApiRequest, ApiResponse, ExecRequest, Obj
from sim.client.doors import Transport, WatchStream
from sim.client.endpoint import Endpoint
from sim.client.https import HttpsTransport
from sim.kernel import Environment
from sim.session.sandbox import Sandbox

T = TypeVar("T")
IMAGE = "docker.io/library/busybox:1.35"
"""An image that every server of the suite can start."""
BEGINNING = 1_795_000_000_000
"""When the sandbox asked by calls begins (Unix ms): 2026-11-18."""
STEP_S = 0.1
"""Between two looks at what is awaited."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer."""

    code: int
    body: Any
    content_type: str = "application/json"
    warnings: tuple[str, ...] = ()


class Server:
    """One API server behind a Transport; *pause* lets seconds pass on it."""

    def __init__(self, transport: Transport, pause: Callable[[float], None]) -> None:
        self._transport = transport
        self.pause = pause
        told = self.send("GET", "/version").body
        self.version = (int(told["major"]), int(told["minor"].rstrip("+")))
        """Major and minor."""

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        **query: Any,
    ) -> Answer:
        """Send one request."""
        request = ApiRequest(method, path, pairs(query), dict(headers or {}), body)
        answer = self._transport.send(request)
        # what is asked by calls is shared with the server
        return Answer(
            answer.code, deepcopy(answer.body), answer.content_type, tuple(answer.warnings)
        )

    @contextmanager
    def watch(self, path: str, **query: Any) -> Iterator[Any]:
        """Open a watch; yields a Watching, or the Answer that refused."""
        request = ApiRequest("GET", path, (("watch", "true"), *pairs(query)))
        opened = self._transport.watch(request)
        if isinstance(opened, ApiResponse):
            yield Answer(opened.code, opened.body)
            return
        try:
            yield Watching(self, opened)
        finally:
            opened.close()

    def follow(self, path: str, seconds: float, **query: Any) -> str:
        """Return what a followed log says in *seconds*."""
        opened = self._transport.stream(ApiRequest("GET", path, pairs(query)))
        assert not isinstance(opened, ApiResponse), opened.body
        self.pause(seconds)
        text = opened.poll()
        opened.close()
        return text

    def execute(self, namespace: str, pod: str, *argv: str) -> tuple[str, str, int | None]:
        """Run *argv* in a pod; return stdout, stderr and the exit code (None: refused)."""
        ran = self._transport.exec(ExecRequest(namespace, pod, "", argv))
        if isinstance(ran, ApiResponse):
            return "", ran.body["message"], None
        heard = {"stdout": "", "stderr": ""}
        for _ in range(100):
            code = ran.exit_code
            for stream, text in ran.poll():
                heard[stream] += text
            if code is not None:
                break
            self.pause(STEP_S)
        return heard["stdout"], heard["stderr"], ran.exit_code


class Watching:
    """An open watch."""

    def __init__(self, server: Server, stream: WatchStream) -> None:
        self._server = server
        self._stream = stream
        self._events: list[Obj] = []

    def take(self, count: int, seconds: float = 10) -> list[Obj]:
        """Return the next *count* events as `{type, object}`, fewer if no more come in *seconds*."""
        looks = round(seconds / STEP_S)
        while True:
            over = self._stream.closed
            for event in self._stream.poll():
                self._events.append({"type": event.type, "object": deepcopy(event.object)})
            if len(self._events) >= count or over or looks <= 0:
                taken, self._events = self._events[:count], self._events[count:]
                return taken
            looks -= 1
            self._server.pause(STEP_S)

    def until(self, done: Callable[[Obj], bool], seconds: float = 30) -> list[Obj]:
        """Return the events up to and with the first for which *done* holds."""
        seen: list[Obj] = []
        while not seen or not done(seen[-1]):
            got = self.take(1, seconds)
            if not got:
                raise AssertionError(f"the watch did not show it; it showed {seen}")
            seen += got
        return seen


def by_calls() -> Server:
    """Return a sandbox whose time passes when the suite lets it."""
    now = [0]
    sandbox = Sandbox(unix_ms=BEGINNING, steady_ms=lambda: now[0])

    def pause(seconds: float) -> None:
        now[0] += round(seconds * 1000)
        sandbox.advance()

    return Server(sandbox.transport, pause)


@contextmanager
def by_http(endpoint: Endpoint) -> Iterator[Server]:
    """Yield the server at *endpoint*, whose time is the wall's."""
    transport = HttpsTransport(endpoint, Environment())
    yield Server(transport, time.sleep)
    transport.close()


def pairs(query: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return a query as wire pairs; a list repeats its name, None is left out."""
    return tuple(
        (name, str(one).lower() if isinstance(one, bool) else str(one))
        for name, value in query.items()
        for one in (value if isinstance(value, list) else [value])
        if one is not None
    )
