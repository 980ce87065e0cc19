"""What the bytes of a field mean: numbers, texts, times, quantities, and messages inside messages.

Go writes every field that is no pointer, so zeros are left out where JSON would leave them out. This
file must not know the envelope.
"""

from __future__ import annotations

import json
import struct
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sim.apimachinery.protobuf.messages import Field, fields_of
from sim.apimachinery.protobuf.wire import (
    BYTES,
    FIXED64,
    VARINT,
    Value,
    records,
    signed,
    text,
    varint,
)
from sim.apimachinery.wire import Obj

_ZERO: dict[str, Any] = {"string": "", "int": 0, "bool": False, "bytes": "", "double": 0.0}
_WIRE = {"int": VARINT, "bool": VARINT, "double": FIXED64}
_UNIX = datetime(1970, 1, 1, tzinfo=UTC)


def read_message(fields: dict[int, Field], data: bytes) -> Obj:
    """Return the object that *data* spells; numbers that *fields* lacks are skipped.

    Raises:
        ValueError: if the bytes are broken.
    """
    made: Obj = {}
    for number, kind, value in records(data):
        field = fields.get(number)
        if field is None:
            continue
        match field.card:
            case "embedded":
                made |= _nested(field, value)
            case "list":
                made.setdefault(field.name, []).extend(_items(field, kind, value))
            case "map":
                key, item = _entry(field, value)
                made.setdefault(field.name, {})[key] = item
            case _:
                _set(made, field, kind, value)
    return made


def read_json(data: bytes) -> Any:
    """Return the JSON value in *data*; raises ValueError if it is none, or too deep."""
    try:
        return json.loads(data, parse_constant=_refuse)
    except RecursionError:
        msg = "exceeded max depth"
        raise ValueError(msg) from None


def _refuse(constant: str) -> None:
    msg = f"invalid JSON value {constant}"
    raise ValueError(msg)


def _set(made: Obj, field: Field, kind: int, value: Value) -> None:
    read = _value(field, kind, value)
    if read is None or (read == {} and field.drops_empty):
        return
    if not field.keeps_zero and field.type in _ZERO and read == _ZERO[field.type]:
        return
    made[field.name] = read


def _items(field: Field, kind: int, value: Value) -> list[Any]:
    """Return one item, or the many of a packed list of numbers."""
    if _WIRE.get(field.type) != VARINT or kind != BYTES or not isinstance(value, bytes):
        return [_value(field, kind, value)]
    items, at = [], 0
    while at < len(value):
        number, at = varint(value, at)
        items.append(_value(field, VARINT, number))
    return items


def _entry(field: Field, value: Value) -> tuple[str, Any]:
    """Return key and value of a map's entry: a message of two fields."""
    key, item = "", _value(field, _WIRE.get(field.type, BYTES), _nothing(field))
    for number, kind, part in records(_bytes(value)):
        if number == 1:
            key = text(part)
        elif number == 2:
            item = _value(field, kind, part)
    return key, item


def _nothing(field: Field) -> Value:
    return 0 if _WIRE.get(field.type) == VARINT else b"\x00" * 8 if field.type == "double" else b""


def _bytes(value: Value) -> bytes:
    if not isinstance(value, bytes):
        msg = "proto: wrong wireType for a message"
        raise ValueError(msg)  # noqa: TRY004 - one class for whatever is wrong with the bytes
    return value


def _nested(field: Field, value: Value) -> Any:
    assert field.message is not None
    fields = fields_of(field.message)
    read = read_message(fields, _bytes(value))
    if 1 in fields and not fields[1].name and fields[1].card == "list":
        return read.get("", [])
    return read


def _value(field: Field, kind: int, value: Value) -> Any:
    if field.message is not None:
        return _nested(field, value)
    expected = _WIRE.get(field.type, BYTES)
    if kind != expected:
        msg = f"proto: wrong wireType = {kind} for field {field.name}"
        raise ValueError(msg)
    return _READERS[field.type](value)


def _parts(value: Value) -> dict[int, Value]:
    return {number: part for number, _kind, part in records(_bytes(value))}


def _number(value: Value) -> int:
    if isinstance(value, bytes):
        msg = "proto: wrong wireType for a number"
        raise ValueError(msg)  # noqa: TRY004 - one class for whatever is wrong with the bytes
    return signed(value)


def _double(value: Value) -> float:
    return float(struct.unpack("<d", _bytes(value))[0])


def _quantity(value: Value) -> str:
    return text(_parts(value).get(1, b"")) or "0"


def _int_or_string(value: Value) -> int | str:
    parts = _parts(value)
    if _number(parts.get(1, 0)) == 0:
        return _number(parts.get(2, 0))
    return text(parts.get(3, b""))


def _moment(value: Value) -> datetime | None:
    """Return the instant of a Timestamp; Go writes the zero time as nothing at all."""
    if not value:
        return None
    parts = _parts(value)
    seconds, nanos = _number(parts.get(1, 0)), _number(parts.get(2, 0))
    try:
        return _UNIX + timedelta(seconds=seconds, microseconds=nanos // 1000)
    except OverflowError:
        msg = f"timestamp out of range: {seconds}"
        raise ValueError(msg) from None


def _time(value: Value) -> str | None:
    moment = _moment(value)
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def _micro_time(value: Value) -> str | None:
    moment = _moment(value)
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"


def _raw(value: Value) -> Any:
    raw = _bytes(_parts(value).get(1, b""))
    return read_json(raw) if raw else None


_READERS: dict[str, Callable[[Value], Any]] = {
    "string": text,
    "int": _number,
    "bool": lambda value: _number(value) != 0,
    "bytes": lambda value: b64encode(_bytes(value)).decode("ascii"),
    "double": _double,
    "Quantity": _quantity,
    "IntOrString": _int_or_string,
    "Time": _time,
    "MicroTime": _micro_time,
    "RawExtension": _raw,
    "FieldsV1": _raw,
}
