"""One cluster as a client outside has it: requests, watches, programs, from many threads at once.

A run's access makes an input of everything before it acts. HTTP is not known here.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from sim.apimachinery.errors import internal_error
from sim.apimachinery.wire import ApiRequest, ApiResponse, ExecRequest, ForwardRequest
from sim.client.recording import is_discovery
from sim.session.channel import AccessClosedError, Channel, QueuedChannel
from sim.session.errors import LeaseLostError
from sim.session.guard import BrokenModelError
from sim.session.inputs import BadInputError
from sim.session.outside import Asked, Frame
from sim.session.outside_inputs import exec_payload, forward_payload, request_payload

if TYPE_CHECKING:
    from sim.session.live import Session

__all__ = ["Access", "AccessClosedError", "Channel", "Frame", "RunAccess"]

_log = logging.getLogger(__name__)


class Access(Protocol):
    """One run or sandbox, for a client outside; safe to use from several threads."""

    def handle(self, request: ApiRequest) -> ApiResponse:
        """Answer a request that ends at once.

        Raises:
            AccessClosedError: if the cluster is not there any more.
        """

    def open(self, request: Asked) -> Channel | ApiResponse:
        """Open a watch, a followed log (both by their query), a program or a connection.

        Returns the refusal if there is one.

        Raises:
            AccessClosedError: if the cluster is not there any more.
        """


class RunAccess:
    """The access of *client* (e.g. `kubectl/v1.37.1`) to a run that is being played."""

    def __init__(self, session: Session, client: str) -> None:
        """Ask *session*."""
        self._session = session
        self._client = client

    def handle(self, request: ApiRequest) -> ApiResponse:
        """Answer a request; what only asks what the server offers leaves no trace."""
        try:
            with self._checked():
                if request.method == "GET" and is_discovery(request.path):
                    return self._session.peek(request)
                return answered(self._ask("request", request_payload(self._client, request)))
        except Exception as error:
            return refusal_for(error)

    def open(self, request: Asked) -> Channel | ApiResponse:
        """Open a channel; from then on the client counts as a viewer until it closes it."""
        session = self._session
        try:
            with self._checked(), session.locked():
                number = session.run.outside.next_channel
                channel = QueuedChannel(number, self._ask, keep=session.keep, left=session.left)
                session.run.outside.listen(number, channel.bring)
                answer = self._ask(
                    "open", {**open_payload(self._client, request), "channel": number}
                )
                if answer is not None:
                    return answer
                session.viewers += 1
                return channel
        except Exception as error:
            return refusal_for(error)

    def _ask(self, kind: str, payload: dict[str, Any]) -> ApiResponse | None:
        with self._checked():
            return self._session.ask(kind, payload)

    @contextmanager
    def _checked(self) -> Iterator[None]:
        """Raise AccessClosedError where the run is over."""
        session = self._session
        if session.closed or session.lost:
            msg = f"run {session.row.id} is over"
            raise AccessClosedError(msg)
        try:
            yield
        except LeaseLostError as error:
            raise AccessClosedError(str(error)) from error


def open_payload(client: str, request: Asked) -> dict[str, Any]:
    """Return what an `open` for *request* holds beside its channel."""
    if isinstance(request, ExecRequest):
        return exec_payload(client, request)
    if isinstance(request, ForwardRequest):
        return forward_payload(client, request)
    of = "log" if request.path.endswith("/log") else "watch"
    return {**request_payload(client, request), "of": of}


def answered(answer: ApiResponse | None) -> ApiResponse:
    """Return the answer of a request, which there always is."""
    assert answer is not None, "a request has no answer"
    return answer


def refusal_for(error: Exception) -> ApiResponse:
    """Return the response to what went wrong; raises AccessClosedError if it is that.

    A defect of the model is the client's 500, told in full to the log only.
    """
    if isinstance(error, AccessClosedError):
        raise error
    if isinstance(error, BrokenModelError):
        refusal = internal_error(str(error))
        return ApiResponse(refusal.code, refusal.status)
    if isinstance(error, BadInputError):
        return refused(str(error))
    _log.error("a request from outside failed", exc_info=error)
    refusal = internal_error(f"{type(error).__name__} in the server; see its log")
    return ApiResponse(refusal.code, refusal.status)


def refused(text: str) -> ApiResponse:
    """Return the response to what cannot be an input."""
    large = text.startswith("Request entity too large")
    code, reason = (413, "RequestEntityTooLarge") if large else (400, "BadRequest")
    status = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": text,
        "reason": reason,
        "code": code,
    }
    return ApiResponse(code, status)
