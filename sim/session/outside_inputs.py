"""What clients outside send, checked and made into inputs: requests, channels, what goes into them.

The wire's records on one side, plain JSON on the other. Nothing here acts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sim.apimachinery.wire import ApiRequest, ExecRequest, ForwardRequest

OUTSIDE_KINDS = ("request", "open", "write", "size", "hangup")
"""The inputs of clients outside."""
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
CHANNELS = ("watch", "log", "exec", "forward")
"""What `open` opens."""
MAX_BODY = 3 << 20
"""Bytes of one body as JSON: what a real API server takes (MaxRequestBodyBytes)."""
MAX_WRITE = 1 << 20
"""Characters that one `write` carries."""
MAX_PATH = 4096
MOST_CELLS = 65_535
"""Largest size of a window in either direction, a winsize' unsigned short (ioctl_tty(2))."""
MAX_QUERY = 64 * 1024
MAX_CLIENT = 100
_HEADERS = (
    "accept",
    "authorization",
    "content-type",
    "impersonate-group",
    "impersonate-uid",
    "impersonate-user",
    "kubectl-command",
    "kubectl-session",
    "user-agent",
)
_EXTRA = "impersonate-extra-"
_MAX_HEADER = 4096


class BadRequestError(ValueError):
    """What came from outside cannot be an input; the message is for whoever sent it."""


def parse_outside(kind: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload of an input of *kind* in the form in which it is stored.

    Raises:
        BadRequestError: if something has the wrong type or is too large.
    """
    if kind == "write":
        return {
            "channel": _number(payload),
            "data": _text(payload, "data", MAX_WRITE, surrogates=True),
            "end": payload.get("end") is True,
        }
    if kind == "size":
        columns, rows = (_whole(payload, name) for name in ("columns", "rows"))
        return {"channel": _number(payload), "columns": columns, "rows": rows}
    if kind == "hangup":
        return {"channel": _number(payload)}
    clean: dict[str, Any] = {"client": _text(payload, "client", MAX_CLIENT)}
    if kind == "open":
        clean["channel"] = _number(payload)
        clean["of"] = _one_of(payload, "of", CHANNELS)
        if clean["of"] in ("exec", "forward"):
            return clean | _pod(payload, clean["of"])
    clean["headers"] = _headers(payload.get("headers", {}))
    clean["method"] = _one_of(payload, "method", METHODS)
    clean["path"] = _text(payload, "path", MAX_PATH)
    if not clean["path"].startswith("/"):
        raise BadRequestError("path must begin with /")
    clean["query"] = _query(payload.get("query", ()))
    clean["body"] = _body(payload.get("body"))
    return clean


def request_payload(client: str, request: ApiRequest) -> dict[str, Any]:
    """Return what a `request` holds, or an `open` beside its channel."""
    return {
        "client": client[:MAX_CLIENT],
        "method": request.method,
        "path": request.path,
        "query": [list(pair) for pair in request.query],
        "headers": _wanted(request.headers),
        "body": request.body,
    }


def exec_payload(client: str, request: ExecRequest) -> dict[str, Any]:
    """Return what an `open` of a program holds beside its channel."""
    return {
        "client": client[:MAX_CLIENT],
        "of": "exec",
        "namespace": request.namespace,
        "pod": request.pod,
        "container": request.container,
        "argv": list(request.argv),
        "stdin": request.stdin,
        "tty": request.tty,
        "headers": _wanted(request.headers),
    }


def forward_payload(client: str, request: ForwardRequest) -> dict[str, Any]:
    """Return what an `open` of a connection holds beside its channel."""
    return {
        "client": client[:MAX_CLIENT],
        "of": "forward",
        "namespace": request.namespace,
        "pod": request.pod,
        "port": request.port,
        "headers": _wanted(request.headers),
    }


def to_request(payload: Mapping[str, Any]) -> ApiRequest:
    """Return the request that a payload holds."""
    return ApiRequest(
        payload["method"],
        payload["path"],
        tuple((key, value) for key, value in payload["query"]),
        payload["headers"],
        payload["body"],
    )


def to_exec(payload: Mapping[str, Any]) -> ExecRequest:
    """Return the request for a program that a payload holds."""
    return ExecRequest(
        payload["namespace"],
        payload["pod"],
        payload["container"],
        tuple(payload["argv"]),
        stdin=payload["stdin"],
        tty=payload["tty"],
        headers=payload["headers"],
    )


def to_forward(payload: Mapping[str, Any]) -> ForwardRequest:
    """Return the request for a connection that a payload holds."""
    return ForwardRequest(
        payload["namespace"], payload["pod"], payload["port"], headers=payload["headers"]
    )


def _wanted(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that the cluster or the evidence reads."""
    return {
        name: value
        for name, value in headers.items()
        if value and (name in _HEADERS or name.startswith(_EXTRA))
    }


def _pod(payload: Mapping[str, Any], of: str) -> dict[str, Any]:
    clean: dict[str, Any] = {
        "namespace": _text(payload, "namespace", 253),
        "pod": _text(payload, "pod", 253),
        "headers": _headers(payload.get("headers", {})),
    }
    if of == "forward":
        port = payload.get("port")
        if not isinstance(port, int) or isinstance(port, bool) or not 0 < port < 65536:
            raise BadRequestError("port must be a whole number from 1 to 65535")
        return clean | {"port": port}
    argv = payload.get("argv", ())
    if not isinstance(argv, list | tuple) or not all(isinstance(word, str) for word in argv):
        raise BadRequestError("argv must be a list of texts")
    if sum(map(len, argv)) > MAX_QUERY or len(argv) > 1000:
        raise BadRequestError("argv is too long")
    return clean | {
        "container": _text(payload, "container", 253),
        "argv": [_storable(word) for word in argv],
        "stdin": payload.get("stdin") is True,
        "tty": payload.get("tty") is True,
    }


def _text(payload: Mapping[str, Any], name: str, longest: int, *, surrogates: bool = False) -> str:
    value = payload.get(name, "")
    if not isinstance(value, str):
        msg = f"{name} must be text, not {type(value).__name__}"
        raise BadRequestError(msg)
    if len(value) > longest:
        msg = f"{name} has {len(value)} characters; at most {longest} are taken"
        raise BadRequestError(msg)
    return value if surrogates else _storable(value)


def _storable(value: str) -> str:
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def _one_of(payload: Mapping[str, Any], name: str, choices: tuple[str, ...]) -> str:
    value = payload.get(name)
    if not isinstance(value, str) or value not in choices:
        msg = f"{name} must be one of {', '.join(choices)}"
        raise BadRequestError(msg)
    return value


def _number(payload: Mapping[str, Any]) -> int:
    value = payload.get("channel")
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise BadRequestError("channel must be a whole number from 1")
    return value


def _whole(payload: Mapping[str, Any], name: str) -> int:
    value = payload.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_CELLS:
        raise BadRequestError(f"{name} must be a whole number from 1 to {MOST_CELLS}")
    return value


def _headers(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise BadRequestError("headers must be a mapping of texts")
    for name, text in value.items():
        if not isinstance(name, str) or not isinstance(text, str) or len(text) > _MAX_HEADER:
            raise BadRequestError("headers must be texts of at most 4096 characters")
    return {name: _storable(text) for name, text in sorted(_wanted(dict(value)).items())}


def _query(value: object) -> list[list[str]]:
    if not isinstance(value, list | tuple):
        raise BadRequestError("query must be a list of pairs")
    size = 0
    pairs: list[list[str]] = []
    for pair in value:
        good = isinstance(pair, list | tuple) and len(pair) == 2
        if not good or not all(isinstance(one, str) for one in pair):
            raise BadRequestError("query must be a list of pairs of texts")
        size += len(pair[0]) + len(pair[1])
        pairs.append([_storable(pair[0]), _storable(pair[1])])
    if size > MAX_QUERY:
        msg = f"the query has {size} characters; at most {MAX_QUERY} are taken"
        raise BadRequestError(msg)
    return pairs


def _body(value: object) -> Any:
    """Return *value* as a replay will read it back, with its keys in order."""
    if value is None:
        return None
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        msg = f"the body is no JSON: {error}"
        raise BadRequestError(msg) from error
    if len(text) > MAX_BODY:
        msg = f"Request entity too large: limit is {MAX_BODY}"
        raise BadRequestError(msg)
    return json.loads(text)
