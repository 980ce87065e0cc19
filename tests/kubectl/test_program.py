"""Finding the command, its flags, and how a run ends."""

from __future__ import annotations

import pytest

from tests.kubectl.cluster import Cluster, Terminal

USAGE = [
    (
        "get pods --foo",
        "error: unknown flag: --foo\nSee 'kubectl get --help' for usage.\n",
    ),
    (
        "get -Z pods",
        "error: unknown shorthand flag: 'Z' in -Z\nSee 'kubectl get --help' for usage.\n",
    ),
    (
        "get pods -n",
        "error: flag needs an argument: 'n' in -n\nSee 'kubectl get --help' for usage.\n",
    ),
    (
        "foo",
        'error: unknown command "foo" for "kubectl"\n\nDid you mean this?\n\ttop\n',
    ),
    (
        "lgs",
        'error: unknown command "lgs" for "kubectl"\n\nDid you mean this?\n\tlogs\n',
    ),
    (
        "rollout foo",
        "error: unknown command \"foo\"\nSee 'kubectl rollout -h' for help and examples\n",
    ),
    (
        "create foo",
        "error: Unexpected args: [foo]\nSee 'kubectl create -h' for help and examples\n",
    ),
    ("run x", 'error: required flag(s) "image" not set\n'),
    (
        "--context=prod get pods",
        "Error in configuration: context was not found for specified context: prod\n",
    ),
]


@pytest.mark.parametrize(("line", "err"), USAGE, ids=[line for line, _ in USAGE])
def test_wrong_usage_says_what_kubectl_says_and_exits_1(
    kubectl: Terminal, line: str, err: str
) -> None:
    done = kubectl(line)

    assert (done.err, done.out, done.code) == (err, "", 1)


@pytest.mark.parametrize(
    "line",
    [
        "-n default get pods -o name",
        "get -n default pods -o name",
        "get pods -n=default -oname",
        "get pods --namespace default --output=name",
        "get pods -ndefault -o name",
        "--namespace=default get po --output name",
    ],
)
def test_flags_stand_before_and_after_the_verb_in_every_spelling(
    cluster: Cluster, kubectl: Terminal, line: str
) -> None:
    cluster.pod("box", namespace="default")

    assert kubectl(line).out == "pod/box\n"


def test_shorts_may_be_combined(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.pod("box")

    assert kubectl("exec -it box -- echo hi", stdin="", tty=True).out == "hi\n"


def test_the_context_chooses_the_namespace_and_the_flag_overrules_it(
    cluster: Cluster, kubectl: Terminal
) -> None:
    assert kubectl("get pods").err == "No resources found in shop namespace.\n"
    kubectl("config set-context --current --namespace=kube-system")
    assert kubectl("get pods").err == "No resources found in kube-system namespace.\n"
    assert kubectl("get pods -n default").err == "No resources found in default namespace.\n"


def test_without_a_context_namespace_it_is_default(cluster: Cluster) -> None:
    from sim.kubectl import ClientConfig

    kubectl = cluster.terminal(config=ClientConfig())

    assert kubectl("get pods").err == "No resources found in default namespace.\n"


@pytest.mark.parametrize("line", ["", "-h", "help", "--help"])
def test_no_command_prints_the_overview(kubectl: Terminal, line: str) -> None:
    done = kubectl(line)

    assert done.code == 0
    assert done.out.startswith("kubectl controls the Kubernetes cluster manager.\n")
    assert "  rollout " in done.out


def test_a_group_without_subcommand_prints_its_page_on_stderr(kubectl: Terminal) -> None:
    done = kubectl("top")

    assert (done.out, done.code) == ("", 1)
    assert "Available Commands:" in done.err


def test_help_of_a_command_names_its_flags(kubectl: Terminal) -> None:
    done = kubectl("rollout undo -h")

    assert done.code == 0
    assert "--to-revision=0" in done.out
    assert done.out == kubectl("help rollout undo").out


def test_ctrl_c_ends_any_command_quietly_with_130(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.web()
    watching = kubectl.start("get pods -w")
    cluster.run(1_000)

    watching.interrupt()
    cluster.run(1)

    assert watching.done.code == 130
    assert watching.done.err == ""


def test_a_command_that_sends_requests_marks_its_pipeline(kubectl: Terminal) -> None:
    asked, quiet = kubectl.start("get pods"), kubectl.start("config current-context")

    assert (asked.asked, quiet.asked) == (True, False)


def test_discovery_is_asked_once_per_transport(cluster: Cluster, kubectl: Terminal) -> None:
    kubectl("get pods")
    before = len(cluster.transport.requests)

    kubectl("get deployments")
    cluster.terminal()("get services")

    paths = [request.path for request in cluster.transport.requests[before:]]
    assert [path.rpartition("/")[2] for path in paths if "namespaces" in path] == [
        "deployments",
        "services",
    ]


def test_commands_can_be_run_as_somebody_else(kubectl: Terminal) -> None:
    done = kubectl("auth whoami --as jane --as-group devs -o jsonpath={.status.userInfo}")

    assert done.out == '{"groups":["devs","system:authenticated"],"username":"jane"}'
