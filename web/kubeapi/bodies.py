"""Bodies of requests: JSON, YAML or protobuf becomes plain objects, or the refusal says why not.

It must not know which kind is meant. What no API server could take never gets past this file: bytes
that are not UTF-8, numbers that JSON does not have, nesting that would exhaust a stack.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple, NoReturn, Protocol

from sim.apimachinery.errors import ApiError, bad_request, unsupported_media_type

MAX_BODY = 3 * 1024 * 1024
"""Largest body in bytes, the real server's own limit (`MaxRequestBodyBytes` in apiserver/pkg/server/config.go)."""
MAX_DEPTH = 128
"""Deepest nesting; a real server takes 10,000 levels, of which no real object has a hundredth."""
MAX_VALUES = 200_000
"""Most values in one body: a YAML alias can stand for more than its bytes."""
JSON = "application/json"
YAML = "application/yaml"
PROTOBUF = "application/vnd.kubernetes.protobuf"
APPLY = "application/apply-patch+yaml"

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_INT64 = 2**63
_SUMMARY = 30


class Readable(Protocol):
    """Where the bytes of a body come from."""

    def read(self, size: int = -1, /) -> bytes:
        """Return up to *size* bytes; fewer at the end."""


class Body(NamedTuple):
    """A body that was understood."""

    value: Any
    """Plain objects, None for an empty body."""
    content_type: str
    """What *value* is now, for the headers that are passed on: JSON, unless it is a patch."""
    duplicates: tuple[str, ...] = ()
    """Fields that stood twice, as strict decoding names them, e.g. `spec.replicas`."""


def read(stream: Readable, length: str | None) -> bytes:
    """Return the bytes of a body; raises ApiError 413 above the limit.

    *length* is what the client declared; None if the stream ends by itself.
    """
    declared = int(length) if length and length.isdecimal() else None
    if declared is not None and declared > MAX_BODY:
        raise _too_large()
    if declared == 0:
        return b""
    wanted = MAX_BODY + 1 if declared is None else declared
    parts = []
    while wanted > 0 and (part := stream.read(wanted)):
        parts.append(part)
        wanted -= len(part)
    raw = b"".join(parts)
    if len(raw) > MAX_BODY:
        raise _too_large()
    return raw


def _too_large() -> ApiError:
    message = f"Request entity too large: limit is {MAX_BODY}"
    return ApiError(413, "RequestEntityTooLarge", message, {})


def parse(raw: bytes, content_type: str, method: str) -> Body:
    """Return the body of a request.

    Raises:
        ApiError: 400 if it cannot be read, 415 if its type is none that an API server takes.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if not raw:
        return Body(None, kind or JSON)
    if kind == PROTOBUF or raw.startswith(b"k8s\0"):
        return Body(_protobuf(raw), JSON)
    if method == "PATCH":
        value, twice = _yaml(raw) if kind == APPLY else _json(raw, _no_patch)
        return Body(value, kind or JSON, twice)
    if kind in (JSON, ""):
        value, twice = _json(raw)
    elif kind == YAML:
        value, twice = _yaml(raw)
    else:
        raise unsupported_media_type(
            "the body of the request was in an unknown format - accepted media types include: "
            f"{JSON}, {YAML}, {PROTOBUF}"
        )
    return Body(value, JSON, twice)


def _protobuf(raw: bytes) -> Any:
    from sim.apimachinery.protobuf import decode  # noqa: PLC0415 - 30 ms that a page does not need

    try:
        return decode(raw)
    except ValueError as error:
        raise bad_request(str(error)) from error


def _json(
    raw: bytes, refusal: Callable[[str, bytes], ApiError] | None = None
) -> tuple[Any, tuple[str, ...]]:
    refusal = refusal or _unreadable
    twice = False

    def pairs(given: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal twice
        found = dict(given)
        twice = twice or len(found) != len(given)
        return found

    try:
        text = raw.decode()
        value = json.loads(
            text,
            object_pairs_hook=pairs,
            parse_constant=_no_constant,
            parse_float=_float,
            parse_int=_int,
        )
    except UnicodeDecodeError as error:
        raise refusal("invalid UTF-8 in the body", raw) from error
    except RecursionError as error:
        raise refusal("exceeded max depth", raw) from error
    except json.JSONDecodeError as error:
        raise refusal(_as_go_says(error), raw) from error
    except ValueError as error:
        raise refusal(str(error), raw) from error
    value = _checked(value, raw, repair=bool(_SURROGATE.search(raw)))
    return value, tuple(duplicates(text)) if twice else ()


def _no_constant(name: str) -> NoReturn:
    msg = f"invalid character {name.lstrip('-')[0]!r} looking for beginning of value"
    raise ValueError(msg)


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        msg = f"cannot unmarshal number {text} into Go value of type float64"
        raise ValueError(msg)
    return value


def _int(text: str) -> int | float:
    value = int(text) if len(text) <= 20 else float(text)
    return value if isinstance(value, float) or -_INT64 <= value < _INT64 else float(value)


def _as_go_says(error: json.JSONDecodeError) -> str:
    if error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated"):
        return "unexpected end of JSON input"
    found = error.doc[error.pos]
    where = {
        "Expecting ',' delimiter": "after object key:value pair",
        "Expecting ':' delimiter": "after object key",
        "Extra data": "after top-level value",
    }
    if error.msg.startswith("Expecting property name"):
        return f"invalid character {found!r} looking for beginning of object key string"
    return f"invalid character {found!r} {where.get(error.msg, 'looking for beginning of value')}"


def _unreadable(why: str, raw: bytes) -> ApiError:
    """Return the 400 for a body that is no object (`transformDecodeError` in apiserver's create.go)."""
    if raw.startswith(b"{"):
        shown = raw[:_SUMMARY].decode(errors="replace")
    else:
        shown = raw[:_SUMMARY].hex()
    shown += " ..." if len(raw) > _SUMMARY else ""
    message = "the object provided is unrecognized (must be of a known type): "
    return bad_request(f"{message}couldn't get version/kind; json parse error: {why} ({shown})")


def _no_patch(why: str, _: bytes) -> ApiError:
    """Return the 400 for a patch that is no JSON: of that, only Go's own words are told."""
    return bad_request(why)


def _yaml(raw: bytes) -> tuple[Any, tuple[str, ...]]:
    if raw.lstrip().startswith(b"{"):
        try:
            return _json(raw)
        except ApiError:
            pass  # a flow mapping of YAML may still be one
    from ruamel import yaml  # noqa: PLC0415 - only who sends YAML needs it

    loader = yaml.YAML(typ="safe", pure=True)
    loader.allow_duplicate_keys = True
    try:
        value = loader.load(raw.decode())
    except UnicodeDecodeError as error:
        raise bad_request("error decoding YAML: invalid UTF-8 in the body") from error
    except (yaml.error.YAMLError, RecursionError, ValueError) as error:
        problem = getattr(error, "problem", None) or "cannot be read"
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark is not None else ""
        raise bad_request(f"error decoding YAML: {line}{problem}") from error
    return _checked(value, raw, repair=True), ()


def _checked(value: Any, raw: bytes, *, repair: bool) -> Any:
    """Return *value* as JSON has it: no deeper than allowed, string keys, whole characters."""
    count = 0

    def visit(one: Any, depth: int) -> Any:
        nonlocal count
        count += 1
        if depth > MAX_DEPTH or count > MAX_VALUES:
            raise _unreadable("exceeded max depth" if depth > MAX_DEPTH else "too many values", raw)
        if isinstance(one, dict):
            if repair:
                return {_text(key): visit(part, depth + 1) for key, part in one.items()}
            for part in one.values():
                if isinstance(part, dict | list):
                    visit(part, depth + 1)
            return one
        if isinstance(one, list):
            if repair:
                return [visit(part, depth + 1) for part in one]
            for part in one:
                if isinstance(part, dict | list):
                    visit(part, depth + 1)
            return one
        return _scalar(one, raw) if repair else one

    return visit(value, 1)


def _scalar(one: Any, raw: bytes) -> Any:
    if isinstance(one, str):
        return _text(one)
    if isinstance(one, float) and not math.isfinite(one):
        raise _unreadable(f"unsupported value: {one}", raw)
    if one is None or isinstance(one, bool | int | float):
        return one
    if isinstance(one, date):
        return one.isoformat()
    if isinstance(one, bytes):
        return one.decode(errors="replace")
    raise _unreadable(f"unsupported value of type {type(one).__name__}", raw)


def _text(key: object) -> str:
    """Return a string without half characters, which no encoding could write again."""
    if isinstance(key, bool):
        return "true" if key else "false"
    if not isinstance(key, str):
        return "null" if key is None else str(key)
    return key.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def duplicates(text: str) -> list[str]:
    """Return the paths of keys that stand twice in an object of JSON *text*, each once, in order.

    >>> duplicates('{"spec": {"replicas": 1, "ports": [{"port": 1, "port": 2}], "replicas": 2}}')
    ['spec.ports[0].port', 'spec.replicas']
    """
    found: dict[str, None] = {}
    tree = json.loads(text, object_pairs_hook=_Pairs)

    def visit(value: Any, path: str) -> None:
        if isinstance(value, _Pairs):
            seen: set[str] = set()
            for key, part in value:
                here = f"{path}.{key}" if path else key
                if key in seen:
                    found[here] = None
                seen.add(key)
                visit(part, here)
        elif isinstance(value, list):
            for index, part in enumerate(value):
                visit(part, f"{path}[{index}]")

    visit(tree, "")
    return list(found)


class _Pairs(list[tuple[str, Any]]):
    """An object of JSON with every pair that was written."""
