"""A small world for programs: two nodes, a few pods with listeners, rules as kube-proxy wrote them."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from sim.apiserver import ApiServer
from sim.bash import Capture, FileSystem, Pipe, Shell
from sim.kernel import Environment, Epoch, Stream
from sim.node.behaviour import BehaviourRegistry, Plain
from sim.node.container import Container
from sim.node.images import ImageCatalog, ImageSpec
from sim.node.kubelet.cluster import Kubelets
from sim.node.kubeproxy.behaviour import ProxyBehaviour
from sim.node.kubeproxy.heal import HealPlan
from sim.node.kubeproxy.law import ProxyLaw
from sim.node.kubeproxy.proxy import KubeProxy
from sim.node.kubeproxy.rules import EndpointRule, ServiceRule, ServiceSnapshot
from sim.node.kubeproxy.services import ServiceWatch
from sim.node.machine import Machine, MachineFacts
from sim.node.network import Network
from sim.node.programs import NODE, container_files, node_files, programs_for

EPOCH = Epoch.parse("2026-11-20T01:40:00Z")
AT_0250 = 70 * 60_000
POSTGRES = "10.96.45.12"


class Ran(NamedTuple):
    """What a command line did."""

    code: int
    out: str
    err: str
    took: int

    @property
    def lines(self) -> list[str]:
        """Return standard output's lines."""
        return self.out.splitlines()


class Listening(Plain):
    """A server on the ports that its container declares."""

    def __init__(self, container: Container) -> None:
        """Read the ports."""
        self._ports = {int(one["containerPort"]) for one in container.spec.get("ports") or ()}

    def listening(self, port: int) -> bool:
        """Accept on those ports only."""
        return port in self._ports


def service(
    namespace: str, name: str, ip: str, port: int, *endpoints: tuple[str, int], **more: Any
) -> ServiceRule:
    """Return one Service port with endpoints."""
    return ServiceRule(
        namespace, name, more.pop("port_name", "http"), more.pop("protocol", "TCP"), ip, port,
        tuple(EndpointRule(*endpoint) for endpoint in endpoints), **more,
    )  # fmt: skip


def snapshot(*rules: ServiceRule) -> ServiceSnapshot:
    """Return what kube-proxy would write for *rules*."""
    return ServiceSnapshot(1, {rule.key: rule for rule in rules})


class World:
    """Two nodes and what runs on them; kube-proxy has programmed Postgres, an API and DNS on each."""

    def __init__(self) -> None:
        """Boot the cluster at 01:40 and let it run until 02:50."""
        self.env = Environment()
        self.stream = Stream("programs")
        self.api = ApiServer(self.env, EPOCH, self.stream)
        self.network = Network(self.env, self.stream)
        self.watch = ServiceWatch(self.api)
        self.watch.snapshot = snapshot(
            service("payments", "postgres", POSTGRES, 5432, ("10.244.1.9", 5432), port_name="pg"),
            service("payments", "api", "10.96.12.30", 80, ("10.244.1.5", 8080), ("10.244.2.6", 8080)),
            service("kube-system", "kube-dns", "10.96.0.10", 53, ("10.244.0.2", 53),
                    port_name="dns", protocol="UDP"),
        )  # fmt: skip
        self.good = self._machine("node-worker-1", "172.30.0.11", "10.244.1.0/24")
        self.bad = self._machine("node-worker-3", "172.30.0.13", "10.244.3.0/24")
        machines = (self.good, self.bad)
        registry = {"example.net/kube-proxy": ProxyBehaviour, "example.net/": Listening}
        self.kubelets = Kubelets(
            self.api,
            self.network,
            machines,
            registry=BehaviourRegistry(registry),
            images=ImageCatalog(
                {
                    "example.net/busybox": ImageSpec("busybox"),
                    "example.net/kube-proxy": ImageSpec("full"),
                    **{f"example.net/{name}": ImageSpec("full") for name in ("api", "toolbox")},
                    "example.net/postgres": ImageSpec("full"),
                    "example.net/database": ImageSpec("postgres"),
                }
            ),
            programs=programs_for,
        )
        for machine in machines:
            plan = HealPlan(phase_ms=250_000)
            KubeProxy(machine, self.watch, ProxyLaw(), heal=plan).boot(synced_at=-86_400_000)
            self._load(machine, "kube-system", f"kube-proxy-{machine.name[-1]}", "kube-proxy",
                       machine.internal_ip, 10256, host=True)  # fmt: skip
        self._load(self.good, "payments", "postgres-0", "postgres", "10.244.1.9", 5432)
        self._load(self.good, "payments", "database-0", "database", "10.244.1.19", 5432)
        self._load(self.good, "payments", "api-1", "api", "10.244.1.5", 8080, probe="/healthz")
        self._load(self.bad, "default", "debug", "busybox", "10.244.3.7", 9)
        self._load(self.bad, "default", "shell", "toolbox", "10.244.3.8", 9)
        self.kubelets.start()
        self.env.advance(AT_0250)

    @property
    def postgres(self) -> Container:
        """Return the container of Postgres, on the good node."""
        return self.find(self.good, "postgres")

    def epoch_of_boot(self) -> int:
        """Return when the bad node booted, in Unix seconds."""
        return EPOCH.at(self.bad.facts.booted_at) // 1000

    def find(self, machine: Machine, name: str) -> Container:
        """Return a container of a node by its name."""
        return next(one for one in machine.containers.values() if one.name == name)

    def _machine(self, name: str, ip: str, cidr: str) -> Machine:
        machine = Machine(
            MachineFacts(name, ip, cidr, "zone-a", 8000, 16 << 30, -40 * 86_400_000),
            env=self.env, epoch=EPOCH, stream=self.stream, api=self.api, network=self.network,
        )  # fmt: skip
        machine.programs = NODE
        machine.files = node_files(machine)
        return machine

    def _load(
        self,
        machine: Machine,
        namespace: str,
        pod: str,
        name: str,
        ip: str,
        port: int,
        *,
        host: bool = False,
        probe: str = "",
    ) -> None:
        """Put a pod into the API that runs since an hour before the beginning."""
        started = EPOCH.rfc3339(-3_600_000)
        spec: dict[str, Any] = {
            "name": name,
            "image": f"example.net/{name}:1",
            "ports": [{"containerPort": port, "protocol": "TCP"}],
        }
        if probe:
            spec["readinessProbe"] = {"httpGet": {"path": probe, "port": port}}
        if host:
            spec["securityContext"] = {"privileged": True}
            spec["resources"] = {"limits": {"memory": "128Mi"}}
            spec["command"] = [
                "/usr/local/bin/kube-proxy",
                "--config=/var/lib/kube-proxy/config.conf",
            ]
        ready = {"type": "Ready", "status": "True", "lastTransitionTime": started}
        self.api.load(
            "pods",
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "name": pod,
                    "namespace": namespace,
                    "uid": self.stream.at("uid", pod).uuid(),
                    "creationTimestamp": started,
                },
                "spec": {"nodeName": machine.name, "hostNetwork": host, "containers": [spec]},
                "status": {
                    "phase": "Running",
                    "podIP": ip,
                    "hostIP": machine.internal_ip,
                    "startTime": started,
                    "qosClass": "Burstable" if host else "BestEffort",
                    "conditions": [ready],
                    "containerStatuses": [
                        {
                            "name": name,
                            "image": spec["image"],
                            "imageID": "",
                            "ready": True,
                            "started": True,
                            "restartCount": 0,
                            "containerID": f"containerd://{self.stream.at('id', pod).hex(64)}",
                            "state": {"running": {"startedAt": started}},
                            "lastState": {},
                        }
                    ],
                },
            },
        )

    def run(
        self,
        line: str,
        on: Machine | Container | None = None,
        *,
        stdin: str = "",
        for_ms: int = 600_000,
        interrupt_after: int | None = None,
        user: str = "root",
    ) -> Ran:
        """Run a command line to its end in a shell on a node or in a container."""
        host = on or self.bad
        if isinstance(host, Machine):
            programs, files = host.programs, host.files or FileSystem()
        else:
            programs, files = host.programs, container_files(host)
        shell = Shell(
            self.env, programs, environ={"HOME": "/root", "USER": user}, files=files, host=host
        )
        out, err = Capture(), Capture()
        began = self.env.now
        job = self.env.spawn(shell.run(line, Pipe(self.env, stdin), out, err))
        ended: list[int] = []
        job.callbacks.append(lambda _: ended.append(self.env.now))
        if interrupt_after is not None:
            self.env.advance(began + interrupt_after)
            job.interrupt("SIGINT")
        while not ended and self.env.peek() <= began + for_ms:
            self.env.step()
        assert ended, f"{line!r} still runs after {for_ms} ms"
        return Ran(int(job.value), out.text, err.text, ended[0] - began)


@pytest.fixture
def world() -> World:
    """Return a fresh world at 02:50."""
    return World()
