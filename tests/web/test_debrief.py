"""A closed run's debrief: everything that a trainee typed is text in it, and the room is over."""

import pytest

from .conftest import Visitor

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def closed(player: Visitor) -> str:
    run = player.take_pager(0)
    player.input(run, "acknowledge")
    player.input(run, "command", terminal="t1", line=f"echo '{EVIL}'")
    player.input(run, "update", text=EVIL, fields={"impact": EVIL})
    player.input(run, "note", text=EVIL)
    player.input(run, "command", terminal="t1", line="kubectl cordon node-worker-3")
    answer = player.input(run, "close", picks={"scope": "one-node"}, handover=EVIL)
    assert answer.status_code == 200, answer.text
    return run


def test_debrief_shows_what_was_typed_as_text(player: Visitor, closed: str):
    text = player.get(f"/run/{closed}/debrief").text
    assert "&lt;img src=x onerror" in text
    assert "<img src=x" not in text


def test_debrief_has_curve_bars_answers_and_every_line(player: Visitor, closed: str):
    text = player.get(f"/run/{closed}/debrief").text
    debrief = player.get(f"/api/run/{closed}/debrief").json
    for name in ("Users", "Method", "Mitigate first", "Diagnosis", "Close"):
        assert f"<b>{name}</b>" in text
    for finding in debrief["findings"]:
        assert f'id="f-{finding["id"]}"' in text
    assert text.count('class="line ') == 4


def test_debrief_of_a_closed_run_is_the_visitor_s_own(closed: str, stranger: Visitor):
    assert stranger.get(f"/run/{closed}/debrief").status_code == 404


def test_room_of_a_closed_run_leads_to_the_debrief(player: Visitor, closed: str):
    answer = player.get(f"/run/{closed}/")
    assert (answer.status_code, answer.location) == (302, f"/run/{closed}/debrief")


def test_closed_run_takes_no_input(player: Visitor, closed: str):
    answer = player.input(closed, "note", text="too late")
    assert answer.status_code == 400
    assert "closed" in answer.json["error"]


def test_index_shows_the_points_of_a_run_whose_debrief_was_read(player: Visitor, closed: str):
    player.get(f"/run/{closed}/debrief")
    text = player.get("/").text
    assert f"/run/{closed}/debrief" in text
