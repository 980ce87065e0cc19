"""Connections to a pod's ports: `port-forward` over SPDY, and over the channel pairs of WebSocket.

Over SPDY the client opens a pair of streams for each connection, so the ports are learned as they
come. What listens in the pod is not known here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from sim.apimachinery.wire import ApiResponse
from web.kubeapi.execution import LINGER_S, WAIT_S
from web.kubeapi.line import ClosedError, Line
from web.kubeapi.spdy import DATA, RST_STREAM, SYN_STREAM, Frame, Spdy
from web.kubeapi.websocket import WebSocket

if TYPE_CHECKING:
    from sim.session.access import Channel

TUNNEL = "SPDY/3.1+portforward.k8s.io"
"""SPDY inside of WebSocket, what kubectl speaks since 1.31."""
SPDY_PROTOCOLS = ("portforward.k8s.io",)
PAIRS = "v4.channel.k8s.io"
"""Channel 2n carries the bytes of the n-th port, 2n+1 what went wrong; Python clients speak it."""

Open = Callable[[int], "Channel | ApiResponse"]
"""Opens a connection to a port of the pod."""


def refusal_text(answer: ApiResponse) -> str:
    """Return what a refusal says."""
    return str(answer.body.get("message", "")) if isinstance(answer.body, Mapping) else answer.body


class _Pair:
    """One connection: its two streams and what it is connected to."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.data = self.error = 0
        self.channel: Channel | None = None


class Forwarding:
    """The connections of one client over SPDY."""

    def __init__(self, spdy: Spdy, connect: Open) -> None:
        """Connect to ports with *connect* as the client asks for them."""
        self._spdy = spdy
        self._connect = connect
        self._pairs: dict[str, _Pair] = {}
        self._of_stream: dict[int, _Pair] = {}

    def serve(self) -> None:
        """Forward until the client is gone."""
        try:
            with suppress(ClosedError):
                for frame in self._spdy.frames():
                    if frame.kind == SYN_STREAM:
                        self._opened(frame)
                    else:
                        self._came(frame)
        finally:
            for pair in self._pairs.values():
                if pair.channel is not None:
                    pair.channel.close()

    def _opened(self, frame: Frame) -> None:
        port = frame.headers.get("port", "")
        kind = frame.headers.get("streamtype", "")
        if not port.isdecimal() or not 0 < int(port) < 65536 or kind not in ("data", "error"):
            self._spdy.reset(frame.stream)
            return
        self._spdy.accept(frame.stream)
        key = f"{frame.headers.get('requestid', '')} {port}"
        pair = self._pairs.setdefault(key, _Pair(int(port)))
        setattr(pair, kind, frame.stream)
        self._of_stream[frame.stream] = pair
        if pair.data and pair.error:
            del self._pairs[key]
            self._pairs[f"{pair.data}"] = pair
            answer = self._connect(pair.port)
            if isinstance(answer, ApiResponse):
                self._fail(pair, refusal_text(answer))
                return
            pair.channel = answer
            threading.Thread(target=self._pump, args=(pair, answer), daemon=True).start()

    def _came(self, frame: Frame) -> None:
        pair = self._of_stream.get(frame.stream)
        if pair is None or pair.channel is None or frame.stream != pair.data:
            return
        if frame.kind == RST_STREAM:
            pair.channel.close()
            return
        if frame.kind == DATA and frame.data:
            pair.channel.write(frame.data)
        if frame.fin:
            pair.channel.close_stdin()

    def _pump(self, pair: _Pair, channel: Channel) -> None:
        """Send what the pod sends."""
        try:
            while (frames := channel.read(WAIT_S)) is not None:
                for name, value in frames:
                    if name == "error":
                        self._fail(pair, value)
                        return
                    self._spdy.send(pair.data, value)
            self._spdy.send(pair.data, b"", fin=True)
            self._spdy.send(pair.error, b"", fin=True)
        except ClosedError:
            pass
        finally:
            channel.close()
            self._pairs.pop(f"{pair.data}", None)

    def _fail(self, pair: _Pair, text: str) -> None:
        self._spdy.send(pair.error, text.encode(), fin=True)
        self._spdy.send(pair.data, b"", fin=True)


class Paired:
    """One connection to each port, over the channel pairs of one WebSocket."""

    def __init__(
        self, socket: WebSocket, ports: Sequence[int], channels: Sequence[Channel]
    ) -> None:
        """Carry what *channels*, which are open to *ports*, bring and take."""
        self._socket = socket
        self._channels = channels
        for number, port in enumerate(ports):
            for half in (0, 1):
                socket.send(bytes([2 * number + half]) + port.to_bytes(2, "little"))

    def serve(self, line: Line) -> None:
        """Forward until the client is gone or the pod has closed every connection."""
        pumps = [
            threading.Thread(target=self._pump, args=(number, channel), daemon=True)
            for number, channel in enumerate(self._channels)
        ]
        listener = threading.Thread(target=self._listen, daemon=True)
        for thread in (*pumps, listener):
            thread.start()
        for thread in pumps:
            thread.join()
        self._socket.close()
        listener.join(LINGER_S)
        line.close()
        listener.join(LINGER_S)

    def _listen(self) -> None:
        try:
            while True:
                message = self._socket.receive()
                if not message:
                    continue
                number, is_error = divmod(message[0], 2)
                if number < len(self._channels) and not is_error and message[1:]:
                    self._channels[number].write(message[1:])
        except ClosedError:
            pass
        finally:
            for channel in self._channels:
                channel.close()

    def _pump(self, number: int, channel: Channel) -> None:
        try:
            while (frames := channel.read(WAIT_S)) is not None:
                for name, value in frames:
                    is_error = name == "error"
                    part = value.encode() if is_error else value
                    self._socket.send(bytes([2 * number + is_error]) + part)
        except ClosedError:
            pass
        finally:
            channel.close()
