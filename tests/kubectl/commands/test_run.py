"""`kubectl run`: the pod it makes, and staying with it."""

from __future__ import annotations

import pytest

from sim.kubectl.commands.attach import way_back
from tests.control.world import START_MS
from tests.kubectl.cluster import Cluster, Terminal
from tests.kubectl.kubelet import RELIST_MS

RECORDED = (
    "All commands and output from this session will be recorded in container logs, including "
    "credentials and sensitive information passed through the command prompt.\n"
    "If you don't see a command prompt, try pressing enter.\n"
)


def test_the_generated_pod_is_kubectls(kubectl: Terminal) -> None:
    done = kubectl(
        "run tmp --image=busybox --restart=Never --env=A=b --port=80 --labels=x=y --dry-run=client "
        "-o yaml -- sleep 5"
    )

    assert done.out == (
        'apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    x: "y"\n  name: tmp\nspec:\n'
        '  containers:\n  - args:\n    - sleep\n    - "5"\n    env:\n    - name: A\n'
        "      value: b\n    image: busybox\n    name: tmp\n    ports:\n    - containerPort: 80\n"
        "    resources: {}\n  dnsPolicy: ClusterFirst\n  restartPolicy: Never\nstatus: {}\n"
    )


def test_without_staying_it_only_creates(cluster: Cluster, kubectl: Terminal) -> None:
    done = kubectl("run tmp --image=busybox")

    assert (done.out, done.ms) == ("pod/tmp created\n", 0)
    assert cluster.get("pods", "tmp")["metadata"]["labels"] == {"run": "tmp"}


def test_a_quick_program_is_read_from_its_log_and_removed(
    cluster: Cluster, kubectl: Terminal
) -> None:
    done = kubectl("run tmp --rm -i --image=busybox --restart=Never --command -- echo hi")

    assert done.out == 'hi\npod "tmp" deleted from shop namespace\n'
    assert (done.err, done.code) == ("", 0)
    assert START_MS < done.ms <= START_MS + RELIST_MS + 100
    cluster.run(1_000)
    assert cluster.api.get("pods", "shop", "tmp") is None


def test_a_slow_program_is_attached_and_its_exit_code_returned(kubectl: Terminal) -> None:
    done = kubectl(
        "run tmp --rm -i --image=busybox --restart=Never --command -- "
        "sh -c 'sleep 2; echo late; exit 3'"
    )

    assert done.out == 'late\npod "tmp" deleted from shop namespace\n'
    assert done.err == f"{RECORDED}pod shop/tmp terminated (Error)\n"
    assert done.code == 3


def test_a_silent_program_that_prints_late_is_shown_when_it_prints(
    cluster: Cluster, kubectl: Terminal
) -> None:
    running = kubectl.start(
        "run tmp --rm -i --image=busybox --restart=Never --command -- sh -c 'sleep 9; echo late'"
    )

    cluster.run(9_000)
    assert running.done.out == ""
    cluster.run(1_000)
    assert running.done.out == "late\n"
    cluster.run(1_000)
    assert running.done.code == 0


def test_an_interactive_shell_takes_lines(cluster: Cluster, kubectl: Terminal) -> None:
    running = kubectl.start(
        "run tmp --rm -it --image=busybox --restart=Never --command -- sh", stdin=None, tty=True
    )
    cluster.run(3_000)
    for line in ("hostname\n", "exit\n"):
        running.stdin.write(line)
        cluster.run(1_000)

    done = running.done
    assert done.code == 0
    assert "tmp\n" in done.out
    assert done.out.endswith('pod "tmp" deleted from shop namespace\n')
    assert "Session ended" not in done.out


@pytest.mark.parametrize(
    ("policy", "container", "told"),
    [
        ("Never", "app", ""),
        (
            "Always",
            "app",
            "Session ended, resume using 'kubectl attach p -c app -n s -i -t' command",
        ),
        (
            "Always",
            "debugger",
            "Session ended, the ephemeral container will not be restarted but may be reattached "
            "using 'kubectl attach p -c debugger -n s -i -t' if it is still running",
        ),
    ],
)
def test_how_to_come_back_is_told_where_one_can(policy: str, container: str, told: str) -> None:
    pod = {
        "metadata": {"name": "p", "namespace": "s"},
        "spec": {"restartPolicy": policy, "ephemeralContainers": [{"name": "debugger"}]},
    }
    assert way_back("kubectl attach", pod, container) == (f"{told}\n" if told else "")


def test_overrides_are_laid_over_the_pod(cluster: Cluster, kubectl: Terminal) -> None:
    kubectl('run tmp --image=busybox --overrides=\'{"spec":{"nodeName":"node-2"}}\'')

    assert cluster.get("pods", "tmp")["spec"]["nodeName"] == "node-2"


def test_ctrl_c_while_waiting_still_removes_the_pod(cluster: Cluster, kubectl: Terminal) -> None:
    running = kubectl.start("run tmp --rm -i --image=busybox --restart=Never -- sleep 5")
    cluster.run(200)

    running.interrupt()
    cluster.run(2_000)

    assert running.done.code == 130
    assert cluster.api.get("pods", "shop", "tmp") is None


def test_a_command_that_is_dropped_with_the_simulation_sends_nothing(
    cluster: Cluster, kubectl: Terminal
) -> None:
    running = kubectl.start("run tmp --rm -i --image=busybox --restart=Never -- sleep 5")
    cluster.run(200)
    before = len(cluster.transport.requests)

    running._process._generator.close()

    assert len(cluster.transport.requests) == before


@pytest.mark.parametrize(
    ("line", "err"),
    [
        ("run tmp", 'error: required flag(s) "image" not set\n'),
        (
            "run --image=a",
            "error: NAME is required for run\n",
        ),
        (
            "run tmp --image=a --restart=Sometimes",
            "error: invalid restart policy: Sometimes, valid values are: Always, OnFailure, Never\n",
        ),
        (
            "run tmp --image=a --rm",
            "error: --rm should only be used for attached containers\n",
        ),
        ("run tmp --image=a --overrides={bad", "error: Invalid JSON Patch\n"),
        ("run box --image=a", 'Error from server (AlreadyExists): pods "box" already exists\n'),
    ],
)
def test_texts(cluster: Cluster, kubectl: Terminal, line: str, err: str) -> None:
    cluster.pod("box")

    done = kubectl(line)

    assert (done.err, done.code) == (err, 1)
