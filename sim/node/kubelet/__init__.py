"""The kubelet: pods of a node brought to life, watched, restarted and ended, with a kubelet's texts."""

from sim.node.kubelet.cluster import Kubelets
from sim.node.kubelet.node import Kubelet
from sim.node.kubelet.worker import PodWorker

__all__ = ["Kubelet", "Kubelets", "PodWorker"]
