"""A Transport whose requests can be told from everybody else's in the API server's audit log.

The server takes the id of an audit event from the request's header `Audit-ID`, if it has one
(k8s.io/apiserver/pkg/audit, NewEventFromRequest). So a request of ours is known for certain: no
guess from times, names or programs. What is asked is not known here.
"""

from __future__ import annotations

from dataclasses import replace
from secrets import token_hex
from typing import TypeVar

from sim.apimachinery.wire import ApiRequest, ApiResponse, ExecRequest, ForwardRequest
from sim.client.doors import Connection, Execution, TextStream, Transport, WatchStream

HEADER = "audit-id"
R = TypeVar("R", ApiRequest, ExecRequest, ForwardRequest)


class Signature:
    """What the ids of our requests begin with; drawn anew for each run, so that nobody knows it."""

    def __init__(self, nonce: str = "") -> None:
        """Use *nonce*, or draw one."""
        self._nonce = nonce or token_hex(10)
        self._count = 0

    def next(self) -> str:
        """Return an id that has not been used."""
        self._count += 1
        return f"{self._nonce}-{self._count}"

    def wrote(self, audit_id: str) -> bool:
        """Return whether *audit_id* is one of ours."""
        nonce, _, count = audit_id.rpartition("-")
        return nonce == self._nonce and count.isdecimal() and 0 < int(count) <= self._count


class SignedTransport:
    """Another transport, whose requests carry a signature."""

    def __init__(self, transport: Transport, signature: Signature) -> None:
        """Ask through *transport*."""
        self._transport = transport
        self._signature = signature

    def send(self, request: ApiRequest) -> ApiResponse:
        """Answer one request at once."""
        return self._transport.send(self._signed(request))

    def watch(self, request: ApiRequest) -> WatchStream | ApiResponse:
        """Open a watch, or return the refusal."""
        return self._transport.watch(self._signed(request))

    def stream(self, request: ApiRequest) -> TextStream | ApiResponse:
        """Open a streaming text answer, or return the refusal."""
        return self._transport.stream(self._signed(request))

    def exec(self, request: ExecRequest) -> Execution | ApiResponse:
        """Start a program in a container, or return the refusal."""
        return self._transport.exec(self._signed(request))

    def forward(self, request: ForwardRequest) -> Connection | ApiResponse:
        """Open one connection to a port of a pod, or return the refusal."""
        return self._transport.forward(self._signed(request))

    def _signed(self, request: R) -> R:
        return replace(request, headers={**request.headers, HEADER: self._signature.next()})
