"""A night that was drawn shows its family's title and nothing else, until its debrief tells which it was."""

import re

import pytest
from flask import Flask

from .conftest import SLUG, Visitor

TITLE = "The 02:47 page"
TELLING = re.compile(r"payments-(0247|heron|wren|swift)|Kestrel|Heron|Wren|Swift")
PATHS = (
    "/run/{run}/",
    "/run/{run}/kubeconfig",
    "/api/run/{run}/state",
    "/api/run/{run}/news",
    "/api/run/{run}/alerts",
    "/api/run/{run}/changes",
    "/api/run/{run}/chart/errors",
    "/api/run/{run}/text/people",
    "/api/run/{run}/complete?line=incident+",
    "/api/run/{run}/debrief",
)
"""What an open run shows."""


@pytest.fixture(scope="module")
def drawn(player: Visitor) -> str:
    answer = player.post("/incident/payments", seed="3")
    assert answer.status_code == 302, answer.text
    assert not TELLING.search(answer.location)
    return answer.location.split("/run/")[1].strip("/")


def test_family_is_the_first_card_and_the_others_stand_by_title(visitor: Visitor):
    text = visitor.get("/").text
    cards = re.findall(r'href="/incident/([\w-]+)">([^<]+)<', text)
    assert cards[0] == ("payments", TITLE)
    assert [title for _, title in cards[1:]] == sorted(title for _, title in cards[1:])
    assert SLUG in [name for name, _ in cards]


def test_briefing_of_a_family_names_no_night(visitor: Visitor):
    text = visitor.get("/incident/payments").text
    assert f"<h1>{TITLE}</h1>" in text
    assert not TELLING.search(text)
    bad = visitor.post("/incident/payments", seed="x")
    assert bad.status_code == 400
    assert not TELLING.search(bad.text)


@pytest.mark.parametrize("path", PATHS)
def test_nothing_of_an_open_run_names_its_night(player: Visitor, drawn: str, path: str):
    answer = player.get(path.format(run=drawn))
    assert not TELLING.search(answer.text)
    assert not TELLING.search(str(answer.headers))


def test_no_player_tells_of_a_family_while_a_drawn_night_is_open(
    app: Flask, player: Visitor, drawn: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(app.extensions["hub"].reviews, "sample", lambda *_: pytest.fail("queued"))
    assert not player.get(f"/api/run/{drawn}/state").json["closed"]
    asked = f"player_a=idle&seeds=1&incident={SLUG}"
    assert "close one first" in player.get(f"/compare?{asked}").text
    player.input(player.take_pager(), "close")
    for ending in ("", ".json", ".csv", ".html"):
        answer = player.get(f"/compare{ending}?{asked}")
        assert answer.status_code == 403
        assert "You have an open run drawn from this family" in answer.text
    assert f'value="{SLUG}"' not in player.get("/compare").text


def test_the_list_of_runs_says_which_night_only_when_it_is_over(player: Visitor, drawn: str):
    def named() -> str:
        row = re.search(rf'<th scope="row">([^<]*)</th>(?:(?!</tr>).)*{drawn}', text(), re.DOTALL)
        assert row is not None
        return row[1]

    def text() -> str:
        # Rows are cut apart, so that the title is the run's own.
        return player.get("/").text.replace("</tr>", "</tr>\n")

    assert named() == TITLE
    lists = player.get(f"/api/run/{drawn}/state").json
    assert lists["closed"] is False
    player.input(
        drawn,
        "close",
        picks={
            "component": "app-code",
            "failure": "crash",
            "trigger": "none",
            "mechanism": "release-bug",
            "scope": "one-node",
        },
    )
    assert player.get(f"/api/run/{drawn}/state").json["closed"]
    assert named().startswith(f"{TITLE} (")
    assert player.get(f"/api/run/{drawn}/debrief").json["drawn_from"] == TITLE
    debrief = player.get(f"/run/{drawn}/debrief").text
    assert f"drawn from &ldquo;{TITLE}&rdquo;" in debrief
    assert re.search(rf"<h1>{TITLE} \(\w+\)</h1>", debrief)
    assert 'action="/incident/payments"' in debrief
