"""NetworkPolicies as a CNI enforces them: which flows get through, pod by pod.

Thanks to this file a namespace that denies everything is silent, and one rule opens one way. What is
cut is dropped, so the caller waits. It must not know who asks or how an address was found
(https://kubernetes.io/docs/concepts/services-networking/network-policies/).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, ip_address, ip_network
from typing import TYPE_CHECKING, NamedTuple

from sim.apimachinery.labels import match_label_selector
from sim.apimachinery.meta import Key, key_of, labels_of
from sim.apimachinery.wire import Obj

if TYPE_CHECKING:
    from sim.apiserver import ApiServer

DNS_PORT = 53
DNS_NAMESPACE = "kube-system"
DNS_LABELS = {"k8s-app": "kube-dns"}


class Peer(NamedTuple):
    """One end of a flow."""

    ip: str
    pod: Obj | None = None
    """None: a node, a pod in its network, or somebody outside."""
    node: str = ""
    """Where it is; empty outside."""


class Policies:
    """The NetworkPolicies of the cluster; without any it costs one look at an empty dict."""

    def __init__(self, api: ApiServer, pod_key: Callable[[str], Key | None]) -> None:
        """Follow the policies of *api*; *pod_key* says which pod has an address."""
        self._api = api
        self._pod_key = pod_key
        self._known: dict[Key, Obj] = {key_of(one): one for one in api.list("networkpolicies")}
        self.on_change: list[Callable[[], None]] = []
        api.subscribe("networkpolicies", self._written)

    @property
    def active(self) -> bool:
        """True when there is any policy at all."""
        return bool(self._known)

    def _written(self, type_: str, policy: Obj, _old: Obj | None) -> None:
        if type_ == "DELETED":
            self._known.pop(key_of(policy), None)
        else:
            self._known[key_of(policy)] = policy
        for listener in self.on_change:
            listener()

    # -- asking ----------------------------------------------------------------------------------

    def peer_at(self, ip: str) -> Peer:
        """Return who has the address *ip*."""
        key = self._pod_key(ip)
        pod = self._api.get("pods", *key) if key is not None else None
        return Peer(ip) if pod is None else Peer(ip, pod, pod["spec"].get("nodeName", ""))

    def pod_peer(self, namespace: str, name: str, ip: str) -> Peer:
        """Return the pod of that name as one end of a flow."""
        pod = self._api.get("pods", namespace, name)
        return Peer(ip) if pod is None else Peer(ip, pod, pod["spec"].get("nodeName", ""))

    def allows(self, source: Peer, target: Peer, port: int, protocol: str = "TCP") -> bool:
        """True when a new flow from *source* gets to *port* of *target*.

        What leaves the target's own node itself is let in, as for the kubelet's probes.
        """
        if source.pod is not None and source.ip == target.ip:
            return True
        if source.pod is not None and not self._lets(
            "Egress", source.pod, target, _Door(target.pod, port, protocol)
        ):
            return False
        if target.pod is None or (source.pod is None and source.node == target.node != ""):
            return True
        return self._lets("Ingress", target.pod, source, _Door(target.pod, port, protocol))

    def reaches_dns(self, source: Peer, address: str) -> bool:
        """True when *source* may ask for names, at the cache's *address* or at the DNS pods."""
        if source.pod is None:
            return True
        servers = [Peer(address)]
        servers.extend(
            Peer((pod.get("status") or {}).get("podIP", ""), pod)
            for pod in self._api.list("pods", DNS_NAMESPACE, labels=DNS_LABELS)
        )
        return any(
            self._lets("Egress", source.pod, server, _Door(server.pod, DNS_PORT, protocol))
            for server in servers
            for protocol in ("UDP", "TCP")
        )

    # -- rules -----------------------------------------------------------------------------------

    def _of(self, direction: str, pod: Obj) -> Iterator[Obj]:
        """Yield the policies that isolate *pod* in *direction*."""
        namespace, labels = pod["metadata"].get("namespace", ""), labels_of(pod)
        for key, policy in self._known.items():
            if key.namespace != namespace or direction not in _types(policy):
                continue
            if match_label_selector(policy["spec"].get("podSelector")).matches(labels):
                yield policy

    def _lets(self, direction: str, pod: Obj, other: Peer, door: _Door) -> bool:
        isolated = False
        for policy in self._of(direction, pod):
            isolated = True
            field, side = ("egress", "to") if direction == "Egress" else ("ingress", "from")
            for rule in policy["spec"].get(field) or ():
                peers: Sequence[Obj] = rule.get(side) or ()
                named = not peers or any(self._is_meant(policy, one, other) for one in peers)
                if named and door.is_among(rule.get("ports") or ()):
                    return True
        return not isolated

    def _is_meant(self, policy: Obj, peer: Obj, other: Peer) -> bool:
        """True when a rule's *peer* means *other*."""
        block = peer.get("ipBlock")
        if block is not None:
            return _contains(block["cidr"], other.ip) and not any(
                _contains(hole, other.ip) for hole in block.get("except") or ()
            )
        if other.pod is None:
            return False
        namespace = other.pod["metadata"].get("namespace", "")
        spaces = peer.get("namespaceSelector")
        if spaces is None:
            if namespace != policy["metadata"]["namespace"]:
                return False
        else:
            found = self._api.get("namespaces", "", namespace)
            if found is None or not match_label_selector(spaces).matches(labels_of(found)):
                return False
        pods = peer.get("podSelector")
        return pods is None or match_label_selector(pods).matches(labels_of(other.pod))


class _Door(NamedTuple):
    """The port that a flow is for, and whose it is."""

    pod: Obj | None
    port: int
    protocol: str

    def is_among(self, ports: Sequence[Obj]) -> bool:
        """True when a rule's *ports* let the flow in; no ports mean all."""
        return not ports or any(self._is(one) for one in ports)

    def _is(self, one: Obj) -> bool:
        if one.get("protocol", "TCP") != self.protocol:
            return False
        wanted = one.get("port")
        if wanted is None:
            return True
        if isinstance(wanted, str):
            return wanted in self._names()
        return int(wanted) <= self.port <= int(one.get("endPort") or wanted)

    def _names(self) -> list[str]:
        """Return what the pod's own spec calls this port."""
        if self.pod is None:
            return []
        return [
            str(port.get("name"))
            for container in self.pod["spec"]["containers"]
            for port in container.get("ports") or ()
            if port["containerPort"] == self.port and port.get("protocol", "TCP") == self.protocol
        ]


def _types(policy: Obj) -> Sequence[str]:
    spec = policy["spec"]
    given: Sequence[str] | None = spec.get("policyTypes")
    if given:
        return given
    return ("Ingress", "Egress") if spec.get("egress") else ("Ingress",)


@lru_cache(maxsize=1024)
def _network(cidr: str) -> IPv4Network | None:
    try:
        found = ip_network(cidr, strict=False)
    except ValueError:
        return None
    return found if isinstance(found, IPv4Network) else None


def _contains(cidr: str, ip: str) -> bool:
    network = _network(cidr)
    try:
        return network is not None and ip_address(ip) in network
    except ValueError:
        return False
