"""CPU and memory of pods and nodes, as the metrics server hands them to `kubectl top`.

Computed when asked; this file must not know how numbers are rounded or printed.
"""

from __future__ import annotations

from sim.apimachinery.wire import Obj
from sim.node.container import Container
from sim.node.kubelet import Kubelets
from sim.node.processes import container_millicores
from sim.node.units import DAEMONS


class NodeMetrics:
    """Usage of pods and nodes now; satisfies the API server's metrics door."""

    def __init__(self, kubelets: Kubelets) -> None:
        """Measure what *kubelets* run."""
        self._kubelets = kubelets

    def pod_usage(self, pod: Obj) -> list[tuple[str, int, int]]:
        """Return (container, millicores, bytes) of each running container of *pod*."""
        worker = self._kubelets.worker(pod)
        return [_usage(one) for one in worker.running()] if worker is not None else []

    def node_usage(self, node: Obj) -> tuple[int, int]:
        """Return (millicores, bytes) of *node*."""
        kubelet = self._kubelets.by_node[node["metadata"]["name"]]
        cores = sum(one.cpu_per_mille for one in DAEMONS)
        cores += sum(container_millicores(one) for one in kubelet.containers().values())
        return cores, kubelet.machine.memory().used


def _usage(container: Container) -> tuple[str, int, int]:
    return container.name, container_millicores(container), container.memory_bytes
