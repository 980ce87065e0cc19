"""Disks, probes, DNS and NetworkPolicies: each works, is undone, and says where it would do nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sim.faults.real import InjectionError, breakdns, breakprobe, denynetwork, filldisk, inject
from sim.scenario.timeline import BreakDns, BreakProbe, DenyNetwork, FillDisk
from tests.faults.real.reality import COREFILE, KUBE, KUBELET, Lab, Reality

WEB = "/apis/apps/v1/namespaces/payments/deployments/web"
POLICIES = "/apis/networking.k8s.io/v1/namespaces/payments/networkpolicies"
PROBE = {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 5}


@pytest.fixture
def reality() -> Iterator[Reality]:
    made = Reality()
    container = {"name": "web", "image": "web:1", "readinessProbe": PROBE}
    made.put(WEB, spec={"template": {"spec": {"containers": [container]}}})
    yield made
    made.close()


@pytest.fixture
def lab(tmp_path: Path, reality: Reality) -> Lab:
    return Lab(tmp_path, reality.address, reality.nodes)


def played(lab: Lab, fault: Any, until: int = 10_000) -> None:
    web = SimpleNamespace(name="web", namespace="payments")
    plan = SimpleNamespace(
        drawn=lambda name, bounds: bounds[0],
        fault_at=lambda id_: 0,
        scenario=SimpleNamespace(application=lambda name: web),
    )
    lab.env.spawn(inject(fault, lab.backend(plan=plan)))
    lab.env.run(until=until)


def network(reality: Reality, name: str, image: str = "x") -> None:
    spec = {"template": {"spec": {"containers": [{"name": "agent", "image": image}]}}}
    reality.put(f"/apis/apps/v1/namespaces/kube-system/daemonsets/{name}", spec=spec)


# -- fill-disk -------------------------------------------------------------------------------------


def fill(**more: object) -> FillDisk:
    told = {"fault": "fill-disk", "id": "disk", "at": 0, "node": "node.bad", "size": "2Gi"}
    return FillDisk.model_validate({**told, **more})


def pressed(reality: Reality) -> None:
    node = reality.objects["/api/v1/nodes/real-worker3"]
    node["status"]["conditions"].append({"type": "DiskPressure", "status": "True"})


def test_disk_has_a_file_and_a_threshold_that_it_crosses(lab: Lab, reality: Reality) -> None:
    pressed(reality)
    played(lab, fill())

    state = lab.state("real-worker3")
    assert state["file"] == "/var/lib/kubelet/core.1842"
    assert state["kubelet"] == KUBELET.replace("nodefs.available: 0%", "nodefs.available: 8192Mi")
    assert lab.restore() == []
    state = lab.state("real-worker3")
    assert (state["file"], state["kubelet"]) == ("", KUBELET)


def test_disk_without_pressure_is_no_fault_and_can_be_undone(lab: Lab) -> None:
    with pytest.raises(InjectionError, match="DiskPressure of real-worker3: not within 120 s"):
        played(lab, fill(), 130_000)
    assert lab.restore() == []
    assert lab.state("real-worker3")["kubelet"] == KUBELET


def test_nearly_full_disk_is_not_filled(lab: Lab) -> None:
    lab.set("real-worker3", free=3 << 30)
    with pytest.raises(InjectionError, match="3072 MiB free, which is less than twice the file"):
        played(lab, fill())
    assert lab.cluster.journal.entries() == []


@pytest.mark.parametrize(
    ("config", "made"),
    [
        ("a: 1\n", "a: 1\nevictionHard:\n  nodefs.available: 1024Mi\n"),
        (
            "evictionHard:\n  memory.available: 5%\n",
            "evictionHard:\n  nodefs.available: 1024Mi\n  memory.available: 5%\n",
        ),
        (
            "evictionHard:\n  nodefs.available: 10%\n",
            "evictionHard:\n  nodefs.available: 1024Mi\n",
        ),
    ],
)
def test_threshold_is_set_wherever_it_stands(config: str, made: str) -> None:
    assert filldisk.with_threshold(config, 1 << 30) == made


# -- break-probe -----------------------------------------------------------------------------------


def test_probe_is_spoiled_and_put_back_by_itself(lab: Lab, reality: Reality) -> None:
    told = {"fault": "break-probe", "id": "probe", "at": 0, "application": "web", "path": "/nope"}
    fault = {**told, "timeout": "1s", "failures": 1, "lasting": ("20s", "30s")}
    before = reality.kept
    played(lab, BreakProbe.model_validate(fault))
    (container,) = reality.objects[WEB]["spec"]["template"]["spec"]["containers"]
    assert container["readinessProbe"] == {
        "httpGet": {"path": "/nope", "port": 8080},
        "periodSeconds": 5,
        "timeoutSeconds": 1,
        "failureThreshold": 1,
    }
    lab.env.run(until=21_000)
    assert reality.kept == before
    assert lab.cluster.journal.entries() == []


def test_liveness_is_made_of_readiness_where_there_is_none() -> None:
    told = {"fault": "break-probe", "id": "p", "at": 0, "application": "web", "probe": "liveness"}
    fault = BreakProbe.model_validate({**told, "period": "2s"})
    assert breakprobe.spoiled(PROBE, fault) == {**PROBE, "periodSeconds": 2}


# -- break-dns -------------------------------------------------------------------------------------


def test_corefile_answers_wrongly_until_it_is_put_back(lab: Lab, reality: Reality) -> None:
    before = reality.kept
    played(lab, BreakDns.model_validate({"fault": "break-dns", "id": "dns", "at": 0}))
    corefile = reality.objects[f"{KUBE}/configmaps/coredns"]["data"]["Corefile"]
    spoiled = "    template ANY ANY cluster.local {\n        rcode SERVFAIL\n    }\n"
    assert corefile == COREFILE.replace(".:53 {\n", f".:53 {{\n{spoiled}")
    assert ("DELETE", f"{KUBE}/pods/coredns-1") in reality.asked
    assert lab.restore() == []
    assert reality.kept == before


@pytest.mark.parametrize(
    ("corefile", "why"),
    [("", "no ConfigMap coredns"), (COREFILE.replace("reload", "errors"), "does not reload")],
)
def test_dns_that_cannot_be_put_back_is_left_alone(corefile: str, why: str) -> None:
    assert why in breakdns.obstacle({"data": {"Corefile": corefile}})


# -- deny-network ----------------------------------------------------------------------------------


def deny(**more: object) -> DenyNetwork:
    told = {"fault": "deny-network", "id": "deny", "at": 0, "application": "web"}
    return DenyNetwork.model_validate({**told, **more})


def test_policy_is_made_with_our_label_and_goes(lab: Lab, reality: Reality) -> None:
    network(reality, "calico-node")
    played(lab, deny(allow=("edge",)))
    policy = reality.objects[f"{POLICIES}/default-deny"]
    peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "edge"}}}
    assert policy["spec"] == {
        "podSelector": {"matchLabels": {"app": "web"}},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [peer]}],
    }
    assert lab.restore() == []
    assert f"{POLICIES}/default-deny" not in reality.objects


def test_policy_is_refused_where_nobody_enforces_it(lab: Lab, reality: Reality) -> None:
    network(reality, "kindnet", "docker.io/kindest/kindnetd:v20230511-dc714da8")
    with pytest.raises(InjectionError, match="no network of this cluster enforces NetworkPolicies"):
        played(lab, deny())
    assert lab.cluster.journal.entries() == []


def test_kinds_own_network_enforces_them_since_a_date(reality: Reality) -> None:
    network(reality, "kindnet", "docker.io/kindest/kindnetd:v20250512-df8de77b")
    daemonsets = [one for path, one in reality.objects.items() if "/daemonsets/" in path]
    assert denynetwork.obstacle(daemonsets) == ""


def test_policy_outwards_lets_nothing_out() -> None:
    spec = denynetwork.policy_of(deny(direction="out"), "web", "payments")["spec"]
    assert (spec["policyTypes"], spec["egress"]) == (["Egress"], [])
