"""Responses as an API server sends them: a Status for every refusal, the headers that clients read.

It must not know what was asked for, only how the answer is to be written.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from sim.apimachinery.errors import ApiError
from sim.apimachinery.wire import ApiResponse, Document

GZIP_FROM = 128 * 1024
"""Smallest body that is compressed (`defaultGzipThresholdBytes` in apiserver's responsewriters)."""
GZIP_LEVEL = 1
TEXT = "text/plain; charset=utf-8"
_PRETTY = ("curl/", "Wget/", "Mozilla/")
"""Clients behind which a person reads (`isPrettyPrint` in apiserver's responsewriters)."""

StartResponse = Callable[..., Any]
Headers = list[tuple[str, str]]


def unauthorized() -> ApiResponse:
    """Return 401, the same whatever was wrong with the secret."""
    return ApiResponse(401, ApiError(401, "Unauthorized", "Unauthorized").status)


def not_found() -> ApiResponse:
    """Return the 404 of a path that is none of the API's."""
    return ApiResponse(404, "404 page not found\n", TEXT)


def refusal(error: ApiError) -> ApiResponse:
    """Return the response that carries *error*."""
    return ApiResponse(error.code, error.status)


def encode(body: Any, *, pretty: bool = False) -> bytes:
    """Return a body as bytes; JSON ends with a line break, as Go's encoder writes it."""
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode("utf-8", "surrogateescape")
    if isinstance(body, Document) and not pretty:
        return body.encoded
    if pretty:
        return (json.dumps(body, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "replace")
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return (text + "\n").encode("utf-8", "replace")


def wants_pretty(environ: Mapping[str, Any], query: Sequence[tuple[str, str]]) -> bool:
    """Return whether JSON is to be written in lines, for a person."""
    for name, value in query:
        if name == "pretty":
            return value.lower() not in ("false", "0")
    return str(environ.get("HTTP_USER_AGENT", "")).startswith(_PRETTY)


def headers_of(answer: ApiResponse) -> Headers:
    """Return the headers of an answer, without its length."""
    headers = [
        ("Audit-Id", str(uuid4())),
        ("Cache-Control", "no-cache, private"),
        ("Content-Type", answer.content_type),
    ]
    headers += [(name.title(), value) for name, value in answer.headers.items()]
    for text in answer.warnings:
        escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
        headers.append(("Warning", f'299 - "{_latin(escaped)}"'))
    details = answer.body.get("details") if isinstance(answer.body, dict) else None
    seconds = details.get("retryAfterSeconds") if isinstance(details, dict) else None
    if answer.code >= 400 and isinstance(seconds, int) and seconds > 0:
        headers.append(("Retry-After", str(seconds)))
    return headers


def _latin(text: str) -> str:
    """Return *text* as a header may carry it: UTF-8 bytes, one character each."""
    printable = "".join(one if one.isprintable() else " " for one in text)
    return printable.encode("utf-8", "replace").decode("latin-1")


def status_line(code: int) -> str:
    """Return `404 Not Found`; codes that HTTP does not name have no words."""
    try:
        return f"{code} {HTTPStatus(code).phrase}"
    except ValueError:
        return f"{code} Unknown"


def write(
    answer: ApiResponse,
    environ: Mapping[str, Any],
    start: StartResponse,
    query: Sequence[tuple[str, str]] = (),
) -> Iterable[bytes]:
    """Write an answer that ends at once."""
    data = encode(answer.body, pretty=wants_pretty(environ, query))
    headers = headers_of(answer)
    if len(data) >= GZIP_FROM and "gzip" in str(environ.get("HTTP_ACCEPT_ENCODING", "")):
        data = gzip.compress(data, GZIP_LEVEL, mtime=0)
        headers += [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")]
    headers.append(("Content-Length", str(len(data))))
    start(status_line(answer.code), headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [data]
