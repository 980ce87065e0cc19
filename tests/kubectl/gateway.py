"""A plain HTTP server before an in-process API server, so that the real kubectl can ask it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sim.apimachinery.wire import ApiRequest


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
                {key.lower(): value for key, value in self.headers.items()},
                json.loads(raw) if raw else None,
            )
            with lock:
                response = transport.send(request)
            body = response.body
            data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(response.code)
            self.send_header("content-type", response.content_type)
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
