"""A simulated cluster without a story: store, machines, controllers, kubelets, and the doors to it.

What uses it (users' traffic) and what is written about it (evidence) are not known here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from sim.apimachinery.wire import Obj
from sim.apiserver import ApiServer
from sim.apiserver.registry import Loaded
from sim.backends.plan import Plan, PlannedNode
from sim.backends.simulated.behaviours import Behaviours
from sim.backends.simulated.doors import HOME, ApiTransport, MachineAccess
from sim.backends.simulated.furniture import renewed
from sim.backends.simulated.genesis import load_world
from sim.backends.simulated.images import catalog
from sim.backends.simulated.workloads import Workloads
from sim.client.doors import NodeAccess, Transport
from sim.control import Controllers, start_controllers
from sim.kernel import Environment, Epoch, uncollected
from sim.node.door import KubeletDoor
from sim.node.kubelet import Kubelets
from sim.node.kubeproxy.heal import HealPlan
from sim.node.kubeproxy.law import ProxyLaw
from sim.node.kubeproxy.proxy import KubeProxy
from sim.node.kubeproxy.services import ServiceWatch
from sim.node.machine import Machine, MachineFacts
from sim.node.metrics import NodeMetrics
from sim.node.network import Network
from sim.node.programs import NODE as NODE_PROGRAMS
from sim.node.programs import container_files, node_files, programs_for
from sim.scenario import Scenario

LAST_CHANGE_AGO = (60_000, 20 * 60_000)
"""When each node last had to write rules before the start (ms)."""

SHARED_WORLDS = 16
"""How many worlds' loaded objects are remembered, for further runs of the same seed to share."""


@lru_cache(maxsize=SHARED_WORLDS)
def _known(_digest: str, _seed: int, _epoch: int) -> Loaded:
    return {}


class SimulatedCluster:
    """One cluster on one seed, at now = 0 when it has been made."""

    @uncollected
    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        *,
        env: Environment,
        epoch: Epoch | None = None,
        more: Callable[[Workloads], None] | None = None,
    ) -> None:
        """Build the cluster of *scenario*; *epoch* moves its night to another date.

        *more* loads what runs there beside what the scenario says.
        """
        self.scenario = scenario
        self.seed = seed
        self.env = env
        self.epoch = epoch or Epoch.parse(scenario.epoch)
        self.plan = plan = Plan(scenario, seed)
        self.api = api = ApiServer(
            env,
            self.epoch,
            plan.stream,
            version=scenario.cluster.version,
            known=None if more else _known(scenario.digest, seed, self.epoch.unix_ms),
        )
        load_world(api, plan, more)
        self.network = Network(
            env,
            plan.stream,
            service_cidr=scenario.cluster.service_cidr,
            pod_cidr=scenario.cluster.pod_cidr,
        )
        self.services = ServiceWatch(api)
        self.services.start()
        law = proxy_law(plan)
        self._called = called(plan)
        self.machines: dict[str, Machine] = {
            node.name: self._machine(node, law) for node in plan.nodes
        }
        self.behaviours = Behaviours(plan)
        self.kubelets = Kubelets(
            api,
            self.network,
            self.machines.values(),
            registry=self.behaviours.registry,
            images=catalog(api, plan),
            programs=programs_for,
            files=container_files,
        )
        self.controllers: Controllers = start_controllers(
            env,
            api,
            plan.stream,
            pinned_names=plan.pinned_suffixes,
            pinned_hashes=plan.pinned_hashes,
        )
        self.kubelets.start()
        # Containers that run since before the beginning take their places at this very instant.
        env.settle()
        api.kubelet = KubeletDoor(self.kubelets)
        api.metrics = NodeMetrics(self.kubelets)
        self._wire_heartbeats()
        self.transport: Transport = ApiTransport(api)
        self.nodes: NodeAccess = MachineAccess(self.machines)

    # -- machines --------------------------------------------------------------------------------

    def _machine(self, node: PlannedNode, law: ProxyLaw) -> Machine:
        plan, image = self.plan, self.scenario.cluster.image
        machine = Machine(
            MachineFacts(
                name=node.name,
                internal_ip=node.ip,
                pod_cidr=node.pod_cidr,
                zone=node.zone,
                cpu_millicores=node.size.cpu * 1000,
                memory_bytes=node.size.memory,
                booted_at=plan.booted_at(node),
                os_image=image.os,
                kernel_version=image.kernel,
                runtime=image.runtime,
                kubelet_version=image.kubelet,
                disk_bytes=node.size.disk,
                control_plane=node.control_plane,
            ),
            env=self.env,
            epoch=self.epoch,
            stream=plan.stream,
            api=self.api,
            network=self.network,
            usual_flows=node.flows,
        )
        machine.called = self._called
        machine.programs = NODE_PROGRAMS
        machine.files = node_files(machine, HOME)
        machine.changed = lambda verb, detail: self.touched(node.name, verb, detail)
        heal = self.scenario.cluster.heal
        timer = HealPlan(heal.unit, heal.every, heal.idle, node.heal_phase)
        proxy = KubeProxy(machine, self.services, law, heal=timer)
        quiet = plan.stream.at("last-sync", node.name).integer(*LAST_CHANGE_AGO)
        proxy.boot(synced_at=-quiet)
        return machine

    def _wire_heartbeats(self) -> None:
        """Show heartbeats as of now, and tell the node controller when one stops or comes back."""
        by_node = self.kubelets.by_node

        def node(obj: Obj) -> Obj:
            kubelet = by_node.get(obj["metadata"]["name"])
            return obj if kubelet is None else kubelet.refreshed_node(obj)

        def lease(obj: Obj) -> Obj:
            metadata = obj["metadata"]
            kubelet = by_node.get(metadata["name"])
            ours = kubelet is not None and metadata.get("namespace") == "kube-node-lease"
            if kubelet is not None and ours:
                return kubelet.refreshed_lease(obj)
            return renewed(obj, self.epoch, self.env.now)

        self.api.views |= {"nodes": node, "leases": lease}
        for kubelet in by_node.values():
            kubelet.on_heartbeat = self.controllers.nodelifecycle.heartbeat

    def touched(self, node: str, verb: str, detail: str) -> None:
        """Take note of what a hand on *node* changed; a cluster without a story does not."""


def called(plan: Plan) -> frozenset[str]:
    """Return the ClusterIPs that applications are written to call."""
    names = (
        getattr(one.behaviour, field, None)
        for one in plan.scenario.applications
        for field in ("calls", "database", "upstream")
    )
    return frozenset(plan.addresses[name] for name in names if name in plan.addresses)


def proxy_law(plan: Plan) -> ProxyLaw:
    """Return kube-proxy's constants as the model of a node takes them."""
    spec = plan.scenario.proxy
    return ProxyLaw(
        base_steady=spec.base_steady,
        steady_per_service=spec.steady_per_service,
        steady_per_endpoint=spec.steady_per_endpoint,
        base_startup=spec.base_startup,
        startup_per_service=spec.startup_per_service,
        startup_per_endpoint=spec.startup_per_endpoint,
        binary=spec.binary,
        flow_kib=spec.flow_kib,
        tight_startup_ms=spec.tight_startup,
        ample_startup_ms=spec.ample_startup,
        ample_headroom=spec.ample_headroom,
        sync_ms=spec.sync,
        undisturbed_ms=(plan.undisturbed_ms, plan.undisturbed_ms),
    )
