"""Requests that turn their connection into something else: exec, attach and port-forward.

Which protocol a client gets is decided here: WebSocket where it asks for one, SPDY/3.1 otherwise.
What flows through is not known here.
"""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.apimachinery.errors import ApiError, bad_request, service_unavailable
from sim.apimachinery.wire import ApiRequest, ApiResponse, ExecRequest, ForwardRequest
from web.kubeapi import execution, portforward, websocket
from web.kubeapi.line import Line, socket_of
from web.kubeapi.spdy import Spdy

if TYPE_CHECKING:
    from sim.session.access import Access, Channel

Query = Sequence[tuple[str, str]]

_TARGET = re.compile(r"/api/v1/namespaces/([^/]+)/pods/([^/]+)/(exec|attach|portforward)/?")
FORBIDDEN = 403
MAX_PORTS = 32
_SPDY = "spdy/3.1"

_log = logging.getLogger(__name__)


class Target(NamedTuple):
    """What is opened, and where."""

    namespace: str
    pod: str
    what: str
    """`exec`, `attach` or `portforward`."""


def target_of(path: str) -> Target | None:
    """Return the pod that *path* opens something in, if it does."""
    match = _TARGET.fullmatch(path)
    return Target(*match.groups()) if match else None


def _path(target: Target) -> str:
    return f"/api/v1/namespaces/{target.namespace}/pods/{target.pod}/{target.what}"


def serve(
    environ: Mapping[str, Any],
    access: Access,
    target: Target,
    query: Query,
    headers: Mapping[str, str],
) -> ApiResponse | None:
    """Serve a client over the connection until it ends; or return the refusal.

    Raises:
        ApiError: if it cannot be opened like this.
    """
    sock = socket_of(environ)
    if sock is None:
        raise service_unavailable()
    if target.what == "portforward":
        connect = partial(_connect, access, target, headers)
        return _forward(environ, sock, connect, query)
    try:
        asked, program = _program(target, query, headers)
    except ApiError:
        refused = access.handle(ApiRequest("POST", _path(target), tuple(query), headers))
        if refused.code == FORBIDDEN:  # rights are looked at before what is asked for
            return refused
        raise
    if websocket.is_asked(environ):
        protocol = websocket.choose(environ, execution.WEBSOCKET_PROTOCOLS)
        if protocol is None:
            raise _unknown_protocol(websocket.offered(environ), execution.WEBSOCKET_PROTOCOLS)
    else:
        protocol = _spdy_protocol(environ, execution.SPDY_PROTOCOLS)
    opened = access.open(program)
    if isinstance(opened, ApiResponse):
        return opened
    try:
        with _taken(sock) as line:
            streams: execution.Streams
            if websocket.is_asked(environ):
                spoken = websocket.WebSocket(line, environ, protocol)
                streams = execution.WebSocketStreams(spoken, asked)
            else:
                _switch(line, protocol)
                streams = execution.SpdyStreams(Spdy(line), asked | {execution.ERROR})
            execution.attend(opened, streams, line)
    finally:
        opened.close()
    return None


@contextmanager
def _taken(sock: socket.socket) -> Iterator[Line]:
    """Take a connection over and end it: nothing of HTTP may be written on it any more."""
    line = Line(sock)
    try:
        yield line
    except OSError:
        pass
    except Exception:  # the edge: the client finds its connection closed
        _log.exception("a connection could not be served")
    finally:
        line.close()


def _program(
    target: Target, query: Query, headers: Mapping[str, str]
) -> tuple[frozenset[int], ExecRequest]:
    """Return the channels that the client wants and the program to run."""
    argv = tuple(value for name, value in query if name == "command")
    if target.what == "exec" and not argv:
        raise bad_request("you must specify at least one command for the container")
    wanted = {"stdin": execution.STDIN, "stdout": execution.STDOUT, "stderr": execution.STDERR}
    tty = _is_true(query, "tty")
    asked = {number for name, number in wanted.items() if _is_true(query, name)}
    if not asked:
        raise bad_request("you must specify at least 1 of stdin, stdout, stderr")
    if tty:
        # One terminal has one output.
        asked.discard(execution.STDERR)
    container = next((value for name, value in query if name == "container"), "")
    request = ExecRequest(
        target.namespace,
        target.pod,
        container,
        argv if target.what == "exec" else (),
        stdin=execution.STDIN in asked,
        tty=tty,
        headers=headers,
    )
    return frozenset(asked), request


def _is_true(query: Query, name: str) -> bool:
    value = next((value for key, value in query if key == name), "false")
    return value.lower() not in ("false", "0")


def _forward(
    environ: Mapping[str, Any],
    sock: socket.socket,
    connect: portforward.Open,
    query: Query,
) -> ApiResponse | None:
    if not websocket.is_asked(environ):
        protocol = _spdy_protocol(environ, portforward.SPDY_PROTOCOLS)
        with _taken(sock) as line:
            _switch(line, protocol)
            portforward.Forwarding(Spdy(line), connect).serve()
        return None
    known = (portforward.TUNNEL, portforward.PAIRS)
    # Who names none (kr8s) speaks the pairs, which are the oldest.
    chosen = websocket.choose(environ, known) if websocket.offered(environ) else ""
    if chosen is None:
        raise _unknown_protocol(websocket.offered(environ), known)
    if chosen in (portforward.PAIRS, ""):
        return _pairs(environ, sock, connect, _ports(query))
    with _taken(sock) as line:
        spoken = websocket.WebSocket(line, environ, chosen)
        portforward.Forwarding(Spdy(spoken), connect).serve()
        spoken.close()
    return None


def _pairs(
    environ: Mapping[str, Any], sock: socket.socket, connect: portforward.Open, ports: list[int]
) -> ApiResponse | None:
    channels: list[Channel] = []
    try:
        for port in ports:
            answer = connect(port)
            if isinstance(answer, ApiResponse):
                return answer
            channels.append(answer)
        with _taken(sock) as line:
            protocol = portforward.PAIRS if websocket.offered(environ) else ""
            spoken = websocket.WebSocket(line, environ, protocol)
            portforward.Paired(spoken, ports, channels).serve(line)
    finally:
        for channel in channels:
            channel.close()
    return None


def _connect(
    access: Access, target: Target, headers: Mapping[str, str], port: int
) -> Channel | ApiResponse:
    return access.open(ForwardRequest(target.namespace, target.pod, port, headers=headers))


def _ports(query: Query) -> list[int]:
    words = [
        word for name, value in query if name in ("ports", "port") for word in value.split(",")
    ]
    if not words or len(words) > MAX_PORTS:
        raise bad_request('query parameter "port" is required')
    for word in words:
        if not word.isdecimal() or not 0 < int(word) < 65536:
            raise bad_request(f'unable to parse "{word[:40]}" as a port')
    return [int(word) for word in words]


def _spdy_protocol(environ: Mapping[str, Any], known: Sequence[str]) -> str:
    """Return the protocol to speak over SPDY, of those that the client offers."""
    upgrade = str(environ.get("HTTP_UPGRADE", "")).lower()
    if upgrade != _SPDY:
        raise bad_request("Upgrade request required")
    given = str(environ.get("HTTP_X_STREAM_PROTOCOL_VERSION", ""))
    offered = [one.strip() for one in given.split(",") if one.strip()]
    if not offered:
        return known[0]
    for one in offered:
        if one in known:
            return one
    raise _unknown_protocol(offered, known)


def _unknown_protocol(offered: Sequence[str], known: Sequence[str]) -> ApiError:
    message = (
        "unable to upgrade: unable to negotiate protocol: client supports "
        f"[{' '.join(offered)}], server accepts [{' '.join(known)}]"
    )
    return ApiError(403, "Forbidden", message, {})


def _switch(line: Line, protocol: str) -> None:
    head = {
        "Connection": "Upgrade",
        "Upgrade": "SPDY/3.1",
        "X-Stream-Protocol-Version": protocol,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    line.send(f"HTTP/1.1 101 Switching Protocols\r\n{lines}\r\n".encode("latin-1"))
