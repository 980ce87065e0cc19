"""All kubelets of the cluster behind one subscription, and who has which pod address.

This file must not know what a kubelet does with a pod.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from sim.apimachinery.meta import Key as PodKey
from sim.apimachinery.wire import Obj
from sim.node.behaviour import BehaviourRegistry
from sim.node.images import ImageCatalog
from sim.node.kubelet.node import Key, Kubelet
from sim.node.kubelet.worker import PodWorker
from sim.node.network import Network, PodAddress
from sim.node.policies import Policies

if TYPE_CHECKING:
    from sim.apiserver import ApiServer
    from sim.bash import FileSystem, Program
    from sim.node.container import Container
    from sim.node.machine import Machine


def no_programs(_tools: str) -> Mapping[str, Program]:
    """Return no program at all: what a container finds when the backend gives none."""
    return {}


class Kubelets:
    """The kubelets of every machine."""

    def __init__(
        self,
        api: ApiServer,
        network: Network,
        machines: Iterable[Machine],
        *,
        registry: BehaviourRegistry,
        images: ImageCatalog,
        programs: Callable[[str], Mapping[str, Program]] = no_programs,
        files: Callable[[Container], FileSystem] | None = None,
    ) -> None:
        """Make a kubelet for each machine; nothing is adopted before `start`."""
        self.api = api
        self.by_node: dict[str, Kubelet] = {
            machine.name: Kubelet(
                machine, api, registry=registry, images=images, programs=programs, files=files
            )
            for machine in machines
        }
        claims: dict[tuple[str, str, str], FileSystem] = {}
        for kubelet in self.by_node.values():
            kubelet.claims = claims
        self._registry = registry
        self._addresses: dict[str, tuple[str, Key]] = {}
        self._on_host: dict[str, dict[Key, None]] = {}
        self._host_ips = {one.machine.facts.internal_ip: name for name, one in self.by_node.items()}
        network.find_pod = self.find_pod
        network.policies = Policies(api, self.pod_key)

    def start(self) -> None:
        """Adopt the pods that exist and follow the API from now on.

        Pods whose behaviour acts by itself are woken; the others sleep until they are touched.
        """
        awake: list[tuple[Kubelet, Key]] = []
        for pod in self.api.list("pods"):
            kubelet = self.by_node.get(pod["spec"].get("nodeName", ""))
            if kubelet is None:
                continue
            metadata = pod["metadata"]
            key = (metadata["namespace"], metadata["name"])
            if not (pod.get("status") or {}).get("containerStatuses"):
                kubelet.pod_added(pod)
                continue
            kubelet.adopt(pod)
            self._note(kubelet, key, pod)
            images = [one["image"] for one in pod["spec"]["containers"]]
            if not all(self._registry.lazy(image) for image in images):
                awake.append((kubelet, key))
        for kubelet, key in awake:
            kubelet.wake(key)
        self.api.subscribe("pods", self._pod_written)
        self.api.subscribe("nodes", self._node_written)

    def worker(self, pod: Obj) -> PodWorker | None:
        """Return who looks after *pod*; None if no node has it."""
        kubelet = self.by_node.get(pod["spec"].get("nodeName", ""))
        metadata = pod["metadata"]
        return kubelet.worker((metadata["namespace"], metadata["name"])) if kubelet else None

    def find_pod(self, ip: str, port: int) -> PodAddress | None:
        """Return who has the pod (or node) address *ip* and listens on *port*; None: nobody has it."""
        host = self._host_ips.get(ip)
        if host is not None:
            kubelet = self.by_node[host]
            for key in self._on_host.get(host, ()):
                listener = kubelet.listener(key, port)
                if listener is not None:
                    return PodAddress(kubelet.machine, listener)
            return PodAddress(kubelet.machine, None)
        found = self._addresses.get(ip)
        if found is None:
            return None
        kubelet = self.by_node[found[0]]
        return PodAddress(kubelet.machine, kubelet.listener(found[1], port))

    def pod_key(self, ip: str) -> PodKey | None:
        """Return which pod has the address *ip* of its own."""
        found = self._addresses.get(ip)
        return PodKey(*found[1]) if found is not None else None

    def _pod_written(self, type_: str, pod: Obj, old: Obj | None) -> None:
        kubelet = self.by_node.get(pod["spec"].get("nodeName", ""))
        if kubelet is None:
            return
        metadata = pod["metadata"]
        key = (metadata["namespace"], metadata["name"])
        if type_ == "DELETED":
            self._forget(kubelet, key, pod)
            kubelet.pod_removed(pod)
        elif type_ == "ADDED" or (old is not None and not old["spec"].get("nodeName")):
            kubelet.pod_added(pod)
        else:
            self._note(kubelet, key, pod)
            kubelet.pod_changed(pod, old)

    def _node_written(self, type_: str, node: Obj, old: Obj | None) -> None:
        kubelet = self.by_node.get(node["metadata"]["name"])
        if kubelet is None or type_ != "MODIFIED" or old is None or old["spec"] is node["spec"]:
            return
        now = bool(node["spec"].get("unschedulable"))
        if now != bool(old["spec"].get("unschedulable")):
            kubelet.cordon_changed(now)

    def _note(self, kubelet: Kubelet, key: Key, pod: Obj) -> None:
        ip = (pod.get("status") or {}).get("podIP")
        if not ip:
            return
        if pod["spec"].get("hostNetwork"):
            self._on_host.setdefault(kubelet.machine.name, {})[key] = None
        elif pod["status"].get("phase") not in ("Succeeded", "Failed"):
            self._addresses[ip] = (kubelet.machine.name, key)
        elif self._addresses.get(ip) == (kubelet.machine.name, key):
            del self._addresses[ip]

    def _forget(self, kubelet: Kubelet, key: Key, pod: Obj) -> None:
        ip = (pod.get("status") or {}).get("podIP", "")
        if self._addresses.get(ip) == (kubelet.machine.name, key):
            del self._addresses[ip]
        self._on_host.get(kubelet.machine.name, {}).pop(key, None)
