"""An HTTP client's connection to the API server, for those who ask it without kubectl.

Without a token a client is nobody: it hears the server's health and version, and what nobody may
do. It works over the Transport door and must not know what stands behind it.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any
from urllib.parse import parse_qsl, unquote

import simpy

from sim.apimachinery.wire import ApiRequest, ApiResponse
from sim.bash.tools.curl import Reply, Request
from sim.client.doors import Transport

_REASONS = {200: "OK", 201: "Created", 202: "Accepted", 400: "Bad Request", 401: "Unauthorized",
            403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 409: "Conflict",
            422: "Unprocessable Entity", 500: "Internal Server Error"}  # fmt: skip
_OPEN = ("/healthz", "/livez", "/readyz", "/version")
"""What `system:public-info-viewer` lets everybody read."""
_NOBODY = {"impersonate-user": "system:anonymous", "impersonate-group": "system:unauthenticated"}


class ApiLine:
    """One connection, over TLS."""

    tls = True

    def __init__(self, transport: Transport) -> None:
        """Ask *transport*."""
        self._transport = transport
        self._body = ""

    def ask(
        self, request: Request, *, secure: bool, limit_ms: int | None
    ) -> Generator[simpy.Event, Any, Reply | None]:
        """Send *request* and return the head of the answer."""
        if not secure:
            self._body = "Client sent an HTTP request to an HTTPS server.\n"
            return Reply(400, "Bad Request", ())
        answer = self._answer(request)
        kind = answer.content_type
        if isinstance(answer.body, str):
            self._body = answer.body
        else:
            self._body = json.dumps(answer.body, indent=2, ensure_ascii=False)
        size = len(self._body.encode("utf-8", "surrogateescape"))
        headers = [("cache-control", "no-cache, private"), ("content-type", kind)]
        headers += [*answer.headers.items(), ("content-length", str(size))]
        return Reply(answer.code, _REASONS.get(answer.code, ""), tuple(headers))
        yield

    def read(self, *, limit_ms: int | None) -> Generator[simpy.Event, Any, str | None]:
        """Return the body, once."""
        body, self._body = self._body, ""
        return body or None
        yield

    def close(self) -> None:
        """Nothing is kept open."""

    def _answer(self, request: Request) -> ApiResponse:
        path, _, query = request.target.partition("?")
        headers = {name.lower(): value for name, value in request.headers}
        # A real server speaks protobuf and tables too; who asks for nothing gets JSON.
        kept: dict[str, str] = {
            name: headers[name] for name in ("accept", "content-type") if name in headers
        }
        if kept.get("accept", "*/*") == "*/*":
            kept.pop("accept", None)
        if "authorization" in headers:
            kept["authorization"] = headers["authorization"]
        elif not path.startswith(_OPEN):
            kept |= _NOBODY
        body: Any = None
        if request.body:
            try:
                body = json.loads(request.body)
            except (ValueError, RecursionError):
                return ApiResponse(400, "the body of the request is no JSON\n", "text/plain")
        pairs = tuple(parse_qsl(query, keep_blank_values=True))
        return self._transport.send(ApiRequest(request.method, unquote(path), pairs, kept, body))
