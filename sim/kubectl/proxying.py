"""A connection to `kubectl proxy`: HTTP requests in, the API server's answers out.

It must not know who connects, nor what is asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import simpy

from sim.apimachinery.wire import ApiRequest, ApiResponse
from sim.client.doors import WatchStream
from sim.client.rest import ApiStatusError, RestClient
from sim.kernel import Environment

_REJECTED = re.compile(r"^/api/.*/pods/.*/(?:exec|attach)(?:/|$)")
"""What the proxy does not pass on (kubectl proxy, --reject-paths)."""
_PRETTY = ("curl", "wget", "mozilla/5.0")
"""Clients for whom the server indents (apiserver, handlers/responsewriters)."""
_PASSED = ("accept", "content-type", "user-agent")
_LONGEST = 1 << 20


class Proxied:
    """One connection; satisfies `Connection`."""

    error = ""

    def __init__(self, env: Environment, client: RestClient, clock: Callable[[], int]) -> None:
        """Ask through *client*."""
        self._env = env
        self._client = client
        self._clock = clock
        self._received = ""
        self._unread = ""
        self._over = False
        self._watch: WatchStream | None = None

    @property
    def closed(self) -> bool:
        """True when nothing more comes."""
        return self._over and not self._unread

    def poll(self) -> str:
        """Return and forget what has come in."""
        self._follow()
        unread, self._unread = self._unread, ""
        return unread

    def wait(self) -> simpy.Event:
        """Return an event that fires when `poll` has something or the connection is over."""
        if self._watch is not None and not self._unread and not self._over:
            return self._watch.wait()
        event = self._env.event()
        return event.succeed() if self._unread or self._over else event

    def write(self, text: str) -> None:
        """Answer what is complete."""
        self._received += text
        while not self._over and (asked := self._next()) is not None:
            self._answer(*asked)

    def close_stdin(self) -> None:
        """Say that nothing more will be asked."""
        if self._watch is None:
            self._over = True

    def close(self) -> None:
        """Close it from this side."""
        self._over = True
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    def _next(self) -> tuple[str, str, dict[str, str], str] | None:
        head, blank, rest = self._received.partition("\r\n\r\n")
        if not blank:
            self._over = self._over or len(head) > _LONGEST
            return None
        first, *lines = head.split("\r\n")
        words = first.split(" ")
        if len(words) != 3:
            self._over = True
            return None
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        length = headers.get("content-length", "0")
        body = rest.encode("utf-8", "surrogateescape")
        size = int(length) if length.isdecimal() else 0
        if len(body) < size:
            return None
        self._received = body[size:].decode("utf-8", "surrogateescape")
        return words[0], words[1], headers, body[:size].decode("utf-8", "surrogateescape")

    def _answer(self, method: str, target: str, headers: dict[str, str], body: str) -> None:
        url = urlsplit(target)
        if _REJECTED.match(url.path):
            self._say(method, 403, "text/plain; charset=utf-8", "Forbidden")
            return
        try:
            value = json.loads(body) if body else None
        except ValueError:
            value = body
        query = tuple(parse_qsl(url.query, keep_blank_values=True))
        passed: dict[str, str] = {key: headers[key] for key in _PASSED if key in headers}
        if passed.get("accept") == "*/*":
            del passed["accept"]
        request = ApiRequest(
            "GET" if method == "HEAD" else method, unquote(url.path) or "/", query, passed, value
        )
        if request.param("watch") in ("true", "1"):
            self._open_watch(request)
            return
        agent = headers.get("user-agent", "").lower()
        response = self._client.answer(request)
        text = _body(response, pretty=agent.startswith(_PRETTY) or bool(request.param("pretty")))
        self._say(method, response.code, response.content_type, text)

    def _open_watch(self, request: ApiRequest) -> None:
        query = [pair for pair in request.query if pair[0] != "watch"]
        try:
            self._watch = self._client.watch(request.path, query)
        except ApiStatusError as error:
            self._say("GET", error.code, "application/json", json.dumps(error.status))
            return
        self._unread += self._head(200, "application/json") + "Transfer-Encoding: chunked\r\n\r\n"
        self._follow()

    def _follow(self) -> None:
        if self._watch is None:
            return
        for event in self._watch.poll():
            line = json.dumps({"type": event.type, "object": event.object}, separators=(",", ":"))
            self._unread += f"{len(line.encode()) + 1:x}\r\n{line}\n\r\n"
        if self._watch.closed:
            self._unread += "0\r\n\r\n"
            self._watch = None

    def _say(self, method: str, code: int, kind: str, text: str) -> None:
        size = len(text.encode("utf-8", "surrogateescape"))
        self._unread += f"{self._head(code, kind)}Content-Length: {size}\r\n\r\n"
        if method != "HEAD":
            self._unread += text

    def _head(self, code: int, kind: str) -> str:
        date = datetime.fromtimestamp(self._clock() / 1000, UTC)
        return (
            f"HTTP/1.1 {code} {HTTPStatus(code).phrase}\r\n"
            "Cache-Control: no-cache, private\r\n"
            f"Content-Type: {kind}\r\n"
            f"Date: {date:%a, %d %b %Y %H:%M:%S} GMT\r\n"
        )


def _body(response: ApiResponse, *, pretty: bool) -> str:
    body: Any = response.body
    if isinstance(body, bytes):
        return body.decode("utf-8", "surrogateescape")
    if isinstance(body, str):
        return body
    if pretty:
        return json.dumps(body, indent=2, ensure_ascii=False)
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False) + "\n"
