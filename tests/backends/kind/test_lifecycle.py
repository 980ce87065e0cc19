"""A cluster in our hands: every command line, every failure, and nothing left wherever it stops."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from sim.backends.kind import lifecycle
from sim.backends.kind.cluster import NoClusterError, find_cluster
from sim.backends.kind.hold import BusyError, Hold
from sim.backends.kind.image import workload_image
from sim.backends.kind.lifecycle import LifecycleError, Wishes, down, restore, up, use_cluster
from sim.backends.kind.places import OWN_CONTEXT, state_folder
from sim.backends.kind.preflight import PreflightError
from sim.backends.kind.tools import ToolError
from sim.backends.kind.undo import Delete, OnNode
from sim.session.kind import state
from tests.backends.kind.machine import FOREIGN, NODES, FakeMachine

NAMESPACE = "/api/v1/namespaces/payments"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No machine is too small for a test, and nothing takes long."""
    monkeypatch.setattr("sim.backends.kind.preflight._room", lambda *_: iter(()))
    monkeypatch.setattr(lifecycle, "READY_S", 0.0)


def own(machine: FakeMachine, **wishes: object) -> list[str]:
    """Make our cluster; return what was told."""
    machine.serve_own()
    told: list[str] = []
    up(told.append, wishes=Wishes(**wishes), environ=machine.environ)  # type: ignore[arg-type]
    return told


def test_up_makes_the_cluster_of_four_marked_nodes(machine: FakeMachine):
    told = own(machine)
    folder = state_folder(OWN_CONTEXT, machine.environ)
    assert machine.ran("kind", "create") == [
        [
            *("create", "cluster", "--name", "uncordon", "--config", str(folder / "kind.yaml")),
            *("--kubeconfig", str(folder / "kubeconfig"), "--wait", "0s"),
        ]
    ]
    containers = machine.state["containers"]
    assert list(containers) == list(NODES)
    assert all("/etc/uncordon" in one["mounts"] for one in containers.values())
    assert "kind: Ensuring node image 🖼" in told


def test_up_takes_the_node_image_asked_for(machine: FakeMachine):
    own(machine, node_image="kindest/node:v1.34.0")
    (words,) = machine.ran("kind", "create")
    assert words[-2:] == ["--image", "kindest/node:v1.34.0"]


def test_up_builds_the_image_and_loads_it_with_kind(machine: FakeMachine):
    own(machine)
    image = workload_image()
    (words,) = machine.ran("docker", "build")
    assert words[:5] == ["build", "--target", "workload", "--tag", image]
    assert machine.ran("kind", "load") == [
        ["load", "docker-image", image, "--name", "uncordon", "--nodes", ",".join(NODES)]
    ]


def test_up_again_changes_nothing(machine: FakeMachine):
    own(machine)
    (machine.folder / "log.jsonl").unlink()
    told = own(machine)
    changes = {"build", "load", "create", "delete", "save", "rm", "start"}
    assert [
        line for tool in ("docker", "kind") for line in machine.ran(tool) if line[0] in changes
    ] == []
    assert "the cluster is there" in told


def test_up_starts_nodes_that_stand_still(machine: FakeMachine):
    own(machine)
    containers = machine.state["containers"]
    containers[NODES[1]]["state"], containers[NODES[2]]["state"] = "exited", "paused"
    machine.set(containers=containers)
    own(machine)
    assert machine.ran("docker", "start") == [["start", NODES[1]]]
    assert machine.ran("docker", "unpause") == [["unpause", NODES[2]]]


def test_up_waits_for_the_api_server_of_nodes_that_it_has_started(
    machine: FakeMachine, monkeypatch: pytest.MonkeyPatch
):
    own(machine)
    answers = [NoClusterError("it does not answer"), NoClusterError("it does not answer"), None]

    def find(*where: Any) -> Any:
        if problem := answers.pop(0):
            raise problem
        return find_cluster(*where)

    monkeypatch.setattr(lifecycle, "READY_S", 30.0)
    monkeypatch.setattr(lifecycle, "find_cluster", find)
    assert own(machine).count("wait for the API server") == 1
    assert answers == []


def test_kind_makes_nodes_of_docker_whatever_its_user_prefers(machine: FakeMachine):
    machine.environ["KIND_EXPERIMENTAL_PROVIDER"] = "podman"
    own(machine)
    assert machine.state["provider"] == "docker"


def test_up_makes_anew_what_was_left_half_made(machine: FakeMachine):
    machine.contain(NODES[0], "172.18.0.2", "uncordon", mounts=["/etc/uncordon"])
    told = own(machine)
    assert machine.ran("kind", "delete")
    assert list(machine.state["containers"]) == list(NODES)
    assert "remove what an interrupted `up` has left" in told


def test_up_does_not_touch_a_cluster_of_the_same_name_that_it_did_not_make(machine: FakeMachine):
    machine.contain(NODES[0], "172.18.0.2", "uncordon")
    for step in (up, down):
        with pytest.raises(NoClusterError, match="uncordon did not make it"):
            step(lambda _: None, environ=machine.environ)  # type: ignore[operator]
    assert list(machine.state["containers"]) == [NODES[0]]
    assert machine.ran("kind", "delete") == []


def test_up_says_why_kind_failed(machine: FakeMachine):
    machine.set(create_fails=True)
    with pytest.raises(ToolError, match="failed to init node with kubeadm") as found:
        own(machine)
    assert str(found.value).startswith("`kind create cluster --name uncordon")
    assert not (state_folder(OWN_CONTEXT, machine.environ) / "complete").exists()


def test_up_without_kind_makes_nothing(machine: FakeMachine):
    machine.without("kind")
    with pytest.raises(PreflightError) as found:
        own(machine)
    assert str(found.value).startswith("kind: not on PATH; install kind (https://kind.sigs.k8s.io")
    assert machine.state["containers"] == {}


def test_up_waits_for_nodes_and_names_those_that_stay_away(machine: FakeMachine):
    machine.serve_own()
    machine.api.node(NODES[3], "172.18.0.5", ready=False)
    with pytest.raises(LifecycleError, match=f"not Ready after 0 s: {NODES[3]}"):
        up(lambda _: None, environ=machine.environ)


def test_an_image_whose_base_cannot_be_pulled_is_made_of_this_machine(
    machine: FakeMachine, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sim.backends.kind.ownpython.write", lambda *_: None)
    machine.set(no_pull=True)
    told = own(machine)
    (words,) = machine.ran("docker", "import")
    assert words[-1] == workload_image()
    assert any("failed to resolve source metadata" in line for line in told)
    assert f"image {workload_image()}: of this machine's Python" in told


def test_down_deletes_the_cluster_and_everything_remembered(machine: FakeMachine):
    own(machine)
    down(lambda _: None, environ=machine.environ)
    folder = state_folder(OWN_CONTEXT, machine.environ)
    assert machine.ran("kind", "delete") == [
        ["delete", "cluster", "--name", "uncordon", "--kubeconfig", str(folder / "kubeconfig")]
    ]
    assert machine.left == []


def test_the_lock_that_a_killed_kind_has_left_is_no_obstacle(machine: FakeMachine):
    lock = state_folder(OWN_CONTEXT, machine.environ) / "kubeconfig.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    own(machine)
    lock.touch()
    down(lambda _: None, environ=machine.environ)
    assert machine.left == []


def test_down_without_kind_removes_the_containers(machine: FakeMachine):
    own(machine)
    machine.without("kind")
    down(lambda _: None, environ=machine.environ)
    assert machine.ran("docker", "rm") == [["rm", "--force", "--volumes", *NODES]]
    assert machine.left == []


def test_down_again_is_harmless(machine: FakeMachine):
    down(lambda _: None, environ=machine.environ)
    assert machine.left == []


def test_down_all_removes_our_images_too(machine: FakeMachine):
    own(machine)
    down(lambda _: None, with_images=True, environ=machine.environ)
    assert machine.state["images"] == {}


# -- somebody else's cluster ----------------------------------------------------------------------


def test_up_brings_the_image_to_a_foreign_cluster_by_ctr(machine: FakeMachine):
    machine.foreign()
    cluster = up(lambda _: None, context="theirs", environ=machine.environ)
    image = workload_image()
    imports = [line for line in machine.ran("docker", "exec") if "import" in line]
    assert imports == [
        ["exec", "--interactive", node, "ctr", "-n", "k8s.io", "images", "import", "-"]
        for node in cluster.aliases.nodes.values()
    ]
    (saved,) = machine.ran("docker", "save")
    assert saved[3:] == [image]
    assert machine.ran("kind") == []
    assert len(cluster.journal.entries()) == len(FOREIGN)


def test_the_audit_log_is_switched_on_only_when_asked(
    machine: FakeMachine, monkeypatch: pytest.MonkeyPatch
):
    machine.foreign()
    switched: list[str] = []
    monkeypatch.setattr(lifecycle, "switch_on", lambda cluster, _: switched.append(cluster.context))
    up(lambda _: None, context="theirs", environ=machine.environ)
    assert switched == []
    up(lambda _: None, context="theirs", wishes=Wishes(audit=True), environ=machine.environ)
    assert switched == ["theirs"]


# -- putting right --------------------------------------------------------------------------------


def test_restore_undoes_newest_first(machine: FakeMachine):
    machine.foreign()
    cluster = find_cluster("theirs", machine.environ)
    cluster.journal.did("a fault on one", OnNode("one", ("first",)))
    cluster.journal.did("a fault on two", OnNode("two", ("second",)))
    told: list[str] = []
    assert restore(told.append, context="theirs", environ=machine.environ) == 2
    assert told == ["undo: a fault on two", "undo: a fault on one"]
    assert machine.ran("docker", "exec")[-2:] == [
        ["exec", "two", "second"],
        ["exec", "one", "first"],
    ]
    assert restore(told.append, context="theirs", environ=machine.environ) == 0


def test_what_cannot_be_undone_is_named_and_tried_again(machine: FakeMachine):
    machine.foreign()
    journal = find_cluster("theirs", machine.environ).journal
    journal.did("the rules of one", OnNode("one", ("iptables-restore",), "*nat"))
    journal.did("a fault on two", OnNode("two", ("second",)))
    machine.set(answers={"iptables-restore": [4, "", "Another app is currently holding the lock"]})
    with pytest.raises(LifecycleError) as found:
        restore(lambda _: None, context="theirs", environ=machine.environ)
    assert str(found.value).splitlines() == [
        "not undone:",
        "  the rules of one: `docker exec -i one iptables-restore` failed (4): "
        "Another app is currently holding the lock",
        "`uncordon kind restore --context theirs` tries again",
    ]
    assert [one.what for one in journal.entries()] == ["the rules of one"]
    machine.set(answers={})
    assert restore(lambda _: None, context="theirs", environ=machine.environ) == 1


def test_up_and_the_next_user_undo_what_was_left(machine: FakeMachine):
    machine.foreign()
    cluster = find_cluster("theirs", machine.environ)
    cluster.journal.did("a namespace", Delete(NAMESPACE))
    machine.api.put(NAMESPACE, ours=True)
    opened = use_cluster("theirs", "run 7f3a", environ=machine.environ)
    assert NAMESPACE not in machine.api.objects
    opened.cluster.journal.did("a namespace", Delete(NAMESPACE))
    machine.api.put(NAMESPACE, ours=True)
    with pytest.raises(BusyError, match="theirs is in use by run 7f3a, process"):
        restore(lambda _: None, context="theirs", environ=machine.environ)
    opened.close()
    assert NAMESPACE not in machine.api.objects
    with Hold("theirs", "somebody", machine.environ):
        pass


def test_the_journal_of_another_cluster_of_that_name_is_not_used(machine: FakeMachine):
    machine.foreign()
    find_cluster("theirs", machine.environ).journal.did("a fault", OnNode("one", ("first",)))
    machine.api.objects["/api/v1/namespaces/kube-system"]["metadata"]["uid"] = "another"
    with pytest.raises(LifecycleError, match="restore --forget --context theirs"):
        restore(lambda _: None, context="theirs", environ=machine.environ)
    assert machine.ran("docker", "exec") == []
    found = state("theirs", environ=machine.environ)
    assert not found.up
    assert "restore --forget --context theirs" in found.sentence
    restore(lambda _: None, context="theirs", forget=True, environ=machine.environ)
    assert find_cluster("theirs", machine.environ).journal.entries() == []


def test_the_journal_of_our_own_earlier_cluster_is_forgotten(machine: FakeMachine):
    own(machine)
    find_cluster("", machine.environ).journal.did("a fault", OnNode(NODES[1], ("first",)))
    machine.api.objects["/api/v1/namespaces/kube-system"]["metadata"]["uid"] = "another"
    own(machine)
    assert find_cluster("", machine.environ).journal.entries() == []


# -- killed ---------------------------------------------------------------------------------------


HEEDING = """
import signal
from sim.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)
main()
"""
"""Whoever runs the tests in the background has Ctrl-C ignored, and what they start inherits that."""


def start(machine: FakeMachine, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HEEDING, "kind", *words],
        env=machine.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("containers", [0, 2, 4])
def test_down_after_a_kill_in_the_middle_of_up_leaves_nothing(
    machine: FakeMachine, containers: int
):
    """`kind create cluster` outlives the one who started it, and would go on making nodes."""
    machine.serve_own()
    machine.set(step_s=0.3, info={**machine.state["info"], "DockerRootDir": ""})
    process = start(machine, "up")
    end = time.monotonic() + 20
    while not machine.ran("kind", "create") or len(machine.state["containers"]) < containers:
        assert time.monotonic() < end
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    down(lambda _: None, environ=machine.environ)
    assert machine.left == []
    time.sleep(0.7)
    assert machine.state["containers"] == {}


def test_up_after_a_kill_makes_the_cluster_all_the_same(machine: FakeMachine):
    machine.serve_own()
    machine.set(step_s=0.2)
    process = start(machine, "up")
    while len(machine.state["containers"]) < 2:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    machine.set(step_s=0.0)
    own(machine)
    assert list(machine.state["containers"]) == list(NODES)


def test_ctrl_c_ends_what_was_started(machine: FakeMachine):
    machine.serve_own()
    machine.set(step_s=0.3, info={**machine.state["info"], "DockerRootDir": ""})
    process = start(machine, "up")
    while len(machine.state["containers"]) < 1:
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=15)
    assert "interrupted" in out
    assert "Traceback" not in out
    before = len(machine.state["containers"])
    time.sleep(0.7)
    assert len(machine.state["containers"]) == before


KILLED = """
import sys
from sim.backends.kind.lifecycle import use_cluster
from sim.backends.kind.undo import Delete, OnNode
cluster = use_cluster("theirs", "run 7f3a").cluster
for number in range(1000):
    cluster.journal.did(f"fault {number}", OnNode("one", ("undo", str(number))))
    print(number, flush=True)
"""


def test_a_fault_of_a_killed_run_is_undone(machine: FakeMachine):
    machine.foreign()
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED], env=machine.environ, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for _ in range(20):
        process.stdout.readline()
    os.kill(process.pid, signal.SIGKILL)
    done = 20 + len(process.communicate()[0].splitlines())
    assert restore(lambda _: None, context="theirs", environ=machine.environ) in (done, done + 1)
    undone = [int(line[3]) for line in machine.ran("docker", "exec", "one", "undo")]
    assert undone == sorted(undone, reverse=True)
    assert undone[-1] == 0
    assert len(undone) >= done


def test_the_kubeconfig_of_people_is_not_touched(machine: FakeMachine):
    machine.foreign()
    before = machine.kubeconfig.read_text()
    containers = machine.state["containers"]
    machine.api.objects = {
        path: obj for path, obj in machine.api.objects.items() if "/nodes/" not in path
    }
    own(machine)
    down(lambda _: None, environ=machine.environ)
    assert machine.kubeconfig.read_text() == before
    assert machine.state["containers"] == containers
    assert json.loads(before)["contexts"][0]["name"] == "theirs"
