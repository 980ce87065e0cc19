"""From a request's body to an object of the kind that the URL names, or to the decoder's refusal.

Fields that nobody knows are an error, a warning or nothing, as the request wants. This file must not
know what is stored.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from sim.apimachinery.errors import ApiError, bad_request, unsupported_media_type
from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.wire import ApiRequest, Obj
from sim.apiserver.customresources.schema import prune
from sim.apiserver.resources import Resources
from sim.apiserver.schema import check_shape, parts_of, without_empty, without_unknown

STRICT, WARN, IGNORE = "Strict", "Warn", "Ignore"

BODIES = ("application/json", "application/yaml", "application/vnd.kubernetes.protobuf")
"""Media types of bodies that are objects; the door has decoded all of them."""
_SELECTABLE = ("application/octet-stream", "")


class Decoded(NamedTuple):
    """An object from outside."""

    obj: Obj
    warnings: tuple[str, ...] = ()


def check_media_type(request: ApiRequest) -> None:
    """Refuse a body that says to be in a form nobody here reads; raises ApiError."""
    form = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if form not in BODIES and form not in _SELECTABLE:
        raise unsupported_media_type(unknown_format(BODIES))


def unknown_format(accepted: tuple[str, ...]) -> str:
    """Return the text of 415."""
    return (
        "the body of the request was in an unknown format - accepted media types include: "
        + ", ".join(accepted)
    )


def without_nulls(value: Any) -> Any:
    """Return *value* without null fields, as decoding into Go's types drops them.

    A null in a list goes too; Go would put an empty item there, which validation then refuses.
    """
    if isinstance(value, dict):
        return {key: without_nulls(one) for key, one in value.items() if one is not None}
    if isinstance(value, list):
        return [without_nulls(one) for one in value if one is not None]
    return value


def decode(
    info: ResourceInfo, body: Any, validation: str, resources: Resources | None = None
) -> Decoded:
    """Return the object in *body*; *validation* is STRICT, WARN or IGNORE.

    Raises:
        ApiError: BadRequest, if the body is no object of that kind.
    """
    if not isinstance(body, dict):
        raise bad_request(
            f"the object provided is unrecognized (must be of type {info.kind}): couldn't get "
            "version/kind; json parse error: unexpected end of JSON input"
        )
    _check_kind(info, body)
    if not isinstance(body.get("metadata") or {}, dict):
        raise undecodable(
            info,
            f"json: cannot unmarshal {json_name(body['metadata'])} into Go struct field "
            f"{info.kind}.metadata of type v1.ObjectMeta",
        )
    found = check_shape(info, body)
    for error in found:
        if not error.strict:
            raise undecodable(info, error.text)
    unknown = [error.text for error in found]
    version = resources.version_of(info) if resources is not None else None
    if version is not None:
        body, dropped = prune(body, version.schema)
        unknown += [f'unknown field "{path}"' for path in dropped]
    if unknown and validation == STRICT:
        raise undecodable(info, f"strict decoding error: {', '.join(unknown)}")
    if version is not None:
        metadata = without_nulls(body.get("metadata") or {})
        made = without_empty(info, {**body, "metadata": metadata})
        return Decoded(made, _told(unknown, validation))
    made = without_nulls(without_unknown(info, body) if unknown else body)
    made = without_empty(info, made)
    made = {**made, "metadata": made.get("metadata") or {}}
    for part in parts_of(info):
        made.setdefault(part, {})
    return Decoded(made, _told(unknown, validation))


def _told(unknown: list[str], validation: str) -> tuple[str, ...]:
    return tuple(unknown) if validation != IGNORE else ()


def _check_kind(info: ResourceInfo, body: Obj) -> None:
    kind, version = body.get("kind") or info.kind, body.get("apiVersion") or info.group_version
    if not isinstance(kind, str) or not isinstance(version, str):
        raise bad_request(
            f"the object provided is unrecognized (must be of type {info.kind}): couldn't get "
            "version/kind; json parse error: json: cannot unmarshal into Go struct field"
        )
    if (kind, version) == (info.kind, info.group_version):
        return
    if kind == info.kind and version.rpartition("/")[0] == info.group:
        raise bad_request(
            f"the API version in the data ({version}) does not match the expected API version "
            f"({info.group_version})"
        )
    short = version.rpartition("/")[2]
    group = info.group.partition(".")[0] or "core"
    raise bad_request(
        f'{kind} in version "{short}" cannot be handled as a {info.kind}: converting '
        f"({short}.{kind}) to ({group}.{info.kind}): unknown conversion"
    )


class UndecodableError(ApiError):
    """400: the body is no object of the kind; `why` is what the decoder says."""

    def __init__(self, info: ResourceInfo, why: str) -> None:
        version, kind = info.version, info.kind
        text = f'{kind} in version "{version}" cannot be handled as a {kind}: {why}'
        super().__init__(400, "BadRequest", text)
        self.why = why


def undecodable(info: ResourceInfo, why: str) -> ApiError:
    """Return 400: the body is no object of the kind."""
    return UndecodableError(info, why)


def json_name(value: Any) -> str:
    """Return what Go's decoder calls a JSON value."""
    text = json.dumps(value)[:1]
    return {"[": "array", '"': "string", "{": "object", "t": "bool", "f": "bool"}.get(
        text, "number"
    )
