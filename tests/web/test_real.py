"""Runs on a real cluster in the browser: offered when one is up, waited for, played, read as measured."""

import time

import pytest

from sim.scenario import Catalogue
from sim.session import kindground
from sim.session.ground import NoGroundError
from sim.session.kind import State
from tests.session.fakekind import FakeGround, Wall
from web import real

from .conftest import SLUG, Visitor
from .test_mystery import PATHS, TELLING

UP = State(up=True, sentence="kind-uncordon is up: v1.35.0, 4 nodes Ready", context="kind-uncordon")
DOWN = State(up=False, sentence="there is no cluster", context="kind-uncordon")


@pytest.fixture
def ground(monkeypatch):
    """A cluster that is up, and a wall on which an evening takes no time."""
    made, wall = FakeGround(), Wall()
    monkeypatch.setattr(kindground.kind, "state", lambda context="": UP)
    monkeypatch.setattr(real, "find_ground", lambda context, what, nights: made)
    monkeypatch.setattr("sim.session.hub.steady_ms", wall)
    monkeypatch.setattr("sim.session.hub.sleep", wall.sleep)
    return made


def begun(visitor: Visitor, name: str = SLUG, seed: int = 0) -> str:
    """Return the run that has come of a beginning."""
    answer = visitor.post(f"/incident/{name}", seed=str(seed), backend="kind")
    assert answer.status_code == 302
    for _ in range(300):
        page = visitor.get(answer.location)
        assert name == SLUG or not TELLING.search(page.text + str(page.headers))
        if page.status_code == 302:
            return page.location.split("/run/")[1].strip("/")
        assert "real time" in page.text, page.text
        time.sleep(0.1)
    raise AssertionError(page.text)


def test_a_briefing_offers_the_real_cluster_only_when_one_is_up(visitor: Visitor, monkeypatch):
    monkeypatch.setattr(kindground.kind, "state", lambda context="": DOWN)
    text = visitor.get(f"/incident/{SLUG}").text
    assert 'name="backend"' not in text
    assert "once one is up" in text
    monkeypatch.setattr(kindground.kind, "state", lambda context="": UP)
    text = visitor.get(f"/incident/{SLUG}").text
    assert 'name="backend"' in text
    assert "4 nodes Ready" in text


@pytest.mark.parametrize("seed", [1, 5, 11, 0])
def test_a_night_is_drawn_for_the_real_cluster_and_not_told(visitor: Visitor, ground, seed):
    text = visitor.get("/incident/payments").text
    assert 'name="backend"' in text
    assert not TELLING.search(text)
    run = begun(visitor, "payments", seed)
    session = visitor.client.application.extensions["hub"].open(run, _holder(visitor, run))
    assert (session.row.mystery, session.row.real) == ("payments", True)
    for path in PATHS:
        assert not TELLING.search(visitor.get(path.format(run=run)).text), path
    assert not TELLING.search(_row(visitor.get("/").text, run))
    visitor.input(run, "command", terminal="t1", line="kubectl get pods -n payments")
    news = visitor.get(f"/api/run/{run}/news")
    assert "payment-service" in news.text
    assert not TELLING.search(news.text)
    session.interrupt("its process has ended")
    session.wait_left()
    assert not TELLING.search(visitor.get(f"/run/{run}/").text)


def test_without_a_cluster_the_briefing_says_why(visitor: Visitor, monkeypatch):
    def none(context, what, nights):
        raise NoGroundError("kind-uncordon is in use by run 7f3a")

    monkeypatch.setattr(real, "find_ground", none)
    monkeypatch.setattr(kindground.kind, "state", lambda context="": UP)
    for name in (SLUG, "payments"):
        answer = visitor.post(f"/incident/{name}", seed="0", backend="kind")
        assert answer.status_code == 409
        assert "in use by run 7f3a" in answer.text


def test_a_real_run_is_played_in_the_room_and_told_as_measured(visitor: Visitor, ground):
    run = begun(visitor)
    room = visitor.get(f"/run/{run}/").text
    assert "node-worker-1 is kind-worker here" in room
    state = visitor.get(f"/api/run/{run}/state").json
    assert (state["backend"], state["paused"], state["over"]) == ("kind", False, "")
    refused = visitor.input(run, "pause")
    assert refused.status_code == 400
    assert "cannot be paused" in refused.json["error"]
    visitor.input(run, "command", terminal="t1", line="kubectl cordon node-worker-3")
    assert visitor.input(run, "close", picks={}, citations={}, handover="").status_code == 200
    visitor.client.application.extensions["hub"].open(run, _holder(visitor, run)).wait_left()
    assert ground.left == 1
    debrief = visitor.get(f"/api/run/{run}/debrief?wait=60").json
    assert (debrief["backend"], debrief["pending"]) == ("kind", False)
    page = visitor.get(f"/run/{run}/debrief").text
    assert "measured, not exact" in page
    assert "from the simulator" in page
    assert "nothing can play" in page
    assert "Play on from here" not in page
    branch = visitor.post(f"/run/{run}/branch", at=str(debrief["paged_at"] + 1000))
    assert branch.status_code == 400
    assert "nothing can play again" in branch.text
    assert visitor.get(f"/run/{run}/export").status_code == 200
    assert "real cluster" in visitor.get("/").text


def test_an_interrupted_run_is_closed_as_it_stands(visitor: Visitor, ground):
    run = begun(visitor)
    hub = visitor.client.application.extensions["hub"]
    session = hub.open(run, _holder(visitor, run))
    session.interrupt("node-worker-3 is gone")
    session.wait_left()
    room = visitor.get(f"/run/{run}/").text
    assert "node-worker-3 is gone" in room
    assert visitor.get(f"/api/run/{run}/state").status_code == 409
    assert visitor.post(f"/run/{run}/close-as-it-stands").status_code == 302
    assert visitor.get(f"/run/{run}/").location.endswith("/debrief")


def test_a_beginning_is_its_holders_and_can_be_given_up(visitor, stranger, ground, monkeypatch):
    monkeypatch.setattr("sim.session.run.schedule", lambda *_: None)
    where = visitor.post(f"/incident/{SLUG}", seed="0", backend="kind").location
    assert stranger.get(where).status_code == 404
    assert visitor.post(f"{where}/give-up").status_code == 302
    for _ in range(200):
        text = visitor.get(where).text
        if "cannot be played" in text:
            break
        time.sleep(0.1)
    assert "cancelled" in text or "no page" in text
    assert ground.left == 1


def test_the_catalogue_has_a_night_for_real_clusters():
    assert Catalogue()[SLUG].real is not None


def _row(text: str, run: str) -> str:
    """Return the line of the list of runs that is about *run*."""
    return next(row for row in text.split("</tr>") if run in row).rpartition("<tr")[2]


def _holder(visitor: Visitor, run: str) -> str:
    return visitor.client.application.extensions["hub"].store.find(run).holder
