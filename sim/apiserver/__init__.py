"""The API server without IO: store, watch history, registry, admission, routes, discovery, printers."""

from sim.apiserver.server import ApiServer, KubeletDoor, MetricsDoor

__all__ = ["ApiServer", "KubeletDoor", "MetricsDoor"]
