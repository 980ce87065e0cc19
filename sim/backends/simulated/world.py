"""The cluster as users' traffic meets it: gateways, rules of a node, serving pods, neighbours.

Everything is read when asked; a change is announced once. This file must not know what users do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sim.apimachinery.meta import is_terminating, labels_of
from sim.apimachinery.wire import Obj
from sim.apiserver import ApiServer
from sim.backends.plan import Plan
from sim.backends.simulated.behaviours import Behaviours
from sim.control.pods import is_ready, restarts
from sim.node.images import split_image
from sim.node.kubelet import Kubelets
from sim.node.kubeproxy.proxy import KubeProxy
from sim.node.kubeproxy.rules import Dnat, Reject
from sim.node.machine import Machine
from sim.node.netfilter.passage import Origin
from sim.node.policies import Peer
from sim.scenario.application import Application, Neighbour
from sim.traffic import Gateway, NodeClients, Route, Server

QUIET_RATE = 0.01
"""New connections per second that an ordinary background pod opens to Services."""
OUTSIDE = Peer("203.0.113.1")
"""Somebody on the internet, as NetworkPolicies see users (an address of documentation, RFC 5737)."""
ANY_POD = 250
"""Number, in a node's range, of a pod like any other."""
FEW = 64
"""Up to so many nodes, neighbours everywhere are asked again when a hand changed one node."""
SAMPLE = 24
"""Services that stand for all those which background pods call."""


class ClusterWorld:
    """Fulfils traffic's protocol on a simulated cluster."""

    def __init__(
        self,
        plan: Plan,
        api: ApiServer,
        machines: Mapping[str, Machine],
        kubelets: Kubelets,
        behaviours: Behaviours,
    ) -> None:
        """Read *api*, *machines* and what *kubelets* run."""
        self._plan = plan
        self._api = api
        self._machines = machines
        self._kubelets = kubelets
        self._behaviours = behaviours
        self._network = next(iter(machines.values())).network
        self._policies = self._network.policies
        self._zones = {node.name: node.zone for node in plan.nodes}
        self._gateway_names = {one.gateway for one in plan.scenario.traffic}
        self._served = {one.application for one in plan.scenario.traffic}
        self._sampled = self._sample()
        self._pods_on: dict[str, int] = {}
        for pod in api.list("pods"):
            node = pod["spec"].get("nodeName", "")
            self._pods_on[node] = self._pods_on.get(node, 0) + 1

    # -- what traffic asks -----------------------------------------------------------------------

    def gateways(self) -> Sequence[Gateway]:
        """Return the gateway pods that serve now."""
        found = []
        for application in self._applications(self._gateway_names):
            for pod in self._pods(application):
                node = pod["spec"].get("nodeName", "")
                if node and is_ready(pod) and not is_terminating(pod) and self._is_open(pod):
                    found.append(Gateway(pod["metadata"]["name"], node, self._zones.get(node, "")))
        return found

    def lookup(self, node: str, ip: str, port: int) -> Route:
        """Return what *node*'s rules do with a connection to a Service."""
        if self._network.meddled:
            return self._by_way(node, ip, port)
        verdict = self._machines[node].proxy.state.lookup(ip, port)
        if isinstance(verdict, Dnat):
            endpoints = tuple(one.ip for one in verdict.endpoints)
            return Route("endpoints", endpoints, self._cut(node, verdict))
        return Route("reject" if isinstance(verdict, Reject) else "none")

    def servers(self, application: str) -> Mapping[str, Server]:
        """Return the application's pods by pod IP."""
        found: dict[str, Server] = {}
        for pod in self._pods(self._plan.scenario.application(application)):
            ip = (pod.get("status") or {}).get("podIP")
            node = pod["spec"].get("nodeName", "")
            if not ip or not node:
                continue
            worker = self._kubelets.worker(pod)
            running = worker.running() if worker is not None else []
            standing = self._behaviours.serving(running)
            _, version = split_image(pod["spec"]["containers"][0]["image"])
            found[ip] = Server(
                pod=pod["metadata"]["name"],
                node=node,
                zone=self._zones.get(node, ""),
                version=version,
                state=standing.state,
                capacity_rps=standing.capacity,
                ready=is_ready(pod),
                restarts=restarts(pod),
                dead_share=standing.dead_share,
                sound=self._plan.is_sound(application, version, standing.environ),
            )
        return found

    def nodes(self) -> Sequence[str]:
        """Return the names of all nodes."""
        return list(self._machines)

    def node_clients(self, node: str) -> NodeClients | None:
        """Return the neighbours on *node*."""
        wanted = failing = 0.0
        for application in self._plan.scenario.applications:
            behaviour = application.behaviour
            if not isinstance(behaviour, Neighbour):
                continue
            count = sum(
                pod["spec"].get("nodeName") == node and is_ready(pod)
                for pod in self._pods(application)
            )
            rate = behaviour.rate * count
            called = self._plan.scenario.application(behaviour.calls)
            address = self._plan.addresses[called.name]
            wanted += rate
            if not self._answers(node, address, called.service.port):
                failing += rate
        quiet = QUIET_RATE * self._pods_on.get(node, 0)
        lost = sum(not self._answers(node, ip, port) for ip, port in self._sampled)
        wanted += quiet
        failing += quiet * lost / len(self._sampled)
        if not wanted:
            return None
        return NodeClients(node, self._zones[node], wanted, failing / wanted)

    def subscribe(self, changed: Callable[[str | None], None]) -> None:
        """Have *changed* called after a change of rules (with the node) or of pods (with None)."""

        def rules_changed(proxy: KubeProxy) -> None:
            changed(proxy.machine.name)

        def pod_written(type_: str, pod: Obj, old: Obj | None) -> None:
            node = pod["spec"].get("nodeName", "")
            had = old["spec"].get("nodeName", "") if old is not None else ""
            if type_ == "DELETED" and node:
                self._pods_on[node] = self._pods_on.get(node, 1) - 1
            elif node and not had and type_ != "DELETED":
                self._pods_on[node] = self._pods_on.get(node, 0) + 1
            app = labels_of(pod).get("app")
            if app in self._served or app in self._gateway_names:
                changed(None)

        for machine in self._machines.values():
            machine.proxy.on_change.append(rules_changed)
        self._api.subscribe("pods", pod_written)
        self._behaviours.on_change.append(lambda: changed(None))
        if self._policies is not None:
            self._policies.on_change.append(lambda: changed(None))

        def meddled() -> None:
            for name in self._machines if len(self._machines) <= FEW else self._network.meddled:
                changed(name)
            changed(None)

        self._network.on_change.append(meddled)

    # -- inside ----------------------------------------------------------------------------------

    def _answers(self, node: str, ip: str, port: int) -> bool:
        """True when a pod on *node* reaches some endpoint of a Service."""
        machine = self._machines[node]
        if node not in self._network.meddled:
            return isinstance(machine.proxy.state.lookup(ip, port), Dnat)
        origin = Origin(machine, str(machine.links.pods.network_address + ANY_POD))
        ends = self._network.ways(origin, ip, port)
        return sum(end.share for end in ends if end.kind == "ok") > 0.5

    def _by_way(self, node: str, ip: str, port: int) -> Route:
        """Return the route of the gateways on *node* where hands have been at work."""
        machine = self._machines[node]
        pods = self._gateways_on(node)
        origins = [
            Origin(machine, (pod.get("status") or {}).get("podIP", ""), pod["metadata"]["uid"])
            for pod in pods
        ] or [Origin(machine, str(machine.links.pods.network_address + ANY_POD))]
        fine: dict[str, bool] = {}
        lost = 0.0
        kinds: set[str] = set()
        for origin in origins:
            for end in self._network.ways(origin, ip, port):
                kinds.add(end.kind)
                if end.ip == ip:
                    lost += end.share / len(origins)
                else:
                    fine[end.ip] = fine.get(end.ip, True) and end.kind == "ok"
        if not fine:
            return Route("reject" if kinds == {"refused"} else "none")
        cut = {one for one, ok in fine.items() if not ok}
        verdict = machine.proxy.state.lookup(ip, port)
        if isinstance(verdict, Dnat):
            cut |= self._cut(node, verdict)
        return Route("endpoints", tuple(sorted(fine)), frozenset(cut), lost)

    def _is_open(self, pod: Obj) -> bool:
        """True unless rules or a NetworkPolicy keep users, who come from outside, from a gateway."""
        address = (pod.get("status") or {}).get("podIP", "")
        if self._network.meddled and address:
            declared = pod["spec"]["containers"][0].get("ports") or [{}]
            outside = Origin(None, OUTSIDE.ip)
            ends = self._network.ways(outside, address, declared[0].get("containerPort", 0))
            if not any(end.kind == "ok" for end in ends):
                return False
        policies = self._policies
        if policies is None or not policies.active:
            return True
        target = policies.peer_at(address)
        ports = [port["containerPort"] for port in pod["spec"]["containers"][0].get("ports") or ()]
        return any(policies.allows(OUTSIDE, target, port) for port in ports or (0,))

    def _cut(self, node: str, verdict: Dnat) -> frozenset[str]:
        """Return the endpoints that NetworkPolicies keep the gateways on *node* from."""
        policies = self._policies
        if policies is None or not policies.active:
            return frozenset()
        sources = [
            policies.peer_at((pod.get("status") or {}).get("podIP", ""))
            for pod in self._gateways_on(node)
        ]
        return frozenset(
            one.ip
            for one in verdict.endpoints
            if not all(
                policies.allows(source, policies.peer_at(one.ip), one.port) for source in sources
            )
        )

    def _gateways_on(self, node: str) -> list[Obj]:
        return [
            pod
            for application in self._applications(self._gateway_names)
            for pod in self._pods(application)
            if pod["spec"].get("nodeName") == node
        ]

    def _applications(self, names: set[str]) -> list[Application]:
        return [one for one in self._plan.scenario.applications if one.name in names]

    def _pods(self, application: Application) -> list[Obj]:
        return [
            pod
            for pod in self._api.list("pods", application.namespace)
            if labels_of(pod).get("app") == application.name
        ]

    def _sample(self) -> list[tuple[str, int]]:
        """Return (address, port) of Services that background pods call, drawn once."""
        services = [
            one
            for one in self._api.list("services")
            if one["metadata"]["namespace"] in self._plan.scenario.cluster.background.namespaces
        ]
        chosen = self._plan.stream.at("called").shuffled(range(len(services)))[:SAMPLE]
        return [
            (services[index]["spec"]["clusterIP"], services[index]["spec"]["ports"][0]["port"])
            for index in sorted(chosen)
        ]
