from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.evidence import EvidenceLog, ImpactRecord
from sim.kernel import Environment, Stream
from sim.traffic import Gateway, Route, Server, Traffic
from tests.traffic.plain_world import NEEDING, PAYMENTS, PlainWorld, Scene

BASE = 480 * 0.001
FULL = 2 * 211.0
SHED = 480 - FULL + FULL * 0.001
WEIGHT = 0.7 * 1.0 + 0.3 * 0.3


def test_healthy_application_fails_one_in_a_thousand():
    scene = Scene()
    assert scene.history.errors.last == pytest.approx(BASE)
    assert scene.history.failed.last == pytest.approx(BASE * WEIGHT)


def test_half_the_pods_carry_their_capacity_and_shed_the_rest():
    scene = Scene()
    scene.at(60_000, scene.world.crash, 2, 3)
    scene.env.advance(120_000)
    errors = scene.history.signals()["errors"].over(90_000, 120_000)
    assert errors == pytest.approx(SHED / 480, abs=1e-6)
    assert 0.115 < errors < 0.125


def test_loss_between_two_times_is_exact():
    scene = Scene()
    scene.at(10_000, scene.world.crash, 2, 3)
    scene.at(30_000, scene.world.set, 2, 3, state="serving", ready=True)
    scene.env.advance(60_000)
    expected = (BASE * 10 + SHED * 20 + BASE * 20) * WEIGHT
    assert scene.traffic.lost("payments", 0, 50_000) == pytest.approx(expected, abs=1e-3)


def test_time_before_the_run_was_healthy():
    scene = Scene()
    assert scene.traffic.lost("payments", -60_000, 0) == pytest.approx(BASE * WEIGHT * 60, abs=1e-3)


def test_changes_of_one_instant_are_solved_once():
    scene = Scene()
    scene.at(10_000, scene.world.crash, 2)
    scene.at(10_000, scene.world.crash, 3)
    scene.env.advance(20_000)
    assert [record.at for record in scene.log.of(ImpactRecord)] == [0, 10_000]


def test_impact_is_recorded_when_it_changes_and_only_then():
    scene = Scene()
    scene.at(10_000, scene.world.tell)
    scene.at(20_000, scene.world.crash, 2, 3)
    scene.env.advance(600_000)
    before, after = scene.log.of(ImpactRecord)
    assert (before.at, after.at, after.arrivals) == (0, 20_000, 480.0)
    assert after.errors == pytest.approx(SHED, abs=1e-5)
    assert after.by == pytest.approx({"checkout": SHED * 0.7, "background": SHED * 0.3 * 0.3})
    assert after.failed == sum(after.by.values())


def test_records_integrate_to_the_loss():
    """Scoring has the records only; they must say exactly what traffic says."""
    scene = Scene(replace(PAYMENTS, wobble=0.02))
    scene.at(10_000, scene.world.set, 2, state="waiting")
    scene.at(26_000, scene.world.crash, 2, 3)
    scene.env.advance(300_000)
    records = list(scene.log.of(ImpactRecord))
    ends = [*(record.at for record in records[1:]), 300_000]
    total = sum(r.failed * (end - r.at) / 1000 for r, end in zip(records, ends, strict=True))
    assert total == pytest.approx(scene.traffic.lost("payments", 0, 300_000), rel=1e-12)


def test_short_database_gap_costs_time_not_requests():
    scene = Scene()
    scene.at(60_000, scene.world.set, 0, 1, 2, 3, state="waiting")
    scene.at(68_000, scene.world.set, 0, 1, 2, 3, state="serving")
    scene.env.advance(180_000)
    lost = scene.traffic.lost("payments", 60_000, 180_000)
    assert scene.history.errors.integral(60_000, 180_000) == pytest.approx(BASE * 120, rel=0.02)
    assert lost < BASE * WEIGHT * 120 + 30


def test_long_database_gap_fails_those_who_need_the_database():
    scene = Scene()
    scene.at(60_000, scene.world.set, 0, 1, 2, 3, state="waiting")
    scene.env.advance(120_000)
    needing = NEEDING * 480
    assert scene.history.errors.at(69_999) < 1
    assert scene.history.errors.at(80_000) == pytest.approx(needing, rel=0.01)


def test_pod_that_exits_fails_its_line_at_once():
    scene = Scene()
    scene.at(60_000, scene.world.set, 3, state="waiting")
    scene.at(65_000, scene.world.crash, 3)
    scene.env.advance(70_000)
    line = NEEDING * 120 * 5
    pod = scene.history.pods["web-3"]
    assert pod.errors.integral(65_000, 70_000) == pytest.approx(line, rel=1e-3)


def test_deleted_pod_fails_its_line_too():
    scene = Scene()
    scene.at(60_000, scene.world.set, 3, state="waiting")

    def delete() -> None:
        del scene.world.pods["10.0.0.4"]
        scene.world.tell()

    scene.at(65_000, delete)
    scene.env.advance(70_000)
    pod = scene.history.pods["web-3"]
    assert pod.errors.integral(65_000, 70_000) == pytest.approx(NEEDING * 120 * 5, rel=1e-3)
    assert (pod.gone_at, pod.completed.last) == (65_000, 0.0)


def test_pod_that_answers_errors_fails_its_share():
    scene = Scene()
    scene.at(60_000, scene.world.set, 3, state="failing")
    scene.env.advance(61_000)
    assert scene.history.errors.last == pytest.approx(120 + 360 * 0.001)


def test_gateway_behind_a_stale_reject_fails_its_users():
    scene = Scene()

    def stale() -> None:
        scene.world.gates = [Gateway("g0", "node-4"), Gateway("g1", "node-1")]
        scene.world.routes["node-1"] = Route("reject")
        scene.world.tell()

    scene.at(60_000, stale)
    scene.env.advance(61_000)
    assert scene.history.unrouted.last == 240.0


def test_slow_answers_count_as_lost_and_not_as_errors():
    scene = Scene(replace(PAYMENTS, slow_ms=2_000))
    scene.at(60_000, scene.world.set, 0, 1, 2, 3, state="waiting")
    scene.at(68_000, scene.world.set, 0, 1, 2, 3, state="serving")
    scene.env.advance(180_000)
    slow = scene.traffic.lost("payments", 60_000, 180_000) - BASE * WEIGHT * 120
    assert slow > 480 * NEEDING * 6 * 0.7
    assert scene.history.errors.integral(60_000, 180_000) == pytest.approx(BASE * 120, rel=0.02)


def test_new_pod_takes_its_share_from_when_it_is_ready():
    scene = Scene()

    def join() -> None:
        scene.world.pods["10.0.0.9"] = Server("web-9", "node-1", "a", "rev 2", "serving", 211.0)
        scene.world.tell()

    scene.at(60_000, join)
    scene.env.advance(120_000)
    before, after = scene.traffic.pod_flows("payments", "web-9", 0, 120_000)
    assert before == (0, 60_000, ())
    assert after[:2] == (60_000, 120_000)
    assert sum(flow.completed for flow in after[2]) == pytest.approx(96.0)
    assert sum(flow.errors for flow in after[2]) == pytest.approx(0.096)


def test_unknown_pod_has_had_no_requests():
    assert Scene().traffic.pod_flows("payments", "nobody", 0, 1000) == []


def test_unknown_application_is_named_with_those_that_exist():
    with pytest.raises(KeyError, match="no application 'x'; applications: payments"):
        Scene().traffic.lost("x", 0, 1)


def test_history_before_the_start_does_not_exist():
    env = Environment()
    traffic = Traffic(env, Stream(0), [PAYMENTS], PlainWorld(), EvidenceLog())
    with pytest.raises(RuntimeError, match="before it was started"):
        traffic.history("payments")


def test_neighbours_on_a_broken_node_fail_their_new_connections():
    scene = Scene()
    scene.at(60_000, scene.world.break_clients, "node-3", 0.25)
    scene.env.advance(120_000)
    failing = {node: each.failing.last for node, each in scene.traffic.neighbours().items()}
    assert failing == {"node-1": 0.0, "node-2": 0.0, "node-3": 5.0, "node-4": 0.0}
    assert scene.traffic.neighbours()["node-3"].failing.at(59_999) == 0.0


def test_steady_world_has_one_event_a_minute():
    scene = Scene()
    scene.env.advance(30_000)
    scene.env.settle()
    assert scene.env.peek() == 60_000


ACTS = st.lists(
    st.tuples(
        st.integers(0, 120_000),
        st.integers(0, 3),
        st.sampled_from(["serving", "waiting", "failing", "down"]),
        st.booleans(),
    ),
    max_size=10,
)


def lived(acts, cuts: list[int]) -> str:
    scene = Scene(replace(PAYMENTS, wobble=0.02))
    for at, pod, state, ready in acts:
        scene.at(at, scene.world.set, pod, state=state, ready=ready)
    for cut in [*sorted(cuts), 200_000]:
        scene.env.advance(cut)
    scene.env.settle()
    return scene.log.dumps()


@settings(max_examples=60, deadline=None)
@given(ACTS, st.lists(st.integers(1, 200_000), max_size=12))
def test_how_time_is_cut_leaves_no_trace(acts, cuts):
    assert lived(acts, cuts) == lived(acts, [])


@settings(max_examples=60, deadline=None)
@given(ACTS)
def test_every_request_ends_or_still_waits(acts):
    scene = Scene()
    for at, pod, state, ready in acts:
        scene.at(at, scene.world.set, pod, state=state, ready=ready)
    scene.at(150_000, scene.world.set, 0, 1, 2, 3, state="failing", ready=True)
    scene.env.advance(200_000)
    wanted = scene.history.arrivals.integral(0, 190_000)
    assert scene.history.completed.integral(0, 190_000) == pytest.approx(wanted, rel=1e-4)
    by_pod = sum(pod.errors.integral(0, 190_000) for pod in scene.history.pods.values())
    errors = scene.history.errors.integral(0, 190_000)
    unrouted = scene.history.unrouted.integral(0, 190_000)
    assert by_pod + unrouted == pytest.approx(errors, abs=0.01)


def test_hour_is_solved_once_for_each_change_and_each_step_of_the_load():
    scene = Scene(replace(PAYMENTS, wobble=0.02))
    solved = []
    scene.traffic.listen(lambda: solved.append(scene.env.now))
    for number in range(200):
        state = "waiting" if number % 2 else "serving"
        scene.at(number * 17_000 + 500, scene.world.set, number % 4, state=state)
    scene.env.advance(3_600_000)
    steps_of_load, ends_of_waits = 60, 200
    assert 200 <= len(solved) <= 200 + steps_of_load + ends_of_waits
    assert len(set(solved)) == len(solved)
