"""A real server in processes of its own, and visitors who talk to it over HTTP and WebSocket."""

from __future__ import annotations

import contextlib
import http.cookiejar
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import websocket

ROOT = Path(__file__).resolve().parents[2]
SLUG = "payments-0247"
PATIENCE_S = 60


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(
    true: Callable[[], bool], what: str, patience_s: float = PATIENCE_S, pause_s: float = 0.05
) -> None:
    """Wait until *true*; fail with *what* if it never is."""
    end = time.monotonic() + patience_s
    while not true():
        if time.monotonic() > end:
            raise AssertionError(f"waited {patience_s:.0f} s in vain for {what}")
        time.sleep(pause_s)


def _runs(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


class Server:
    """`uncordon serve` on a free port, in a process group of its own."""

    def __init__(self, data: Path, database: str = "") -> None:
        self.data = data
        self.database = database
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.process: subprocess.Popen[str] | None = None
        self.log = data / "server.log"
        self.tabs: list[Tab] = []

    def start(self, page: str = "/guide", watch_s: float = 0.05) -> None:
        """Start it and wait for its first page."""
        self.data.mkdir(parents=True, exist_ok=True)
        words = ["serve", "--port", str(self.port), "--data", str(self.data)]
        if self.database:
            words += ["--database", self.database]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "sim.cli", *words],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        self.wait(page, watch_s)

    def wait(self, page: str = "/guide", watch_s: float = 0.05) -> None:
        """Wait until it answers; look every *watch_s*."""
        assert self.process is not None
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                urllib.request.urlopen(f"http://{self.address}{page}", timeout=10).read()
            except OSError:
                ended = self.process.poll() is not None
                if ended or time.monotonic() > end:
                    said = self.log.read_text()[-2000:]
                    raise AssertionError(f"the server does not answer: {said}") from None
                time.sleep(watch_s)
            else:
                return

    def workers(self) -> list[int]:
        """Return the pids of gunicorn's workers."""
        assert self.process is not None
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def kill(self) -> None:
        """`kill -9` the master and its worker at once, and wait until both have ended."""
        assert self.process is not None
        workers = self.workers()
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(20)
        # The kernel takes a worker's memory apart first, and until then it is a living owner of its runs.
        until(lambda: not any(map(_runs, workers)), f"an end of {workers}", pause_s=0.01)

    def stop(self, number: int = signal.SIGINT) -> float:
        """End it as Ctrl-C does, or with another signal; return how long that took."""
        assert self.process is not None
        begin = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(30)
        return time.monotonic() - begin

    def end(self) -> None:
        """Leave nothing behind."""
        for tab in self.tabs:
            tab.close()
        if self.process is not None and self.process.poll() is None:
            self.kill()


class Visitor:
    """A browser without a screen: cookies, forms with their token, JSON."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.cookies = http.cookiejar.CookieJar()
        self._open = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.cookies), _NoRedirect()
        )
        self.token = ""

    def request(
        self, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, str, dict[str, str]]:
        """Return (status, body, headers) of any answer."""
        url = f"http://{self.server.address}{path}"
        asked = urllib.request.Request(url, body, headers)
        try:
            with self._open.open(asked, timeout=PATIENCE_S) as answer:
                return answer.status, answer.read().decode(), dict(answer.headers)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode(), dict(error.headers)

    def take_pager(self, seed: int = 0) -> str:
        """Start a run and return its id."""
        _, page, _ = self.request(f"/incident/{SLUG}")
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found is not None, page
        self.token = found[1]
        form = urllib.parse.urlencode({"seed": str(seed), "csrf_token": self.token})
        status, body, headers = self.request(f"/incident/{SLUG}", form.encode())
        assert status == 302, body
        return headers["Location"].split("/")[2]

    def get(self, path: str) -> dict[str, Any]:
        """Return the JSON of *path*, which must be there."""
        status, body, _ = self.request(path)
        assert status == 200, body
        found: dict[str, Any] = json.loads(body)
        return found

    def post(self, path: str, message: object) -> tuple[int, dict[str, Any]]:
        """Send JSON; return (status, JSON)."""
        body = json.dumps(message).encode()
        status, text, _ = self.request(
            path, body, **{"Content-Type": "application/json", "X-CSRFToken": self.token}
        )
        return status, json.loads(text)

    def input(self, run: str, kind: str, **payload: object) -> tuple[int, dict[str, Any]]:
        """Send one input over plain HTTP."""
        return self.post(f"/api/run/{run}/input", {"kind": kind, "payload": payload})

    def cookie(self) -> str:
        """Return the Cookie header."""
        return "; ".join(f"{one.name}={one.value}" for one in self.cookies)

    def tab(self, run: str, since: int = 0, origin: str | None = None) -> Tab:
        """Open the room's stream."""
        return Tab(self, run, since, origin)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any) -> None:
        return None


class Tab:
    """One WebSocket: collects records, waits for answers."""

    def __init__(self, visitor: Visitor, run: str, since: int, origin: str | None) -> None:
        address = visitor.server.address
        self._socket = websocket.create_connection(
            f"ws://{address}/run/{run}/stream?since={since}",
            cookie=visitor.cookie(),
            origin=f"http://{address}" if origin is None else origin,
            timeout=PATIENCE_S,
        )
        self.records: list[dict[str, Any]] = []
        self.next = since
        self.state: dict[str, Any] = {}
        self._answers: dict[int, dict[str, Any]] = {}
        self._ids = itertools.count(1)
        visitor.server.tabs.append(self)

    def __enter__(self) -> Tab:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Go away."""
        with contextlib.suppress(websocket.WebSocketException, OSError):
            self._socket.close(timeout=2)
        self._socket.shutdown()

    def until_lost(self) -> None:
        """Take messages until the connection is gone."""
        with contextlib.suppress(websocket.WebSocketException, OSError):
            while True:
                self.step()

    def send(self, data: str | bytes) -> None:
        """Send anything."""
        if isinstance(data, str):
            self._socket.send(data)
        else:
            self._socket.send_binary(data)

    def step(self) -> dict[str, Any]:
        """Take the next message; raises ConnectionError or WebSocketException if there is none."""
        text = self._socket.recv()
        if not text:
            raise ConnectionError("the server has closed the stream")
        message: dict[str, Any] = json.loads(text)
        if message["type"] == "records":
            self.records += message["records"]
            self.next = message["next"]
        elif message["type"] == "state":
            self.state = message
        elif isinstance(message["id"], int):
            self._answers[message["id"]] = message
        return message

    def wait(self, true: Callable[[], bool], what: str) -> None:
        """Take messages until *true*."""
        end = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < end, f"waited in vain for {what}"
            self.step()

    def ask(self, type_: str, **message: object) -> dict[str, Any]:
        """Send a message and return its answer."""
        number = next(self._ids)
        self.send(json.dumps({"type": type_, "id": number, **message}))
        self.wait(lambda: number in self._answers, f"an answer to {type_}")
        return self._answers.pop(number)

    def input(self, kind: str, **payload: object) -> dict[str, Any]:
        """Send an input and return what is acknowledged."""
        return self.ask("input", kind=kind, payload=payload)

    def command(self, line: str, terminal: str = "t1") -> None:
        """Enter a line, which must be acknowledged."""
        answer = self.input("command", terminal=terminal, line=line)
        assert answer["type"] == "input", answer

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return the records of one kind."""
        return [record for record in self.records if record["kind"] == kind]

    def output_of(self, line: str) -> str:
        """Wait for the last command that reads *line* to end; return what it printed."""

        def found() -> int | None:
            numbers = [one["command"] for one in self.of("command") if one["line"] == line]
            ended = {one["command"] for one in self.of("exit")}
            return numbers[-1] if numbers and numbers[-1] in ended else None

        self.wait(lambda: found() is not None, f"the end of {line[:80]!r}")
        number = found()
        return "".join(one["text"] for one in self.of("output") if one["command"] == number)
