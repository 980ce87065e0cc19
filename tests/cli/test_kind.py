"""`uncordon kind`: what people see, on the screen and in exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from sim.backends.kind.cluster import find_cluster
from sim.backends.kind.hold import Hold
from sim.backends.kind.undo import OnNode
from sim.cli import main
from tests.backends.kind.machine import NODES, Api, FakeMachine

UNREADY = "kind-uncordon answers (v1.35.0), but not Ready: uncordon-worker3"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeMachine]:
    api = Api()
    made = FakeMachine(tmp_path, api)
    for name, value in made.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sim.backends.kind.preflight._room", lambda *_: iter(()))
    yield made
    api.close()


def uncordon(*words: str) -> tuple[int, list[str], list[str]]:
    """Return the exit code, and the lines of both outputs without the times."""
    done = CliRunner().invoke(main, ["kind", *words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    told = [line.partition(" s  ")[2] or line for line in done.stderr.splitlines()]
    return done.exit_code, done.stdout.splitlines(), told


def test_from_nothing_to_nothing(machine: FakeMachine):
    assert uncordon("status")[:2] == (
        3,
        ["there is no cluster: `uncordon kind up` makes one, --context NAME takes one of yours"],
    )
    machine.serve_own()
    code, shown, told = uncordon("up")
    assert code == 0
    assert told[0] == "look at this machine"
    folder = machine.folder / "state/uncordon/kind/kind-uncordon"
    assert shown == [
        "kind-uncordon is up: v1.35.0, 4 nodes Ready",
        "node-control-plane   uncordon-control-plane",
        "node-worker-1        uncordon-worker",
        "node-worker-2        uncordon-worker2",
        "node-worker-3        uncordon-worker3",
        f"export KUBECONFIG={folder / 'kubeconfig'}",
    ]
    assert uncordon("status")[:2] == (0, shown)
    assert uncordon("down") == (
        0,
        [],
        ["delete the cluster uncordon", "nothing of uncordon's is left"],
    )
    assert machine.left == []


def test_a_cluster_that_is_not_well(machine: FakeMachine):
    machine.serve_own()
    uncordon("up")
    machine.api.node(NODES[3], "172.18.0.5", ready=False)
    find_cluster().journal.did(
        "kube-proxy of uncordon-worker3 limited to 16Mi", OnNode(NODES[3], ("x",))
    )
    with Hold("kind-uncordon", "run 7f3a"):
        assert uncordon("status")[1][:2] == [
            f"{UNREADY}; `uncordon kind up` waits for them",
            f"in use by run 7f3a, process {os.getpid()}; what is changed is put back when it ends",
        ]
        refusal = uncordon("restore")[2][-1]
    assert refusal.startswith("Error: kind-uncordon is in use by run 7f3a, process")
    code, shown, _ = uncordon("status")
    assert code == 3
    assert shown[:3] == [
        f"{UNREADY}; `uncordon kind up` waits for them",
        "changed and not put back: kube-proxy of uncordon-worker3 limited to 16Mi",
        "`uncordon kind restore` puts them back",
    ]
    assert uncordon("restore") == (
        0,
        [],
        ["undo: kube-proxy of uncordon-worker3 limited to 16Mi", "1 changes undone"],
    )
    assert uncordon("restore")[2] == ["nothing was left to undo"]


def test_who_plays_is_told_why_not_and_what_to_do(
    machine: FakeMachine, monkeypatch: pytest.MonkeyPatch
):
    def refused() -> str:
        words = ["play", "payments", "--backend", "kind", "--database", "sqlite://"]
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 1
        return done.stderr.strip()

    none = "Error: no real cluster to play on"
    assert refused() == (
        f"{none}: there is no cluster: `uncordon kind up` makes one, --context NAME takes one of yours"
    )
    machine.serve_own()
    uncordon("up")
    machine.api.node(NODES[3], "172.18.0.5", ready=False)
    assert refused() == f"{none}: {UNREADY}; `uncordon kind up` waits for them"
    with Hold("kind-uncordon", "a run of payments"):
        assert refused() == (
            f"Error: kind-uncordon is in use by a run of payments, process {os.getpid()}: "
            "one run at a time; wait until it has ended, or end it"
        )
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "urllib3", None)
        assert refused() == (
            f"{none}: urllib3 is not installed: pip install 'uncordon[kind]', then try again"
        )
    machine.set(
        daemon="Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is ...?"
    )
    assert refused() == (
        f"{none}: docker: its daemon does not run; start it (sudo systemctl start docker, or Docker Desktop)"
    )


def test_of_many_changes_the_newest_are_named(machine: FakeMachine):
    machine.foreign()
    journal = find_cluster("theirs").journal
    journal.did_all((f"change {number}", OnNode("one", ("x",))) for number in range(12))
    shown = uncordon("status", "--context", "theirs")[1]
    assert shown[1] == "changed and not put back: change 2"
    assert shown[10:12] == ["changed and not put back: change 11", "and 2 earlier changes"]


def test_a_foreign_cluster_shows_no_names_where_they_are_the_same(machine: FakeMachine):
    machine.foreign()
    code, shown, _ = uncordon("up", "--context", "theirs")
    assert code == 0
    assert shown[0] == "theirs is up: v1.35.0, 4 nodes Ready"
    assert not any("KUBECONFIG" in line for line in shown)
    assert uncordon("down", "--context", "theirs", "--all")[2][-2:] == [
        "remove 1 images from docker",
        "nothing of uncordon's is left",
    ]


def test_a_cluster_that_has_gone_can_be_forgotten(machine: FakeMachine):
    machine.foreign()
    uncordon("up", "--context", "theirs")
    machine.kubeconfig.unlink()
    code, _, told = uncordon("down", "--context", "theirs")
    assert code == 1
    assert told[-1].startswith("Error: cannot use --context theirs: there is no kubeconfig at")
    assert uncordon("down", "--context", "theirs", "--forget")[0] == 0
    assert [one for one in machine.left if "state" in one] == []


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("up", "--context", "theirs", "--image", "x"), "--image is for a cluster that is made"),
        (("up", "--audit"), "--audit goes with --context"),
        (("down", "--forget"), "--forget goes with --context"),
    ],
)
def test_words_that_do_not_go_together(machine: FakeMachine, words: tuple[str, ...], why: str):
    code, _, told = uncordon(*words)
    assert code == 2
    assert why in told[-1]


def test_what_the_machine_lacks_is_told_line_by_line(machine: FakeMachine):
    machine.without("kind")
    machine.set(daemon="Cannot connect to the Docker daemon")
    code, _, told = uncordon("up")
    assert code == 1
    assert told[-2].startswith("Error: docker: its daemon does not run; start it")
    assert told[-1].startswith("kind: not on PATH; install kind")


def test_looking_loads_no_simulator():
    program = (
        "import sys, sim.session.kind; from sim.cli import main;"
        "print([name for name in sys.modules if 'backends' in name or 'simpy' in name])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
