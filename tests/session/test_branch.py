"""Replays that share the time before the page are the replays made anew, to the last digit."""

import threading

from sim.evidence import ImpactRecord
from sim.scenario import Catalogue
from sim.scoring import Impact
from sim.session.branch import Branches, moved
from sim.session.inputs import Input
from sim.session.run import replay

MINUTE = 60_000
LINES = ("kubectl cordon node-worker-3", "kubectl delete pods -n payments --all --wait=false")


def test_a_forked_replay_equals_one_made_anew():
    scenario = Catalogue()["payments-0247"]
    inputs = [
        Input((68 + number) * MINUTE, "command", {"terminal": "t1", "line": line})
        for number, line in enumerate(LINES)
    ]
    branches = Branches(scenario, 0, inputs)
    for without in (frozenset[int](), frozenset({0}), frozenset({0, 1})):
        anew = list(replay(scenario, 0, inputs, without=without).of(ImpactRecord))
        assert list(branches(without)) == anew


def test_a_process_with_threads_replays_without_forking():
    scenario = Catalogue()["payments-0247"]
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        log = Branches(scenario, 0, [])(frozenset())
    finally:
        done.set()
        thread.join()
    assert list(log) == list(replay(scenario, 0, []).of(ImpactRecord))


def test_many_replays_share_a_trunk_and_come_in_the_order_asked_for():
    scenario = Catalogue()["payments-0247"]
    inputs = [
        Input((68 + number) * MINUTE, "command", {"terminal": "t1", "line": line})
        for number, line in enumerate((*LINES, "kubectl uncordon node-worker-3"))
    ]
    wanted = [frozenset({2}), frozenset({0}), frozenset[int](), frozenset({1, 2})]
    found = list(Branches(scenario, 0, inputs).each(wanted))
    assert [numbers for numbers, _ in found] == wanted
    for numbers, log in found:
        anew = replay(scenario, 0, inputs, without=numbers)
        assert list(log) == list(anew.of(ImpactRecord))


def test_moved_lines_are_entered_at_a_terminal_of_their_own_in_their_order():
    inputs = [
        Input(5, "note", {"text": "a"}),
        Input(9, "command", {"terminal": "t1", "line": "x"}),
        Input(20, "command", {"terminal": "t1", "line": "y"}),
        Input(30, "note", {"text": "b"}),
    ]
    found = moved(inputs, frozenset({1, 2}), 5)
    assert [(one.at, one.kind, one.payload.get("terminal")) for one in found] == [
        (5, "note", None),
        (5, "command", "t4"),
        (30, "note", None),
        (1005, "command", "t4"),
    ]


def test_a_mitigation_moved_forward_saves_requests():
    scenario = Catalogue()["payments-0247"]
    inputs = [
        Input((78 + number) * MINUTE, "command", {"terminal": "t1", "line": line})
        for number, line in enumerate(LINES)
    ]
    branches = Branches(scenario, 0, inputs)

    def lost(log):
        return Impact.of(log).lost(0, 130 * MINUTE)

    assert lost(branches.moved(frozenset({0, 1}), 68 * MINUTE)) < lost(branches(frozenset())) - 1000
