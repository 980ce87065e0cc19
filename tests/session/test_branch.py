"""Replays that share the time before the page are the replays made anew, to the last digit."""

import subprocess
import sys
import threading
import time
from pathlib import Path

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


def test_what_is_moved_into_a_sleep_acts_there_and_not_at_its_end():
    scenario = Catalogue()["payments-0247"]
    lines = [
        Input((78 + number) * MINUTE, "command", {"terminal": "t1", "line": line})
        for number, line in enumerate(LINES)
    ]
    at = 68 * MINUTE
    slept = [
        Input(at, "command", {"terminal": "t1", "line": "sleep 300"}),
        Input(at + 5, "skip", {"amount_ms": 5 * MINUTE}),
        *lines,
    ]
    there = Branches(scenario, 0, slept).moved(frozenset({2, 3}), at + MINUTE)
    waited = [slept[0], *lines]
    awake = Branches(scenario, 0, waited).moved(frozenset({1, 2}), at + MINUTE)
    assert list(there) == list(awake)


def test_copies_hold_no_stream_of_this_process():
    code = (
        "import os,sys,time;from sim.session import copies;"
        "r=copies.results(lambda out: (copies.send(out, 0, os.getpid()), time.sleep(600)));"
        "print(next(r)[1], flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, stdout=subprocess.PIPE, timeout=60
    )
    copy = int(done.stdout)
    assert done.returncode == -9
    end = time.monotonic() + 10
    while (lives := _lives(copy)) and time.monotonic() < end:
        time.sleep(0.02)
    assert not lives


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").split()[2] not in "ZX"
    except OSError:
        return False


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
