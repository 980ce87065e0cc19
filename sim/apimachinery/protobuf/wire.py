"""Protocol Buffers' wire format: numbers, lengths, and the records of a message.

After protobuf.dev/programming-guides/encoding. This file must not know any message.
"""

from __future__ import annotations

from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5

_BITS = 64
_GROUP = 7

Value = int | bytes


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Return (the unsigned number at *at*, where it ends); raises ValueError when cut off."""
    value = shift = 0
    while at < len(data):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (1 << _BITS) - 1, at
        shift += _GROUP
        if shift >= _BITS + _GROUP - 1:
            msg = "proto: integer overflow"
            raise ValueError(msg)
    msg = "unexpected EOF"
    raise ValueError(msg)


def signed(value: int) -> int:
    """Return *value*, 64 bits, as the two's complement number that it stands for."""
    return value - (1 << _BITS) if value >> (_BITS - 1) else value


def text(value: Value) -> str:
    """Return a string field; raises ValueError if it is no UTF-8."""
    if not isinstance(value, bytes):
        msg = "proto: wrong wireType for a string"
        raise ValueError(msg)  # noqa: TRY004 - one class for whatever is wrong with the bytes
    return value.decode("utf-8")


def records(data: bytes) -> Iterator[tuple[int, int, Value]]:
    """Yield (field number, wire type, value) for each record of a message.

    Raises:
        ValueError: if the bytes end early or a wire type is not one of the four in use.
    """
    at, end = 0, len(data)
    while at < end:
        key, at = varint(data, at)
        number, kind = key >> 3, key & 7
        if number == 0:
            msg = f"proto: illegal tag 0 (wire type {kind})"
            raise ValueError(msg)
        if kind == VARINT:
            value, at = varint(data, at)
            yield number, kind, value
            continue
        if kind == BYTES:
            length, at = varint(data, at)
        elif kind in (FIXED64, FIXED32):
            length = 8 if kind == FIXED64 else 4
        else:
            msg = f"proto: illegal wireType {kind}"
            raise ValueError(msg)
        if at + length > end:
            msg = "unexpected EOF"
            raise ValueError(msg)
        yield number, kind, data[at : at + length]
        at += length
