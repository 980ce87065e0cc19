"""`kubectl delete`: what goes, what is said, and how long it waits."""

from __future__ import annotations

import pytest

from tests.control.world import STOP_MS
from tests.kubectl.cluster import Cluster, Terminal


def test_delete_waits_until_the_object_is_gone(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.pod("box")

    done = kubectl("delete pod box")

    assert done.out == 'pod "box" deleted from shop namespace\n'
    assert done.ms == STOP_MS
    assert cluster.api.get("pods", "shop", "box") is None


def test_the_line_is_printed_before_the_wait(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.pod("box")

    deleting = kubectl.start("delete pod box")

    assert deleting.done.out == 'pod "box" deleted from shop namespace\n'
    assert deleting.done.code is None


@pytest.mark.parametrize("flags", ["--wait=false", "--now --wait=false"])
def test_without_waiting_it_returns_at_once(
    cluster: Cluster, kubectl: Terminal, flags: str
) -> None:
    cluster.pod("box")

    assert kubectl(f"delete pod box {flags}").ms == 0
    assert cluster.api.get("pods", "shop", "box") is not None


def test_force_removes_at_once_and_warns(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.pod("box")

    done = kubectl("delete pod box --force --grace-period=0")

    assert done.out == 'pod "box" force deleted from shop namespace\n'
    assert done.err.startswith("Warning: Immediate deletion does not wait for confirmation")
    assert done.ms == 0


def test_a_pod_of_a_deployment_is_replaced_under_another_name(
    cluster: Cluster, kubectl: Terminal
) -> None:
    first, second = cluster.web()

    assert kubectl(f"delete pod {first}").code == 0
    cluster.run(5_000)

    names = [pod["metadata"]["name"] for pod in cluster.pods(app="web")]
    assert len(names) == 2
    assert second in names
    assert first not in names


def test_a_wait_that_takes_too_long_fails(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.pod("box")
    cluster.kubelet.dead_nodes.add("node-1")

    done = kubectl("delete pod box --timeout=3s")

    assert (done.code, done.ms) == (1, 3_000)
    assert done.err == "error: timed out waiting for the condition on pods/box\n"


def test_cluster_scoped_objects_are_said_without_namespace(
    cluster: Cluster, kubectl: Terminal
) -> None:
    done = kubectl("delete node node-3 -n default")

    assert done.out == 'node "node-3" deleted\n'
    assert done.err == (
        "Warning: deleting cluster-scoped resources, not scoped to the provided namespace\n"
    )


@pytest.mark.parametrize(
    ("line", "out", "err", "code"),
    [
        ("delete pod nope", "", 'Error from server (NotFound): pods "nope" not found\n', 1),
        ("delete pod nope --ignore-not-found", "", "", 0),
        ("delete pods -l a=b", "No resources found\n", "", 0),
        ("delete pods --all", "No resources found\n", "", 0),
        ("delete pods", "", "error: resource(s) were provided, but no name was specified\n", 1),
        (
            "delete pods --all -l a=b",
            "",
            "error: setting 'all' parameter but found a non empty selector. \n",
            1,
        ),
        (
            "delete pod box --cascade=maybe",
            "",
            'error: invalid cascade value (maybe). Must be "background", "foreground", or '
            '"orphan"\n',
            1,
        ),
        (
            "delete pod box --now --grace-period=3",
            "",
            "error: --now and --grace-period cannot be specified together\n",
            1,
        ),
        (
            "delete pod box --dry-run=client",
            'pod "box" deleted from shop namespace (dry run)\n',
            "",
            0,
        ),
    ],
)
def test_texts(kubectl: Terminal, line: str, out: str, err: str, code: int) -> None:
    done = kubectl(line)

    assert (done.out, done.err, done.code) == (out, err, code)


def test_asking_first_leaves_things_alone_on_no(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.pod("box")

    done = kubectl("delete pod box -i", stdin="n\n")

    assert done.out == (
        "You are about to delete the following 1 resource(s):\npod/box\n"
        "Do you want to continue? (y/N): deletion is cancelled\n"
    )
    assert cluster.api.get("pods", "shop", "box") is not None
