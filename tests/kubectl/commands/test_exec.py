"""`kubectl exec` and `attach`: programs in containers, their input, output and exit codes."""

from __future__ import annotations

import pytest

from tests.kubectl.cluster import Cluster, Terminal


@pytest.fixture
def box(cluster: Cluster) -> Cluster:
    cluster.pod("box")
    return cluster


def test_output_and_exit_code_come_back(box: Cluster, kubectl: Terminal) -> None:
    done = kubectl("exec box -- sh -c 'echo out; echo err >&2; exit 3'")

    assert done.out == "out\n"
    assert done.err == "err\ncommand terminated with exit code 3\n"
    assert done.code == 3


@pytest.mark.parametrize("target", ["box", "pod/box", "box -c main"])
def test_a_pod_may_be_named_in_several_ways(box: Cluster, kubectl: Terminal, target: str) -> None:
    assert kubectl(f"exec {target} -- hostname").out == "box\n"


def test_a_workload_means_its_first_pod(cluster: Cluster, kubectl: Terminal) -> None:
    pods = cluster.web()

    assert kubectl("exec deploy/web -- hostname").out.strip() in pods


def test_input_is_forwarded_and_its_end_too(box: Cluster, kubectl: Terminal) -> None:
    assert kubectl("exec -i box -- cat", stdin="a\nb\n").out == "a\nb\n"
    assert kubectl("exec box -- cat", stdin="unread\n").out == ""


def test_a_late_line_of_input_reaches_the_program_when_it_is_typed(
    box: Cluster, kubectl: Terminal
) -> None:
    running = kubectl.start("exec -it box -- sh", stdin=None, tty=True)
    box.run(1_000)
    running.stdin.write("hostname\n")
    box.run(10)

    assert "box\n" in running.done.out
    assert running.done.code is None

    running.stdin.write("exit 5\n")
    box.run(10)
    assert running.done.code == 5


def test_output_arrives_when_it_happens(box: Cluster, kubectl: Terminal) -> None:
    running = kubectl.start("exec box -- sh -c 'sleep 2; echo late'")

    box.run(1_999)
    assert running.done.out == ""
    box.run(2)
    assert running.done.out == "late\n"


def test_ctrl_c_interrupts_the_program(box: Cluster, kubectl: Terminal) -> None:
    running = kubectl.start("exec -it box -- sleep 100", tty=True)
    box.run(1_000)

    running.interrupt()
    box.run(10)

    assert running.done.code == 130


@pytest.mark.parametrize(
    ("line", "err"),
    [
        ("exec nope -- ls", 'Error from server (NotFound): pods "nope" not found\n'),
        ("exec box", "error: you must specify at least one command for the container\n"),
        (
            "exec box ls",
            "error: exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] "
            "instead\nSee 'kubectl exec -h' for help and examples\n",
        ),
        (
            "exec box -c other -- ls",
            "error: container other is not valid for pod box out of: main\n",
        ),
        ("exec", "error: pod, type/name or --filename must be specified\n"),
        ("attach nope", 'Error from server (NotFound): pods "nope" not found\n'),
        ("attach", "error: at least 1 argument is required for attach\n"),
    ],
)
def test_texts(box: Cluster, kubectl: Terminal, line: str, err: str) -> None:
    done = kubectl(line)

    assert (done.err, done.code) == (err, 1)


def test_a_terminal_is_refused_to_input_that_is_none(box: Cluster, kubectl: Terminal) -> None:
    done = kubectl("exec -it box -- hostname", tty=False)

    assert done.err == ("Unable to use a TTY - input is not a terminal or the right kind of file\n")
    assert done.out == "box\n"


def test_attach_shows_what_comes_from_now_on(cluster: Cluster, kubectl: Terminal) -> None:
    kubectl("run job --image=busybox --restart=Never --command -- sh -c 'echo a; sleep 5; echo b'")
    cluster.run(3_000)

    done = kubectl("attach job")

    assert done.out == "b\n"
    assert done.err.startswith("All commands and output from this session will be recorded")
