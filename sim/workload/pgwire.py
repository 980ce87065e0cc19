"""PostgreSQL's wire protocol, version 3, as much as a login, a simple query and its answer need.

Messages are those of the manual's chapter "Message Formats". This file must not know roles or pools.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping, Sequence
from typing import NamedTuple

PROTOCOL = 196_608
SSL_REQUEST = 80_877_103
GSS_REQUEST = 80_877_104
CANCEL_REQUEST = 80_877_102
LARGEST = 1 << 20
TEXT_OID = 25


class Problem(NamedTuple):
    """What a server refuses something with."""

    severity: str
    """`ERROR` or `FATAL`."""
    code: str
    """SQLSTATE."""
    message: str


class Message(NamedTuple):
    """One message after the startup."""

    kind: str
    """One letter."""
    body: bytes


def packed(kind: str, body: bytes = b"") -> bytes:
    """Return a message as it goes over the wire; the startup has no *kind*."""
    return kind.encode() + struct.pack("!I", len(body) + 4) + body


def startup(user: str, database: str) -> bytes:
    """Return the first message of a session."""
    pairs = {"user": user, "database": database, "application_name": "sim.workload"}
    body = struct.pack("!I", PROTOCOL) + b"".join(
        text.encode() + b"\0" for pair in pairs.items() for text in pair
    )
    return packed("", body + b"\0")


async def read(reader: asyncio.StreamReader) -> Message:
    """Return the next message; raises as the reader does when there is none."""
    head = await reader.readexactly(5)
    return Message(chr(head[0]), await _rest(reader, head[1:]))


async def read_startup(reader: asyncio.StreamReader) -> tuple[int, Mapping[str, str]]:
    """Return the code of a startup packet and its parameters."""
    body = await _rest(reader, await reader.readexactly(4))
    (code,) = struct.unpack("!I", body[:4])
    texts = [part.decode(errors="replace") for part in body[4:].split(b"\0")]
    return code, dict(zip(texts[::2], texts[1::2], strict=False))


async def _rest(reader: asyncio.StreamReader, size: bytes) -> bytes:
    (length,) = struct.unpack("!I", size)
    if not 4 <= length <= LARGEST:
        raise asyncio.IncompleteReadError(b"", length)
    return await reader.readexactly(length - 4)


def problem(told: Problem) -> bytes:
    """Return an ErrorResponse."""
    fields = (("S", told.severity), ("V", told.severity), ("C", told.code), ("M", told.message))
    body = b"".join(f"{key}{value}".encode() + b"\0" for key, value in fields)
    return packed("E", body + b"\0")


def problem_of(body: bytes) -> Problem:
    """Return what an ErrorResponse says."""
    found = {part[:1]: part[1:] for part in body.decode(errors="replace").split("\0") if part}
    return Problem(found.get("S", "ERROR"), found.get("C", ""), found.get("M", ""))


def welcome(parameters: Mapping[str, str], pid: int, secret: int) -> bytes:
    """Return what a server says to somebody whom it has let in."""
    told = b"".join(
        packed("S", name.encode() + b"\0" + value.encode() + b"\0")
        for name, value in parameters.items()
    )
    keys = packed("K", struct.pack("!II", pid, secret))
    return packed("R", struct.pack("!I", 0)) + told + keys + ready()


def ready() -> bytes:
    """Return ReadyForQuery, outside a transaction."""
    return packed("Z", b"I")


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """Return a result of text columns."""
    head = struct.pack("!H", len(columns)) + b"".join(
        name.encode() + b"\0" + struct.pack("!IhIhih", 0, 0, TEXT_OID, -1, -1, 0)
        for name in columns
    )
    lines = b""
    for row in rows:
        cells = (value.encode() for value in row)
        body = b"".join(struct.pack("!i", len(cell)) + cell for cell in cells)
        lines += packed("D", struct.pack("!H", len(row)) + body)
    return packed("T", head) + lines


def complete(tag: str) -> bytes:
    """Return CommandComplete."""
    return packed("C", tag.encode() + b"\0")


def cells_of(body: bytes) -> list[str]:
    """Return the cells of a DataRow as text."""
    (count,), at, cells = struct.unpack("!H", body[:2]), 2, []
    for _ in range(count):
        (length,) = struct.unpack("!i", body[at : at + 4])
        at += 4
        cells.append(body[at : at + length].decode(errors="replace") if length >= 0 else "")
        at += max(0, length)
    return cells
