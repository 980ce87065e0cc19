"""Writes objects as Go's generated code does, so that what the decoder reads can be compared."""

from __future__ import annotations

import json
import struct
from base64 import b64decode
from datetime import datetime
from typing import Any

from sim.apimachinery.protobuf import MAGIC
from sim.apimachinery.protobuf.messages import Field, Message, fields_of, find_message

ZEROS: dict[str, Any] = {"string": "", "int": 0, "bool": False}
"""Go writes what is no pointer, zero or not."""


def varint(number: int) -> bytes:
    """Return *number*, two's complement in 64 bits if negative."""
    number &= (1 << 64) - 1
    made = bytearray()
    while number > 0x7F:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    made.append(number)
    return bytes(made)


def block(number: int, data: bytes) -> bytes:
    """Return a length-delimited record."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def envelope(api_version: str, kind: str, raw: bytes) -> bytes:
    """Return a runtime.Unknown behind its four bytes."""
    meta = block(1, api_version.encode()) + block(2, kind.encode())
    return MAGIC + block(1, meta) + block(2, raw) + block(3, b"") + block(4, b"")


def encode(obj: dict[str, Any]) -> bytes:
    """Return a whole object."""
    message = find_message(obj["apiVersion"], obj["kind"])
    assert message is not None
    return envelope(obj["apiVersion"], obj["kind"], encode_message(message, obj))


def encode_message(message: Message, obj: Any) -> bytes:
    """Return the records of a message."""
    made = b""
    for number, field in fields_of(message).items():
        if field.card == "embedded":
            assert field.message is not None
            made += block(number, encode_message(field.message, obj))
        elif field.name == "":
            made += b"".join(_one(number, field, one) for one in obj)
        elif field.name in obj:
            made += _field(number, field, obj[field.name])
        elif field.type in ZEROS and field.card == "one" and not field.keeps_zero:
            made += _one(number, field, ZEROS[field.type])
    return made


def _field(number: int, field: Field, value: Any) -> bytes:
    if field.card == "list":
        return b"".join(_one(number, field, one) for one in value)
    if field.card == "map":
        entries = [block(1, key.encode()) + _one(2, field, one) for key, one in value.items()]
        return b"".join(block(number, entry) for entry in entries)
    return _one(number, field, value)


def _moment(text: str) -> bytes:
    moment = datetime.fromisoformat(text)
    whole = round(moment.replace(microsecond=0).timestamp())
    return varint(1 << 3) + varint(whole) + varint(2 << 3) + varint(moment.microsecond * 1000)


def _one(number: int, field: Field, value: Any) -> bytes:
    if field.message is not None:
        return block(number, encode_message(field.message, value))
    match field.type:
        case "int" | "bool":
            return varint(number << 3) + varint(int(value))
        case "double":
            return varint(number << 3 | 1) + struct.pack("<d", value)
        case "bytes":
            return block(number, b64decode(value))
        case "Quantity":
            return block(number, block(1, value.encode()))
        case "IntOrString" if isinstance(value, int):
            held = varint(1 << 3) + varint(0) + varint(2 << 3) + varint(value) + block(3, b"")
            return block(number, held)
        case "IntOrString":
            held = varint(1 << 3) + varint(1) + varint(2 << 3) + varint(0)
            return block(number, held + block(3, value.encode()))
        case "Time" | "MicroTime":
            return block(number, _moment(value))
        case "RawExtension" | "FieldsV1":
            return block(number, block(1, json.dumps(value).encode()))
        case _:
            return block(number, value.encode())
