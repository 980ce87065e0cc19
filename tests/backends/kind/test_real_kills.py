"""`kill -9` in the middle of `up`, of a set-up and of a fault: `down` and `restore` leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from sim.backends.kind import starving
from sim.backends.kind.cluster import KindCluster, find_cluster
from sim.client.https import UnreachableError
from sim.client.rest import ApiStatusError, RestClient
from tests.backends.kind.picture import Picture, difference, picture

pytestmark = [pytest.mark.kind, pytest.mark.slow]
CLI = ("-m", "sim.cli")
SETTLE_S = 60.0
"""How long Kubernetes may take to notice that all is as it was: pods that end, rules that go."""


class Machine:
    """A user of their own on this machine: their folders, and what they type."""

    def __init__(self, context: str, folder: Path) -> None:
        self.context = context
        self.folders = {"state": folder / "state/uncordon", "tmp": folder / "tmp"}
        self.folders["tmp"].mkdir()
        self.environ: Mapping[str, str] = {
            **os.environ,
            "XDG_STATE_HOME": str(folder / "state"),
            "TMPDIR": str(folder / "tmp"),
            "PYTHONPATH": os.getcwd(),
        }
        self.database = f"sqlite:///{folder}/u.db"
        self.cluster: KindCluster = find_cluster(context, self.environ)

    def picture(self) -> Picture:
        return picture(self.cluster, self.folders)

    def begin(self, words: Sequence[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, *words],
            env=dict(self.environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def kill_when(self, words: Sequence[str], told: str, seconds: float = 0) -> str:
        """Begin a command, kill it some *seconds* after it has *told* something; return what it told."""
        process = self.begin(words)
        heard = ""
        assert process.stderr is not None
        for line in process.stderr:
            heard += line.decode()
            if told in heard:
                time.sleep(seconds)
                break
        return heard + self._kill(process)

    def kill_once(self, words: Sequence[str], holds: Callable[[], bool], within: float) -> str:
        """Begin a command and kill it as soon as something holds."""
        process = self.begin(words)
        end = time.monotonic() + within
        while not holds() and process.poll() is None:
            assert time.monotonic() < end
            time.sleep(0.5)
        return self._kill(process)

    def _kill(self, process: subprocess.Popen[bytes]) -> str:
        assert process.poll() is None, process.communicate()[1]
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.close()
        with process.stderr:
            # What it has started may live on and hold the pipe.
            os.set_blocking(process.stderr.fileno(), False)
            return (process.stderr.read() or b"").decode()

    def done(self, *words: str) -> str:
        """Let a command end well; return what it told."""
        told = subprocess.run(
            [sys.executable, *CLI, *words, "--context", self.context],
            env=dict(self.environ),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert told.returncode == 0, told.stderr
        return told.stderr

    def await_as(self, before: Picture, *, but: tuple[str, ...] = ()) -> None:
        """Wait until all is as it was *before*, leaving out the parts whose name begins with one of *but*."""

        def kept(whole: Picture) -> Picture:
            return {
                name: part for name, part in whole.items() if not name.startswith(but or ("-",))
            }

        end = time.monotonic() + SETTLE_S
        while found := difference(kept(before), kept(self.picture())):
            assert time.monotonic() < end, found
            time.sleep(2)


@pytest.fixture(scope="module")
def machine(kind_context: str, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    made = Machine(kind_context, tmp_path_factory.mktemp("user"))
    made.done("kind", "down")
    return made


@pytest.fixture(autouse=True)
def _clean(machine: Machine) -> Iterator[None]:
    """Leave nothing to the next test, however this one ended."""
    yield
    machine.done("kind", "down")


@pytest.fixture(scope="module")
def before(machine: Machine) -> Picture:
    machine.done("kind", "down")  # images of earlier runs
    return machine.picture()


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("images to", 0.3),
        ("images to", 8.0),
        ("audit log", 0.0),
        ("audit log", 2.0),
        ("audit log", 6.0),
    ],
)
def test_up_is_killed(machine: Machine, before: Picture, told: str, seconds: float) -> None:
    words = (*CLI, "kind", "up", "--context", machine.context, "--audit")
    assert told in machine.kill_when(words, told, seconds)
    machine.done("kind", "down")
    machine.await_as(before)


def playing(machine: Machine) -> tuple[str, ...]:
    return (
        *(*CLI, "play", "payments-0247", "--seed", "1", "--backend", "kind"),
        *("--context", machine.context, "--database", machine.database),
    )


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("nodes: labels", 0.2), ("Services with", 1.0), ("wait for", 3.0), ("users come in", 1.0)],
)
def test_the_set_up_of_a_run_is_killed(
    machine: Machine, before: Picture, told: str, seconds: float
) -> None:
    assert told in machine.kill_when(playing(machine), told, seconds)
    assert "changes undone" in machine.done("kind", "restore")
    machine.await_as(before, but=("images of", "folders"))
    machine.done("kind", "down")
    machine.await_as(before)


WITH_A_BAD_POLICY = """
import sys
from sim.backends.kind import auditsetup, lifecycle
auditsetup.audit_policy = lambda: "kind: Policy, rules: none"
lifecycle.up(lambda _: None, context=sys.argv[1], wishes=lifecycle.Wishes(audit=True))
"""
STAYS_AWAY_S = 20.0
"""Longer than an API server takes to start anew."""


@pytest.mark.parametrize("first", ["down", "restore"])
def test_up_is_killed_when_the_api_server_cannot_start_because_of_it(
    machine: Machine, before: Picture, first: str
) -> None:
    rest = RestClient(machine.cluster.transport())
    answered = [time.monotonic()]

    def stays_away() -> bool:
        with suppress(UnreachableError, ApiStatusError):
            rest.get("/readyz")
            answered.append(time.monotonic())
        return time.monotonic() - answered[-1] > STAYS_AWAY_S

    machine.kill_once(["-c", WITH_A_BAD_POLICY, machine.context], stays_away, 240)
    assert "undo: the API server's audit log" in machine.done("kind", first)
    machine.done("kind", "down")
    machine.await_as(before)


IN_TROUBLE = """
import sys
from sim.faults.real import inject
from sim.scenario.timeline import StarveProxy
from tests.backends.kind.night import RealNight
night = RealNight(sys.argv[1])
night.enter("kubectl cordon node-worker-2; kubectl taint node node-worker-1 mine=x:NoSchedule")
night.live(10)
night.enter("kubectl label node node-worker-1 mine=x pool-; ssh node-worker-1")
night.live(10)
night.enter("sleep 1000")
told = {"fault": "starve-proxy", "id": "starve-proxy", "at": 0, "node": "node.bad", "limit": "16Mi"}
night.run.env.spawn(inject(StarveProxy.model_validate({**told, "flush_after": "5s"}), night.backend))
night.live(600)
"""


def test_a_run_is_killed_while_nodes_are_cordoned_one_has_no_rules_and_somebody_is_logged_in(
    machine: Machine, before: Picture
) -> None:
    machine.done("kind", "up", "--audit")
    rest = RestClient(machine.cluster.transport())
    tools, nodes = machine.cluster.tools, machine.cluster.aliases

    def starved() -> bool:
        if not starving.limit_of(rest.get(starving.DAEMONSET)):
            return False
        node = nodes.node("node-worker-3")
        return tools.docker("exec", node, "sh", "-c", starving.COUNT).out.strip() == "0"

    machine.kill_once(["-c", IN_TROUBLE, machine.context], starved, 240)
    programs = f"programs of {nodes.control_plane}"
    assert any("tail -n 0 " in one for one in machine.picture()[programs])
    machine.done("kind", "restore")
    machine.await_as(before, but=("images of", "folders", "files of", "objects"))
    machine.done("kind", "down")
    machine.await_as(before)
