"""Replays that share the time before the page are the replays made anew, to the last digit."""

import threading

from sim.evidence import ImpactRecord
from sim.scenario import Catalogue
from sim.session.branch import Branches
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
