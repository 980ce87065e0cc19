"""port-forward, proxy and cp: what listens on this machine, and what goes through a container."""

from __future__ import annotations

import json
from typing import Any

import pytest
import simpy

from sim.apimachinery.wire import ForwardRequest
from sim.bash import FileSystem
from sim.client.localports import LocalPorts
from sim.kubectl import kubectl_program
from tests.control.world import EPOCH, service
from tests.kubectl.cluster import HOME, Cluster, Terminal


class Answering:
    """A connection to a pod that answers every request alike, or is refused."""

    def __init__(self, env: simpy.Environment, error: str = "") -> None:
        self.env, self.error, self.closed = env, error, bool(error)
        self._unread = ""

    def poll(self) -> str:
        unread, self._unread = self._unread, ""
        return unread

    def wait(self) -> simpy.Event:
        return self.env.event().succeed()

    def write(self, text: str) -> None:
        self._unread += f"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok ({len(text)})"

    def close_stdin(self) -> None:
        """Nothing follows."""

    def close(self) -> None:
        self.closed = True


class Laptop:
    """kubectl at a prompt, with the machine's ports and the requests that went to pods."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.ports = LocalPorts()
        self.asked: list[tuple[str, int]] = []
        self.refused = ""
        cluster.transport.forward = self._forward  # type: ignore[attr-defined]
        self.kubectl: Terminal = cluster.terminal()
        self.kubectl.program = kubectl_program(
            cluster.transport,
            clock=lambda: EPOCH.at(cluster.env.now),
            config=self.kubectl.config,
            ports=self.ports,
        )

    def _forward(self, request: ForwardRequest) -> Any:
        self.asked.append((request.pod, request.port))
        return Answering(self.cluster.env, self.refused)


@pytest.fixture
def laptop(cluster: Cluster) -> Laptop:
    cluster.web(1)
    cluster.api.create("services", service("web"))
    return Laptop(cluster)


def test_a_forward_listens_on_both_addresses_until_ctrl_c(laptop: Laptop) -> None:
    running = laptop.kubectl.start("port-forward svc/web 9000:80 :80")

    first, drawn = running.done.lines[0], running.done.lines[2]
    assert first == "Forwarding from 127.0.0.1:9000 -> 8080"
    assert running.done.lines[1] == "Forwarding from [::1]:9000 -> 8080"
    assert drawn.endswith(" -> 8080")
    assert laptop.ports.listening(9000)

    connection = laptop.ports.connect(9000)
    assert connection is not None
    connection.write("GET / HTTP/1.1\r\n\r\n")
    assert connection.poll().endswith("ok (18)")
    assert running.done.lines[-1] == "Handling connection for 9000"

    running.interrupt()
    laptop.cluster.run(10)
    assert running.done.code == 0
    assert not laptop.ports.listening(9000)


def test_a_connection_that_the_pod_refuses_ends_the_forward(laptop: Laptop) -> None:
    running = laptop.kubectl.start("port-forward deploy/web 9000:8080")
    laptop.refused = "nobody listens"

    assert laptop.ports.connect(9000) is None
    laptop.cluster.run(10)

    assert running.done.code == 1
    lines = running.done.err.splitlines()
    assert lines[0].endswith(
        '"An error occurred forwarding" err="nobody listens" localPort=9000 remotePort=8080'
    )
    assert lines[1] == "error: lost connection to pod"


def test_two_cannot_listen_on_one_port(laptop: Laptop) -> None:
    laptop.kubectl.start("port-forward deploy/web 9000:8080")

    done = laptop.kubectl("port-forward deploy/web 9000:8080")

    assert done.err == (
        "Unable to listen on port 9000: Listeners failed to create with the following errors: "
        "[unable to create listener: Error listen tcp4 127.0.0.1:9000: bind: address already in "
        "use unable to create listener: Error listen tcp6 [::1]:9000: bind: address already in "
        "use]\nerror: unable to listen on any of the requested ports: [{9000 8080}]\n"
    )


def test_a_proxy_speaks_http_for_the_api(laptop: Laptop) -> None:
    running = laptop.kubectl.start("proxy")
    assert running.done.out == "Starting to serve on 127.0.0.1:8001\n"

    connection = laptop.ports.connect(8001)
    assert connection is not None
    head = "GET /api/v1/namespaces/shop HTTP/1.1\r\nHost: x\r\nUser-Agent: curl/7\r\n\r\n"
    connection.write(head)
    text, _, body = connection.poll().partition("\r\n\r\n")
    assert text.startswith("HTTP/1.1 200 OK\r\n")
    assert json.loads(body)["metadata"]["name"] == "shop"
    assert body.startswith('{\n  "'), "curl gets it indented"

    connection.write("GET /api/v1/namespaces/shop/pods/x/exec HTTP/1.1\r\n\r\n")
    assert connection.poll().startswith("HTTP/1.1 403 Forbidden\r\n")

    running.interrupt()
    laptop.cluster.run(10)
    assert not laptop.ports.listening(8001)


def test_a_watch_through_the_proxy_goes_on(laptop: Laptop) -> None:
    laptop.kubectl.start("proxy --port=9001")
    connection = laptop.ports.connect(9001)
    assert connection is not None
    connection.write("GET /api/v1/namespaces/shop/configmaps?watch=1 HTTP/1.1\r\n\r\n")
    connection.poll()

    made = {"metadata": {"name": "late", "namespace": "shop"}}
    laptop.cluster.api.create("configmaps", made)
    laptop.cluster.run(10)

    assert '"type":"ADDED"' in connection.poll()


def _files(laptop: Laptop, files: dict[str, str]) -> FileSystem:
    held = laptop.kubectl.files
    for name, text in files.items():
        held.mkdir(f"{HOME}/{name}".rpartition("/")[0])
        held.write(f"{HOME}/{name}", text)
    return held


@pytest.mark.parametrize(
    ("line", "out", "err", "code"),
    [
        ("cp notes", "", "error: source and destination are required\n", 1),
        (
            "cp notes other",
            "",
            "error: one of src or dest must be a remote file specification\n",
            1,
        ),
        (
            "cp a:b c:d",
            "",
            "error: one of src or dest must be a local file specification\n",
            1,
        ),
        ("cp nope POD:/tmp/x", "", "error: nope doesn't exist in local filesystem\n", 1),
        ("cp notes POD:", "", "error: filepath can not be empty\n", 1),
        ("cp notes x:/tmp/y", "", 'Error from server (NotFound): pods "x" not found\n', 1),
        ("cp notes POD:/tmp/x", "", "", 0),
        ("cp folder POD:/tmp/f", "", "", 0),
        (
            "cp POD:/nope here",
            "tar: Removing leading `/' from member names\n",
            "",
            0,
        ),
    ],
)
def test_cp_says_what_kubectl_says(
    laptop: Laptop, line: str, out: str, err: str, code: int
) -> None:
    _files(laptop, {"notes": "text\n", "folder/a": "1", "folder/b/c": "2"})
    pod = laptop.cluster.pods(app="web")[0]["metadata"]["name"]

    done = laptop.kubectl(line.replace("POD", pod))

    assert (done.err, done.code) == (err, code)
    assert "/nope" in line or done.out == out
