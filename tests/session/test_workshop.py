"""The queue before the worker: what goes first, what is ended, what is told of what fails."""

import json
import subprocess
import sys
import threading
import time

import pytest

from sim.session import workshop
from sim.session.workshop import FULL, MOST_OF_ONE, Rank, Workshop

PATIENCE_S = 60
_WORKER = """
import json, os, sys, time
for line in sys.stdin:
    job = json.loads(line)
    if job.get("fork"):
        pid = os.fork()
        if pid == 0:
            os.dup2(os.open(os.devnull, os.O_RDWR), 1)
            time.sleep(600)
        print(json.dumps({"row": pid}), flush=True)
    time.sleep(job.get("sleep", 0))
    if "failed" in job:
        print(json.dumps({"failed": job["failed"]}), flush=True)
    elif "status" in job:
        sys.exit(job["status"])
    else:
        print(json.dumps({"result": os.getpid() if "pid" in job else job["name"]}), flush=True)
    print(json.dumps({"ended": int("failed" in job)}), flush=True)
"""


@pytest.fixture
def begun():
    """The jobs that were begun, in their order."""
    return []


@pytest.fixture
def shop(monkeypatch):
    def start():
        return subprocess.Popen(
            [sys.executable, "-S", "-c", _WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    monkeypatch.setattr(workshop, "_start", start)
    made = Workshop(lambda _key, _value: None, deadlines={Rank.NIGHT: 3})
    yield made
    made.close()


def ask(shop, begun, name, rank=Rank.WAITED, who="", done=lambda _: None, **job):
    def line():
        begun.append(name)
        return json.dumps({"name": name, **job}) + "\n"

    return shop.ask(name, line, done, rank=rank, who=who)


def test_what_somebody_waits_for_goes_first_and_persons_take_turns(shop, begun):
    gate = threading.Event()
    shop.ask("first", lambda: gate.wait(PATIENCE_S) and '{"name":1}\n')
    pieces = [
        ask(shop, begun, "c1", Rank.COMPARED, "ann"),
        ask(shop, begun, "c2", Rank.COMPARED, "ann"),
        ask(shop, begun, "c3", Rank.COMPARED, "bob"),
        ask(shop, begun, "n1", Rank.NIGHT, "ann"),
        ask(shop, begun, "n2", Rank.NIGHT, "ann"),
        ask(shop, begun, "w1", Rank.WAITED, "bob"),
        ask(shop, begun, "n2", Rank.WAITED, "ann"),
    ]
    gate.set()
    assert all(piece.done.wait(PATIENCE_S) and not piece.failed for piece in pieces)
    assert begun == ["n2", "w1", "n1", "c3", "c1", "c2"]


def test_a_comparison_makes_way_and_is_done_afterwards(shop, begun):
    slow = ask(shop, begun, "slow", Rank.COMPARED, sleep=1, fork=True)
    while not slow.rows:
        slow.done.wait(0.02)
    done = []
    fast = ask(shop, begun, "fast", done=done.append)
    assert fast.done.wait(PATIENCE_S)
    assert not slow.done.is_set()
    assert slow.done.wait(PATIENCE_S)
    assert (slow.failed, done) == ("", ["fast"])
    assert begun == ["slow", "fast", "slow"]


def test_the_process_stays_for_the_next_job_and_ends_when_none_comes(shop, begun, monkeypatch):
    pids = []
    for name in ("one", "two"):
        assert ask(shop, begun, name, done=pids.append, pid=True).done.wait(PATIENCE_S)
    assert pids[0] == pids[1]
    monkeypatch.setattr(workshop, "IDLE_S", 0.05)
    assert ask(shop, begun, "three", done=pids.append, pid=True).done.wait(PATIENCE_S)
    _gone(pids[0])
    assert ask(shop, begun, "four", done=pids.append, pid=True).done.wait(PATIENCE_S)
    assert pids[2] == pids[0] != pids[3]
    shop.close()
    _gone(pids[3])


def test_a_job_that_takes_too_long_is_ended_with_its_copies_and_told(shop, begun):
    piece = ask(shop, begun, "late", Rank.NIGHT, sleep=60, fork=True)
    assert piece.done.wait(PATIENCE_S)
    assert piece.failed == "it took longer than 3 s and was ended"
    assert begun == ["late"]
    _gone(piece.rows[0])


def _gone(pid):
    end = time.monotonic() + PATIENCE_S
    while (lives := _lives(pid)) and time.monotonic() < end:
        time.sleep(0.02)
    assert not lives


def _lives(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().split()[2] not in "ZX"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("job", "why"),
    [
        ({"failed": "KeyError: x"}, "KeyError: x"),
        ({"status": 3}, "the worker process ended with status 3"),
    ],
)
def test_a_job_that_fails_is_tried_once_more_and_then_told_for_a_while(
    shop, begun, monkeypatch, job, why
):
    piece = ask(shop, begun, "bad", **job)
    assert piece.done.wait(PATIENCE_S)
    assert (piece.failed, begun) == (why, ["bad", "bad"])
    assert ask(shop, begun, "bad") is piece
    monkeypatch.setattr(workshop, "AGAIN_MS", 0)
    again = ask(shop, begun, "bad")
    assert again is not piece
    assert again.done.wait(PATIENCE_S)
    assert again.failed == ""


def test_of_one_person_only_so_many_wait(shop, begun):
    gate = threading.Event()
    shop.ask("first", lambda: gate.wait(PATIENCE_S) and '{"name":1}\n', who="x")
    for number in range(MOST_OF_ONE):
        assert not ask(shop, begun, f"j{number}", Rank.COMPARED, "ann").full
    refused = ask(shop, begun, "one more", Rank.COMPARED, "ann")
    assert (refused.full, refused.failed, refused.why) == (True, FULL, "")
    assert not ask(shop, begun, "j0", Rank.COMPARED, "ann").full
    assert not ask(shop, begun, "her debrief", Rank.WAITED, "ann").full
    other = ask(shop, begun, "other", Rank.COMPARED, "bob")
    shop.close()
    gate.set()
    assert other.done.wait(PATIENCE_S)
    assert other.failed == "the server is ending"
    assert ask(shop, begun, "after").failed == "the server is ending"


def test_a_job_without_sense_is_told_by_the_worker_itself():
    shop = Workshop(lambda _key, _value: None)
    try:
        piece = shop.ask("x", lambda: "no job\n")
        assert piece.done.wait(PATIENCE_S)
        assert piece.failed.startswith("JSONDecodeError: Expecting value")
    finally:
        shop.close()
