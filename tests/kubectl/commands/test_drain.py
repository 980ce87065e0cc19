"""`kubectl cordon`, `uncordon` and `drain`."""

from __future__ import annotations

import pytest

from sim.apimachinery.wire import Obj
from tests.control.world import STOP_MS, template
from tests.kubectl.cluster import Cluster, Terminal


def _daemon(name: str = "shipper") -> Obj:
    return {
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": template(name)},
    }


def test_cordon_says_what_changed_and_what_did_not(cluster: Cluster, kubectl: Terminal) -> None:
    said = [kubectl(line).out for line in ("cordon node-1", "cordon node-1", "uncordon node-1")]

    assert said == [
        "node/node-1 cordoned\n",
        "node/node-1 already cordoned\n",
        "node/node-1 uncordoned\n",
    ]
    assert kubectl("uncordon node-1").out == "node/node-1 already uncordoned\n"


def test_a_cordoned_node_takes_no_new_pods(cluster: Cluster, kubectl: Terminal) -> None:
    for name in ("node-1", "node-2"):
        kubectl(f"cordon {name}")

    cluster.web(4)

    assert set(cluster.nodes_of(app="web")) == {"node-3"}
    assert "node-1   Ready,SchedulingDisabled" in kubectl("get nodes").out


@pytest.mark.parametrize("verb", ["cordon", "uncordon", "drain"])
def test_an_unknown_node_is_not_found(kubectl: Terminal, verb: str) -> None:
    done = kubectl(f"{verb} node-9")

    assert done.err == 'Error from server (NotFound): nodes "node-9" not found\n'
    assert done.code == 1


def test_drain_evicts_and_waits_until_all_are_gone(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.web(6)
    on_node = [
        pod["metadata"]["name"]
        for pod in cluster.pods(app="web")
        if pod["spec"]["nodeName"] == "node-3"
    ]

    done = kubectl("drain node-3")

    assert done.code == 0
    assert done.ms >= STOP_MS
    assert done.lines[0] == "node/node-3 cordoned"
    assert done.lines[1:] == [
        *(f"evicting pod shop/{name}" for name in on_node),
        *(f"pod/{name} evicted" for name in on_node),
        "node/node-3 drained",
    ]
    assert "node-3" not in cluster.nodes_of(app="web")


def test_pods_of_daemonsets_need_a_flag(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.api.create("daemonsets", _daemon())
    cluster.run(3_000)
    pod = kubectl("get pods --field-selector spec.nodeName=node-1 -o name").out.strip()[4:]

    refused = kubectl("drain node-1")

    why = f"cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): shop/{pod}"
    assert refused.code == 1
    assert refused.out == "node/node-1 cordoned\n"
    assert refused.err == (
        f'error: unable to drain node "node-1" due to error: {why}, continuing command...\n'
        "There are pending nodes to be drained:\n node-1\n"
        f"{why}\n"
    )
    ignored = kubectl("drain node-1 --ignore-daemonsets")
    assert ignored.err == f"Warning: ignoring DaemonSet-managed Pods: shop/{pod}\n"
    assert ignored.out == "node/node-1 already cordoned\nnode/node-1 drained\n"


def test_pods_without_controller_and_local_data_are_protected(
    cluster: Cluster, kubectl: Terminal
) -> None:
    cluster.pod("box", volumes=[{"name": "scratch", "emptyDir": {}}])

    refused = kubectl("drain node-1")

    assert "cannot delete Pods with local storage (use --delete-emptydir-data" in refused.err
    done = kubectl("drain node-1 --force --delete-emptydir-data")
    assert (done.code, done.lines[-2:]) == (0, ["pod/box evicted", "node/node-1 drained"])
    assert done.err == "Warning: deleting Pods that declare no controller: shop/box\n"


def test_a_disruption_budget_delays_evictions(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.web(2)
    node = cluster.nodes_of(app="web")[0]
    cluster.api.create(
        "poddisruptionbudgets",
        {
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"}}},
        },
    )

    draining = kubectl.start(f"drain {node}")
    cluster.run(1_000)
    blocked = draining.done
    cluster.api.delete("poddisruptionbudgets", "shop", "web")
    cluster.run(10_000)

    assert blocked.code is None
    assert "(will retry after 5s): Cannot evict pod as it would violate the pod's" in blocked.err
    assert draining.done.code == 0


def test_a_timeout_ends_the_drain(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.pod("box")
    cluster.kubelet.dead_nodes.add("node-1")

    done = kubectl("drain node-1 --force --timeout=4s")

    assert (done.code, done.ms) == (1, 4_000)
    assert 'error when waiting for pod "box" in namespace "shop" to terminate' in done.err
    assert "There are pending pods in node" in done.err


def test_dry_run_only_says_what_would_go(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.pod("box")

    done = kubectl("drain node-1 --force --dry-run=client")

    assert done.lines == [
        "node/node-1 cordoned (dry run)",
        "evicting pod shop/box (dry run)",
        "node/node-1 drained (dry run)",
    ]
    assert cluster.api.get("pods", "shop", "box") is not None
