"""Which ports of a pod the kubelet's probes go to; must not know what a probe finds."""

from __future__ import annotations

from sim.apimachinery.wire import Obj


def probed_ports(pod: Obj) -> set[int]:
    """Return the ports that the kubelet's probes of *pod* may go to."""
    ports: set[int] = set()
    for container in pod["spec"]["containers"]:
        probes = [container.get(f"{kind}Probe") for kind in ("readiness", "liveness", "startup")]
        asked = [probe.get("httpGet") or probe.get("tcpSocket") or probe.get("grpc")
                 for probe in probes if probe]  # fmt: skip
        if any(asked):
            ports.update(int(one["containerPort"]) for one in container.get("ports") or ())
            wanted = [one.get("port") for one in asked if one]
            ports.update(port for port in wanted if isinstance(port, int))
    return ports
