import http.client
import json
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from sim.apimachinery.wire import ApiResponse
from tests.web.kubeapi.scripted import PATIENCE_S, SECRET, Channel, Scripted
from web.kubeapi import streams

WATCH = f"/k/{SECRET}/api/v1/pods?watch=true"
FOLLOW = f"/k/{SECRET}/api/v1/namespaces/a/pods/b/log?follow=true"
POD = {"kind": "Pod", "metadata": {"name": "a"}}
ADDED = ("event", {"type": "ADDED", "object": POD})


@pytest.fixture
def channel(access: Scripted) -> Channel:
    made = Channel()
    access.channels = [made]
    return made


@pytest.fixture
def http_client(address: tuple[str, int]) -> Iterator[http.client.HTTPConnection]:
    with closing(http.client.HTTPConnection(*address, timeout=PATIENCE_S)) as made:
        yield made


def opened(client: http.client.HTTPConnection, path: str) -> http.client.HTTPResponse:
    client.request("GET", path)
    return client.getresponse()


def test_watch_sends_headers_before_anything_happens(
    http_client: http.client.HTTPConnection, channel: Channel
):
    answer = opened(http_client, WATCH)
    assert answer.status == 200
    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert answer.headers["Content-Type"] == "application/json"
    channel.bring(ADDED)
    assert json.loads(answer.readline()) == ADDED[1]
    channel.end()
    assert answer.read() == b""
    assert channel.closed.wait(PATIENCE_S)


def test_followed_log_is_text_as_it_comes(
    http_client: http.client.HTTPConnection, channel: Channel
):
    answer = opened(http_client, FOLLOW)
    assert answer.headers["Content-Type"] == "text/plain"
    channel.bring(("data", b"one\xff\n"), ("data", b"two\n"))
    assert answer.readline() == b"one\xff\n"
    channel.end()
    assert answer.read() == b"two\n"


def test_client_that_leaves_ends_its_watch_without_traffic(
    http_client: http.client.HTTPConnection, channel: Channel, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(streams, "WAIT_S", 0.05)
    answer = opened(http_client, WATCH)
    answer.close()
    http_client.close()
    assert channel.closed.wait(PATIENCE_S)


def test_watch_ends_at_the_time_it_was_given(
    http_client: http.client.HTTPConnection, channel: Channel
):
    before = time.monotonic()
    assert opened(http_client, f"{WATCH}&timeoutSeconds=1").read() == b""
    assert 0.9 < time.monotonic() - before < 3
    assert channel.closed.wait(PATIENCE_S)


def test_refused_watch_is_a_plain_answer(http_client: http.client.HTTPConnection, access: Scripted):
    access.channels = [ApiResponse(410, {"kind": "Status", "code": 410})]
    answer = opened(http_client, WATCH)
    assert (answer.status, json.load(answer)["code"]) == (410, 410)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/pods?watch=false",
        "/api/v1/pods?watch=0",
        "/api/v1/namespaces/a/pods/b?watch=true",
        "/version?watch=true",
        "/api/v1/namespaces/a/pods/b/log?follow=false",
    ],
)
def test_what_only_looks_like_a_stream_ends_at_once(
    http_client: http.client.HTTPConnection, path: str
):
    assert json.load(opened(http_client, f"/k/{SECRET}{path}")) == {"kind": "PodList", "items": []}


def test_object_that_many_watch_is_encoded_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(streams, "KEPT", 2)
    encoder = streams.EventEncoder()
    line = encoder(ADDED)
    assert line == b'{"type":"ADDED","object":{"kind":"Pod","metadata":{"name":"a"}}}\n'
    assert encoder(ADDED) is line
    assert encoder(("event", {"type": "MODIFIED", "object": POD})) != line
    for _ in range(3):
        encoder(("event", {"type": "ADDED", "object": {"kind": "Pod"}}))
    assert encoder(ADDED) is not line
    assert encoder(("exit", 0)) == b""


def test_stream_that_nobody_reads_is_hung_up_all_the_same():
    channel = Channel()
    streams.Streaming(channel, streams.text, None).close()
    assert channel.closed.is_set()
