"""A run whose page comes now: the same night on another date, kept with the run."""

import pytest

from sim.evidence import AlertRecord, RunRecord
from sim.kernel import Epoch
from sim.session.dating import epoch_of_now
from sim.session.live import Session
from sim.session.references import NoCache
from sim.session.run import Run
from tests.session.outside import get, kubectl

UNIX_MS = Epoch.parse("2027-05-01T09:30:00Z").unix_ms


@pytest.fixture(scope="module")
def cache():
    return NoCache()


@pytest.fixture(scope="module")
def epoch(scenario, cache):
    return epoch_of_now(scenario, 0, cache, UNIX_MS)


def test_the_page_comes_at_the_walls_now(scenario, epoch):
    run = Run(scenario, 0, epoch=epoch)
    run.start()
    assert abs(run.epoch.at(run.paged_at) - UNIX_MS) < 1_000
    assert next(run.log.of(RunRecord)).epoch == epoch
    assert "09:30:0" in run.desk.status() or "09:29:59" in run.desk.status()


def test_when_the_page_comes_is_computed_once(scenario, cache, epoch, monkeypatch):
    monkeypatch.setattr(Run, "start", lambda _run: pytest.fail("built again"))
    assert epoch_of_now(scenario, 0, cache, UNIX_MS) == epoch


def test_no_date_changes_the_night(scenario, epoch):
    alerts = []
    for date in ("", epoch):
        run = Run(scenario, 0, epoch=date)
        run.start()
        alerts.append([(one.at, one.state) for one in run.log.of(AlertRecord)])
    assert alerts[0] == alerts[1]


def test_the_date_is_the_runs_own_in_every_process(scenario, store, wall, epoch):
    session = Session.create(
        scenario, 0, store, holder="h", who="trainee", wall_ms=wall, epoch=epoch
    )
    created = kubectl(session).handle(get("/api/v1/nodes")).body["items"][0]
    assert created["metadata"]["creationTimestamp"].startswith("2026-0")
    again = Session.load(store.find(session.row.id), scenario, store, wall_ms=wall)
    assert again.run.epoch == session.run.epoch
    assert again.run.log.dumps().startswith(session.run.log.dumps())
