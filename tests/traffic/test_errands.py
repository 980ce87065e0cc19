"""Routes and clients: who makes which call, what each of them suffers, and that nothing gets lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.evidence import ImpactRecord
from sim.traffic import Break
from sim.traffic.errands import errands_of, mix_of
from tests.traffic.plain_world import CARDS, NIGHT, PAYMENTS, ROBOT, Scene

MINUTE = 60_000
BASE = 0.001


def broken(share: float = 1.0):
    return replace(PAYMENTS, breaks={"rev 2": (Break(call="GET /status", share=share),)})


def impact(scene: Scene) -> ImpactRecord:
    return list(scene.log.of(ImpactRecord))[-1]


def errors(scene: Scene, route: str, start: int, end: int) -> float:
    completed, failed = scene.history.routes[route]
    return failed.integral(start, end) / completed.integral(start, end)


# -- errands and their mix ---------------------------------------------------------------------


def test_errands_go_call_by_call_and_a_robot_makes_one():
    assert [(each.route, each.client.name, each.agent) for each in errands_of(NIGHT)] == [
        ("POST /pay", "checkout", "checkout"),
        ("POST /pay", "background", "background"),
        ("GET /status", "checkout", "checkout"),
        ("GET /status", "background", "background"),
        (CARDS, "checkout", "checkout"),
        (CARDS, "background", "background"),
        (CARDS, "card-test", "synthetic/2.1"),
    ]


def test_mix_divides_by_need_of_the_database():
    mix = mix_of(errands_of(PAYMENTS), (168.0, 72.0, 168.0, 72.0))
    assert mix.needing == pytest.approx(0.34)
    assert [sum(mix.all), sum(mix.other)] == pytest.approx([1.0, 1.0])
    assert mix.database == pytest.approx(
        [0.7 * 0.24 / 0.34, 0.3 * 0.24 / 0.34, 0.7 * 0.1 / 0.34, 0.3 * 0.1 / 0.34]
    )


def test_mix_of_nothing_is_nothing():
    assert not any(mix_of(errands_of(PAYMENTS), (0.0,) * 4).all)


# -- versions that break a call ----------------------------------------------------------------


def test_broken_call_fails_on_its_version_and_no_other_call_does():
    scene = Scene(broken())
    scene.at(10_000, scene.world.set, 0, version="rev 2")
    scene.env.advance(20_000)
    assert errors(scene, "GET /status", 12_000, 20_000) == pytest.approx(0.25 + 0.75 * BASE)
    assert errors(scene, "POST /pay", 12_000, 20_000) == pytest.approx(BASE)
    pods = scene.history.pods
    assert pods["web-0"].errors.last == pytest.approx(120 * (0.5 + 0.5 * BASE))
    assert pods["web-1"].errors.last == pytest.approx(120 * BASE)


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_break_has_its_share(share):
    scene = Scene(broken(share))
    scene.at(10_000, scene.world.set, 0, 1, 2, 3, version="rev 2")
    scene.env.advance(20_000)
    expected = BASE + share * (1 - BASE)
    assert errors(scene, "GET /status", 12_000, 20_000) == pytest.approx(expected)


def test_old_version_heals_the_call():
    scene = Scene(broken())
    scene.at(10_000, scene.world.set, 0, 1, 2, 3, version="rev 2")
    scene.at(20_000, scene.world.set, 0, 1, 2, 3, version="rev 1")
    scene.env.advance(30_000)
    assert errors(scene, "GET /status", 21_000, 30_000) == pytest.approx(BASE)


def test_loss_is_split_by_class_and_by_call():
    scene = Scene(broken())
    scene.at(10_000, scene.world.set, 0, 1, 2, 3, version="rev 2")
    scene.env.advance(20_000)
    last = impact(scene)
    assert last.by_call == pytest.approx(
        {"POST /pay": 240 * BASE * 0.79, "GET /status": 240 * 0.79}, rel=1e-3
    )
    assert sum(last.by_call.values()) == pytest.approx(last.failed, abs=2e-6)
    assert last.by["checkout"] == pytest.approx(last.by["background"] * 0.7 / (0.3 * 0.3))


def test_worst_route_is_seen_where_the_whole_is_not():
    scene = Scene(broken(0.3))
    scene.at(10_000, scene.world.set, 0, version="rev 2")
    scene.env.advance(120_000)
    signals = scene.history.signals()
    whole = signals["errors"].over(60_000, 120_000)
    worst = signals["errors by route"].over(60_000, 120_000)
    assert whole == pytest.approx(BASE + 0.5 * 0.25 * 0.3, rel=1e-2)
    assert worst == pytest.approx(BASE + 0.25 * 0.3, rel=1e-2)


# -- slots without a connection ----------------------------------------------------------------


def test_dead_slots_fail_their_share_of_those_who_need_the_database():
    scene = Scene()
    scene.at(10_000, scene.world.set, 0, 1, 2, 3, dead_share=0.5)
    scene.env.advance(20_000)
    for route, need in (("POST /pay", 0.48), ("GET /status", 0.2)):
        expected = BASE + (1 - BASE) * need * 0.5
        assert errors(scene, route, 12_000, 20_000) == pytest.approx(expected)


def test_dead_slots_fail_at_once_also_while_others_wait():
    scene = Scene()
    scene.at(10_000, scene.world.set, 0, 1, 2, 3, state="waiting", dead_share=0.25)
    scene.env.advance(12_000)
    assert errors(scene, "POST /pay", 10_500, 12_000) > 0.48 * 0.25
    assert scene.history.errors.last == pytest.approx(480 * (0.34 * 0.25 + 0.66 * BASE))


def test_nothing_dead_is_as_before():
    alive, dead = Scene(), Scene()
    dead.at(10_000, dead.world.set, 0, dead_share=0.0)
    for scene in (alive, dead):
        scene.env.advance(60_000)
    assert alive.log.dumps() == dead.log.dumps()


# -- robots ------------------------------------------------------------------------------------


def test_robot_works_by_its_schedule_and_begins_to_fail_when_told():
    scene = Scene(NIGHT)
    scene.env.advance(10 * MINUTE)
    robot = scene.history.errands[-1]
    rates = [robot.completed.at(minute * MINUTE) for minute in range(10)]
    assert rates == pytest.approx([0, 0.02, 0.02, 0, 0, 0, 0.02, 0.02, 0, 0])
    failing = [robot.errors.at(minute * MINUTE) for minute in (1, 2, 6, 8)]
    assert failing == pytest.approx([0.02 * BASE, 0.02, 0.02, 0.0], abs=1e-9)


def test_robot_counts_for_the_rate_and_never_for_users():
    scene = Scene(NIGHT)
    scene.env.advance(2 * MINUTE + 30_000)
    last = impact(scene)
    assert last.arrivals == pytest.approx(480.2)
    assert last.errors == pytest.approx(480.2 * BASE + 0.02)
    assert last.by == pytest.approx(
        {"checkout": 480.2 * 0.7 * BASE, "background": 480.2 * 0.3 * BASE * 0.3, "card-test": 0.0},
        abs=1e-6,
    )
    worst = scene.history.signals()["errors by route"]
    assert worst.over(2 * MINUTE, 2 * MINUTE + 30_000) == pytest.approx(0.02 / 0.22, rel=0.02)


def test_counts_are_whole_and_add_up():
    scene = Scene(NIGHT)
    scene.env.advance(10 * MINUTE)
    robot = scene.history.errands[-1]
    minutes = [robot.failures(at, at + MINUTE) for at in range(0, 10 * MINUTE, MINUTE)]
    assert sum(minutes) == robot.failures(0, 10 * MINUTE)
    assert 3 <= sum(minutes) <= 4
    assert minutes[3:6] == [0, 0, 0]
    assert robot.successes(0, 10 * MINUTE) in (1, 2)


def test_robot_may_call_only_what_there_is():
    with pytest.raises(ValueError, match="'card-test' calls 'POST /cards'"):
        replace(PAYMENTS, classes=(*PAYMENTS.classes, ROBOT))


def test_calls_that_do_not_add_up_are_refused():
    with pytest.raises(ValueError, match=r"shares of its calls add up to 0\.5"):
        replace(PAYMENTS, calls=PAYMENTS.calls[:1])


# -- retries -----------------------------------------------------------------------------------


def retrying(times: int, share: float = 1.0):
    first, *rest = PAYMENTS.classes
    return replace(broken(share), classes=(replace(first, retries=times), *rest))


@pytest.mark.parametrize("times", [1, 3])
def test_retries_of_a_broken_call_raise_the_load_and_not_the_wants(times):
    scene = Scene(retrying(times))
    scene.at(10_000, scene.world.set, 0, 1, 2, 3, version="rev 2", capacity_rps=1e6)
    scene.env.advance(20_000)
    last = impact(scene)
    assert last.arrivals == 480.0
    assert scene.history.completed.last == pytest.approx(480 + 240 * 0.7 * times, rel=1e-3)
    assert last.by_call["GET /status"] == pytest.approx(240 * 0.79, rel=1e-3)


def test_retry_saves_who_fails_by_chance():
    scene = Scene(retrying(1, share=0.1))
    scene.at(10_000, scene.world.set, 0, 1, 2, 3, version="rev 2", capacity_rps=1e6)
    scene.env.advance(20_000)
    last = impact(scene)
    one_try = BASE + (1 - BASE) * 0.1
    checkout = 240 * 0.7 * one_try**2 + 240 * 0.7 * BASE**2
    assert last.by["checkout"] == pytest.approx(checkout, abs=1e-3)


def test_retries_push_a_full_pod_over():
    """What one call costs in retries, the others pay for when there is no room."""
    lonely, crowded = Scene(broken()), Scene(retrying(3))
    for scene in (lonely, crowded):
        scene.at(10_000, scene.world.set, 0, 1, 2, 3, version="rev 2", capacity_rps=130.0)
        scene.env.advance(20_000)
    assert impact(lonely).by_call["POST /pay"] < 1
    assert impact(crowded).by_call["POST /pay"] > 20


# -- nothing gets lost -------------------------------------------------------------------------

ACTS = st.lists(
    st.tuples(
        st.integers(0, 120_000),
        st.integers(0, 3),
        st.sampled_from(["serving", "waiting", "failing", "down"]),
        st.sampled_from([0.0, 0.3, 1.0]),
        st.sampled_from(["rev 1", "rev 2"]),
    ),
    max_size=8,
)
HARD = replace(
    NIGHT,
    wobble=0.02,
    breaks={"rev 2": (Break(call="GET /status", share=0.6),)},
    classes=(
        replace(PAYMENTS.classes[0], retries=2),
        PAYMENTS.classes[1],
        replace(ROBOT, robot=replace(ROBOT.robot, spells=((30_000, 90_500),))),
    ),
)


def lived(application, acts, cuts: list[int]) -> Scene:
    scene = Scene(application)
    for at, pod, state, dead, version in acts:
        fields = {"state": state, "dead_share": dead, "version": version}
        scene.at(at, scene.world.set, pod, **fields)
    for cut in [*sorted(cuts), 200_000]:
        scene.env.advance(cut)
    scene.env.settle()
    return scene


@settings(max_examples=20, deadline=None)
@given(ACTS, st.lists(st.integers(1, 200_000), max_size=8))
def test_how_time_is_cut_leaves_no_trace(acts, cuts):
    assert lived(HARD, acts, cuts).log.dumps() == lived(HARD, acts, []).log.dumps()


@settings(max_examples=40, deadline=None)
@given(ACTS)
def test_requests_of_every_route_and_class_end_once(acts):
    """In = served + failed, by errand: with no retries and one mix, to the last request."""
    steady = replace(HARD, wobble=0.0, classes=PAYMENTS.classes)
    acts = [*acts, *((150_000, pod, "failing", 0.0, "rev 1") for pod in range(4))]
    history = lived(steady, acts, []).history
    for each in history.errands:
        call, client = each.errand
        wanted = (480 * call.share + call.rps) * client.share * 190
        assert each.completed.integral(0, 190_000) == pytest.approx(wanted, rel=1e-4)
        assert -1e-6 <= each.errors.integral(0, 190_000) <= wanted * (1 + 1e-4)
    assert sum(each.completed.integral(0, 190_000) for each in history.errands) == pytest.approx(
        history.completed.integral(0, 190_000), rel=1e-6
    )


@settings(max_examples=40, deadline=None)
@given(ACTS)
def test_parts_add_up_at_every_instant(acts):
    scene = lived(HARD, acts, [])
    history = scene.history
    for at in range(0, 200_000, 2_500):
        flows = history.flows.at(at)
        assert sum(flow.errors for flow in flows) == pytest.approx(history.errors.at(at), abs=1e-4)
        for flow in flows:
            assert flow.broken + flow.starved + flow.own <= flow.errors + 1e-9
            assert flow.errors + flow.slow <= flow.completed * 1.002 + 1e-9
        of_pods = sum(flow.errors for pod in history.pods.values() for flow in pod.errands.at(at))
        assert of_pods + history.unrouted.at(at) == pytest.approx(history.errors.at(at), abs=1e-4)
    for record in scene.log.of(ImpactRecord):
        assert sum(record.by_call.values()) == pytest.approx(record.failed, abs=1e-5)
        assert sum(record.by.values()) == record.failed
