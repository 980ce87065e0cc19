"""A run's secret opens that run and nothing else, both ways; what does not open tells nothing."""

import io
import logging
from typing import Any

import pytest
from flask import Flask

from sim.session.kubeconfig import run_of, secret_of
from tests.web.conftest import Visitor
from web.gunicorn import MaskingFormatter
from web.kubeapi.secrets import OneCluster, masked

KEY = b"k" * 32
PODS = "/api/v1/namespaces/payments/pods"


@pytest.fixture(scope="module")
def runs(player: Visitor) -> tuple[str, str]:
    return player.take_pager(0), player.take_pager(1)


def key(app: Flask) -> bytes:
    assert isinstance(app.secret_key, bytes)
    return app.secret_key


def asked(app: Flask, secret: str, path: str = PODS) -> list[Any]:
    """Ask with *secret* both ways, as a client without cookies."""
    client = app.test_client(use_cookies=False)
    bearer = {"Authorization": f"Bearer {secret}"}
    return [client.get(f"/k/{secret}{path}"), client.get(path, headers=bearer)]


def test_secret_opens_its_run_both_ways(app: Flask, runs: tuple[str, str]):
    for answer in asked(app, secret_of(key(app), runs[0])):
        assert answer.status_code == 200
        assert answer.json["kind"] == "PodList"
        assert answer.json["items"]
        assert "Set-Cookie" not in answer.headers


def wrong_ones(app: Flask, one: str, other: str) -> dict[str, str]:
    right = secret_of(key(app), one)
    proof = right.removeprefix(f"{one}-")
    return {
        "empty": "",
        "only the run": one,
        "a run with another's proof": f"{other}-{proof}",
        "another key": secret_of(KEY, one),
        "no such run": secret_of(key(app), "nosuchrun0000000"),
        "one digit off": right[:-1] + ("0" if right[-1] != "0" else "1"),
        "upper case": f"{one}-{proof.upper()}",
        "more after it": f"{right}0",
        "no text": "\udcff-\udcff".encode("utf-8", "surrogateescape").decode("latin-1"),
        "the key itself": key(app).hex(),
    }


def test_wrong_secret_opens_nothing_and_is_told_nothing(app: Flask, runs: tuple[str, str]):
    told = set()
    for name, secret in wrong_ones(app, *runs).items():
        for answer in asked(app, secret):
            # An empty segment in the path is no secret at all.
            assert answer.status_code == 401, name
            told.add(answer.get_data())
    assert len(told) == 1
    assert b"payment" not in told.pop()


def test_closed_run_opens_no_more(app: Flask, player: Visitor):
    run = player.take_pager(2)
    secret = secret_of(key(app), run)
    assert [answer.status_code for answer in asked(app, secret)] == [200, 200]
    assert player.input(run, "close").status_code == 200
    assert [answer.status_code for answer in asked(app, secret)] == [401, 401]
    assert player.get(f"/run/{run}/kubeconfig").status_code == 404


@pytest.mark.parametrize("path", ["/run/x/", "/guide", "/static/favicon.svg", "/../guide"])
def test_path_outside_the_api_is_not_there(app: Flask, runs: tuple[str, str], path: str):
    secret = secret_of(key(app), runs[0])
    answer = app.test_client(use_cookies=False).get(f"/k/{secret}{path}")
    assert answer.status_code == 404
    assert answer.text.strip() == "404 page not found"
    assert "uncordon" not in answer.text


def test_pages_json_is_not_the_doors(app: Flask, player: Visitor, runs: tuple[str, str]):
    assert player.get(f"/api/run/{runs[0]}/state").status_code == 200
    bearer = {"Authorization": f"Bearer {secret_of(key(app), runs[0])}"}
    stranger = app.test_client(use_cookies=False)
    assert stranger.get(f"/api/run/{runs[0]}/state", headers=bearer).status_code == 404


def test_write_needs_no_form_token(app: Flask, runs: tuple[str, str]):
    secret = secret_of(key(app), runs[1])
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "mine"}}
    answer = app.test_client(use_cookies=False).post(f"/k/{secret}/api/v1/namespaces", json=body)
    assert answer.status_code == 201


def test_file_is_its_visitors_only(app: Flask, player: Visitor, stranger: Visitor, runs: Any):
    answer = player.get(f"/run/{runs[0]}/kubeconfig")
    assert answer.content_type == "application/yaml"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="uncordon-')
    assert answer.headers["Cache-Control"] == "no-store"
    assert f"http://localhost/k/{secret_of(key(app), runs[0])}" in answer.text
    assert stranger.get(f"/run/{runs[0]}/kubeconfig").status_code == 404


def test_with_tls_the_secret_is_a_token(app: Flask, player: Visitor, runs: tuple[str, str]):
    secret = secret_of(key(app), runs[0])
    answer = player.client.get(f"/run/{runs[0]}/kubeconfig", base_url="https://localhost")
    if answer.status_code == 404:  # the cookie was made over http
        pytest.fail(answer.text)
    assert f'token: "{secret}"' in answer.text
    assert 'server: "https://localhost"' in answer.text
    assert "/k/" not in answer.text


@pytest.mark.parametrize("run", ["abc", "a-b-c", "-", "_x-"])
def test_run_is_read_back_from_its_secret(run: str):
    assert run_of(KEY, secret_of(KEY, run)) == run
    assert run_of(b"x" * 32, secret_of(KEY, run)) is None


def test_sandbox_without_a_secret_is_open_and_with_one_is_not():
    access: Any = object()
    assert OneCluster(access).access("whatever", "") is access
    assert OneCluster(access, "right").access("right", "") is access
    assert OneCluster(access, "right").access("wrong", "") is None
    assert OneCluster(access, "right").access("", "") is None


def test_logs_hold_no_secret():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(MaskingFormatter("%(message)s"))
    log = logging.Logger("masking")
    log.addHandler(handler)
    error = RuntimeError("at http://127.0.0.1/k/run-0123/api")
    log.error("Error handling request %s", "/k/run-0123/api/v1/pods?limit=1", exc_info=error)
    assert "run-0123" not in stream.getvalue()
    assert "/k/***/api/v1/pods?limit=1" in stream.getvalue()
    assert masked("/api/v1/pods") == "/api/v1/pods"
    assert masked("GET /shared/tok-en_1/reel") == "GET /shared/***/reel"
    line = "/compare?name_a=x&links_a=http%3A%2F%2Fh%2Fshared%2Ftok+tok2&seeds=1"
    assert masked(line) == "/compare?name_a=x&links_a=***&seeds=1"
