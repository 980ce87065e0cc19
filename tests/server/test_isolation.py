"""A foreign run is as absent as one that never was, everywhere; a foreign page gets no stream."""

import json
import re

import pytest
import websocket

from tests.server.serving import Visitor
from web.app import create_app


@pytest.fixture(scope="module")
def owner(server):
    return Visitor(server)


@pytest.fixture(scope="module")
def run(owner):
    return owner.take_pager()


@pytest.fixture(scope="module")
def stranger(server):
    visitor = Visitor(server)
    visitor.take_pager(1)
    return visitor


def paths(tmp_path_factory) -> list[tuple[str, str]]:
    """Return (method, path with {run}) of every address of a run but the stream."""
    app = create_app({"DATA": str(tmp_path_factory.mktemp("map"))})
    found = []
    for rule in app.url_map.iter_rules():
        if "run" in rule.arguments and not rule.websocket:
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            path = path.replace("{panel}", "errors")
            found += [(method, path) for method in sorted(rule.methods & {"GET", "POST"})]
    app.extensions["hub"].close()
    return found


def masked(body: str, run: str) -> str:
    """Return *body* without the run's id, which the visitor knows, and the page's own token."""
    return re.sub(r'(csrf-token" content=")[^"]+', r"\1", body).replace(run, "RUN")


def ask(visitor: Visitor, method: str, path: str):
    headers = {"X-CSRFToken": visitor.token, "Content-Type": "application/json"}
    body = json.dumps({"kind": "acknowledge", "payload": {}}).encode()
    return visitor.request(path, body if method == "POST" else None, **headers)


def test_a_foreign_run_and_one_that_never_was_are_answered_alike(
    run, owner, stranger, tmp_path_factory
):
    asked = paths(tmp_path_factory)
    assert len(asked) >= 10
    for method, path in asked:
        status, foreign, headers = ask(stranger, method, path.replace("{run}", run))
        missing_status, missing, others = ask(stranger, method, path.replace("{run}", "A" * 16))
        assert (method, path, status, missing_status) == (method, path, 404, 404)
        assert masked(foreign, run) == masked(missing, "A" * 16)
        assert set(headers) == set(others)
    state = owner.get(f"/api/run/{run}/state")
    assert state["acknowledged_at"] is None


@pytest.mark.parametrize("who", ["stranger", "nobody"])
def test_the_stream_of_a_foreign_run_is_refused_like_one_that_never_was(server, run, stranger, who):
    visitor = stranger if who == "stranger" else Visitor(server)
    answers = []
    for wanted in (run, "A" * 16):
        with pytest.raises(websocket.WebSocketBadStatusException) as caught:
            visitor.tab(wanted)
        body = masked(caught.value.resp_body.decode(), wanted)
        answers.append((caught.value.status_code, body))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:1", "//"]
)
def test_the_stream_is_refused_to_a_foreign_page(run, owner, origin):
    with pytest.raises(websocket.WebSocketBadStatusException) as caught:
        owner.tab(run, origin=origin)
    assert caught.value.status_code == 403
    with owner.tab(run) as tab:
        tab.wait(lambda: bool(tab.state), "the state")


def test_an_input_needs_the_token_of_its_page(run, owner):
    body = json.dumps({"kind": "acknowledge", "payload": {}}).encode()
    status, text, _ = owner.request(
        f"/api/run/{run}/input", body, **{"Content-Type": "application/json"}
    )
    assert status == 400
    assert "CSRF" in json.loads(text)["error"]
    assert owner.get(f"/api/run/{run}/state")["acknowledged_at"] is None


def test_runs_are_listed_to_their_holder_only(run, owner, stranger):
    assert run in owner.request("/")[1]
    assert run not in stranger.request("/")[1]
