"""What the laptop says of itself, and what a line may do in shells elsewhere."""

from __future__ import annotations

import time

import pytest

from sim.evidence import OutputRecord
from sim.scenario import Catalogue
from sim.session.inputs import Input
from sim.session.run import Run

MUCH = "stopped: this command line does more work than one may"


class Person:
    """Somebody at a terminal of a run."""

    def __init__(self, seed: int = 0) -> None:
        self.run = Run(Catalogue()["payments-0247"], seed)
        self.run.start()

    def type(self, line: str, wait: int = 60_000, terminal: str = "t1") -> str:
        seen = len(self.run.log)
        self.run.apply(Input(self.run.now + 1, "command", {"terminal": terminal, "line": line}))
        end = self.run.now + wait
        while self.run.workstation.busy(terminal) and self.run.env.peek() < end:
            self.run.env.step()
        self.run.advance(self.run.now + 1)
        records = list(self.run.log)[seen:]
        return "".join(one.text for one in records if isinstance(one, OutputRecord))


@pytest.fixture(scope="module")
def person() -> Person:
    return Person()


POD = "$(kubectl get pods -n payments -o name | grep postgres)"


@pytest.mark.parametrize(
    "line",
    [
        "while :; do ssh node-worker-1 'while :; do :; done'; done",
        "for i in {1..30}; do ssh node-worker-1 'while :; do :; done' & done; wait",
        "yes 'while :; do :; done' | head -50 | ssh node-worker-1",
        "yes 'while :; do :; done' | head -50 | ssh -tt node-worker-1",
        f"p={POD}; for i in {{1..50}}; do kubectl exec -n payments $p -- sh -c 'while :; do :; done'; done",
        "for i in {1..50}; do bash -c 'while :; do :; done'; done",
        "seq 50 | xargs -n1 sh -c 'while :; do :; done'",
        "find / -exec sh -c 'while :; do :; done' \\;",
    ],
)
def test_shells_elsewhere_share_what_the_line_may_do(person: Person, line: str) -> None:
    began = time.process_time()
    said = person.type(line)
    # The promise is two seconds; a loaded machine gets more. Without sharing it takes a minute of time in there.
    assert time.process_time() - began < 6
    assert not person.run.workstation.busy("t1")
    assert 1 <= said.count(MUCH) <= 64


def test_a_session_outlives_a_line_that_does_too_much(person: Person) -> None:
    person.type("ssh node-worker-1", 1_000)
    for _ in range(3):
        assert MUCH in person.type("while :; do :; done", 5_000)
    assert "node-worker-1" in person.type("hostname", 1_000)
    person.type("exit", 1_000)
    assert not person.run.workstation.busy("t1")


def test_random_numbers_are_the_runs_own() -> None:
    line = "echo $RANDOM; ssh node-worker-1 'echo $RANDOM'; ssh node-worker-1 'echo $RANDOM'"
    drawn = [Person(seed).type(line).split() for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1]
    assert len({*drawn[0], *drawn[2]}) == 6


def test_ps_shows_the_jobs_by_their_pids(person: Person) -> None:
    person.type("sleep 500 &")
    pid = person.type("echo $$ $!").split()
    assert [row.split()[0] for row in person.type("ps").splitlines()[1:3]] == pid
    assert [row.split()[1] for row in person.type("ps -ef").splitlines()[1:3]] == pid
    assert "sleep 500" in person.type("ps aux")
    person.type("kill %1")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("uptime", "up 2 days"),
        ("free -h", "Mem:            15Gi       4.2Gi"),
        ("df -h", "/dev/nvme0n1p2  468G  137G  307G  31% /"),
        ("top", "this laptop is idle"),
        ("df -i", "df: -i: not supported in this simulator"),
        ("docker ps", "docker: this is your laptop"),
    ],
)
def test_the_laptop_tells_of_itself(person: Person, line: str, told: str) -> None:
    assert told in person.type(line)
