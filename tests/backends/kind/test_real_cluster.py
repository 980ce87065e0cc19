"""A workstation on a real cluster: the same kubectl, ssh and dashboards, over the other doors."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from sim.backends.kind.cluster import find_cluster
from sim.backends.kind.undoing import LABEL, OURS
from sim.client.rest import RestClient
from sim.evidence import ActionRecord, CommandRecord, RunRecord
from tests.backends.kind.night import RealNight

pytestmark = [pytest.mark.kind, pytest.mark.slow]


@pytest.fixture(scope="module")
def night(kind_context: str) -> Iterator[RealNight]:
    made = RealNight(kind_context)
    yield made
    made.close()


def test_the_run_is_of_a_real_cluster(night: RealNight):
    (record,) = night.run.log.of(RunRecord)
    assert record.backend == night.run.backend == "kind"
    assert record.roles["node.bad"] in night.type("kubectl get nodes")
    assert night.backend.healthy() == ""


def test_users_are_served_and_measured(night: RealNight):
    night.live(25)
    line = night.backend.telemetry.summary()
    assert line["state"] == "quiet"
    assert line["error_rate"] < 0.02
    assert line["requests"] == pytest.approx(480, rel=0.15)


def test_get(night: RealNight):
    shown = night.type("kubectl get pods -n payments -o wide")
    assert len(re.findall(r"^payment-service-\w+-\w+\s+1/1\s+Running\s+0 ", shown, re.M)) == 4
    rows = night.type("kubectl get pods -n payments -o json | jq -M '.items | length'")
    assert rows == "5\n"


def test_describe(night: RealNight):
    shown = night.type("kubectl describe deployment payment-service -n payments")
    assert "4 desired | 4 updated | 4 total | 4 available | 0 unavailable" in shown
    node = night.run.roles["node.bad"]
    assert "pool=payments:NoSchedule" in night.type(f"kubectl describe node {node}")


def test_the_kubeconfig_leads_to_the_real_server(night: RealNight):
    server = night.backend.cluster.endpoint.server
    assert f"is running at {server}\n" in night.type("kubectl cluster-info")
    view = night.type("kubectl config view --minify -o jsonpath='{.clusters[0].cluster.server}'")
    assert view == server
    assert '"gitVersion"' in night.type(f"curl -sk {server}/version")


def test_logs(night: RealNight):
    shown = night.type("kubectl logs -n payments deploy/payment-service --tail=5")
    assert re.search(r"INFO: (POST|GET) \S+ 20\d \d+ms", shown)
    begun = len(night.run.log)
    night.enter("kubectl logs -n edge deploy/gateway -f --tail=1")
    night.live(4)
    night.interrupt()
    assert night.type("echo code=$?") == "code=130\n"
    assert night.screen(begun).count("\n") > 3


@pytest.mark.parametrize(
    ("line", "code"), [("sh -c 'echo out; exit 5'", 5), ("sh -c true", 0), ("nonesuch", 1)]
)
def test_exec(night: RealNight, line: str, code: int):
    shown = night.type(f"kubectl exec -n payments deploy/payment-service -- {line}; echo code=$?")
    assert shown.endswith(f"code={code}\n")
    if line == "nonesuch":
        assert "executable file not found" in shown
        assert shown.count("\n") == 2, "kubectl tells a code only where a program had one"


def test_a_shell_in_a_container(night: RealNight):
    shown = night.type(
        "kubectl exec -it -n payments deploy/payment-service -- sh", "echo $((6*7))", "exit 3"
    )
    assert "42\n" in shown
    assert "echo" not in shown, "what was typed is shown once, by this side"
    assert "command terminated with exit code 3" in shown


def test_ssh(night: RealNight):
    node = night.run.roles["node.bad"]
    assert night.type(f"ssh {node} 'hostname; exit 4'; echo $?") == f"{node}\n4\n"
    lines = night.type(f"ssh {node} 'sudo iptables -t nat -L KUBE-SERVICES -n | wc -l'")
    assert int(lines) == int(night.run.roles["rules.complete"])
    assert "sudo: nonesuch: command not found" in night.type(f"ssh {node} sudo nonesuch")
    assert "Could not resolve hostname" in night.type("ssh node-worker-99")


def test_a_shell_on_a_node(night: RealNight):
    begun = len(night.run.log)
    shown = night.type("ssh node-worker-1", "echo on $(hostname)", "false; echo $?", "exit")
    assert f"on {night.backend.cluster.aliases.node('node-worker-1')}\n" in shown
    assert "1\n" in shown
    told = [one for one in list(night.run.log)[begun:] if isinstance(one, CommandRecord)]
    assert [(one.place, one.line) for one in told][1] == (
        "ssh node-worker-1",
        "echo on $(hostname)",
    )


def test_a_port_is_forwarded(night: RealNight):
    night.enter("kubectl port-forward -n edge deploy/gateway 8000:8000 &")
    night.live(2)
    assert night.type("curl -s localhost:8000/healthz").endswith("ok\n")
    night.type("kill %1")


def test_what_is_changed_is_a_deed(night: RealNight):
    node = night.run.roles["node.good"][0]
    night.type(f"kubectl cordon {node}")
    night.type(f"kubectl uncordon {node}")
    deeds = [one for one in night.run.log.of(ActionRecord) if one.target == f"nodes/{node}"]
    assert [one.detail for one in deeds] == ["unschedulable: true", "unschedulable: false"]
    assert all(one.command >= 0 for one in deeds)


def test_nothing_is_left_behind(night: RealNight, kind_context: str):
    night.close()
    cluster = find_cluster(kind_context)
    rest = RestClient(cluster.transport())
    assert rest.items("/api/v1/namespaces", (("labelSelector", f"{LABEL}={OURS}"),)) == []
    assert not [
        one["metadata"]["name"]
        for one in rest.items("/api/v1/nodes")
        if "pool" in one["metadata"]["labels"]
    ]
    assert not [entry for entry in cluster.journal.entries() if not entry.lasting]
