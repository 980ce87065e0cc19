"""Kubernetes' own size limit as one simulated cluster: 5,000 nodes, 150,000 pods, 10,000 Services.

The figures are those of kubernetes/community sig-scalability/configs-and-limits/thresholds.md.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sim.apimachinery.wire import ApiRequest, Obj
from sim.apiserver.watch import Watch
from sim.backends.simulated.cluster import SimulatedCluster
from sim.backends.simulated.sandbox import sandbox_scenario
from sim.backends.simulated.workloads import Workloads
from sim.kernel import Environment

MADE_AGO = 20 * 3_600_000
ROLLED_AGO = 5 * 3_600_000


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything there is."""

    nodes: int
    pods: int
    """Of Deployments; each node has three more from the system's DaemonSets."""
    templates: int
    """Deployments, each with its own pod template."""
    services: int
    per_namespace: int = 3_000
    """Pods in a namespace at most."""


LIMIT = Size(nodes=5_000, pods=150_000, templates=3_000, services=10_000)


def crowd(size: Size) -> Callable[[Workloads], None]:
    """Return what loads the Deployments and Services of *size*."""

    def load(workloads: Workloads) -> None:
        nodes = workloads.plan.workers
        each, over = divmod(size.pods, size.templates)
        together = max(1, size.per_namespace // (each + 1))
        per_template, more = divmod(size.services, size.templates)
        placed = 0
        for number in range(size.templates):
            namespace = f"team-{number // together:03d}"
            if number % together == 0:
                workloads.api.load("namespaces", {"metadata": {"name": namespace}})
            count = each + (number < over)
            places = [nodes[(placed + one) % len(nodes)] for one in range(count)]
            placed += count
            running = workloads.deployment(
                manifest(namespace, f"app-{number:04d}", count),
                places,
                made_ago=MADE_AGO,
                pods_ago=ROLLED_AGO,
            )
            for turn in range(per_template + (number < more)):
                workloads.service(
                    namespace,
                    f"app-{number:04d}" + (f"-{turn}" if turn else ""),
                    [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}],
                    running,
                    made_ago=MADE_AGO,
                    selector={"app": f"app-{number:04d}"},
                )

    return load


def manifest(namespace: str, name: str, replicas: int) -> Obj:
    """Return a Deployment as people write them."""
    labels = {"app": name, "team": namespace}
    container = {
        "name": "app",
        "image": f"example.com/{name}:v1",
        "ports": [{"name": "http", "containerPort": 8080}],
        "env": [{"name": "TEAM", "value": namespace}, {"name": "LOG_LEVEL", "value": "info"}],
        "resources": {
            "requests": {"cpu": "50m", "memory": "64Mi"},
            "limits": {"memory": "128Mi"},
        },
    }
    return {
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def build(size: Size, *, seed: int = 0) -> SimulatedCluster:
    """Return a cluster of that size with everything attached."""
    scenario = sandbox_scenario(size.nodes, "v1.37.0")
    return SimulatedCluster(scenario, seed, env=Environment(), more=crowd(size))


def measure(size: Size = LIMIT) -> Iterator[tuple[str, str, str]]:
    """Yield (figure, measured, promise); the memory is this process's, so it should do nothing else."""
    begin = time.process_time()
    cluster = build(size)
    built = time.process_time() - begin
    held = _resident() / 1e9
    what = f"{size.nodes} nodes, {size.pods} pods, {size.services} Services"
    yield f"{what}: built with everything attached, CPU", f"{built:.1f} s", "< 30 s"
    yield "  the same, resident set", f"{held:.2f} GB", "< 4 GB"
    cluster.env.advance(cluster.env.now + 60_000)
    begin = time.process_time()
    cluster.env.advance(cluster.env.now + 600_000)
    used = time.process_time() - begin
    yield "  ten simulated minutes of it at rest, CPU", f"{used:.2f} s", "< 600 s (real time)"
    yield "  all its pods as a Table in pages of 500, CPU", f"{_paged(cluster):.1f} s", ""
    yield "  from a write to 100 watches of all pods, CPU", f"{_heard(cluster) * 1000:.1f} ms", ""


def _paged(cluster: SimulatedCluster) -> float:
    headers = {"accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
    begin, token = time.process_time(), ""
    while True:
        query = (("limit", "500"), ("continue", token))
        answer = cluster.api.handle(ApiRequest("GET", "/api/v1/pods", query, headers))
        assert answer.code == 200, answer.body
        token = answer.body["metadata"].get("continue", "")
        if not token:
            return time.process_time() - begin


def _heard(cluster: SimulatedCluster) -> float:
    api = cluster.api
    version = str(api.registry.store.revision)
    query = (("watch", "true"), ("resourceVersion", version))
    watches = [api.watch(ApiRequest("GET", "/api/v1/pods", query)) for _ in range(100)]
    name = api.list("pods", "team-000")[0]["metadata"]["name"]
    begin = time.process_time()
    api.delete("pods", "team-000", name)
    heard = [len(one.poll()) for one in watches if isinstance(one, Watch)]
    assert heard == [1] * 100, heard
    return time.process_time() - begin


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    for figure, measured, promise in measure():
        print("\t".join((figure, measured, promise)), flush=True)
