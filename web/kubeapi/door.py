"""The door: HTTP requests for a cluster become requests on the wire, answers become HTTP again.

A WSGI application before the pages: paths below `/k/<secret>` and the API server's own at the root
are answered here, everything else is the pages'. It must not know what stands behind an `Access`.
"""

from __future__ import annotations

import errno
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl

from sim.apimachinery.errors import (
    ApiError,
    bad_request,
    internal_error,
    method_not_allowed,
    service_unavailable,
)
from sim.apimachinery.wire import ApiRequest, ApiResponse
from sim.client.recording import ParsedPath
from sim.session.channel import AccessClosedError
from web.kubeapi import bodies, upgrades
from web.kubeapi.answers import (
    Headers,
    StartResponse,
    headers_of,
    not_found,
    refusal,
    status_line,
    unauthorized,
    write,
)
from web.kubeapi.line import socket_of
from web.kubeapi.secrets import BusyError, Clusters
from web.kubeapi.streams import EventEncoder, Streaming, text

if TYPE_CHECKING:
    from sim.session.access import Access

Environ = dict[str, Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

ROOT = re.compile(r"/(api|apis|openapi|version|healthz|livez|readyz)(/|$)")
"""The API server's own paths; who has no secret in the path shows it as a bearer token."""
PAGES = "/api/run/"
"""The pages' own JSON; no API version is called `run`."""
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_CLIENT = 100

_log = logging.getLogger(__name__)


class TakenOverError(ConnectionResetError):
    """The connection was taken over and has ended; the web server has nothing to send on it."""

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "the connection was taken over")


class Asked(NamedTuple):
    """A request once it is known to be for a cluster."""

    path: str
    """Below the secret, decoded: `/api/v1/pods`."""
    secret: str
    token: str
    """A bearer token that came beside a secret in the path."""


class Door:
    """The clusters over HTTP, before the pages."""

    def __init__(self, clusters: Clusters, pages: Application | None = None) -> None:
        """Answer for *clusters*; what is not theirs goes to *pages*, if there are any."""
        self._clusters = clusters
        self._pages = pages
        self._events = EventEncoder()

    def __call__(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        asked = self._asked(environ)
        if asked is None:
            if self._pages is not None:
                return self._pages(environ, start)
            return write(not_found(), environ, start)
        try:
            return self._serve(environ, start, asked)
        except ApiError as error:
            answer = refusal(error)
        except TakenOverError:
            raise
        except Exception:  # the edge: what the web server would log has the secret in it
            _log.exception("%s %s could not be answered", environ["REQUEST_METHOD"], asked.path)
            answer = refusal(internal_error("the request could not be answered"))
        return write(answer, environ, start)

    def _asked(self, environ: Mapping[str, Any]) -> Asked | None:
        path = str(environ.get("PATH_INFO", "")).encode("latin-1").decode("utf-8", "replace")
        bearer = _bearer(environ)
        if path.startswith("/k/"):
            secret, slash, rest = path[3:].partition("/")
            return Asked(slash + rest or "/", secret, bearer)
        if ROOT.match(path) and not path.startswith(PAGES):
            return Asked(path, bearer, "")
        return None

    def _serve(self, environ: Environ, start: StartResponse, asked: Asked) -> Iterable[bytes]:
        try:
            access = self._clusters.access(asked.secret, _client(environ))
            if access is None:
                return write(unauthorized(), environ, start)
            return self._answer(environ, start, asked, access)
        except BusyError:
            return write(refusal(service_unavailable()), environ, start)
        except AccessClosedError:
            return write(unauthorized(), environ, start)

    def _answer(
        self, environ: Environ, start: StartResponse, asked: Asked, access: Access
    ) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        pairs = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        query = tuple(pairs)
        headers = _headers(environ, asked.token)
        target = upgrades.target_of(asked.path)
        if target is not None and method in ("GET", "POST"):
            answer = upgrades.serve(environ, access, target, query, headers)
            if answer is None:
                raise TakenOverError
            return write(answer, environ, start, query)
        if method not in _METHODS and method != "HEAD":
            raise method_not_allowed()
        raw = bodies.read(environ["wsgi.input"], _length(environ))
        body = bodies.parse(raw, headers.get("content-type", ""), method)
        warnings = _strict(body, query)
        if body.value is not None:
            headers["content-type"] = body.content_type
        plain = "GET" if method == "HEAD" else method
        request = ApiRequest(plain, asked.path, query, headers, body.value)
        if method == "GET" and _goes_on(request):
            return self._stream(environ, start, access, request)
        answer = access.handle(request)
        if warnings:
            answer = ApiResponse(
                answer.code, answer.body, answer.content_type, (*answer.warnings, *warnings)
            )
        return write(answer, environ, start, query)

    def _stream(
        self, environ: Environ, start: StartResponse, access: Access, request: ApiRequest
    ) -> Iterable[bytes]:
        opened = access.open(request)
        if isinstance(opened, ApiResponse):
            return write(opened, environ, start, request.query)
        is_log = request.path.endswith("/log")
        kind = "text/plain" if is_log else "application/json"
        head: Headers = headers_of(ApiResponse(200, None, kind))
        start(status_line(200), head)
        encoder = text if is_log else self._events
        seconds = request.param("timeoutSeconds")
        timeout_s = float(seconds) if seconds.isdecimal() and int(seconds) else None
        return Streaming(opened, encoder, socket_of(environ), None if is_log else timeout_s)


def _bearer(environ: Mapping[str, Any]) -> str:
    scheme, _, token = str(environ.get("HTTP_AUTHORIZATION", "")).partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _length(environ: Mapping[str, Any]) -> str | None:
    """Return a body's declared length; None for one that comes in chunks."""
    chunked = str(environ.get("HTTP_TRANSFER_ENCODING", "")).lower() == "chunked"
    return None if chunked else environ.get("CONTENT_LENGTH") or "0"


def _client(environ: Mapping[str, Any]) -> str:
    """Return the program's own name: `kubectl/v1.37.1`."""
    words = str(environ.get("HTTP_USER_AGENT", "")).split()
    return words[0][:_CLIENT] if words else "unknown"


def _headers(environ: Mapping[str, Any], token: str) -> dict[str, str]:
    """Return the headers that the wire carries; the secret stays here."""
    found = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") and name != "HTTP_AUTHORIZATION"
    }
    if token:
        found["authorization"] = f"Bearer {token}"
    found["content-type"] = environ.get("CONTENT_TYPE", "")
    return found


def _goes_on(request: ApiRequest) -> bool:
    """Return whether the answer is a stream: a watch of a collection, a log that is followed."""
    if _is_true(request, "watch"):
        target = ParsedPath("GET", request.path)
        return bool(target.resource) and not target.name
    return request.path.endswith("/log") and _is_true(request, "follow")


def _is_true(request: ApiRequest, name: str) -> bool:
    """Return a parameter's truth as Go's conversion reads it: anything but `false` and `0`."""
    values = request.params(name)
    return bool(values) and values[0].lower() not in ("false", "0")


def _strict(body: bodies.Body, query: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return warnings about fields that stood twice, unless they are to be refused or ignored."""
    if not body.duplicates:
        return ()
    how = next((value for name, value in query if name == "fieldValidation"), "Warn")
    found = [f'duplicate field "{path}"' for path in body.duplicates]
    if how == "Strict":
        value = body.value if isinstance(body.value, dict) else {}
        kind = value.get("kind", "object")
        version = str(value.get("apiVersion", "")).rpartition("/")[2]
        raise bad_request(
            f'{kind} in version "{version}" cannot be handled as a {kind}: '
            f"strict decoding error: {', '.join(found)}"
        )
    return () if how == "Ignore" else tuple(found)
