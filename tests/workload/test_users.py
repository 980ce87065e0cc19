"""Users and neighbours as processes: what they measure is what was done to them."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from tests.workload.processes import Running, ask, free_port, running

WORDS = ("/a", "/b", "agent=shop", "agent=partners")


class Stub(BaseHTTPRequestHandler):
    """A service that answers what `plan` says for a path."""

    plan: ClassVar[dict[str, tuple[int, str]]] = {}
    seen: ClassVar[list[dict[str, str]]] = []

    def do_GET(self) -> None:
        status, outcome = self.plan.get(self.path, (200, "ok"))
        self.seen.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response(status)
        for name, value in (("X-Pod", "p-1"), ("X-Node", "n-1"), ("X-Version", "3.18.2")):
            self.send_header(name, value)
        if outcome:
            self.send_header("X-Outcome", outcome)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    do_POST = do_GET  # noqa: N815 - the name that the handler looks for

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def stub(**plan: tuple[int, str]) -> Iterator[tuple[int, type[Stub]]]:
    """Serve *plan*: `fail` stands for `/fail`."""
    paths = {f"/{name}": answer for name, answer in plan.items()}
    handler = type("Handler", (Stub,), {"plan": paths, "seen": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.server_address[1], handler
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def settings(port: int, listen: int, call: str = "GET /fine", **more: Any) -> dict[str, Any]:
    """Return users who make one call forty times a second."""
    return {
        "host": "127.0.0.1",
        "port": port,
        "listen": listen,
        "calls": [{"call": call, "rate": 40.0, "scale": 12.0}],
        "classes": [{"name": "shop", "share": 1.0}],
        "lines_per_second": 1000,
        **more,
    }


def samples(one: Running, listen: int, since: int = 0) -> list[dict[str, Any]]:
    """Return all lines, once there is a whole second of them."""
    one.wait_for("")
    for _ in range(400):
        lines = ask(listen, f"GET /samples?since={since}").text.splitlines()
        if len(lines) > 1:
            return [json.loads(line) for line in lines]
        threading.Event().wait(0.02)
    raise AssertionError(one.text)


def test_samples_tell_who_answered_and_how() -> None:
    listen = free_port()
    with (
        stub() as (port, seen),
        running("users", settings=settings(port, listen), POD_NAME="gw") as one,
    ):
        one.wait_for("GET /fine 200 ")
        header, first, *_ = samples(one, listen)
        assert ask(listen, "GET /healthz").status == 200
        assert one.stop() == 0
    assert (header["source"], header["program"]) == ("gw", "users")
    assert header["until"] < header["now"]
    known = {key: first[key] for key in ("call", "class", "pod", "node", "version", "outcome")}
    assert known == {
        "call": "GET /fine",
        "class": "shop",
        "pod": "p-1",
        "node": "n-1",
        "version": "3.18.2",
        "outcome": "ok",
    }
    assert (first["status"], first["scale"]) == (200, 12.0)
    assert first["count"] == first["final"] == len(first["ms"])
    assert first["ms"] == sorted(first["ms"])
    assert first["at"] <= header["until"]
    assert {each["user-agent"] for each in seen.seen} == {"shop"}


def test_since_leaves_out_what_was_read() -> None:
    listen = free_port()
    with stub() as (port, _), running("users", settings=settings(port, listen)) as one:
        one.wait_for("GET /fine")
        until = samples(one, listen)[0]["until"]
        later = [
            json.loads(line)
            for line in ask(listen, f"GET /samples?since={until}").text.splitlines()
        ]
    assert all(line["at"] > until for line in later[1:])


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [((503, "overloaded"), "overloaded"), ((500, "broken"), "broken"), ((500, ""), "broken")],
)
def test_failures_keep_the_pods_word(answer: tuple[int, str], outcome: str) -> None:
    listen = free_port()
    told = settings(0, listen, "POST /fail")
    with stub(fail=answer) as (port, _), running("users", settings={**told, "port": port}) as one:
        one.wait_for(rf"WARN: POST /fail {answer[0]} ")
        lines = samples(one, listen)[1:]
    assert {(each["outcome"], each["status"]) for each in lines} == {(outcome, answer[0])}


def test_nobody_takes_the_connection() -> None:
    listen = free_port()
    told = settings(free_port(), listen)
    with running("users", settings=told) as one:
        one.wait_for(
            r"WARN: GET /fine 503 \d+ms req=\w{8} agent=shop upstream refused the connection"
        )
        line = samples(one, listen)[1]
        through = ask(listen, "GET /v1/anything")
    assert (line["outcome"], line["pod"], line["status"]) == ("refused", "", 503)
    assert through.status == 503


def test_who_tries_again_loses_once() -> None:
    listen = free_port()
    classes = [{"name": "shop", "share": 1.0, "retries": 1}]
    told = settings(0, listen, "GET /fail", classes=classes)
    with (
        stub(fail=(500, "broken")) as (port, _),
        running("users", settings={**told, "port": port}) as one,
    ):
        one.wait_for("GET /fail")
        lines = samples(one, listen)[1:]
    count, final = (sum(line[key] for line in lines) for key in ("count", "final"))
    assert 0.4 <= final / count <= 0.6


def test_robots_keep_their_hours_and_fail_by_themselves() -> None:
    listen = free_port()
    robot = {
        "name": "card-check",
        "call": "GET /fine",
        "rate": 50.0,
        "spells": [[1_000, 2_000_000_000_000]],
        "fails": {"share": 1.0, "since": 1_000, "status": 502, "text": "expired"},
    }
    told = settings(0, listen, classes=[robot])
    with stub() as (port, seen), running("users", settings={**told, "port": port}) as one:
        for _ in range(400):
            if not ask_quietly(listen):
                continue
            break
        assert not seen.seen
        assert ask(listen, "POST /clock", b'{"epoch_ms": 1}').status == 200
        assert ask(listen, "POST /clock", b"{}").status == 400
        one.wait_for("GET /fine")
    assert {each["x-own-failure"] for each in seen.seen} == {"502 expired"}
    assert {each["user-agent"] for each in seen.seen} == {"card-check"}


def ask_quietly(port: int) -> bool:
    """Return whether somebody listens."""
    try:
        return ask(port, "GET /healthz").status == 200
    except OSError:
        threading.Event().wait(0.02)
        return False


def test_classes_and_calls_come_in_their_shares() -> None:
    listen = free_port()
    told = settings(
        0,
        listen,
        calls=[{"call": "GET /a", "rate": 150.0}, {"call": "GET /b", "rate": 50.0}],
        classes=[{"name": "shop", "share": 0.8}, {"name": "partners", "share": 0.2}],
    )
    with stub() as (port, _), running("users", settings={**told, "port": port}) as one:
        one.wait_for_lines(150)
    counts = Counter(word for line in one.lines for word in line.split() if word in WORDS)
    assert 0.6 < counts["/a"] / len(one.lines) < 0.9
    assert 0.65 < counts["agent=shop"] / len(one.lines) < 0.95
    assert counts["/a"] + counts["/b"] == counts["agent=shop"] + counts["agent=partners"]


def test_neighbour_tells_when_it_cannot_connect() -> None:
    listen, nobody = free_port(), free_port()
    told = {
        "name": "ledger-stream",
        "host": "127.0.0.1",
        "port": nobody,
        "listen": listen,
        "rate": 50,
    }
    with running("neighbour", settings=told, NODE_NAME="n-3") as one:
        one.wait_for(
            rf"ERROR: dial tcp 127\.0\.0\.1:{nobody}: connect: connection refused "
            r"\(will retry on an established connection\)$"
        )
        header, line, *_ = samples(one, listen)
        assert one.stop() == 0
    assert header["node"] == line["node"] == "n-3"
    assert (line["call"], line["class"]) == (f"tcp 127.0.0.1:{nobody}", "ledger-stream")
    assert line["outcome"] == "refused"
