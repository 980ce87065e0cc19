"""What becomes evidence when somebody asks through the doors."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from sim.apimachinery.wire import ApiRequest, ExecRequest
from sim.bash import TEXT_TOOLS, Shell, ShellExecution
from sim.client.recording import (
    ParsedPath,
    RecordingNodeAccess,
    RecordingTransport,
    is_discovery,
)
from sim.evidence import EvidenceLog, NodeCommandRecord, RequestRecord
from tests.kubectl.cluster import Cluster, Terminal


@dataclass
class Acting:
    """Somebody at a terminal."""

    cluster: Cluster
    input: int = 3
    command: int = 7
    client: str = ""

    @property
    def at(self) -> int:
        return self.cluster.env.now


@pytest.fixture
def log() -> EvidenceLog:
    return EvidenceLog()


@pytest.fixture
def acting(cluster: Cluster) -> Acting:
    return Acting(cluster)


@pytest.fixture
def kubectl(cluster: Cluster, log: EvidenceLog, acting: Acting) -> Terminal:
    return Terminal(cluster.env, RecordingTransport(cluster.transport, log, acting))


@pytest.mark.parametrize(
    ("method", "path", "parsed"),
    [
        ("GET", "/api/v1/namespaces/shop/pods", ("list", "pods", "shop", "")),
        ("GET", "/api/v1/namespaces/shop/pods/a", ("get", "pods", "shop", "a")),
        ("GET", "/api/v1/namespaces/shop/pods/a/log", ("log", "pods/log", "shop", "a")),
        ("POST", "/api/v1/namespaces/shop/pods/a/exec", ("exec", "pods/exec", "shop", "a")),
        (
            "POST",
            "/api/v1/namespaces/shop/pods/a/eviction",
            ("create", "pods/eviction", "shop", "a"),
        ),
        (
            "PATCH",
            "/apis/apps/v1/namespaces/s/deployments/d",
            ("patch", "deployments.apps", "s", "d"),
        ),
        (
            "PUT",
            "/apis/apps/v1/namespaces/s/deployments/d/scale",
            ("update", "deployments.apps/scale", "s", "d"),
        ),
        ("DELETE", "/api/v1/nodes/n", ("delete", "nodes", "", "n")),
        ("DELETE", "/api/v1/namespaces/s/pods", ("deletecollection", "pods", "s", "")),
        ("GET", "/api/v1/namespaces", ("list", "namespaces", "", "")),
        ("GET", "/api/v1/namespaces/shop", ("get", "namespaces", "", "shop")),
        ("GET", "/api/v1/namespaces/shop/status", ("get", "namespaces/status", "", "shop")),
        ("GET", "/apis/metrics.k8s.io/v1beta1/nodes", ("list", "nodes.metrics.k8s.io", "", "")),
        ("GET", "/healthz", ("get", "", "", "")),
    ],
)
def test_a_path_is_taken_apart(method: str, path: str, parsed: tuple[str, ...]) -> None:
    found = ParsedPath(method, path)

    assert (found.verb, found.resource, found.namespace, found.name) == parsed


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api", True),
        ("/api/v1", True),
        ("/apis/apps/v1", True),
        ("/version", True),
        ("/openapi/v3", True),
        ("/api/v1/pods", False),
        ("/apis/apps/v1/deployments", False),
        ("/healthz", True),
    ],
)
def test_what_only_asks_what_there_is_counts_as_discovery(path: str, expected: bool) -> None:
    assert is_discovery(path) is expected


def test_one_command_leaves_one_record_and_no_discovery(
    kubectl: Terminal, log: EvidenceLog, cluster: Cluster
) -> None:
    cluster.run(1_500)

    kubectl("get pods -n shop -l app=web")

    (record,) = log.of(RequestRecord)
    assert record == RequestRecord(
        at=1_500,
        input=3,
        command=7,
        method="GET",
        path="/api/v1/namespaces/shop/pods?labelSelector=app%3Dweb&limit=500",
        code=200,
        verb="list",
        resource="pods",
        namespace="shop",
    )


@pytest.mark.parametrize(
    ("line", "verbs"),
    [
        ("get pod nope", [("get", "pods", 404), ("get", "namespaces", 200)]),
        ("delete pod box --wait=false", [("delete", "pods", 200)]),
        ("logs box", [("get", "pods", 200), ("log", "pods/log", 200)]),
        ("exec box -- true", [("get", "pods", 200), ("exec", "pods/exec", 101)]),
        ("cordon node-1", [("get", "nodes", 200), ("patch", "nodes", 200)]),
        (
            "scale deploy web --replicas=3",
            [("get", "deployments.apps", 200), ("patch", "deployments.apps/scale", 200)],
        ),
        ("config view", []),
        ("api-resources", []),
    ],
)
def test_each_command_is_known_by_its_requests(
    cluster: Cluster,
    kubectl: Terminal,
    log: EvidenceLog,
    line: str,
    verbs: list[tuple[str, str, int]],
) -> None:
    cluster.web()
    cluster.pod("box")

    kubectl(line)

    assert [(one.verb, one.resource, one.code) for one in log.of(RequestRecord)] == verbs


def test_a_watch_is_recorded_when_it_opens(
    cluster: Cluster, kubectl: Terminal, log: EvidenceLog
) -> None:
    watching = kubectl.start("get pods -w")
    cluster.pod("box")

    assert [record.verb for record in log.of(RequestRecord)] == ["list", "watch"]
    assert watching.done.code is None


def test_the_context_is_read_at_each_request(
    cluster: Cluster, log: EvidenceLog, acting: Acting
) -> None:
    transport = RecordingTransport(cluster.transport, log, acting)

    for number in (1, 2):
        acting.command = number
        transport.send(ApiRequest("GET", "/api/v1/nodes"))

    assert [record.command for record in log.of(RequestRecord)] == [1, 2]


def test_an_exec_keeps_its_words(cluster: Cluster, log: EvidenceLog, acting: Acting) -> None:
    cluster.pod("box")
    transport = RecordingTransport(cluster.transport, log, acting)

    transport.exec(ExecRequest("shop", "box", "main", ("ls", "-l"), stdin=False, tty=False))

    (record,) = log.of(RequestRecord)
    assert record.path.endswith("/pods/box/exec?command=ls&command=-l&container=main")


class Machines:
    """Two nodes with a shell."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def nodes(self) -> list[str]:
        return ["node-1", "node-2"]

    def run(
        self, node: str, command: str, *, stdin: bool = False, tty: bool = False
    ) -> ShellExecution:
        if node not in self.nodes():
            raise KeyError(node)
        return ShellExecution(
            Shell(self.cluster.env, TEXT_TOOLS), line=command, stdin=stdin, tty=tty
        )


def test_a_command_on_a_node_is_recorded_with_its_line(
    cluster: Cluster, log: EvidenceLog, acting: Acting
) -> None:
    access = RecordingNodeAccess(Machines(cluster), log, acting)

    execution = access.run("node-2", "echo hi")
    cluster.run(1)

    assert execution.exit_code == 0
    assert access.nodes() == ["node-1", "node-2"]
    assert list(log.of(NodeCommandRecord)) == [
        NodeCommandRecord(at=0, input=3, command=7, node="node-2", line="echo hi")
    ]


def test_what_never_reached_a_node_is_not_recorded(
    cluster: Cluster, log: EvidenceLog, acting: Acting
) -> None:
    access = RecordingNodeAccess(Machines(cluster), log, acting)

    with pytest.raises(KeyError):
        access.run("node-9", "ls")

    assert not list(log.of(NodeCommandRecord))
