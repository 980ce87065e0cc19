"""`kubectl debug`: a shell on a node, and what is not modelled."""

from __future__ import annotations

import pytest

from tests.kubectl.cluster import Cluster, Terminal


def test_a_node_gets_a_pod_with_its_file_system_and_a_shell(
    cluster: Cluster, kubectl: Terminal
) -> None:
    running = kubectl.start("debug node/node-1 -it --image=busybox -- sh", stdin=None, tty=True)
    cluster.run(3_000)
    running.stdin.write("echo here\nexit\n")
    cluster.run(1_000)

    done = running.done
    (pod,) = list(cluster.api.list("pods", "shop"))
    name = pod["metadata"]["name"]
    assert done.out.startswith(
        f"Creating debugging pod {name} with container debugger on node node-1.\n"
    )
    assert "here\n" in done.out
    assert done.code == 0
    assert name.startswith("node-debugger-node-1-")
    assert pod["spec"]["nodeName"] == "node-1"
    assert pod["spec"]["volumes"][0]["hostPath"]["path"] == "/"


def test_the_pod_stays_behind(cluster: Cluster, kubectl: Terminal) -> None:
    kubectl("debug node/node-1 --image=busybox -- true")

    assert len(cluster.api.list("pods", "shop")) == 1


@pytest.mark.parametrize(
    ("line", "err"),
    [
        ("debug node/node-1", "error: you must specify --image when not using --copy-to.\n"),
        (
            "debug node/node-9 --image=busybox",
            'Error from server (NotFound): nodes "node-9" not found\n',
        ),
        (
            "debug pod/x --image=busybox --copy-to=y",
            'Error from server (NotFound): pods "x" not found\n',
        ),
    ],
)
def test_texts(kubectl: Terminal, line: str, err: str) -> None:
    done = kubectl(line)

    assert (done.err, done.code) == (err, 1)
