"""A cluster that answers as it is told, behind the door and on a real socket."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from sim.apimachinery.wire import ApiRequest, ApiResponse

SECRET = "some-run-0123456789abcdef"
PATIENCE_S = 5.0


class Channel:
    """Brings what the test puts in, and keeps what the client sends."""

    def __init__(self, *frames: tuple[str, Any]) -> None:
        self.unread: queue.Queue[list[tuple[str, Any]] | None] = queue.Queue()
        self.written = b""
        self.size = (0, 0)
        self.stdin_closed = threading.Event()
        self.closed = threading.Event()
        self.on_write: Callable[[bytes], None] = lambda _: None
        self.on_end: Callable[[], None] = lambda: None
        if frames:
            self.unread.put(list(frames))

    def bring(self, *frames: tuple[str, Any]) -> None:
        self.unread.put(list(frames))

    def end(self) -> None:
        self.unread.put(None)

    def read(self, timeout_s: float) -> list[tuple[str, Any]] | None:
        try:
            return self.unread.get(timeout=timeout_s)
        except queue.Empty:
            return []

    def write(self, data: bytes) -> None:
        self.written += data
        self.on_write(data)

    def resize(self, columns: int, rows: int) -> None:
        self.size = (columns, rows)

    def close_stdin(self) -> None:
        self.stdin_closed.set()
        self.on_end()

    def close(self) -> None:
        self.closed.set()
        self.unread.put(None)


def echo() -> Channel:
    """Return a program like `cat`: prints what it reads and ends with its input."""
    channel = Channel()
    channel.on_write = lambda data: channel.bring(("stdout", data))

    def end() -> None:
        channel.bring(("exit", 0))
        channel.end()

    channel.on_end = end
    return channel


class Scripted:
    """An Access: `answer` to what ends at once, the next of `channels` to what is opened."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.answer: ApiResponse | Exception = ApiResponse(200, {"kind": "PodList", "items": []})
        self.channels: list[Channel | ApiResponse] = []

    @property
    def last(self) -> Any:
        return self.asked[-1]

    def handle(self, request: ApiRequest) -> ApiResponse:
        self.asked.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def open(self, request: Any) -> Channel | ApiResponse:
        self.asked.append(request)
        return self.channels.pop(0)


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: Any) -> None:
        """Be quiet."""


@contextmanager
def listening(application: Any, tls: tuple[str, str] | None = None) -> Iterator[tuple[str, int]]:
    """Serve *application* on a free loopback port; yields the address."""
    server = make_server(
        "127.0.0.1", 0, application, threaded=True, request_handler=_Handler, ssl_context=tls
    )
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield "127.0.0.1", server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
