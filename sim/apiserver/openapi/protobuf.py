"""OpenAPI v2 as the protobuf message that kubectl asks for (gnostic's openapiv2/OpenAPIv2.proto).

It must not know where the document comes from.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sim.apimachinery.wire import Obj

MEDIA_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
"""What it is called in answers; clients ask for `v2@v1.0`, which is no media type."""

_VARINT, _FIXED64, _BYTES = 0, 1, 2
_GROUP = 7
_EXTENSION = "x-"

Writer = Callable[[Any], bytes]


def encode(document: Obj) -> bytes:
    """Return a Swagger document as `openapi.v2.Document`."""
    return b"".join(
        (
            _text(1, document["swagger"]),
            _part(2, _fields(document["info"], _INFO)),
            _part(8, _named(2, document["paths"], _path_item)),
            _part(9, _named(1, document["definitions"], _schema)),
            _part(12, _named(1, document["security"][0], _texts)),
            _part(13, _named(1, document["securityDefinitions"], _security)),
        )
    )


# -- the wire ------------------------------------------------------------------------------------


def _varint(value: int) -> bytes:
    made = bytearray()
    while value >= 1 << _GROUP:
        made.append(value & 0x7F | 0x80)
        value >>= _GROUP
    made.append(value)
    return bytes(made)


def _tag(number: int, kind: int) -> bytes:
    return _varint(number << 3 | kind)


def _part(number: int, content: bytes) -> bytes:
    return _tag(number, _BYTES) + _varint(len(content)) + content


def _text(number: int, value: str) -> bytes:
    return _part(number, value.encode())


def _integer(number: int, value: int) -> bytes:
    return _tag(number, _VARINT) + _varint(value & (1 << 64) - 1)


def _double(number: int, value: float) -> bytes:
    return _tag(number, _FIXED64) + struct.pack("<d", value)


# -- what messages have in common ----------------------------------------------------------------


def _named(number: int, held: Obj, write: Writer) -> bytes:
    """Return the map *held* as a list of names and values."""
    return b"".join(
        _part(number, _text(1, name) + _part(2, write(one))) for name, one in held.items()
    )


def _any(value: Any) -> bytes:
    """Return `openapi.v2.Any`, a value as YAML; JSON is YAML too."""
    return _text(2, json.dumps(value, separators=(",", ":")) + "\n")


def _extensions(number: int, held: Obj) -> bytes:
    own = {key: value for key, value in held.items() if key.startswith(_EXTENSION)}
    return _named(number, own, _any)


def _texts(values: Iterable[str]) -> bytes:
    return b"".join(_text(1, one) for one in values)


_INFO = {"title": (1, _text), "version": (2, _text)}


def _fields(held: Obj, table: Mapping[str, tuple[int, Callable[[int, Any], bytes]]]) -> bytes:
    return b"".join(
        write(number, held[name]) for name, (number, write) in table.items() if name in held
    )


# -- types ---------------------------------------------------------------------------------------

_PLAIN: dict[str, tuple[int, Callable[[int, Any], bytes]]] = {
    "$ref": (1, _text),
    "format": (2, _text),
    "title": (3, _text),
    "description": (4, _text),
    "multipleOf": (6, _double),
    "maximum": (7, _double),
    "exclusiveMaximum": (8, _integer),
    "minimum": (9, _double),
    "exclusiveMinimum": (10, _integer),
    "maxLength": (11, _integer),
    "minLength": (12, _integer),
    "pattern": (13, _text),
    "maxItems": (14, _integer),
    "minItems": (15, _integer),
    "uniqueItems": (16, _integer),
    "maxProperties": (17, _integer),
    "minProperties": (18, _integer),
}


def _schema(schema: Obj) -> bytes:
    made = [_fields(schema, _PLAIN)]
    made += [_text(19, one) for one in schema.get("required") or ()]
    made += [_part(20, _any(one)) for one in schema.get("enum") or ()]
    extra = schema.get("additionalProperties")
    if extra is not None:
        known = isinstance(extra, dict)
        made.append(_part(21, _part(1, _schema(extra)) if known else _integer(2, bool(extra))))
    if "type" in schema:
        made.append(_part(22, _text(1, schema["type"])))
    if "items" in schema:
        made.append(_part(23, _part(1, _schema(schema["items"]))))
    made += [_part(24, _schema(one)) for one in schema.get("allOf") or ()]
    if schema.get("properties"):
        made.append(_part(25, _named(1, schema["properties"], _schema)))
    made.append(_extensions(31, schema))
    return b"".join(made)


def _security(held: Obj) -> bytes:
    table = {"type": (1, _text), "name": (2, _text), "in": (3, _text), "description": (4, _text)}
    return _part(2, _fields(held, table))


# -- operations ----------------------------------------------------------------------------------

_METHODS = {"get": 2, "put": 3, "post": 4, "delete": 5, "options": 6, "head": 7, "patch": 8}


def _path_item(item: Obj) -> bytes:
    made = [
        _part(_METHODS[name], _operation(one)) for name, one in item.items() if name in _METHODS
    ]
    made += [_part(9, _parameter(one)) for one in item.get("parameters") or ()]
    return b"".join(made)


def _operation(held: Obj) -> bytes:
    made = [_text(1, one) for one in held.get("tags") or ()]
    made.append(_fields(held, {"description": (3, _text), "operationId": (5, _text)}))
    made += [_text(6, one) for one in held["produces"]]
    made += [_text(7, one) for one in held["consumes"]]
    made += [_part(8, _parameter(one)) for one in held["parameters"]]
    made.append(_part(9, _named(1, held["responses"], _response)))
    made.append(_extensions(13, held))
    return b"".join(made)


def _response(held: Obj) -> bytes:
    made = _text(1, held["description"])
    if "schema" in held:
        made += _part(2, _part(1, _schema(held["schema"])))
    return _part(1, made)


_QUERY, _PATH = 3, 4


def _parameter(held: Obj) -> bytes:
    """Return a `ParametersItem`, whose numbers depend on where the parameter stands."""
    if held["in"] == "body":
        made = _text(2, held["name"]) + _text(3, "body") + _integer(4, held["required"])
        return _part(1, _part(1, made + _part(5, _schema(held["schema"]))))
    place = _QUERY if held["in"] == "query" else _PATH
    later = 6 if place == _QUERY else 5
    table = {"in": (2, _text), "description": (3, _text), "name": (4, _text)}
    made = _integer(1, 1) if held.get("required") else b""
    made += _fields(held, {**table, "type": (later, _text)})
    if held.get("uniqueItems"):
        made += _integer(20 if place == _QUERY else 19, 1)
    return _part(1, _part(2, _part(place, made)))
