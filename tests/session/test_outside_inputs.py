"""What clients outside send is bounded, in order, and read back as it was."""

import json

import pytest

from sim.apimachinery.wire import ApiRequest, ExecRequest, ForwardRequest
from sim.session.inputs import BadInputError, Input, parse_input
from sim.session.outside_inputs import (
    MAX_BODY,
    MAX_WRITE,
    exec_payload,
    forward_payload,
    request_payload,
    to_exec,
    to_forward,
    to_request,
)

REQUEST = {"method": "GET", "path": "/api/v1/pods"}


def again(given: Input) -> Input:
    """Return *given* as a replay reads it from the store."""
    return Input(given.at, given.kind, json.loads(given.dumps()))


def test_a_request_survives_the_store():
    request = ApiRequest(
        "POST",
        "/api/v1/namespaces/default/pods",
        (("dryRun", "All"), ("fieldManager", "kubectl \u00e9")),
        {"accept": "application/json", "x-other": "x", "kubectl-session": "1"},
        {"b": [1, 2.5, None, "\ud800"], "a": {"z": True, "y": "\udcff"}},
    )
    given = parse_input(5, "request", request_payload("kubectl/v1.37.1", request))
    assert again(given) == given
    read = to_request(again(given).payload)
    assert read.body == request.body
    assert list(read.body) == ["a", "b"]
    assert read.query == request.query
    assert read.headers == {"accept": "application/json", "kubectl-session": "1"}


def test_programs_and_connections_survive_the_store():
    program = ExecRequest("ns", "p", "c", ("sh", "-c", "x"), stdin=True, headers={"accept": "*/*"})
    given = parse_input(5, "open", {**exec_payload("k", program), "channel": 3})
    assert to_exec(again(given).payload) == program
    port = ForwardRequest("ns", "p", 8080)
    given = parse_input(5, "open", {**forward_payload("k", port), "channel": 4})
    assert to_forward(again(given).payload) == port


def test_bytes_survive_the_store():
    data = bytes(range(256)).decode("utf-8", "surrogateescape")
    given = parse_input(5, "write", {"channel": 1, "data": data})
    assert again(given).payload["data"].encode("utf-8", "surrogateescape") == bytes(range(256))
    assert given.payload["end"] is False


def deep(levels: int) -> dict:
    body: dict = {}
    for _ in range(levels):
        body = {"a": body}
    return body


@pytest.mark.parametrize(
    ("kind", "payload", "said"),
    [
        ("request", {**REQUEST, "method": "BREW"}, "method must be one of"),
        ("request", {**REQUEST, "path": "api"}, "path must begin with /"),
        ("request", {**REQUEST, "path": "/" * 5000}, "at most 4096"),
        ("request", {**REQUEST, "path": 7}, "must be text"),
        ("request", {**REQUEST, "query": [["a"]]}, "pairs"),
        ("request", {**REQUEST, "query": [["a", "x" * 70_000]]}, "the query has"),
        ("request", {**REQUEST, "headers": {"accept": "x" * 5000}}, "headers must be"),
        ("request", {**REQUEST, "body": {"a": "x" * MAX_BODY}}, "Request entity too large"),
        ("request", {**REQUEST, "body": {"a": float("nan")}}, "no JSON"),
        ("request", {**REQUEST, "body": {"a": object()}}, "no JSON"),
        ("request", {**REQUEST, "body": deep(100_000)}, "no JSON"),
        ("open", {**REQUEST, "of": "watch"}, "channel must be"),
        ("open", {**REQUEST, "of": "door", "channel": 1}, "of must be one of"),
        ("open", {"of": "forward", "channel": 1, "port": 0}, "port must be"),
        ("open", {"of": "exec", "channel": 1, "argv": "ls"}, "argv must be"),
        ("open", {"of": "exec", "channel": 1, "argv": ["x" * 70_000]}, "argv is too long"),
        ("write", {"channel": True, "data": ""}, "channel must be"),
        ("write", {"channel": 1, "data": "x" * (MAX_WRITE + 1)}, "at most"),
        ("hangup", {}, "channel must be"),
    ],
)
def test_what_cannot_be_an_input_is_refused_with_a_reason(kind, payload, said):
    with pytest.raises(BadInputError, match=said):
        parse_input(0, kind, payload)
