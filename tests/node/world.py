"""A tiny hand-made cluster for tests: a few machines, Services, and one real application with a database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sim.apimachinery.wire import Obj
from sim.apiserver import ApiServer
from sim.apps import (
    CommandRunner,
    Idle,
    Postgres,
    PostgresSettings,
    WebService,
    WebServiceSettings,
)
from sim.kernel import Environment, Epoch, Stream
from sim.node.behaviour import BehaviourRegistry
from sim.node.door import KubeletDoor
from sim.node.images import ImageCatalog, ImageSpec
from sim.node.kubelet import Kubelets
from sim.node.kubelet.status import (
    Instance,
    View,
    conditions_of,
    container_status,
    write_conditions,
)
from sim.node.kubeproxy.behaviour import ProxyBehaviour
from sim.node.kubeproxy.heal import HealPlan
from sim.node.kubeproxy.law import ProxyLaw
from sim.node.kubeproxy.proxy import KubeProxy
from sim.node.kubeproxy.services import ServiceWatch
from sim.node.machine import Machine, MachineFacts
from sim.node.network import Network
from sim.node.programs import container_files, programs_for

MIB = 1 << 20
DAY = 86_400_000
EPOCH = Epoch.parse("2026-11-20T01:40:00Z")
DB_IP = "10.96.45.12"
DB_PORT = 5432
PROXY_IMAGE = "registry.k8s.io/kube-proxy:v1.37.0"
DB_IMAGE = "registry.example.net/data/postgres:16.4"
APP_IMAGE = "registry.example.net/payments/payment-service:v2.14.0"
IDLE_IMAGE = "registry.example.net/retail/cart:v1"
APP = WebServiceSettings("payment-service")


@dataclass
class World:
    """Everything a test may look at."""

    env: Environment
    api: ApiServer
    network: Network
    machines: dict[str, Machine]
    watch: ServiceWatch
    kubelets: Kubelets
    door: KubeletDoor
    ordinal: dict[str, int] = field(default_factory=dict)

    def at(self, clock: str) -> int:
        """Return the ms at which the wall shows *clock* of the incident's night."""
        return EPOCH.since(f"2026-11-20T{clock}Z")

    def clock(self, at: int | None = None) -> str:
        """Return *at* (now) as wall time."""
        return EPOCH.rfc3339(self.env.now if at is None else at)[11:19]

    def pod(self, name: str, namespace: str = "payments") -> Obj | None:
        """Return a pod."""
        return self.api.get("pods", namespace, name)

    def run(self, name: str, node: str, image: str, **options: Any) -> Obj:
        """Create a pod on *node*, as scheduler and controller would."""
        namespace = options.pop("namespace", "payments")
        labels = options.pop("labels", {})
        container: Obj = {"name": "app", "image": image, **options.pop("container", {})}
        spec = {"nodeName": node, "restartPolicy": "Always", **options, "containers": [container]}
        return self.api.create(
            "pods",
            {"metadata": {"name": name, "namespace": namespace, "labels": labels}, "spec": spec},
        )

    def status(self, name: str, namespace: str = "payments") -> str:
        """Return what the STATUS column is made of, with the restart count."""
        pod = self.pod(name, namespace)
        if pod is None:
            return "gone"
        if "deletionTimestamp" in pod["metadata"]:
            return "Terminating"
        for one in pod["status"].get("containerStatuses") or ():
            state = one["state"]
            if "running" in state:
                return f"Running {int(one['ready'])}/1 {one['restartCount']}"
            body = state.get("waiting") or state.get("terminated")
            return f"{body['reason']} {one['restartCount']}"
        return str(pod["status"]["phase"])

    def events(self, name: str) -> list[str]:
        """Return `reason xN message` of the events about *name*, oldest first."""
        found = [one for one in self.api.list("events") if one["involvedObject"]["name"] == name]
        found.sort(key=lambda one: (one["firstTimestamp"], one["metadata"]["name"]))
        return [f"{one['reason']} x{one['count']} {one['message']}" for one in found]

    def container(self, name: str, namespace: str = "payments") -> Any:
        """Return the current instance of a pod's first container."""
        worker = self.kubelets.worker(self.pod(name, namespace))
        return worker.slots[0].current

    def logs(self, name: str, namespace: str = "payments", **options: Any) -> str:
        """Return a pod's log through the door."""
        asked = {
            "previous": False,
            "tail": None,
            "since": None,
            "timestamps": False,
            "limit_bytes": None,
        } | options
        return self.door.logs(self.pod(name, namespace), "", **asked)


def running_pod(name: str, node: MachineFacts, image: str, ip: str, **options: Any) -> Obj:
    """Return a pod that has been running for a day."""
    namespace = options.pop("namespace", "payments")
    labels = options.pop("labels", {})
    started = -DAY
    spec: Obj = {"name": options.pop("container_name", "app"), "image": image}
    spec |= options.pop("container", {})
    pod_spec = {
        "nodeName": node.name,
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "containers": [spec],
        **options,
    }
    uid = Stream("test-uid", namespace, name).uuid()
    container_id = Stream("test-container", uid).hex(64)
    instance = Instance(container_id, started, None, 0, "")
    view = View(spec, True, True, 0, instance, None, "")
    found = conditions_of([view], [], "Running", sandbox=True)
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": uid,
            "labels": labels,
            "creationTimestamp": EPOCH.rfc3339(started - 2_000),
        },
        "spec": pod_spec,
        "status": {
            "phase": "Running",
            "qosClass": "Burstable",
            "hostIP": node.internal_ip,
            "podIP": ip,
            "podIPs": [{"ip": ip}],
            "startTime": EPOCH.rfc3339(started),
            "conditions": write_conditions([], found, EPOCH.rfc3339(started)),
            "containerStatuses": [container_status(view, EPOCH)],
        },
    }


def service(name: str, ip: str, port: int, namespace: str = "payments") -> Obj:
    """Return a ClusterIP Service that selects `app: <name>`."""
    return {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "creationTimestamp": EPOCH.rfc3339(-40 * DAY),
        },
        "spec": {
            "type": "ClusterIP",
            "clusterIP": ip,
            "clusterIPs": [ip],
            "selector": {"app": name},
            "ports": [{"name": "tcp", "port": port, "protocol": "TCP", "targetPort": port}],
        },
    }


def endpoint_slice(name: str, port: int, endpoints: list[Obj], namespace: str = "payments") -> Obj:
    """Return the one EndpointSlice of a Service."""
    return {
        "metadata": {
            "name": f"{name}-x7k2p",
            "namespace": namespace,
            "labels": {"kubernetes.io/service-name": name},
        },
        "addressType": "IPv4",
        "ports": [{"name": "tcp", "port": port, "protocol": "TCP"}],
        "endpoints": endpoints,
    }


class EndpointFollower:
    """Keeps the database's EndpointSlice in line with its pods, 30 ms after each change."""

    def __init__(self, env: Environment, api: ApiServer) -> None:
        self._env = env
        self._api = api
        api.subscribe("pods", self._written)

    def _written(self, _type: str, pod: Obj, _old: Obj | None) -> None:
        if (pod["metadata"].get("labels") or {}).get("app") == "postgres":
            self._env.spawn(self._following())

    def _following(self) -> Any:
        yield self._env.timeout(30)
        self._api.modify("endpointslices", "payments", "postgres-x7k2p", self._endpoints)

    def _endpoints(self, old: Obj) -> Obj:
        found = []
        for pod in self._api.list("pods", "payments", labels={"app": "postgres"}):
            status = pod["status"]
            if not status.get("podIP") or status["phase"] not in ("Running", "Pending"):
                continue
            ready = any(
                one["type"] == "Ready" and one["status"] == "True"
                for one in status.get("conditions") or ()
            )
            ending = "deletionTimestamp" in pod["metadata"]
            conditions = {"ready": ready and not ending, "serving": ready, "terminating": ending}
            found.append(
                {
                    "addresses": [status["podIP"]],
                    "conditions": conditions,
                    "nodeName": pod["spec"]["nodeName"],
                }
            )
        return {**old, "endpoints": found}


def build(
    *,
    services: int = 408,
    flows: tuple[int, ...] = (15_000, 18_000, 40_000),
    limit: str = "128Mi",
    shutdown_ms: int = 6_500,
    seed: int = 0,
    law: ProxyLaw | None = None,
) -> World:
    """Build node-worker-1 to -3, kube-proxies, a database and an application on each node."""
    env = Environment()
    stream = Stream("test", seed)
    api = ApiServer(env, EPOCH, stream)
    network = Network(env, stream)
    facts = [
        MachineFacts(
            f"node-worker-{n}",
            f"172.30.0.{10 + n}",
            f"10.244.{n}.0/24",
            f"eu-west-1{'aab'[n - 1]}",
            16_000,
            64 << 30,
            -30 * DAY,
        )
        for n in (1, 2, 3)
    ]
    machines = {
        one.name: Machine(
            one,
            env=env,
            epoch=EPOCH,
            stream=stream,
            api=api,
            network=network,
            usual_flows=flows[index],
        )
        for index, one in enumerate(facts)
    }
    _load(api, facts, services, limit)
    watch = ServiceWatch(api)
    watch.start()
    for index, machine in enumerate(machines.values()):
        heal = HealPlan(phase_ms=250_000 if index == 2 else 100_000 + 50_000 * index)
        KubeProxy(machine, watch, law or ProxyLaw(), heal=heal).boot(synced_at=-600_000)
    registry = BehaviourRegistry(
        {
            PROXY_IMAGE: ProxyBehaviour,
            DB_IMAGE: Postgres.factory(
                PostgresSettings(startup_ms=(700, 800), shutdown_ms=shutdown_ms)
            ),
            APP_IMAGE.rpartition(":")[0]: WebService.factory(APP),
            "nicolaka/netshoot": CommandRunner.factory(),
            "busybox": CommandRunner.factory(),
            "": Idle.factory(),
        }
    )
    images = ImageCatalog(
        {
            "registry.example.net/data/postgres": ImageSpec("busybox", 150_000_000),
            "registry.example.net/payments/payment-service": ImageSpec(
                "busybox", 90_000_000, frozenset({"v2.14.0", "v2.14.1"})
            ),
            "registry.k8s.io/kube-proxy": ImageSpec("none", 31_000_000),
            "registry.example.net/retail/cart": ImageSpec("none"),
        },
        registries=("registry.example.net/",),
    )
    kubelets = Kubelets(
        api,
        network,
        machines.values(),
        registry=registry,
        images=images,
        programs=programs_for,
        files=container_files,
    )
    EndpointFollower(env, api)
    kubelets.start()
    door = KubeletDoor(kubelets)
    api.kubelet = door
    return World(env, api, network, machines, watch, kubelets, door)


def _load(api: ApiServer, facts: list[MachineFacts], services: int, limit: str) -> None:
    for one in facts:
        api.load("nodes", {"metadata": {"name": one.name}, "spec": {}, "status": {}})
        api.load(
            "leases",
            {"metadata": {"name": one.name, "namespace": "kube-node-lease"}, "spec": {}},
        )
    api.load("services", service("postgres", DB_IP, DB_PORT))
    db = running_pod(
        "postgres-0",
        facts[0],
        DB_IMAGE,
        "10.244.1.10",
        labels={"app": "postgres"},
        container={"readinessProbe": {"tcpSocket": {"port": DB_PORT}, "periodSeconds": 1}},
    )
    api.load("pods", db)
    ready = {"ready": True, "serving": True, "terminating": False}
    first = {"addresses": ["10.244.1.10"], "conditions": ready, "nodeName": facts[0].name}
    api.load("endpointslices", endpoint_slice("postgres", DB_PORT, [first]))
    for n in range(services - 1):
        ip = f"10.97.{n // 200}.{n % 200 + 1}"
        api.load("services", service(f"svc-{n}", ip, 80, "other"))
        ends = [
            {"addresses": [f"10.245.{n // 200}.{n % 200 + 1}"], "conditions": ready},
            {"addresses": [f"10.246.{n // 200}.{n % 200 + 1}"], "conditions": ready},
        ]
        api.load("endpointslices", endpoint_slice(f"svc-{n}", 80, ends, "other"))
    for n, one in enumerate(facts, start=1):
        api.load(
            "pods",
            running_pod(
                f"kube-proxy-{n}",
                one,
                PROXY_IMAGE,
                one.internal_ip,
                namespace="kube-system",
                container_name="kube-proxy",
                hostNetwork=True,
                priorityClassName="system-node-critical",
                container={
                    "command": ["/usr/local/bin/kube-proxy", "--v=2"],
                    "resources": {"limits": {"memory": limit}, "requests": {"memory": limit}},
                },
            ),
        )
        api.load(
            "pods",
            running_pod(
                f"payment-{n}",
                one,
                APP_IMAGE,
                f"10.244.{n}.20",
                labels={"app": "payment-service"},
                container={
                    "env": [
                        {"name": "DB_HOST", "value": DB_IP},
                        {"name": "DB_PORT", "value": str(DB_PORT)},
                    ],
                    "readinessProbe": {
                        "httpGet": {"path": "/healthz", "port": 8080},
                        "periodSeconds": 5,
                    },
                },
            ),
        )
        api.load(
            "pods",
            running_pod(f"cart-{n}", one, IDLE_IMAGE, f"10.244.{n}.30", namespace="retail"),
        )


def lose_database(world: World, clock: str = "02:42:52") -> None:
    """Replace the database's pod: for some seconds its Service has no endpoint."""
    world.env.advance(world.at(clock))
    world.api.delete("pods", "payments", "postgres-0", grace_s=30)
    world.run(
        "postgres-1",
        "node-worker-2",
        DB_IMAGE,
        labels={"app": "postgres"},
        container={"readinessProbe": {"tcpSocket": {"port": DB_PORT}, "periodSeconds": 1}},
    )


def watch_status(world: World, name: str, namespace: str = "payments") -> list[tuple[str, str]]:
    """Return a list that fills with (wall time, status) as a pod's status changes."""
    seen: list[tuple[str, str]] = []

    def written(_type: str, pod: Obj, _old: Obj | None) -> None:
        if pod["metadata"]["name"] == name:
            status = world.status(name, namespace)
            if not seen or seen[-1][1] != status:
                seen.append((world.clock(), status))

    world.api.subscribe("pods", written)
    return seen


def watch_rules(world: World, node: str) -> list[tuple[str, str]]:
    """Return a list that fills with (wall time, verdict for the database) of a node's rules."""
    seen: list[tuple[str, str]] = []

    def changed(proxy: KubeProxy) -> None:
        verdict = type(proxy.state.lookup(DB_IP, DB_PORT)).__name__
        if not seen or seen[-1][1] != verdict:
            seen.append((world.clock(), verdict))

    world.machines[node].proxy.on_change.append(changed)
    return seen
