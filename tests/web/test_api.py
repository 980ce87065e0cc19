"""The room's JSON: inputs are checked before anything is logged, and errors are sentences."""

import pytest

from sim.session.inputs import MAX_TEXT
from web.app import MAX_BODY

from .conftest import Visitor


def test_input_without_token_is_refused(player: Visitor, run: str):
    answer = player.client.post(f"/api/run/{run}/input", json={"kind": "acknowledge"})
    assert answer.status_code == 400
    assert "CSRF" in answer.json["error"]


def test_body_over_the_limit_is_refused(player: Visitor, run: str):
    answer = player.input(run, "note", text="x" * (MAX_BODY + 1))
    assert answer.status_code == 413


def test_text_over_the_limit_is_refused_with_a_sentence(player: Visitor, run: str):
    answer = player.input(run, "note", text="x" * (MAX_TEXT + 1))
    assert answer.status_code == 400
    assert f"at most {MAX_TEXT} are taken" in answer.json["error"]


@pytest.mark.parametrize(
    ("kind", "payload", "says"),
    [
        ("explode", {}, "no such input"),
        ("command", {"terminal": "t9", "line": "ls"}, "no terminal 't9'"),
        ("look", {"panel": "nope"}, "nope"),
        ("update", {"text": " "}, "an update needs a text"),
        ("close", {"picks": {"component": "gremlins"}}, "gremlins"),
        ("skip", {"amount_ms": -1}, "whole number"),
    ],
)
def test_bad_input_says_what_is_wrong(player: Visitor, run: str, kind, payload, says):
    answer = player.input(run, kind, **payload)
    assert answer.status_code == 400
    assert says in answer.json["error"]


def test_body_that_is_no_object_is_refused(player: Visitor, run: str):
    token = player.token("/guide")
    answer = player.client.post(
        f"/api/run/{run}/input", json=[1, 2], headers={"X-CSRFToken": token}
    )
    assert answer.status_code == 400


def test_look_answers_with_what_the_panel_shows(player: Visitor, run: str):
    answer = player.input(run, "look", panel="errors", by="")
    assert answer.status_code == 200
    assert "Error rate" in answer.json["answer"]


def test_news_hold_what_was_shown_and_no_ground_truth(player: Visitor, run: str):
    player.input(run, "note", text="<b>noted</b>")
    news = player.get(f"/api/run/{run}/news?since=0").json
    kinds = {record["kind"] for record in news["records"]}
    assert "note" in kinds
    assert not kinds & {"run", "impact", "action", "request", "node-command"}
    assert player.get(f"/api/run/{run}/news?since={news['next']}").json["records"] == []


def test_state_says_stage_rate_and_time(player: Visitor, run: str):
    state = player.get(f"/api/run/{run}/state").json
    assert state["page"] == "payment-service 5xx rate > 5% for 3 minutes"
    assert state["error_rate"] > 0.05
    assert state["threshold"] == pytest.approx(0.05)
    assert state["prompts"]["t1"].endswith("$ ")


def test_acknowledge_moves_the_stage(visitor: Visitor):
    run = visitor.take_pager(7)
    assert visitor.get(f"/api/run/{run}/state").json["stage"] == "paged"
    assert visitor.input(run, "acknowledge").status_code == 200
    state = visitor.get(f"/api/run/{run}/state").json
    assert state["stage"] == "acknowledged"
    assert state["acknowledged_at"] is not None


@pytest.mark.parametrize(
    ("panel", "by"), [("errors", ""), ("errors", "node"), ("latency", ""), ("connections", "node")]
)
def test_chart_has_lines_up_to_now(player: Visitor, run: str, panel: str, by: str):
    chart = player.get(f"/api/run/{run}/chart/{panel}?by={by}").json
    assert chart["lines"]
    assert all(line["points"] for line in chart["lines"])


def test_chart_of_an_unknown_split_names_the_known(player: Visitor, run: str):
    answer = player.get(f"/api/run/{run}/chart/errors?by=moon")
    assert answer.status_code == 400
    assert "node" in answer.json["error"]


def test_alerts_have_a_history(player: Visitor, run: str):
    states = [alert["state"] for alert in player.get(f"/api/run/{run}/alerts").json["alerts"]]
    assert states[0] == "firing"
    assert "resolved" in states[1:]


def test_complete_offers_what_fits(player: Visitor, run: str):
    answer = player.get(f"/api/run/{run}/complete?line=kubectl+cor&terminal=t1").json
    assert answer["candidates"] == ["cordon"]


def test_users_lost_stand_still_after_the_hour_that_counts(player: Visitor):
    run = player.take_pager()
    lost = []
    for minutes in (59, 2, 10):
        player.input(run, "skip", amount_ms=minutes * 60_000)
        lost.append(player.get(f"/api/run/{run}/state").json["lost"])
    assert 0 < lost[0] < lost[1] == lost[2]
