"""The sessions of one process: loaded once, ticked while watched, let go when idle."""

import threading
import time

import pytest

from sim.scenario import Catalogue
from sim.scenario.loader import scenario_of
from sim.session import hub as hub_module
from sim.session.hub import FORGET_MS, JUST_USED_MS, Hub
from sim.session.live import Session
from sim.session.storage import LeaseLostError, RunStore, UnknownRunError
from sim.session.wall import wall_ms

SLUG = "payments-0247"


class Steady:
    """The hub's clock, moved by hand."""

    def __init__(self):
        self.ms = 1_000_000

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def steady(monkeypatch):
    clock = Steady()
    monkeypatch.setattr(hub_module, "steady_ms", clock)
    return clock


@pytest.fixture
def hub(tmp_path):
    store = RunStore(f"sqlite:///{tmp_path}/uncordon.db", wall_ms=wall_ms)
    hub = Hub(store, Catalogue())
    yield hub
    hub.close()


def until(true) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_run_is_loaded_once_however_many_ask_at_once(hub):
    run = hub.start(SLUG, 0, holder="h").row.id
    hub.drop(hub.open(run, "h"))
    found: list[Session] = []
    threads = [threading.Thread(target=lambda: found.append(hub.open(run, "h"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 8
    assert len(set(map(id, found))) == 1
    found[0].submit("note", {"text": "mine"})


def test_a_foreign_run_and_a_missing_one_and_a_lost_scenario_are_unknown(hub):
    run = hub.start(SLUG, 0, holder="h").row.id
    for asked, holder in ((run, "stranger"), ("nope", "h")):
        with pytest.raises(UnknownRunError):
            hub.open(asked, holder)
    row = hub.store.create(
        holder="h", scenario="gone", digest="", seed=0, engine="", who="x", sim_ms=0
    )
    with pytest.raises(UnknownRunError):
        hub.open(row.id, "h")


@pytest.mark.parametrize("closed", [True, False])
def test_a_run_is_loaded_under_the_texts_it_was_played_with(hub, caplog, closed):
    text, *others = hub.scenario(SLUG).texts
    older = scenario_of(((text[0], f"{text[1]}\n# as it was\n"), *others))
    hub._scenarios[SLUG] = older
    session = hub.start(SLUG, 0, holder="h")
    if closed:
        session.submit("close", {})
    session.release()
    hub.drop(session)
    del hub._scenarios[SLUG]
    assert hub.scenario(SLUG).digest != older.digest
    assert hub.open(session.row.id, "h").run.scenario.digest == older.digest
    assert "another scenario" not in caplog.text


def test_a_run_whose_texts_were_not_kept_is_loaded_with_a_warning(hub, caplog):
    row = hub.store.create(
        holder="h", scenario=SLUG, digest="older", seed=0, engine="", who="x", sim_ms=0
    )
    assert hub.open(row.id, "h").run.scenario is hub.scenario(SLUG)
    assert "another scenario text" in caplog.text


def test_the_ticker_moves_what_is_watched_and_sleeps_otherwise(hub):
    session = hub.start(SLUG, 0, holder="h")
    stood = session.run.now
    time.sleep(0.6)
    assert session.run.now == stood
    with session.viewing():
        until(lambda: session.run.now > stood + 500)
        session.submit("pause")
        paused = session.run.now
        time.sleep(0.6)
        assert session.run.now == paused
        session.submit("resume")
        until(lambda: session.run.now > paused)


def test_a_run_that_breaks_does_not_stop_the_others(hub, caplog):
    broken, whole = (hub.start(SLUG, seed, holder="h") for seed in (0, 1))

    def break_() -> None:
        raise ZeroDivisionError

    broken.tick = break_
    with broken.viewing(), whole.viewing():
        at = whole.run.now
        until(lambda: whole.run.now > at + 600)
        assert broken.lost
    assert "ZeroDivisionError" in caplog.text
    again = hub.open(broken.row.id, "h")
    assert again is not broken
    again.submit("note", {"text": "back"})


def test_a_run_that_another_process_took_comes_back_when_it_is_free(hub):
    session = hub.start(SLUG, 0, holder="h")
    hub.store.claim(session.row.id)
    with pytest.raises(LeaseLostError):
        session.submit("note", {"text": "too late"})
    again = hub.open(session.row.id, "h")
    assert again is not session
    again.submit("note", {"text": "mine again"})


def test_an_idle_run_is_let_go_and_one_that_is_looked_at_stays(hub, steady):
    idle, paused, watched = (hub.start(SLUG, 0, holder="h") for _ in range(3))
    with paused.viewing(), watched.viewing():
        paused.submit("pause")
        steady.ms += FORGET_MS + 1
        new = hub.start(SLUG, 0, holder="h")
        assert idle.lost
        assert not paused.lost
        assert not watched.lost
        assert not new.lost
    assert hub.open(idle.row.id, "h") is not idle


def test_of_too_many_idle_runs_the_longest_unused_are_let_go(hub, steady, monkeypatch):
    monkeypatch.setattr(hub_module, "MAX_IDLE", 2)
    sessions = []
    for _ in range(4):
        sessions.append(hub.start(SLUG, 0, holder="h"))
        steady.ms += 1_000
    assert not any(session.lost for session in sessions)  # all were used a moment ago
    hub.open(sessions[0].row.id, "h")
    steady.ms += JUST_USED_MS
    newest = hub.start(SLUG, 0, holder="h")
    assert [session.lost for session in sessions] == [False, True, True, True]
    assert not newest.lost


def test_a_hub_that_ends_lets_its_runs_go_and_takes_none(hub):
    session = hub.start(SLUG, 0, holder="h")
    with session.viewing():
        closers = [threading.Thread(target=hub.close) for _ in range(2)]
        for thread in closers:
            thread.start()
        for thread in closers:
            thread.join(30)
        with pytest.raises(LeaseLostError):
            session.read(0)
    with pytest.raises(LeaseLostError):
        hub.open(session.row.id, "h")
    kinds = [kind for _, kind, _ in hub.store.inputs(session.row.id)]
    assert kinds == ["resume", "pause"]
