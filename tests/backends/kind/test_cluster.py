"""Which cluster is meant, that its machines are containers here, and what a scenario calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim.backends.kind.aliases import Aliases
from sim.backends.kind.cluster import NoClusterError, find_cluster
from sim.backends.kind.config import audit_policy, cluster_config
from tests.backends.kind.machine import FOREIGN, NODES, FakeMachine


def test_a_foreign_cluster_by_its_context(machine: FakeMachine):
    machine.foreign()
    found = find_cluster("theirs", machine.environ)
    assert (found.context, found.made_by_us, found.version) == ("theirs", False, "v1.35.0")
    assert found.endpoint.server == machine.api.address
    assert found.aliases.nodes == {
        "node-control-plane": "plane",
        "node-worker-1": "one",
        "node-worker-2": "three",
        "node-worker-3": "two",
    }
    assert found.addresses["two"] == "10.0.0.2"


def refusal(machine: FakeMachine, context: str = "theirs") -> str:
    with pytest.raises(NoClusterError) as found:
        find_cluster(context, machine.environ)
    return str(found.value)


def test_there_may_be_none(machine: FakeMachine):
    assert refusal(machine, "") == (
        "there is no cluster: `uncordon kind up` makes one, --context NAME takes one of yours"
    )


def test_kinds_cluster_of_our_name_may_be_somebody_elses(machine: FakeMachine):
    machine.contain(NODES[0], "172.18.0.2", "uncordon")
    assert refusal(machine, "").startswith(
        "kind's cluster uncordon was not made by uncordon: name it"
    )


def test_a_cluster_half_made(machine: FakeMachine):
    machine.contain(NODES[0], "172.18.0.2", "uncordon", mounts=["/etc/uncordon"])
    assert "the cluster is not complete; `uncordon kind down` removes it" in refusal(machine, "")


def test_no_such_context(machine: FakeMachine):
    machine.foreign()
    assert refusal(machine, "nope") == (
        "cannot use --context nope: there is no context 'nope' in the kubeconfig; "
        "`kubectl config get-contexts` lists those that there are, KUBECONFIG says in which file"
    )


def test_no_kubeconfig(machine: FakeMachine):
    assert refusal(machine) == (
        f"cannot use --context theirs: there is no kubeconfig at {machine.kubeconfig}; "
        "`kubectl config get-contexts` lists those that there are, KUBECONFIG says in which file"
    )


def test_a_context_may_be_spread_over_files(machine: FakeMachine, tmp_path: Path):
    machine.foreign()
    text = json.loads(machine.kubeconfig.read_text())
    (tmp_path / "clusters").write_text(json.dumps({"clusters": text.pop("clusters")}))
    machine.kubeconfig.write_text(json.dumps(text))
    machine.environ["KUBECONFIG"] = (
        f"{tmp_path / 'gone'}:{machine.kubeconfig}:{tmp_path / 'clusters'}"
    )
    assert find_cluster("theirs", machine.environ).version == "v1.35.0"


def test_a_server_that_does_not_answer(machine: FakeMachine):
    machine.foreign()
    machine.kubeconfig.write_text(
        machine.kubeconfig.read_text().replace(machine.api.address, "http://127.0.0.1:9")
    )
    assert refusal(machine).startswith(
        "the API server of theirs at http://127.0.0.1:9 does not answer: "
    )


def test_a_server_that_refuses(machine: FakeMachine):
    machine.foreign()
    machine.api.refusals["GET", "/api/v1/nodes"] = 403
    assert refusal(machine) == "the API server of theirs refuses: no GET here"


def test_too_few_workers(machine: FakeMachine):
    machine.foreign()
    del machine.api.objects["/api/v1/nodes/two"]
    assert refusal(machine) == (
        "theirs has 1 control planes and 2 workers; at least 1 and 3 are needed: add workers, or take "
        "another cluster"
    )


def test_a_node_that_is_no_container_here(machine: FakeMachine):
    machine.foreign()
    containers = machine.state["containers"]
    machine.set(containers={name: one for name, one in containers.items() if name != FOREIGN[2]})
    assert refusal(machine) == (
        "node two of theirs is no container of this machine's docker; only clusters whose nodes are "
        "can be used"
    )


def test_a_container_that_only_has_a_nodes_name(machine: FakeMachine):
    machine.foreign()
    machine.contain("two", "192.168.0.1")
    assert refusal(machine) == (
        "the container two is not the node two of theirs: it has not the node's address 10.0.0.2"
    )


def test_nodes_are_numbered_in_the_order_of_people():
    workers = ["uncordon-worker10", "uncordon-worker2", "uncordon-worker"]
    aliases = Aliases.of(["uncordon-control-plane"], workers)
    assert aliases.workers == ("uncordon-worker", "uncordon-worker2", "uncordon-worker10")
    assert aliases.node("node-worker-3") == aliases.node("uncordon-worker10") == "uncordon-worker10"
    assert aliases.alias("uncordon-worker") == "node-worker-1"
    assert aliases.control_plane == "uncordon-control-plane"
    assert aliases.differ
    with pytest.raises(KeyError):
        aliases.node("node-worker-4")
    assert aliases.lines()[:2] == [
        "NAME                 NODE",
        "node-control-plane   uncordon-control-plane",
    ]


def test_a_cluster_that_calls_its_nodes_as_we_do():
    workers = [f"node-worker-{number}" for number in (1, 2, 3)]
    assert not Aliases.of(["node-control-plane"], workers).differ


def test_the_configuration_of_kind(tmp_path: Path):
    config = json.loads(cluster_config(tmp_path))
    assert [node["role"] for node in config["nodes"]] == ["control-plane", *["worker"] * 3]
    mount = {"hostPath": str(tmp_path), "containerPath": "/etc/uncordon", "readOnly": True}
    assert all(node["extraMounts"] == [mount] for node in config["nodes"])
    old, new = (json.loads(patch) for patch in config["kubeadmConfigPatches"])
    assert (old["apiVersion"], new["apiVersion"]) == (
        "kubeadm.k8s.io/v1beta3",
        "kubeadm.k8s.io/v1beta4",
    )
    arguments = old["apiServer"]["extraArgs"]
    assert arguments["audit-policy-file"] == "/etc/uncordon/audit-policy.yaml"
    assert {one["name"]: one["value"] for one in new["apiServer"]["extraArgs"]} == arguments


ADMIN = ("kubernetes-admin", "system:masters")
JOBS = ("system:serviceaccount:kube-system:job-controller", "system:serviceaccounts:kube-system")
DEPLOYER = ("system:serviceaccount:ci:deployer", "system:serviceaccounts:ci")


def level(user: str, user_group: str, verb: str, resource: str) -> str:
    """Return the level of the first rule that matches (apiserver, audit/policy/checker.go)."""
    first, _, last = resource.partition("/")
    group, plural = (first, last) if last and first != "pods" else ("", resource)
    for rule in json.loads(audit_policy())["rules"]:
        whose = {*rule.get("users", ()), *rule.get("userGroups", ())}
        resources = rule.get("resources")
        if whose and not whose & {user, user_group}:
            continue
        if "verbs" in rule and verb not in rule["verbs"]:
            continue
        if resources and not any(
            one["group"] == group and plural in one.get("resources", [plural]) for one in resources
        ):
            continue
        found: str = rule["level"]
        return found
    return "None"


@pytest.mark.parametrize(
    ("who", "verb", "resource", "wanted"),
    [
        (ADMIN, "patch", "nodes", "RequestResponse"),
        (ADMIN, "delete", "pods", "RequestResponse"),
        (ADMIN, "update", "apps/deployments", "RequestResponse"),
        (ADMIN, "create", "secrets", "Metadata"),
        (ADMIN, "create", "pods/exec", "Metadata"),
        (ADMIN, "get", "pods/exec", "Metadata"),
        (ADMIN, "list", "pods", "None"),
        (ADMIN, "create", "authorization.k8s.io/selfsubjectaccessreviews", "None"),
        (("system:kube-scheduler", "system:authenticated"), "create", "pods/binding", "None"),
        (("system:node:one", "system:nodes"), "patch", "nodes", "None"),
        (JOBS, "create", "pods", "None"),
        (DEPLOYER, "patch", "apps/deployments", "RequestResponse"),
    ],
)
def test_the_audit_log_has_what_people_change(
    who: tuple[str, str], verb: str, resource: str, wanted: str
):
    assert level(*who, verb, resource) == wanted
