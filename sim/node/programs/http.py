"""What an HTTP client gets from whoever answered its connect.

A behaviour that speaks HTTP says so by a method `http`; others answer by their probes, or not at
all if they speak something else. This file must not know any client's output.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol, runtime_checkable

import simpy

from sim.apimachinery.wire import ApiRequest
from sim.bash.process import Proc
from sim.node.container import Container
from sim.node.kubeproxy.serving import METRICS_TYPE, metrics_body
from sim.node.machine import Machine
from sim.node.network import Connect
from sim.node.programs.host import machine_of

API_PORT = 6443
KUBELET_PORT = 10250
_TLS_PORTS = (API_PORT, KUBELET_PORT, 2379)
_HEALTH = ("/health", "/healthz", "/livez", "/ready", "/readyz")
"""Paths at which servers commonly say how they are, besides those that their probes name."""


class Answer(NamedTuple):
    """One HTTP response."""

    status: int
    body: str
    content_type: str = "text/plain; charset=utf-8"
    ms: int = 1
    """From request to response."""

    @property
    def reason(self) -> str:
        """Return the reason phrase: `OK`, `Service Unavailable`."""
        try:
            return HTTPStatus(self.status).phrase
        except ValueError:
            return ""


@runtime_checkable
class SpeaksHttp(Protocol):
    """A behaviour that answers HTTP requests."""

    def http(self, ctx: Container, method: str, path: str) -> tuple[int, str, str, int]:
        """Return (status, content type, body, ms until it is there)."""


def speaks_tls(reached: Connect, port: int) -> bool:
    """Return True if whoever *reached* is wants TLS first: an API server, etcd, a kubelet."""
    number = int(reached.endpoint.rpartition(":")[2] or port)
    return reached.container is None and number in _TLS_PORTS


def request(
    proc: Proc, reached: Connect, port: int, method: str, path: str, *, secure: bool = False
) -> Answer | None:
    """Return the answer of whoever *reached* is; None if they do not speak HTTP.

    *secure* says that TLS was agreed on before.
    """
    number = int(reached.endpoint.rpartition(":")[2] or port)
    if secure:
        return _over_tls(proc, number, path)
    container = reached.container
    if container is None or container is container.machine.proxy.container:
        ip = reached.endpoint.rpartition(":")[0]
        return _node(proc, ip, number, path)
    return served(container, number, method, path)


def served(container: Container, port: int, method: str, path: str) -> Answer | None:
    """Return what *container* answers to a request on *port*; None if it does not speak HTTP."""
    behaviour = container.behaviour
    if isinstance(behaviour, SpeaksHttp):
        status, kind, body, ms = behaviour.http(container, method, path)
        return Answer(status, body, kind, ms)
    return _by_probes(container, port, path)


def _by_probes(container: Container, port: int, path: str) -> Answer | None:
    """Answer for a container of which only its probes are known."""
    spec = container.spec
    probes = [
        (name, probe["httpGet"])
        for name in ("readinessProbe", "livenessProbe", "startupProbe")
        if (probe := spec.get(name)) and "httpGet" in probe
    ]
    for name, get in probes:
        if get.get("path", "/") == path.partition("?")[0] and _port(spec, get.get("port")) == port:
            fine = (
                container.behaviour.ready(container)
                if name == "readinessProbe"
                else container.behaviour.alive(container)
            )
            return Answer(200, "ok\n") if fine else Answer(503, "unavailable\n")
    named = {one.get("containerPort"): str(one.get("name", "")) for one in spec.get("ports") or ()}
    label = named.get(port, "")
    if not label.startswith(("http", "web", "metrics")) and not any(
        _port(spec, get.get("port")) == port for _, get in probes
    ):
        return None
    if path.partition("?")[0] in _HEALTH:
        fine = container.behaviour.ready(container)
        return Answer(200, "ok\n") if fine else Answer(503, "unavailable\n")
    if path == "/":
        return Answer(200, f"{container.name}\n")
    return Answer(404, "404 page not found\n")


def _port(spec: dict[str, Any], wanted: object) -> int:
    """Return the number of a probe's port, which may be a name."""
    if isinstance(wanted, int):
        return wanted
    for one in spec.get("ports") or ():
        if one.get("name") == wanted:
            return int(one["containerPort"])
    return 0


def _node(proc: Proc, ip: str, port: int, path: str) -> Answer | None:
    """Answer for what runs on a machine itself: kube-proxy's health and metrics, the kubelet."""
    here = machine_of(proc)
    machine = (
        here
        if ip.startswith("127.")
        else next((one for one in here.network.machines.values() if one.internal_ip == ip), here)
    )
    if port == 10256:
        return _proxy_health(machine, path)
    if port == 10249:
        return _proxy_metrics(machine, path)
    if port == 10248:
        return Answer(200, "ok") if path == "/healthz" else Answer(404, "404 page not found\n")
    if port in _TLS_PORTS:
        return Answer(400, "Client sent an HTTP request to an HTTPS server.\n")
    return None


def _over_tls(proc: Proc, port: int, path: str) -> Answer | None:
    """Answer a client that has shown no credentials."""
    if port == KUBELET_PORT:
        return Answer(401, "Unauthorized")
    if port != API_PORT:
        return None
    plain = path.partition("?")[0]
    if plain in ("/healthz", "/livez", "/readyz"):
        return Answer(200, "ok")
    api = machine_of(proc).api
    if plain == "/version":
        answer = api.handle(ApiRequest("GET", "/version"), "system:anonymous")
        return Answer(answer.code, json.dumps(answer.body, indent=2), "application/json")
    status = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": f'forbidden: User "system:anonymous" cannot get path "{plain}"',
        "reason": "Forbidden",
        "details": {},
        "code": 403,
    }
    return Answer(403, json.dumps(status, indent=2), "application/json")


def _proxy_health(machine: Machine, path: str) -> Answer:
    if path not in ("/healthz", "/livez"):
        return Answer(404, "404 page not found\n")
    answer = machine.proxy.healthz()
    if answer is None:
        return Answer(503, "")
    status, body = answer
    return Answer(status, body, "application/json")


def _proxy_metrics(machine: Machine, path: str) -> Answer:
    if path == "/proxyMode":
        return Answer(200, "iptables")
    if path != "/metrics":
        return Answer(404, "404 page not found\n")
    return Answer(200, metrics_body(machine.proxy, _resident(machine)), METRICS_TYPE)


def _resident(machine: Machine) -> int:
    return next(
        (
            p.rss_bytes
            for p in machine.processes()
            if p.command.startswith("/usr/local/bin/kube-proxy")
        ),
        0,
    )


def converse(
    proc: Proc, reached: Connect, host: str, port: int
) -> Generator[simpy.Event, Any, None]:
    """Relay standard input to the far end and print what comes back, as nc does."""
    text = yield from proc.stdin.read_all()
    first = text.replace("\\r\\n", "\n").splitlines()[:1]
    words = first[0].split() if first else []
    if len(words) == 3 and words[2].startswith("HTTP/"):
        answer = request(proc, reached, port, words[0], words[1])
        if answer is not None:
            yield proc.env.timeout(answer.ms)
            proc.stdout.write(head(answer, machine_of(proc)) + "\r\n" + answer.body)


def head(answer: Answer, machine: Machine) -> str:
    """Return the status line and headers, each with CRLF."""
    date = machine.epoch.datetime(machine.env.now).strftime("%a, %d %b %Y %H:%M:%S GMT")
    return (
        f"HTTP/1.1 {answer.status} {answer.reason}\r\n"
        f"Content-Type: {answer.content_type}\r\n"
        f"Date: {date}\r\n"
        f"Content-Length: {len(answer.body.encode('utf-8', 'surrogateescape'))}\r\n"
    )
