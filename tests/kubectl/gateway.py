"""A plain HTTP server before an in-process API server, so that the real kubectl can ask it."""

from __future__ import annotations

import json
import re
import shutil
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sim.apimachinery.protobuf import decode
from sim.apimachinery.wire import ApiRequest
from tests.conftest import missing

_WATCH_ENDED = re.compile(r"(?m)^[IWE]\d{4} .*reflector\.go:\d+\] \"Warning: watch ended.*\n")


def without_logs(err: str) -> str:
    """Return what the real kubectl said, without its log's word on a watch that it was late to leave."""
    return _WATCH_ENDED.sub("", err)


def real_kubectl() -> str:
    """Return the path of the real kubectl, or skip the test."""
    beside = Path(sys.executable).with_name("kubectl")
    binary = str(beside) if beside.exists() else shutil.which("kubectl")
    if binary is None:
        missing("kubectl", "https://kubernetes.io/docs/tasks/tools/")
    return str(binary)


def joined(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers by lower-case name, repeated ones in one line."""
    made: dict[str, str] = {}
    for key, value in headers:
        name = key.lower()
        made[name] = f"{made[name]},{value}" if name in made else value
    return made


def read_body(raw: bytes) -> Any:
    """Return what a body says, in JSON or protobuf."""
    if not raw:
        return None
    return decode(raw) if raw.startswith(b"k8s\0") else json.loads(raw)


@contextmanager
def serving(transport: Any) -> Iterator[str]:
    """Yield the URL of a server that hands requests to *transport*, one at a time."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            """Be quiet."""

        def _answer(self) -> None:
            url = urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            raw = self.rfile.read(length)
            request = ApiRequest(
                self.command,
                unquote(url.path),
                tuple(parse_qsl(url.query, keep_blank_values=True)),
                joined(self.headers.items()),
                read_body(raw),
            )
            with lock:
                response = transport.send(request)
            body = response.body
            if isinstance(body, bytes):
                data = body
            else:
                data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(response.code)
            self.send_header("content-type", response.content_type)
            for text in response.warnings:
                quoted = text.replace("\\", "\\\\").replace('"', '\\"')
                self.send_header("warning", f'299 - "{quoted}"')
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
