"""A cluster whose API server is away because of us is reached again: it is waited for, or what we did is undone."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.backends.kind import reaching
from sim.backends.kind.cluster import KindCluster, NoClusterError, find_cluster
from sim.backends.kind.journal import Journal
from sim.backends.kind.lifecycle import down, restore, up, use_cluster
from sim.backends.kind.undo import OnNode
from sim.client.https import UnreachableError
from sim.client.rest import ApiStatusError
from sim.session.kind import state
from tests.backends.kind.machine import FakeMachine

MEND = ("put-the-manifest-back",)
WHAT = "the API server's audit log"


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Lab:
    """A cluster whose API server answers some seconds from now, or only once it is mended."""

    def __init__(self, machine: FakeMachine, clock: Clock) -> None:
        machine.foreign()
        self.machine, self.clock = machine, clock
        self.cluster = find_cluster("theirs", machine.environ)
        self.journal: Journal = self.cluster.journal
        self.back = 0.0
        """When it answers."""
        self.cause: Exception = UnreachableError("10.0.0.1:6443", "connection refused")

    @property
    def mended(self) -> bool:
        return bool(self.machine.ran("docker", "exec", "id-of-plane", *MEND))

    def find(self, *_: object) -> KindCluster:
        if self.clock.now >= self.back or self.mended:
            return self.cluster
        raise NoClusterError("it does not answer") from self.cause


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(reaching, "time", made)
    return made


@pytest.fixture
def lab(machine: FakeMachine, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Lab:
    made = Lab(machine, clock)
    monkeypatch.setattr(reaching, "find_cluster", made.find)
    return made


def mendable(lab: Lab, container: str = "id-of-plane") -> None:
    """Let the API server be away until what was done to it is undone."""
    lab.journal.did(WHAT, OnNode("plane", MEND, container=container), lasting=True)
    lab.back = 1e9


def test_one_that_we_have_started_anew_is_waited_for(lab: Lab) -> None:
    lab.journal.did("a label", OnNode("one", ("first",)), lasting=True)
    lab.back = 5.0
    told: list[str] = []
    use_cluster("theirs", "a run", told.append, environ=lab.machine.environ).close()
    assert told == ["wait for the API server"]


def test_one_that_is_just_starting_is_waited_for(lab: Lab) -> None:
    lab.journal.did("a label", OnNode("one", ("first",)), lasting=True)
    lab.back, lab.cause = 5.0, ApiStatusError({"code": 503, "message": "starting"})
    use_cluster("theirs", "a run", environ=lab.machine.environ).close()


@pytest.mark.parametrize(
    "cause", [UnreachableError("x", "refused"), ApiStatusError({"code": 403, "message": "no"})]
)
def test_one_that_nothing_of_ours_keeps_away_is_not(lab: Lab, cause: Exception) -> None:
    if isinstance(cause, ApiStatusError):
        mendable(lab)
    lab.back, lab.cause = 5.0, cause
    with pytest.raises(NoClusterError, match=r"^it does not answer$"):
        use_cluster("theirs", "a run", environ=lab.machine.environ)
    assert lab.clock.now == 0


def test_down_undoes_at_once_what_keeps_it_away(lab: Lab) -> None:
    mendable(lab)
    told: list[str] = []
    down(told.append, context="theirs", environ=lab.machine.environ)
    assert told[:2] == [f"undo: {WHAT}", "wait for the API server"]
    assert lab.clock.now < 2
    assert not lab.journal.path.exists()


def test_restore_gives_it_time_first(lab: Lab) -> None:
    mendable(lab)
    assert restore(lambda _: None, context="theirs", environ=lab.machine.environ) == 1
    assert lab.clock.now > reaching.AWAY_S
    assert lab.journal.entries() == []


def test_up_gets_a_cluster_ready_that_it_kept_away(lab: Lab) -> None:
    mendable(lab)
    up(lambda _: None, context="theirs", environ=lab.machine.environ)
    assert WHAT not in [one.what for one in lab.journal.entries()]


def test_an_audit_log_that_does_no_harm_stays(lab: Lab) -> None:
    mendable(lab)
    lab.back = 0.0
    assert restore(lambda _: None, context="theirs", environ=lab.machine.environ) == 0
    assert [one.what for one in lab.journal.entries()] == [WHAT]


def test_one_that_stays_away_is_given_up_with_what_to_do(lab: Lab) -> None:
    mendable(lab)
    lab.machine.set(answers={MEND[0]: [1, "", "container plane is not running"]})
    with pytest.raises(NoClusterError) as found:
        down(lambda _: None, context="theirs", environ=lab.machine.environ)
    assert str(found.value) == (
        "it does not answer; 1 changes to it are not undone: try again when it answers, or, if it is "
        "gone, `uncordon kind down --context theirs --forget`"
    )
    assert [one.what for one in lab.journal.entries()] == [WHAT]


def test_a_later_container_of_that_name_is_let_be(lab: Lab) -> None:
    mendable(lab, "id-of-an-earlier-one")
    with pytest.raises(NoClusterError):
        down(lambda _: None, context="theirs", environ=lab.machine.environ)
    assert ["exec", "plane", *MEND] not in lab.machine.ran("docker", "exec")


def test_status_tells_of_it(machine: FakeMachine, tmp_path: Path) -> None:
    machine.foreign()
    journal = find_cluster("theirs", machine.environ).journal
    journal.did(WHAT, OnNode("plane", MEND, container="id-of-plane"), lasting=True)
    assert state("theirs", environ=machine.environ).left == ()
    machine.api.close()
    found = state("theirs", environ=machine.environ)
    assert not found.up
    assert found.left == (WHAT,)
