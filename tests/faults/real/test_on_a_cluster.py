"""Faults on a real cluster: they hurt one node, and nothing of them stays, whatever ends the process."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sim.apimachinery.wire import Obj
from sim.backends.kind import starving
from sim.backends.kind.cluster import KindCluster, find_cluster
from sim.backends.kind.tools import Tools
from sim.backends.kind.undo import Delete
from sim.backends.kind.undoing import LABEL, OURS, Undoer
from sim.client.rest import RestClient
from sim.faults.real import InjectionError, filldisk, inject
from sim.kernel import Environment, Epoch
from sim.scenario.timeline import BreakDns, DenyNetwork, FillDisk, StarveProxy
from tests.faults.real.test_starving import mortal

pytestmark = [pytest.mark.kind, pytest.mark.slow]

SPACE = "uncordon-faults"
SERVICES = 400
STARVE = {
    "fault": "starve-proxy",
    "id": "starve",
    "at": 0,
    "node": "node-worker-3",
    "limit": "16Mi",
}


class Ground:
    """A real cluster, and what a family asks of a backend on it."""

    def __init__(self, cluster: KindCluster) -> None:
        self.cluster = cluster
        self.env = Environment()
        self.world = cluster.transport(self.env)
        self.rest = RestClient(self.world)
        plan = SimpleNamespace(drawn=lambda name, bounds: bounds[0], fault_at=lambda id_: 0)
        self.backend: Any = SimpleNamespace(
            env=self.env,
            epoch=Epoch(time.time_ns() // 1_000_000),
            cluster=cluster,
            drawn=False,
            world=self.world,
            plan=plan,
            roles={},
        )
        self.node = cluster.aliases.node("node-worker-3")

    def play(self, fault: Any, until: Callable[[], object], seconds: float) -> None:
        """Let *fault* happen in real time until something holds."""
        self.env.spawn(inject(fault, self.backend))
        begun = time.monotonic()
        while not until():
            assert time.monotonic() - begun < seconds
            self.env.advance(round((time.monotonic() - begun) * 1000) + 1)
            time.sleep(0.2)

    def on_node(self, script: str) -> str:
        return self.cluster.tools.docker("exec", self.node, "sh", "-c", script).out.strip()

    def rules(self) -> int:
        return int(self.on_node(starving.COUNT))

    def restore(self) -> list[str]:
        return self.cluster.journal.undo_all(Undoer(self.world, self.cluster.tools))

    def state(self) -> dict[str, Any]:
        """What has to be as it was."""
        daemonset: Obj = self.rest.get(starving.DAEMONSET)
        return {
            "daemonset": daemonset["spec"],
            "revisions": {one["metadata"]["name"] for one in self.rest.items(starving.REVISIONS)},
            "mangle": self.on_node("iptables -t mangle -S POSTROUTING"),
            "kubelet": self.on_node(f"cat {filldisk.CONFIG}"),
            "files": self.on_node("ls /var/lib/kubelet"),
        }


@pytest.fixture
def ground(kind_context: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    made = Ground(find_cluster(kind_context))
    yield made
    assert made.restore() == []


@pytest.fixture
def services(ground: Ground) -> None:
    """As many Services as a night has; the journal takes them away."""
    labels = {LABEL: OURS}
    path = f"/api/v1/namespaces/{SPACE}"
    ground.cluster.journal.did("Services", Delete(path))
    ground.rest.send(
        "POST", "/api/v1/namespaces", (), {"metadata": {"name": SPACE, "labels": labels}}
    )
    addresses = [{"ip": f"198.51.100.{number}"} for number in (1, 2, 3)]
    for number in range(SERVICES):
        meta = {"name": f"one-{number}", "labels": labels}
        spec = {"ports": [{"port": 80}]}
        ground.rest.send("POST", f"{path}/services", (), {"metadata": meta, "spec": spec})
        subsets = [{"addresses": addresses, "ports": [{"port": 80}]}]
        ground.rest.send("POST", f"{path}/endpoints", (), {"metadata": meta, "subsets": subsets})
    time.sleep(5)


@pytest.mark.usefixtures("services")
def test_starved_node_has_no_rules_until_it_is_restored(ground: Ground) -> None:
    before = ground.state()
    assert ground.rules() > SERVICES
    over = time.monotonic() + 60
    ground.play(StarveProxy.model_validate(STARVE), lambda: time.monotonic() > over, 90)
    assert ground.rules() == 0
    (ready,) = (
        one["status"]
        for one in ground.rest.get(f"/api/v1/nodes/{ground.node}")["status"]["conditions"]
        if one["type"] == "Ready"
    )
    assert ready == "True"
    assert ground.restore() == []
    assert ground.rules() > 0
    assert ground.state() == before


@pytest.mark.usefixtures("services")
@pytest.mark.parametrize("last", [1, 2, 4, 6])
def test_nothing_stays_of_a_starving_that_was_killed(ground: Ground, last: int) -> None:
    before = ground.state()
    process = os.fork()
    if process == 0:
        count = [0]
        Tools.docker = mortal(  # type: ignore[method-assign]
            Tools.docker, lambda *words: "grep -c" not in words[4], last, count
        )
        try:
            ground.play(StarveProxy.model_validate(STARVE), lambda: False, 120)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == -signal.SIGKILL
    assert ground.restore() == []
    assert ground.rules() > 0
    assert ground.state() == before


def test_full_disk_is_pressure_until_the_file_goes(ground: Ground) -> None:
    before = ground.state()
    told = {"fault": "fill-disk", "id": "disk", "at": 0, "node": "node-worker-3", "size": "512Mi"}
    node = f"/api/v1/nodes/{ground.node}"
    ground.play(FillDisk.model_validate(told), lambda: filldisk.pressed(ground.rest.get(node)), 150)
    assert ground.restore() == []
    end = time.monotonic() + 60
    while filldisk.pressed(ground.rest.get(node)):
        assert time.monotonic() < end
        time.sleep(1)
    assert ground.state() == before


def test_spoiled_corefile_is_put_back(ground: Ground) -> None:
    path = "/api/v1/namespaces/kube-system/configmaps/coredns"
    before = ground.rest.get(path)["data"]
    told = {"fault": "break-dns", "id": "dns", "at": 0}
    ground.play(BreakDns.model_validate(told), lambda: ground.rest.get(path)["data"] != before, 20)
    assert "rcode SERVFAIL" in ground.rest.get(path)["data"]["Corefile"]
    assert ground.restore() == []
    assert ground.rest.get(path)["data"] == before


def test_policy_that_nobody_enforces_is_refused(ground: Ground) -> None:
    """The cluster that the tests are for has a network that takes no notice of policies."""
    path = "/apis/networking.k8s.io/v1/networkpolicies"
    before = ground.rest.items(path)
    told = {"fault": "deny-network", "id": "deny", "at": 0, "application": "coredns"}
    with pytest.raises(InjectionError, match="no network of this cluster enforces NetworkPolicies"):
        ground.play(DenyNetwork.model_validate(told), lambda: False, 10)
    assert ground.rest.items(path) == before
    assert ground.cluster.journal.entries() == []
