"""A server that cannot be reached from this machine: what the attempt looks like to kubectl.

It must not know a command, nor which servers can be reached.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NoReturn
from urllib.parse import urlsplit

from sim.apimachinery.wire import ApiRequest, ExecRequest, ForwardRequest
from sim.kubectl.errors import CommandError
from sim.kubectl.goformat import quote

_TRIES = 5
"""How often kubectl asks what a silent server offers before it gives up."""
_LOCAL = {"localhost": "127.0.0.1", "127.0.0.1": "127.0.0.1", "::1": "[::1]"}
RESOLVER = "127.0.0.53:53"
"""systemd-resolved, whom a laptop asks."""


def dialling(host: str, port: int) -> str:
    """Return Go's words for a connection to *host* that does not come about."""
    if host in _LOCAL:
        return f"dial tcp {_LOCAL[host]}:{port}: connect: connection refused"
    if host.replace(".", "").isdecimal() or ":" in host:
        return f"dial tcp {host}:{port}: connect: no route to host"
    return f"dial tcp: lookup {host} on {RESOLVER}: no such host"


def unreachable(where: str, why: str, *, refused: bool) -> str:
    """Return kubectl's line for a server at *where* that does not answer."""
    if refused:
        hint = "did you specify the right host or port?"
        return f"The connection to the server {where} was refused - {hint}"
    return f"Unable to connect to the server: {why}"


class Nowhere:
    """A Transport to such a server."""

    def __init__(self, server: str, err: Callable[[str], None], clock: Callable[[], int]) -> None:
        """Try to reach *server*; complaints of the client's cache go to *err*."""
        self._server = server
        self._err = err
        self._clock = clock

    def send(self, request: ApiRequest) -> NoReturn:
        """Fail to connect."""
        url = urlsplit(self._server)
        host = url.hostname or ""
        port = url.port or (443 if url.scheme == "https" else 80)
        why = dialling(host, port)
        if request.path in ("/api", "/apis"):
            at = datetime.fromtimestamp(self._clock() / 1000, UTC)
            told = f'Get "{self._server}/api?timeout=32s": {why}'
            self._err(
                f"E{at:%m%d %H:%M:%S.%f}    4711 memcache.go:381] \"Couldn't get current server "
                f'API group list" err={quote(told)}\n' * _TRIES
            )
        where = url.netloc if url.port else f"{host}:{port}"
        raise CommandError(unreachable(where, why, refused=why.endswith("refused")), bare=True)

    def watch(self, request: ApiRequest) -> Any:
        """Fail to connect."""
        self.send(request)

    def stream(self, request: ApiRequest) -> Any:
        """Fail to connect."""
        self.send(request)

    def exec(self, request: ExecRequest) -> Any:
        """Fail to connect."""
        self.send(ApiRequest("POST", f"/api/v1/namespaces/{request.namespace}/pods"))

    def forward(self, request: ForwardRequest) -> Any:
        """Fail to connect."""
        self.send(ApiRequest("POST", f"/api/v1/namespaces/{request.namespace}/pods"))
