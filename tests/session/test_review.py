"""Finished runs: a debrief that grows, a scrubber, branches that are played on, and an end at shutdown."""

import json
import time
from dataclasses import replace

import pytest

from sim.evidence import CloseRecord
from sim.scenario import Catalogue
from sim.session.branching import StillOpenError, branch
from sim.session.bundle import pack, unpack
from sim.session.export import OtherEngineError, export
from sim.session.hub import Hub
from sim.session.inputs import BadInputError
from sim.session.keys import debrief_key
from sim.session.run import Run
from sim.session.storage import RunStore, UnknownRunError
from tests.session.playing import enter

MINUTE = 60_000
PATIENCE_S = 120


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('review')}/uncordon.db"
    made = Hub(RunStore(url, wall_ms=lambda: 1_000), Catalogue())
    yield made
    made.close()


@pytest.fixture(scope="module")
def closed(hub):
    session = hub.start("payments-0247", 0, holder="h")
    enter(session, "incident ack")
    enter(session, "kubectl get pods -n payments -o wide")
    session.submit("think", {"text": "a node"})
    session.submit("bet", {"text": "errors < 1% in 2m, 80 sure"})
    session.submit("skip", {"amount_ms": 3 * MINUTE})
    enter(session, "kubectl cordon node-worker-3")
    session.submit("skip", {"amount_ms": MINUTE})
    session.submit("look", {"panel": "errors", "by": "node"})
    enter(session, "kubectl delete pods -n payments --all --wait=false")
    session.submit("skip", {"amount_ms": 5 * MINUTE})
    session.submit("close", {})
    return session


def test_an_open_run_tells_nothing(hub):
    session = hub.start("payments-0247", 0, holder="h")
    for ask in (
        hub.reviews.debrief,
        lambda one: hub.reviews.export(hub.store.find(one.row.id)),
        hub.reviews.film,
        lambda one: hub.reviews.state_at(one, 0),
        lambda one: hub.reviews.ledger(one, 0),
    ):
        with pytest.raises(StillOpenError):
            ask(session)


def test_the_debrief_grows_until_it_is_whole(hub, closed):
    first = json.loads(json.dumps(hub.reviews.debrief(closed)))
    assert first["pending"]
    assert first["total"] is None
    assert "no-harm" in first["missing"]
    rows, number, end = [], 0, time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        found = hub.reviews.ledger(closed, number, timeout_s=1.0)
        assert not found["failed"]
        rows, number = rows + found["rows"], found["next"]
        if found["done"]:
            break
    whole = hub.reviews.whole(closed, PATIENCE_S)
    assert not whole["pending"]
    assert [row["line"] for row in rows] == [row["line"] for row in whole["ledger"]]
    assert {finding["id"] for finding in first["findings"]} < {
        finding["id"] for finding in whole["findings"]
    }
    assert whole["missing"] == []
    for finding in first["findings"]:
        assert finding in whole["findings"]
    assert (whole["bets"][0]["right"], whole["calibration"]["brier"]) == (False, 0.8**2)
    assert whole["thoughts"][0]["text"] == "a node"
    assert hub.reviews.calibration("h")["bets"] == 1
    assert hub.reviews.calibration("somebody else")["bets"] == 0


def test_the_scrubber_shows_any_moment(hub, closed):
    end = time.monotonic() + PATIENCE_S
    while not hub.reviews.film(closed) and time.monotonic() < end:
        time.sleep(0.1)
    page = closed.run.paged_at
    before = hub.reviews.state_at(closed, page)
    after = hub.reviews.state_at(closed, closed.run.horizon)
    assert before["terminals"] == {}
    assert "$ kubectl cordon node-worker-3\n" in after["terminals"]["t1"]
    assert before["panels"] == []
    assert [one["panel"] for one in after["panels"]] == ["errors"]
    assert before["lost"] < after["lost"]
    shut = {node["name"]: node["schedulable"] for node in after["cluster"]["nodes"]}
    assert not shut["node-worker-3"]
    assert all(node["schedulable"] for node in before["cluster"]["nodes"])
    shown = [
        {
            pod["name"]
            for pod in moment["cluster"]["pods"]
            if pod["name"].startswith("payment-service")
        }
        for moment in (before, after)
    ]
    assert shown[0]
    assert shown[0].isdisjoint(shown[1])


def test_a_moment_comes_fast_enough_to_drag(hub, closed):
    marks = range(closed.run.paged_at, closed.run.horizon, 5 * MINUTE)
    begin = time.process_time()
    for at in marks:
        hub.reviews.state_at(closed, at)
    assert (time.process_time() - begin) / len(marks) < 1


def test_a_branch_is_open_at_its_moment_and_told_beside_its_parent(hub, closed):
    at = closed.run.paged_at + 2 * MINUTE
    session = hub.branch(closed.row.id, at, holder="h")
    assert session.run.now == at
    assert not session.closed
    assert (session.row.parent, session.row.branched_at) == (closed.row.id, at)
    enter(session, "kubectl cordon node-worker-3")
    session.submit("close", {})
    found = hub.reviews.debrief(session)
    assert found["mode"]["branched_at"] == at
    assert found["curves"]["before branching"] == hub.reviews.debrief(closed)["curves"]["this run"]
    own, before = found["curves"]["this run"], found["curves"]["before branching"]
    assert own != before
    assert [point for point in own if point[0] <= at] == [
        point for point in before if point[0] <= at
    ]


def test_a_branch_whose_parent_was_never_told_has_it_played_by_the_worker(hub, monkeypatch):
    session = hub.start("payments-0247", 0, holder="h")
    enter(session, "kubectl cordon node-worker-3")
    session.submit("close", {})
    row = branch(hub.store, session.row.id, session.run.paged_at, session.run, holder="h")
    made = hub.open(row.id, "h")
    made.submit("close", {})
    monkeypatch.setattr(Run, "finish", lambda _: pytest.fail("played while somebody waits"))
    assert hub.reviews.prepare(made) is None
    assert hub.reviews.prepare(made, PATIENCE_S) == ""
    monkeypatch.undo()
    assert "before branching" in hub.reviews.debrief(made)["curves"]


def test_a_branch_begins_before_the_end(hub, closed):
    stored = hub.store.inputs(closed.row.id)
    row = branch(hub.store, closed.row.id, stored[-1][0], closed.run, holder="h")
    assert row.branched_at == stored[-1][0] - 1
    assert not [one for one in hub.store.inputs(row.id) if one[1] == "close"]
    with pytest.raises(ValueError, match="is not within the run"):
        branch(hub.store, closed.row.id, 10**9, closed.run, holder="h")
    with pytest.raises(
        ValueError, match=r"^02:46:59 lies before the page, which came at 02:47:00$"
    ):
        hub.branch(closed.row.id, closed.run.paged_at - 1000, holder="h")
    with pytest.raises(UnknownRunError):
        hub.branch(closed.row.id, stored[-1][0], holder="somebody else")


def test_what_closed_a_run_is_left_out_of_its_branch_and_what_did_not_is_kept(hub):
    session = hub.start("payments-0247", 0, holder="h")
    at = session.run.paged_at + MINUTE
    session.submit("skip", {"amount_ms": MINUTE})
    with pytest.raises(StillOpenError):
        hub.branch(session.row.id, at, holder="h")
    with pytest.raises(BadInputError):
        session.submit("close", {"picks": {"component": "nonsense"}})
    session.submit("skip", {"amount_ms": MINUTE})
    enter(session, "sleep 5; incident close --partial --scope one-node")
    session.submit("skip", {"amount_ms": MINUTE})
    assert session.closed
    (entered,) = [at for at, kind, _ in hub.store.inputs(session.row.id) if kind == "command"]
    end = next(session.run.log.of(CloseRecord)).at
    made = hub.branch(session.row.id, end, holder="h")
    made.submit("skip", {"amount_ms": MINUTE})
    assert not made.closed
    assert made.row.branched_at == entered - 1
    assert "close" in [kind for _, kind, _ in hub.store.inputs(made.row.id)]


def test_a_job_in_the_background_that_closed_a_run_does_not_close_its_branch(hub):
    session = hub.start("payments-0247", 0, holder="h")
    enter(session, "(sleep 5; incident close --partial --scope one-node) &")
    session.submit("skip", {"amount_ms": 1000})
    enter(session, "kubectl get nodes")
    session.submit("skip", {"amount_ms": MINUTE})
    assert session.closed
    close = next(session.run.log.of(CloseRecord))
    (entered,) = [at for at, _, payload in hub.store.inputs(session.row.id) if "&" in payload]
    assert session.run.inputs[close.input].at == entered
    made = hub.branch(session.row.id, close.at - 1000, holder="h")
    assert made.row.branched_at == entered - 1
    made.submit("skip", {"amount_ms": MINUTE})
    assert not made.closed


def test_a_branch_within_a_sleep_stands_in_the_middle_of_it(hub):
    session = hub.start("payments-0247", 0, holder="h")
    enter(session, "sleep 60")
    (begin,) = [at for at, kind, _ in hub.store.inputs(session.row.id) if kind == "skip"]
    enter(session, "incident close --partial --scope one-node")
    assert session.closed
    made = hub.branch(session.row.id, begin + 20_000, holder="h")
    assert made.run.now == begin + 20_000
    assert made.run.workstation.busy("t1")
    made.submit("skip", {"amount_ms": 41_000})
    assert made.run.workstation.prompt("t1")
    assert not made.closed


def test_the_file_of_a_run_is_the_same_by_whichever_door(hub, closed, monkeypatch):
    row = hub.store.find(closed.row.id)
    made = hub.reviews.export(row, PATIENCE_S)
    looked_on = replace(row, sim_ms=row.sim_ms + 5 * MINUTE)
    here = pack(export(looked_on, hub.store.inputs(row.id), closed.run.scenario))
    assert made == here
    assert unpack(made).head.engine == row.engine
    monkeypatch.setattr(hub.reviews._workshop, "ask", lambda *_, **__: pytest.fail("made twice"))
    assert hub.reviews.export(row) == made


def test_a_run_of_another_engine_is_not_stamped_with_ours(hub, closed):
    row = replace(hub.store.find(closed.row.id), engine="0.0.9")
    with pytest.raises(OtherEngineError, match=r"^played with engine 0\.0\.9"):
        hub.reviews.export(row)
    with pytest.raises(OtherEngineError):
        export(row, hub.store.inputs(row.id), closed.run.scenario)
    hub.store.remember(debrief_key(row, "0.0.9"), '{"total": 12.0}')
    assert hub.reviews.total(row) == 12.0


def test_an_action_is_left_out_with_what_the_ledger_binds_to_it(hub, closed):
    whole = hub.reviews.whole(closed, PATIENCE_S)
    shut, deleted = [row["input"] for row in whole["ledger"]]
    bound = whole | {"groups": [[shut, deleted]]}
    hub.store.remember(debrief_key(closed.row), json.dumps(bound))
    found = hub.reviews.without(closed, deleted, PATIENCE_S)
    assert (found["inputs"], found["failed"], found["pending"]) == ([shut, deleted], "", "")
    # Without either nothing was done at all.
    assert found["curve"] == whole["curves"]["untouched"]
    hub.store.remember(debrief_key(closed.row), json.dumps(whole))
    with pytest.raises(ValueError, match="no action of this run"):
        hub.reviews.without(closed, 0)


def test_calibration_replays_nothing_while_somebody_waits(hub, closed, monkeypatch):
    monkeypatch.setattr(Run, "start", lambda _: pytest.fail("replayed here"))
    copy = hub.store.adopt(
        replace(closed.row, holder="other", closed=True), hub.store.inputs(closed.row.id)
    )
    assert hub.reviews.calibration("other")["pending"] == 1
    end = time.monotonic() + PATIENCE_S
    while (found := hub.reviews.calibration("other"))["pending"] and time.monotonic() < end:
        time.sleep(0.1)
    assert (found["bets"], found["brier"]) == (1, 0.8**2)
    assert hub.store.find(copy.id).holder == "other"
