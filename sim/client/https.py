"""A Transport to a real API server over HTTP(S); everything that comes in is read by threads.

It is the operator's side of a real cluster, so wall time and threads are allowed here and nowhere
beside. Programs and forwarded ports go over WebSocket, never SPDY: the subprotocol `v4` is taken by
servers of 1.20 for both, `v5` (which can close standard input) by those since 1.30.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from sim.apimachinery.wire import ApiRequest, ApiResponse, ExecRequest, ForwardRequest
from sim.client.doors import Connection, Execution, TextStream, WatchStream
from sim.client.endpoint import Endpoint
from sim.client.remote import RemoteConnection, RemoteExecution, RemoteText, RemoteWatch
from sim.client.unreachable import UnreachableError, unreachable
from sim.kernel import Environment

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse
    from websocket import WebSocket

__all__ = ["HttpsTransport", "UnreachableError"]

CONNECT_S = 10.0
ANSWER_S = 60.0
"""How long an answer may take; the API server itself gives up after a minute."""
EXEC_PROTOCOLS = ["v5.channel.k8s.io", "v4.channel.k8s.io"]
FORWARD_PROTOCOLS = ["v4.channel.k8s.io"]
_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')


class HttpsTransport:
    """The Kubernetes REST API of a real server."""

    def __init__(self, endpoint: Endpoint, env: Environment) -> None:
        """Ask the server at *endpoint*; *env* is where others wait for what comes."""
        import urllib3  # noqa: PLC0415 - only real clusters need it

        self._endpoint = endpoint
        self._env = env
        self._errors = urllib3.exceptions.HTTPError
        self._pool = urllib3.PoolManager(
            maxsize=8,
            ssl_context=endpoint.tls,
            timeout=urllib3.Timeout(connect=CONNECT_S, read=ANSWER_S),
            # A write must not be sent twice; who wants to try again decides so.
            retries=False,
        )

    def send(self, request: ApiRequest) -> ApiResponse:
        """Answer one request at once; raises UnreachableError if nobody does."""
        return _decoded(self._ask(request, streaming=False))

    def watch(self, request: ApiRequest) -> WatchStream | ApiResponse:
        """Open a watch, or return the refusal."""
        answer = self._ask(request, streaming=True)
        return _decoded(answer) if answer.status != 200 else RemoteWatch(self._env, answer)

    def stream(self, request: ApiRequest) -> TextStream | ApiResponse:
        """Open a log that is followed, or return the refusal."""
        answer = self._ask(request, streaming=True)
        return _decoded(answer) if answer.status != 200 else RemoteText(self._env, answer)

    def exec(self, request: ExecRequest) -> Execution | ApiResponse:
        """Start a program in a container (empty argv: attach), or return the refusal."""
        query = [("command", word) for word in request.argv]
        query += [("container", request.container)] if request.container else []
        query += [
            ("stdin", str(request.stdin).lower()),
            ("stdout", "true"),
            ("stderr", str(not request.tty).lower()),
            ("tty", str(request.tty).lower()),
        ]
        what = "exec" if request.argv else "attach"
        opened = self._open(request, what, query, EXEC_PROTOCOLS)
        if isinstance(opened, ApiResponse):
            return opened
        return RemoteExecution(self._env, opened, tty=request.tty)

    def forward(self, request: ForwardRequest) -> Connection | ApiResponse:
        """Open one connection to a pod's port, or return the refusal."""
        query = [("ports", str(request.port))]
        opened = self._open(request, "portforward", query, FORWARD_PROTOCOLS)
        return opened if isinstance(opened, ApiResponse) else RemoteConnection(self._env, opened)

    def close(self) -> None:
        """Let go of idle connections."""
        self._pool.clear()

    def _ask(self, request: ApiRequest, *, streaming: bool) -> BaseHTTPResponse:
        headers = {**self._endpoint.headers, **request.headers}
        headers.setdefault("accept", "application/json")
        body = None
        if request.body is not None:
            body = json.dumps(request.body, ensure_ascii=False).encode()
            headers.setdefault("content-type", "application/json")
        url = f"{self._endpoint.server}{quote(request.path)}"
        if request.query:
            url += f"?{urlencode(request.query)}"
        # None waits as long as it takes: a watch may be silent for hours.
        how: dict[str, Any] = {"timeout": None} if streaming else {}
        try:
            return self._pool.request(
                request.method,
                url,
                headers=headers,
                body=body,
                preload_content=not streaming,
                **how,
            )
        except (self._errors, OSError) as error:
            raise unreachable(self._endpoint.server, error) from error

    def _open(
        self,
        request: ExecRequest | ForwardRequest,
        what: str,
        query: list[tuple[str, str]],
        protocols: list[str],
    ) -> WebSocket | ApiResponse:
        import websocket  # noqa: PLC0415 - only real clusters need it

        place = f"/api/v1/namespaces/{request.namespace}/pods/{request.pod}/{what}"
        server = urlsplit(self._endpoint.server)
        scheme = "wss" if server.scheme == "https" else "ws"
        url = f"{scheme}://{server.netloc}{server.path}{quote(place)}?{urlencode(query)}"
        headers = {**self._endpoint.headers, **request.headers}
        try:
            opened: WebSocket = websocket.create_connection(
                url,
                subprotocols=protocols,
                header=[f"{name}: {value}" for name, value in headers.items()],
                sslopt={"context": self._endpoint.tls} if self._endpoint.tls else None,
                timeout=CONNECT_S,
                suppress_origin=True,
            )
        except websocket.WebSocketBadStatusException as error:
            return _parsed(error.status_code, error.resp_body or b"", "application/json", ())
        except (websocket.WebSocketException, OSError) as error:
            raise unreachable(self._endpoint.server, error) from error
        opened.settimeout(None)
        return opened


def _decoded(answer: BaseHTTPResponse) -> ApiResponse:
    warnings = _WARNING.findall(", ".join(answer.headers.getlist("warning")))
    plain = tuple(re.sub(r"\\(.)", r"\1", one) for one in warnings)
    return _parsed(answer.status, answer.data, answer.headers.get("content-type", ""), plain)


def _parsed(code: int, data: bytes, content_type: str, warnings: tuple[str, ...]) -> ApiResponse:
    text = data.decode("utf-8", "surrogateescape")
    if "json" in content_type:
        try:
            return ApiResponse(code, json.loads(text), content_type, warnings)
        except ValueError:
            pass  # a proxy in between has answered for the server
    return ApiResponse(code, text, content_type, warnings)
