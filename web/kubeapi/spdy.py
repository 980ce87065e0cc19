"""SPDY/3.1 frames to bytes and back, as kubectl's streams need them; a server's side, without IO.

Settings, priorities and windows are read over: the clients that still speak SPDY keep none. It must
not know what a stream is for.
"""

from __future__ import annotations

import struct
import threading
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from web.kubeapi.line import ClosedError, Wire
from web.kubeapi.spdydictionary import DICTIONARY

DATA = 0
"""What `Frame.kind` is for bytes of a stream; control frames have the protocol's own numbers."""
SYN_STREAM, SYN_REPLY, RST_STREAM, SETTINGS, PING, GOAWAY, HEADERS = 1, 2, 3, 4, 6, 7, 8
FIN = 0x01
VERSION = 3
REFUSED_STREAM, CANCEL = 3, 5
MAX_FRAME = 1024 * 1024
MAX_HEADERS = 64 * 1024
_CHUNK = 64 * 1024
_CONTROL = 0x80000000
_HEAD = 8
_ID = 0x7FFFFFFF


class SpdyError(ValueError):
    """What came in is not SPDY/3.1."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as it came in."""

    kind: int
    """`DATA`, `SYN_STREAM` ..."""
    stream: int = 0
    """The stream's number; for a ping, the ping's."""
    fin: bool = False
    """Whether nothing more comes from that side of the stream."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Lower-case names, e.g. `{"streamtype": "stdin"}`."""
    data: bytes = b""


class Codec:
    """One connection's state: half frames and the two header compressions."""

    def __init__(self) -> None:
        """Begin a connection."""
        self._rest = bytearray()
        self._inflate = zlib.decompressobj(zdict=DICTIONARY)
        self._deflate = zlib.compressobj(zdict=DICTIONARY)

    # -- reading -------------------------------------------------------------------------------------

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Yield the frames that *data* completes.

        Raises:
            SpdyError: if it is something else.
        """
        self._rest += data
        while len(self._rest) >= _HEAD:
            first, second = struct.unpack_from(">II", self._rest)
            flags, length = second >> 24, second & 0xFFFFFF
            if length > MAX_FRAME:
                raise SpdyError(f"a frame of {length} bytes")
            if len(self._rest) < _HEAD + length:
                return
            body = bytes(self._rest[_HEAD : _HEAD + length])
            del self._rest[: _HEAD + length]
            fin = bool(flags & FIN)
            if not first & _CONTROL:
                yield Frame(DATA, first, fin, data=body)
                continue
            if first >> 16 & 0x7FFF != VERSION:
                raise SpdyError(f"SPDY version {first >> 16 & 0x7FFF}")
            yield self._control(first & 0xFFFF, fin, body)

    def _control(self, kind: int, fin: bool, body: bytes) -> Frame:
        fixed = {SYN_STREAM: 10, SYN_REPLY: 4, HEADERS: 4, RST_STREAM: 8, PING: 4, GOAWAY: 8}
        size = fixed.get(kind, 0)
        if len(body) < size:
            raise SpdyError(f"a frame of type {kind} with {len(body)} bytes")
        number = int.from_bytes(body[:4], "big") & _ID if size else 0
        if kind in (SYN_STREAM, SYN_REPLY, HEADERS):
            return Frame(kind, number, fin, headers=self._headers(body[size:]))
        return Frame(kind, number, fin, data=body)

    def _headers(self, block: bytes) -> dict[str, str]:
        try:
            plain = self._inflate.decompress(block, MAX_HEADERS)
        except zlib.error as error:
            raise SpdyError(f"headers: {error}") from error
        if self._inflate.unconsumed_tail:
            raise SpdyError("headers too large")
        position = 0

        def word() -> bytes:
            nonlocal position
            size = int.from_bytes(plain[position : position + 4], "big")
            begin, position = position + 4, position + 4 + size
            if position > len(plain):
                raise SpdyError("headers cut short")
            return plain[begin:position]

        if len(plain) < 4:
            raise SpdyError("headers cut short")
        count, position = int.from_bytes(plain[:4], "big"), 4
        found = {}
        for _ in range(count):
            name = word().decode("latin-1").lower()
            # Several values of one name stand behind each other, with a NUL between.
            found[name] = word().split(b"\0")[0].decode("latin-1")
        return found

    # -- writing -------------------------------------------------------------------------------------

    def reply(self, stream: int, headers: Mapping[str, str] | None = None) -> bytes:
        """Return the frame that accepts a stream; the order of replies is the compression's."""
        return _frame(SYN_REPLY, stream.to_bytes(4, "big") + self._block(headers or {}))

    def open(self, stream: int, headers: Mapping[str, str], *, fin: bool = False) -> bytes:
        """Return the frame that opens a stream, as a client does."""
        fixed = struct.pack(">IIH", stream, 0, 0)
        return _frame(SYN_STREAM, fixed + self._block(headers), FIN if fin else 0)

    def _block(self, headers: Mapping[str, str]) -> bytes:
        plain = len(headers).to_bytes(4, "big")
        for name, value in headers.items():
            for word in (name.lower().encode("latin-1"), value.encode("latin-1")):
                plain += len(word).to_bytes(4, "big") + word
        return self._deflate.compress(plain) + self._deflate.flush(zlib.Z_SYNC_FLUSH)


def data(stream: int, part: bytes, *, fin: bool = False) -> bytes:
    """Return a frame of data; *fin* if it is the last of this side."""
    flags = FIN if fin else 0
    return struct.pack(">II", stream, flags << 24 | len(part)) + part


def reset(stream: int, status: int) -> bytes:
    """Return the frame that ends a stream for both sides."""
    return _frame(RST_STREAM, struct.pack(">II", stream, status))


def ping(number: int) -> bytes:
    """Return a ping, or the answer to one."""
    return _frame(PING, number.to_bytes(4, "big"))


def go_away(last: int) -> bytes:
    """Return the frame that says that no stream after *last* will be taken."""
    return _frame(GOAWAY, struct.pack(">II", last, 0))


def _frame(kind: int, body: bytes, flags: int = 0) -> bytes:
    return struct.pack(">II", _CONTROL | VERSION << 16 | kind, flags << 24 | len(body)) + body


class Spdy:
    """A server's side of a connection; one thread receives, any may send."""

    def __init__(self, wire: Wire) -> None:
        """Speak SPDY over *wire*."""
        self._wire = wire
        self._codec = Codec()
        self._sending = threading.Lock()
        self._last = 0

    def frames(self) -> Iterator[Frame]:
        """Yield what concerns streams until the client is gone; pings are answered here."""
        try:
            while True:
                for frame in self._codec.feed(self._wire.receive() or b""):
                    if frame.kind == PING:
                        self._send(ping(frame.stream))
                    elif frame.kind == SYN_STREAM:
                        self._last = frame.stream
                        yield frame
                    elif frame.kind in (DATA, RST_STREAM):
                        yield frame
                    elif frame.kind == GOAWAY:
                        return
        except (ClosedError, SpdyError):
            return

    def accept(self, stream: int) -> None:
        """Accept a stream that the client has opened."""
        with self._sending:
            self._wire.send(self._codec.reply(stream))

    def send(self, stream: int, part: bytes, *, fin: bool = False) -> None:
        """Send *part* on a stream; raises ClosedError if nobody takes it."""
        for begin in range(0, len(part), _CHUNK):
            self._send(data(stream, part[begin : begin + _CHUNK]))
        if fin:
            self._send(data(stream, b"", fin=True))

    def reset(self, stream: int, status: int = CANCEL) -> None:
        """End a stream for both sides."""
        self._send(reset(stream, status))

    def close(self) -> None:
        """Say that the connection ends."""
        self._send(go_away(self._last))

    def _send(self, frame: bytes) -> None:
        with self._sending:
            self._wire.send(frame)
