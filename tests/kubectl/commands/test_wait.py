"""`kubectl wait`: conditions, paths, deletions and time."""

from __future__ import annotations

import pytest

from tests.control.world import START_MS, STOP_MS
from tests.kubectl.cluster import Cluster, Terminal


def test_a_condition_is_noticed_when_it_comes_true(cluster: Cluster, kubectl: Terminal) -> None:
    kubectl("run box --image=busybox")

    done = kubectl("wait --for=condition=Ready pod/box")

    assert done.out == "pod/box condition met\n"
    assert START_MS <= done.ms < START_MS + 200


def test_a_path_is_compared(cluster: Cluster, kubectl: Terminal) -> None:
    kubectl("run box --image=busybox")

    done = kubectl("wait --for=jsonpath='{.status.phase}'=Running pod/box")

    assert (done.out, done.code) == ("pod/box condition met\n", 0)


def test_a_deletion_is_awaited(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.pod("box")
    kubectl("delete pod box --wait=false")

    done = kubectl("wait --for=delete pod/box")

    assert (done.out, done.ms) == ("pod/box condition met\n", STOP_MS)


def test_what_is_gone_already_needs_no_wait(kubectl: Terminal) -> None:
    done = kubectl("wait --for=delete pod/box")

    assert (done.out, done.err, done.code, done.ms) == ("", "", 0, 0)


def test_a_creation_is_awaited(cluster: Cluster, kubectl: Terminal) -> None:
    waiting = kubectl.start("wait --for=create pod/box --timeout=20s")
    cluster.run(3_000)
    assert waiting.done.code is None

    cluster.pod("box")

    assert (waiting.done.out, waiting.done.code) == ("pod/box condition met\n", 0)


def test_time_runs_out_for_every_object_that_is_left(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.pod("box")
    cluster.pod("other")

    one = kubectl("wait --for=condition=Never pod/box --timeout=3s")
    both = kubectl("wait --for=condition=Never pod --all --timeout=3s")

    text = "timed out waiting for the condition on pods/"
    assert (one.err, one.code, one.ms) == (f"error: {text}box\n", 1, 3_000)
    assert (both.err, both.code, both.ms) == (f"{text}box\n{text}other\n", 1, 3_000)


def test_without_time_it_looks_once(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.pod("box")

    done = kubectl("wait --for=condition=Never pod/box --timeout=0")

    assert (done.err, done.ms) == ("error: condition not met for pods/box\n", 0)


@pytest.mark.parametrize(
    ("line", "err"),
    [
        (
            "wait --for=condition=Ready pod/nope",
            'Error from server (NotFound): pods "nope" not found\n',
        ),
        ("wait --for=condition=Ready pod -l a=b", "error: no matching resources found\n"),
        ("wait --for=soon pod/nope", 'error: unrecognized condition: "soon"\n'),
        ("wait pod/nope", "error: unrecognized condition: []\n"),
    ],
)
def test_texts(kubectl: Terminal, line: str, err: str) -> None:
    done = kubectl(line)

    assert (done.err, done.code) == (err, 1)
