"""Runs on a real cluster: the wall's time, evidence that is kept, an end that leaves nothing behind."""

import threading

import pytest

from sim.backends.base import BackendLostError
from sim.evidence import ActionRecord, ClusterRecord, ImpactRecord, RunRecord, TimeRecord, encode
from sim.session.ground import NoGroundError
from sim.session.inputs import BadInputError
from sim.session.measured import MEASURED, measured
from sim.session.real import CANNOT_WAIT, ENDING
from sim.session.recorded import OVER
from sim.session.storage import LeaseLostError
from sim.session.told import ToldSession
from tests.session.fakekind import FakeGround, Wall, begin
from tests.session.playing import enter

MINUTE = 60_000
CLOSE = {"picks": {}, "citations": {}, "handover": ""}


@pytest.fixture
def wall():
    return Wall()


@pytest.fixture
def ground():
    return FakeGround()


@pytest.fixture
def session(scenario, store, wall, ground):
    session = begin(scenario, store, wall, ground)
    yield session
    if not session.lost:
        session.release()


def told(session, store):
    return store.evidence(session.row.id)


def again(session, scenario, store):
    """Return the run as the next process finds it, nothing having been said at the end."""
    return ToldSession.load(store.find(session.row.id), scenario, store, wall_ms=Wall())


def test_it_begins_at_its_page_after_an_evening_by_the_wall(session, store, wall):
    assert session.run.paged
    assert session.row.real
    assert session.run.backend == "simulated"  # the stand-in's own name
    assert next(session.run.log.of(RunRecord)).backend == "kind"
    assert wall.ms > 2 * MINUTE
    assert told(session, store) == [encode(record) for record in session.run.log]


def test_its_clock_follows_the_wall_whatever_is_asked(session, wall):
    before = session.now()
    wall.sleep(3)
    assert session.now() == before + 3000
    for kind, payload in (("pause", {}), ("resume", {}), ("skip", {"amount_ms": 5000})):
        with pytest.raises(BadInputError, match=CANNOT_WAIT):
            session.submit(kind, payload)
    enter(session, "sleep 60")
    assert session.now() == before + 3000
    assert not session.run_on("t1", 10_000)
    assert session.run_on("t1", 60_000)
    assert session.now() >= before + 63_000


def test_nobody_watching_does_not_stop_it(session, wall):
    with session.viewing():
        pass
    wall.sleep(90)
    session.tick()
    assert session.watched
    assert not session.clock.paused


def test_evidence_is_stored_before_it_is_shown(session, store, wall):
    enter(session, "kubectl get pods -n payments")
    session.run_on("t1", 5000)
    records, following = session.read(0)
    assert told(session, store) == [encode(record) for record in records]
    assert following == len(records)


def test_how_the_cluster_stands_is_written_down_when_it_changes(session, wall):
    before = list(session.run.log.of(ClusterRecord))
    assert before[0].nodes
    assert any("payments/payment-service-" in name for name in before[0].pods)
    enter(session, "kubectl delete pods -n payments -l app=payment-service --wait=false")
    wall.sleep(10)
    session.tick()
    gone = [
        name
        for record in list(session.run.log.of(ClusterRecord))[len(before) :]
        for name, pod in record.pods.items()
        if pod is None
    ]
    assert any("payment-service" in name for name in gone)


def test_closing_leaves_the_ground_and_keeps_the_last_figures(session, store, ground, wall):
    enter(session, "kubectl cordon node-worker-3")
    wall.sleep(40)
    session.submit("close", CLOSE)
    session.wait_left()
    assert (session.closed, ground.left, session.watched) == (True, 1, False)
    assert store.find(session.row.id).closed
    log = session.run.finish()
    assert [one.what for one in log.of(TimeRecord)] == ["horizon"]
    last = list(log.of(ImpactRecord))[-1]
    assert last.at == session.run.now
    assert told(session, store) == [encode(record) for record in log]
    session.release()
    assert ground.left == 1


def test_a_closed_run_is_read_again_as_it_was(session, scenario, store, wall):
    enter(session, "kubectl cordon node-worker-3")
    session.submit("close", CLOSE)
    session.wait_left()
    session.release()
    reread = again(session, scenario, store)
    assert reread.closed
    assert [encode(one) for one in reread.run.finish()] == [encode(one) for one in session.run.log]
    assert [one.kind for one in reread.run.inputs] == [one.kind for one in session.run.inputs]
    assert reread.run.paged_at == session.run.paged_at
    assert not reread.watched
    reread.release()


def test_kill_9_leaves_an_interrupted_run_that_can_be_closed(session, scenario, store, wall):
    enter(session, "kubectl cordon node-worker-3")
    wall.sleep(5)
    session.tick()
    kept = told(session, store)
    found = again(session, scenario, store)
    assert store.find(session.row.id).interrupted
    assert told(session, store)[: len(kept)] == kept
    assert [one.what for one in found.run.log.of(TimeRecord)] == ["interrupted"]
    with pytest.raises(BadInputError, match=OVER):
        enter(found, "kubectl get pods")
    found.submit("close", CLOSE)
    assert found.closed
    assert store.find(session.row.id).closed
    with pytest.raises(LeaseLostError):
        session.submit("note", {"text": "I am a ghost"})
    assert session.lost


def test_whoever_lost_its_run_leaves_the_ground(session, store, ground, wall):
    store.claim(session.row.id)
    enter_later = pytest.raises(LeaseLostError)
    with enter_later:
        wall.sleep(10)
        session.tick()
    session.wait_left()
    assert ground.left == 1


def test_a_lost_cluster_ends_it_with_a_sentence(session, store, ground, wall, monkeypatch):
    def broken():
        yield session.run.env.timeout(1000)
        raise BackendLostError("node-worker-3 is gone")

    session.run.env.spawn(broken())
    wall.sleep(2)
    session.tick()
    session.wait_left()
    assert session.over == "node-worker-3 is gone"
    assert ground.left == 1
    assert store.find(session.row.id).interrupted
    with pytest.raises(BadInputError, match=OVER):
        enter(session, "kubectl get pods")
    enter(session, "incident close --component app-code --partial")
    assert session.closed


def test_it_ends_half_an_hour_after_the_hour(session, ground, wall):
    wall.sleep(91 * 60)
    session.tick()
    session.wait_left()
    assert "let go" in session.over
    assert ground.left == 1


def test_no_page_takes_everything_back(scenario, store, wall, ground, monkeypatch):
    monkeypatch.setattr("sim.session.run.schedule", lambda *_: None)
    said = []
    with pytest.raises(NoGroundError, match="no page"):
        begin(scenario, store, wall, ground, progress=said.append)
    assert ground.left == 1
    assert store.runs("h") == []
    assert said[0] == "setting up"
    assert said[-1] == "taken back"


def test_a_cluster_that_cannot_be_set_up_is_left(scenario, store, wall):
    def factory(*args, **more):
        raise BackendLostError("no room for the pods")

    ground = FakeGround(factory)
    with pytest.raises(NoGroundError, match="no room"):
        begin(scenario, store, wall, ground)
    assert ground.left == 1


def test_who_changed_what_is_known(session, wall):
    enter(session, "kubectl cordon node-worker-3")
    session.run_on("t1", 5000)
    deed = next(one for one in session.run.log.of(ActionRecord) if one.input >= 0)
    assert (deed.verb, deed.target) == ("patch", "nodes/node-worker-3")


def test_what_others_did_is_an_input_of_the_run(session, scenario, store):
    payload = {"user": "kubernetes-admin", "verb": "patch", "target": "nodes/node-worker-1"}
    number = session.run.seen(payload)
    enter(session, "kubectl get nodes")
    assert [kind for _, kind, _ in store.inputs(session.row.id)] == ["seen", "command"]
    assert number == 0
    session.submit("close", CLOSE)
    session.wait_left()
    session.release()
    assert again(session, scenario, store).run.inputs[0].payload == payload


# -- what others did just before the end -----------------------------------------------------------


class Hearing:
    """A backend's ear that hears one more deed at its *last* question, and then says *whole*."""

    def __init__(self, session, last, whole=True):
        self.session, self.left, self.whole, self.asked = session, last, whole, 0
        session.run._backend.hear_out = lambda: self

    def __call__(self):
        self.asked += 1
        if self.asked < self.left:
            return None
        run = self.session.run
        number = run.seen({"user": "noor", "verb": "patch", "target": "nodes/node-worker-1"})
        deed = ActionRecord(at=run.now, input=number, target="nodes/node-worker-1", verb="patch")
        run.log.append(deed)
        return self.whole


def made_outside(session):
    inputs = session.run.inputs
    records = session.run.log.of(ActionRecord)
    return [one for one in records if one.input >= 0 and inputs[one.input].kind == "seen"]


def close_form(session, wall):
    session.submit("close", CLOSE)


def close_command(session, wall):
    enter(session, "incident close --component app-code --partial")


def close_later(session, wall):
    enter(session, "sleep 2; incident close --component app-code --partial")
    wall.sleep(5)
    session.tick()


def hour_over(session, wall):
    wall.sleep(91 * 60)
    session.tick()


def let_go(session, wall):
    session.release()


@pytest.mark.parametrize("end", [close_form, close_command, close_later, hour_over, let_go])
def test_what_others_did_just_before_the_end_is_kept(session, store, wall, end):
    hearing = Hearing(session, 3)
    end(session, wall)
    session.wait_left()
    assert hearing.asked == 3
    (deed,) = made_outside(session)
    assert encode(deed) in told(session, store)
    what = [one.what for one in session.run.log.of(TimeRecord)]
    assert what == ["horizon" if session.closed else "interrupted"]
    assert measured(session.run.log) == MEASURED


@pytest.mark.parametrize("whole", [False, None, OSError])
def test_an_end_does_not_wait_for_ever(session, store, ground, wall, monkeypatch, whole):
    monkeypatch.setattr("sim.session.real.HEARD_S", 0.2)

    def hear():
        if whole is OSError:
            raise OSError("no such node")
        return whole

    session.run._backend.hear_out = lambda: hear
    session.submit("close", CLOSE)
    session.wait_left()
    assert session.closed
    assert ground.left == 1
    assert [one.what for one in session.run.log.of(TimeRecord)] == ["unheard", "horizon"]
    assert measured(session.run.log).endswith("changes made outside just before it may be missing")


def test_others_see_the_run_while_it_ends_and_nothing_more_is_taken(session, wall):
    waiting = threading.Event()

    def hear():
        waiting.set()
        return True if done.is_set() else None

    done = threading.Event()
    session.run._backend.hear_out = lambda: hear
    closing = threading.Thread(target=session.submit, args=("close", CLOSE))
    closing.start()
    assert waiting.wait(5)
    try:
        session.tick()
        assert session.read(0)[1] == len(session.run.log)
        with pytest.raises(BadInputError, match=ENDING):
            session.submit("close", CLOSE)
        assert not session.closed
    finally:
        done.set()
        closing.join(5)
    assert session.closed
