"""The page that compares runs: choice, waiting, result, files; whose runs it shows."""

import json
import time
from dataclasses import replace

import pytest

from sim.session.sampling import player_job, sample, sample_key, stored_job

SLUG = "payments-0247"
CHOICE = f"player_a=idle&name_a=nobody&player_b=idle&name_b=%3Cb%3E&incident={SLUG}&seeds=1"


@pytest.fixture(scope="module")
def closer(player):
    """Return somebody who has closed a run of the incident, so that players are shown to him."""
    player.input(player.take_pager(), "close", component="node-data-plane")
    return player


@pytest.fixture(scope="module")
def scored(app):
    """Have the sample that the choice needs remembered, as the worker would."""
    hub = app.extensions["hub"]
    scenario = hub.scenario(SLUG)
    job = player_job(scenario, 0, "idle")
    hub.store.remember(sample_key(job, scenario.digest), json.dumps(sample(job).dumped()))


def test_the_choice(visitor) -> None:
    page = visitor.get("/compare").text
    assert "Scripted player" in page
    assert "look-then-act" in page
    assert "no closed run yet" in page
    assert 'name="incident"' not in page
    assert "<svg" not in page.partition("<h1>")[2]


@pytest.mark.usefixtures("scored")
def test_the_result_and_its_files(closer) -> None:
    page = closer.get(f"/compare?{CHOICE}").text
    assert "http-equiv" not in page
    assert "<b>nobody</b>: 1 run on 1 night" in page
    assert "&lt;b&gt;" in page
    assert "<b>: 1 run" not in page
    assert "not enough runs to say" in page
    for kind, mime in (("csv", "text/csv"), ("json", "application/json"), ("html", "text/html")):
        answer = closer.get(f"/compare.{kind}?{CHOICE}")
        assert (answer.status_code, answer.mimetype) == (200, mime)
        assert "attachment" in answer.headers["Content-Disposition"]


def test_what_is_not_scored_is_waited_for(app, closer, monkeypatch) -> None:
    monkeypatch.setattr(app.extensions["hub"].reviews, "sample", lambda *_: None)
    page = closer.get(f"/compare?{CHOICE}").text
    assert '<noscript><meta http-equiv="refresh"' in page
    assert 'data-again="3"' in page
    assert "0 of 2 runs are there" in page
    assert closer.get(f"/compare.csv?{CHOICE}").status_code == 503


def test_the_worker_scores_a_run(app) -> None:
    hub = app.extensions["hub"]
    scenario = hub.scenario(SLUG)
    job = player_job(scenario, 5, "idle")
    end = time.monotonic() + 300
    while (found := hub.reviews.sample(job, scenario)) is None and time.monotonic() < end:
        time.sleep(0.1)
    assert found is not None
    assert not isinstance(found, str)
    assert (found.seed, found.total) == (5, 10.0)


@pytest.mark.parametrize("ending", ["", ".json", ".csv", ".html"])
def test_a_player_is_shown_only_where_a_run_was_closed(app, visitor, monkeypatch, ending) -> None:
    monkeypatch.setattr(app.extensions["hub"].reviews, "sample", lambda *_: pytest.fail("queued"))
    answer = visitor.get(f"/compare{ending}?{CHOICE}")
    assert answer.status_code == 403
    assert "of which you have closed a run; close one first" in answer.text


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (f"player_a=nobody&incident={SLUG}", 404),
        ("player_a=idle&incident=../etc", 404),
        ("player_a=idle&incident=" + "&incident=".join([SLUG] * 70), 400),
    ],
)
def test_nonsense_is_refused(closer, query: str, code: int) -> None:
    assert closer.get(f"/compare?{query}").status_code == code


def test_a_link_is_not_shown_while_a_night_of_its_family_is_open(app, visitor) -> None:
    other = type(visitor)(app.test_client())
    run = other.take_pager()
    other.input(run, "close", component="node-data-plane")
    token = app.extensions["hub"].store.share(run)
    assert visitor.get(f"/shared/{token}").status_code == 200
    drawn = visitor.post("/incident/payments", seed="3").location.split("/run/")[1].strip("/")
    for path in (f"/shared/{token}", f"/shared/{token}/reel", f"/compare?links_a={token}"):
        refused = visitor.get(path)
        assert refused.status_code == 403
        assert "You have an open run drawn from this family" in refused.text
    visitor.input(drawn, "close", component="node-data-plane")
    assert visitor.get(f"/shared/{token}").status_code == 200


def test_the_same_night_played_twice_counts_once(app, player) -> None:
    hub = app.extensions["hub"]
    made = sample(player_job(hub.scenario(SLUG), 0, "idle"))
    runs = [player.take_pager() for _ in range(2)]
    for number, run in enumerate(runs):
        player.input(run, "close", component="node-data-plane")
        row, scenario = hub.store.find(run), hub.scenario(SLUG)
        key = sample_key(stored_job(row, scenario, []), scenario.digest)
        one = replace(made, run=run, who="trainee", player=False, digest=str(number))
        hub.store.remember(key, json.dumps(one.dumped()))
    chosen = "&".join(f"run_{run}=a" for run in runs)
    page = player.get(f"/compare?{chosen}").text
    assert "<b>A</b>: 1 run on 1 night" in page
    assert "attempt 2 of the same person at the same night; the first counts" in page
    assert "<b>A</b>: 2 runs on 1 night" in player.get(f"/compare?{chosen}&attempts=all").text


def test_what_could_not_be_scored_says_why(app, closer, monkeypatch) -> None:
    monkeypatch.setattr(app.extensions["hub"].reviews, "sample", lambda *_: "KeyError: x")
    assert "not scored: KeyError: x" in closer.get(f"/compare?{CHOICE}").text


def test_other_peoples_runs_need_their_link(app, visitor) -> None:
    other = type(visitor)(app.test_client())
    run = other.take_pager()
    other.input(run, "close", component="node-data-plane")
    assert app.extensions["hub"].store.find(run).closed
    assert run in other.get("/compare").text
    assert run not in visitor.get("/compare").text
    stranger = visitor.get(f"/compare?run_{run}=a&links_a={run}").text
    assert "being scored" not in stranger
    token = app.extensions["hub"].store.share(run)
    page = visitor.get(f"/compare?links_a=http://x/shared/{token}").text
    assert "being scored" in page
    assert run not in page
