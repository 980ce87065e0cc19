"""kube-proxy of one node is starved, and whatever ends the process that does so, nothing stays."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.backends.kind import starving
from sim.backends.kind.tools import Tools
from sim.backends.kind.undo import OnNode, Others, Put
from sim.client.https import HttpsTransport
from sim.faults.real import InjectionError, inject, look_ahead
from sim.scenario.timeline import StarveProxy
from tests.faults.real.reality import DAEMONSET, KUBE, Lab, Reality


def fault(**more: object) -> StarveProxy:
    told = {"fault": "starve-proxy", "id": "starve", "at": 0, "node": "node.bad", "limit": "16Mi"}
    return StarveProxy.model_validate({**told, **more})


@pytest.fixture
def reality() -> Iterator[Reality]:
    made = Reality()
    yield made
    made.close()


@pytest.fixture
def lab(tmp_path: Path, reality: Reality) -> Lab:
    return Lab(tmp_path, reality.address, reality.nodes)


def played(lab: Lab, until: int, **more: object) -> None:
    lab.env.spawn(inject(fault(**more), lab.backend()))
    lab.env.run(until=until)


def test_one_node_alone_gets_the_limit_and_loses_its_rules(lab: Lab, reality: Reality) -> None:
    played(lab, 24_900)
    assert lab.state("real-worker3")["rules"] == 800  # the restart leaves them as they were
    lab.env.run(until=60_000)

    assert {node: lab.state(node)["rules"] for node in reality.nodes[1:]} == {
        "real-worker1": 800,
        "real-worker2": 800,
        "real-worker3": 0,
    }
    pods = [one for path, one in reality.objects.items() if "/pods/kube-proxy-" in path]
    assert {one["spec"]["nodeName"]: starving.limit_of(one) for one in pods} == {
        "real-worker1": "",
        "real-worker2": "",
        "real-worker3": "16Mi",
    }
    assert reality.objects[DAEMONSET]["spec"]["updateStrategy"] == {"type": "OnDelete"}
    assert lab.state("real-worker3")["guard"] == "10.96.0.0/12"


def test_restore_leaves_nothing(lab: Lab, reality: Reality) -> None:
    before = reality.kept
    played(lab, 60_000)
    assert lab.restore() == []
    assert reality.kept == before
    assert lab.state("real-worker3")["guard"] == ""
    assert lab.cluster.journal.entries() == []


def test_daemonset_is_put_back_before_its_own_revision_goes(lab: Lab) -> None:
    played(lab, 60_000)
    newest = [entry.undo for entry in lab.cluster.journal.entries()][::-1]
    assert list(map(type, newest)) == [Put, Others, OnNode, OnNode]


def test_it_ends_by_itself_after_its_time(lab: Lab, reality: Reality) -> None:
    before = reality.kept
    played(lab, 300_000, lasting=("5m", "6m"))
    assert reality.kept != before
    lab.set("real-worker3", rules=800)  # what kube-proxy does when it may
    lab.env.run(until=400_000)
    assert reality.kept == before
    assert lab.cluster.journal.entries() == []


def test_what_somebody_else_has_healed_is_left_alone(lab: Lab, reality: Reality) -> None:
    played(lab, 100_000, lasting=("5m", "6m"))
    healed = starving.limited(reality.objects[DAEMONSET], "256Mi")
    reality.objects[DAEMONSET] = healed
    lab.env.run(until=400_000)
    assert reality.objects[DAEMONSET] is healed


def test_rules_that_come_back_are_no_fault(lab: Lab) -> None:
    lab.set("real-worker3", spare=3)
    with pytest.raises(InjectionError, match="has written its rules with 16Mi: it takes more Serv"):
        played(lab, 60_000)


@pytest.mark.parametrize(
    ("path", "fields", "why"),
    [
        (
            f"{KUBE}/configmaps/kube-proxy",
            {"data": {"config.conf": "mode: nftables\n"}},
            "nftables",
        ),
        (DAEMONSET, {"spec": {"updateStrategy": {"type": "OnDelete"}}}, "strategy OnDelete"),
        (f"{KUBE}/pods/kube-apiserver", {"spec": {}}, "which addresses Services have"),
    ],
)
def test_where_it_cannot_be_done_nothing_is_changed(
    lab: Lab, reality: Reality, path: str, fields: dict[str, object], why: str
) -> None:
    reality.objects[path] = {**reality.objects[path], **fields}
    before = reality.kept
    with pytest.raises(InjectionError, match=why):
        look_ahead([fault()], lab.backend())
    with pytest.raises(
        InjectionError, match=rf"starve-proxy \(starve\) could not be done: .*{why}"
    ):
        played(lab, 60_000)
    assert reality.kept == before
    assert lab.cluster.journal.entries() == []


def mortal(call: Any, changes: Callable[..., bool], last: int, count: list[int]) -> Any:
    """Return *call* such that the process is killed before or after its changes, at number *last*."""

    def beat() -> None:
        count[0] += 1
        if count[0] == last:
            os.kill(os.getpid(), signal.SIGKILL)

    def made(self: Any, *words: Any, **more: Any) -> Any:
        if not changes(*words):
            return call(self, *words, **more)
        beat()
        answer = call(self, *words, **more)
        beat()
        return answer

    return made


def killed(lab: Lab, last: int) -> bool:
    """Play it in a process of its own; return whether it was killed, at moment *last*."""
    process = os.fork()
    if process == 0:
        count = [0]
        send, docker = HttpsTransport.send, Tools.docker
        HttpsTransport.send = mortal(  # type: ignore[method-assign]
            send, lambda request: request.method != "GET", last, count
        )
        Tools.docker = mortal(  # type: ignore[method-assign]
            docker, lambda *words: "grep -c" not in words[4], last, count
        )
        played(lab, 45_000)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == -signal.SIGKILL


def test_nothing_stays_after_a_kill_before_or_after_any_change(
    tmp_path: Path, reality: Reality
) -> None:
    before = reality.kept
    for last in range(1, 50):
        lab = Lab(tmp_path / str(last), reality.address, reality.nodes)
        died = killed(lab, last)
        assert lab.restore() == []
        assert reality.kept == before
        assert lab.state("real-worker3")["guard"] == ""
        if not died:
            break
    assert 10 < last < 30


@pytest.mark.parametrize(
    ("apiserver", "kubeadm", "told"),
    [
        (["--service-cluster-ip-range=10.96.0.0/16,fd00:10:96::/112"], "", "10.96.0.0/16"),
        ([], "networking:\n  serviceSubnet: fd00::/108,10.43.0.0/16\n", "10.43.0.0/16"),
        ([], "", ""),
    ],
)
def test_service_range(apiserver: list[str], kubeadm: str, told: str) -> None:
    pod = {"spec": {"containers": [{"command": ["kube-apiserver", *apiserver]}]}}
    config = {"data": {"ClusterConfiguration": kubeadm}}
    assert starving.service_range(pod, config) == told
