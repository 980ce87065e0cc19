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
        if worker is None or worker.kubelet.stopped:
            return []
        return [_usage(one) for one in worker.running()]

    def node_usage(self, node: Obj) -> tuple[int, int] | None:
        """Return (millicores, bytes) of *node*, None if nothing runs there that could tell."""
        kubelet = self._kubelets.by_node.get(node["metadata"]["name"])
        if kubelet is None or kubelet.stopped:
            return None
        cores = sum(one.cpu_per_mille for one in DAEMONS)
        cores += sum(container_millicores(one) for one in kubelet.containers().values())
        return cores, kubelet.machine.memory().used


def _usage(container: Container) -> tuple[str, int, int]:
    return container.name, container_millicores(container), container.memory_bytes
