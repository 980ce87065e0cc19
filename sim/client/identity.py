"""A Transport as somebody else: every request says whom it is for.

What `kubectl --as` and `--token` do. This file must not know who may be whom; the server decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from sim.apimachinery.wire import ApiRequest, ApiResponse, ExecRequest, ForwardRequest
from sim.client.doors import Connection, Execution, TextStream, Transport, WatchStream

R = TypeVar("R", ApiRequest, ExecRequest, ForwardRequest)


def identity_headers(
    *,
    user: str = "",
    groups: Sequence[str] = (),
    uid: str = "",
    extra: Sequence[str] = (),
    token: str = "",
) -> dict[str, str]:
    """Return the headers of somebody else; *extra* are `key=value` pairs."""
    headers: dict[str, str] = {}
    if token:
        headers["authorization"] = f"Bearer {token}"
    if user:
        headers["impersonate-user"] = user
    if groups:
        headers["impersonate-group"] = ",".join(groups)
    if uid:
        headers["impersonate-uid"] = uid
    for pair in extra:
        key, _, value = pair.partition("=")
        name = f"impersonate-extra-{key.lower()}"
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


class ActingTransport:
    """Another transport with headers of its own on every request."""

    def __init__(self, transport: Transport, headers: Mapping[str, str]) -> None:
        """Ask through *transport* with *headers*."""
        self._transport = transport
        self._headers = headers

    def send(self, request: ApiRequest) -> ApiResponse:
        """Answer one request at once."""
        return self._transport.send(self._marked(request))

    def watch(self, request: ApiRequest) -> WatchStream | ApiResponse:
        """Open a watch, or return the refusal."""
        return self._transport.watch(self._marked(request))

    def stream(self, request: ApiRequest) -> TextStream | ApiResponse:
        """Open a streaming text answer, or return the refusal."""
        return self._transport.stream(self._marked(request))

    def exec(self, request: ExecRequest) -> Execution | ApiResponse:
        """Start a program in a container, or return the refusal."""
        return self._transport.exec(self._marked(request))

    def forward(self, request: ForwardRequest) -> Connection | ApiResponse:
        """Open one connection to a pod's port, or return the refusal."""
        return self._transport.forward(self._marked(request))

    def _marked(self, request: R) -> R:
        return replace(request, headers={**request.headers, **self._headers})
