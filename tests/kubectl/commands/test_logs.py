"""`kubectl logs`: of pods, workloads and selections, once or followed."""

from __future__ import annotations

import pytest

from tests.kubectl.cluster import Cluster, Terminal


@pytest.fixture
def box(cluster: Cluster) -> Cluster:
    cluster.pod("box")
    cluster.kubelet.log("box", "one\ntwo\nthree\n")
    return cluster


@pytest.mark.parametrize(
    ("flags", "out"),
    [
        ("box", "one\ntwo\nthree\n"),
        ("pod/box", "one\ntwo\nthree\n"),
        ("box -c main", "one\ntwo\nthree\n"),
        ("box main", "one\ntwo\nthree\n"),
        ("box --tail=1", "three\n"),
        ("box --tail 2", "two\nthree\n"),
        ("box --since=1s", "one\ntwo\nthree\n"),
        ("box --tail=1 --timestamps", "2026-11-20T01:40:02Z three\n"),
        ("-l run=box --tail=1 --prefix", "[pod/box/main] three\n"),
    ],
)
def test_what_is_asked_is_printed(box: Cluster, kubectl: Terminal, flags: str, out: str) -> None:
    assert kubectl(f"logs {flags}").out == out


def test_several_containers_need_a_choice_and_the_first_is_said(
    cluster: Cluster, kubectl: Terminal
) -> None:
    containers = [{"name": name, "image": "busybox"} for name in ("a", "b")]
    cluster.pod("duo", containers=containers)
    cluster.kubelet.lines = {"duo/a": ["t of-a"], "duo/b": ["t of-b"]}

    default = kubectl("logs duo")

    assert (default.out, default.err) == ("of-a\n", 'Defaulted container "a" out of: a, b\n')
    assert kubectl("logs duo --all-containers").out == "of-a\nof-b\n"
    assert kubectl("logs duo -c c").err == (
        "error: container c is not valid for pod duo out of: a, b\n"
    )


def test_of_several_pods_the_best_is_said(cluster: Cluster, kubectl: Terminal) -> None:
    pods = cluster.web(2)
    for name in pods:
        cluster.kubelet.log(name, f"from {name}")

    done = kubectl("logs deploy/web")

    used = done.out.strip().removeprefix("from ")
    assert done.err == f"Found 2 pods, using pod/{used}\n"


def test_following_prints_lines_when_they_come_and_ends_with_the_stream(
    box: Cluster, kubectl: Terminal
) -> None:
    following = kubectl.start("logs -f box --tail=1")
    box.at(500, lambda: box.kubelet.log("box", "four\n"))

    box.run(499)
    assert following.done.out == "three\n"
    box.run(2)
    assert following.done.out == "three\nfour\n"
    assert following.done.code is None

    box.kubelet.hang_up("box")
    box.run(1)
    assert following.done.code == 0


def test_ctrl_c_ends_following(box: Cluster, kubectl: Terminal) -> None:
    following = kubectl.start("logs -f box")
    box.run(100)

    following.interrupt()
    box.run(1)

    assert (following.done.code, following.done.err) == (130, "")


def test_several_streams_are_followed_side_by_side(cluster: Cluster, kubectl: Terminal) -> None:
    first, second = cluster.web(2)
    following = kubectl.start("logs -f -l app=web --prefix")

    for name in (second, first, second):
        cluster.kubelet.log(name, "tick\n")
        cluster.run(100)

    assert following.done.lines == [f"[pod/{name}/app] tick" for name in (second, first, second)]


@pytest.mark.parametrize(
    ("line", "err"),
    [
        (
            "logs nope",
            'error: error from server (NotFound): pods "nope" not found in namespace "shop"\n',
        ),
        (
            "logs",
            "error: expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\n"
            "POD or TYPE/NAME is a required argument for the logs command\n"
            "See 'kubectl logs -h' for help and examples\n",
        ),
        ("logs box --tail=-5", "error: --tail must be greater than or equal to -1\n"),
        ("logs box --since=-1s", "error: --since must be greater than 0\n"),
        (
            "logs box --since-time=02:47",
            'error: parsing time "02:47" as "2006-01-02T15:04:05Z07:00": cannot parse "02:47" as '
            '"2006"\n',
        ),
        (
            "logs box -p",
            'Error from server (BadRequest): previous terminated container "main" in pod '
            '"box" not found\n',
        ),
        ("logs -l run=nope", "No resources found in shop namespace.\n"),
    ],
)
def test_texts(box: Cluster, kubectl: Terminal, line: str, err: str) -> None:
    assert kubectl(line).err == err
