"""What a scenario leaves open, drawn for one seed: sizes, numbers, addresses, offsets, names.

The same scenario and seed give the same plan; literal values that a scenario pins win over draws.
This file must not know the API server, nor any object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Network
from typing import Any

from sim.backends.ages import Ages
from sim.kernel import Stream
from sim.scenario import Pinned, Scenario
from sim.scenario.cluster import NodeSize, Pool
from sim.scenario.history import Revision

HASH_ALPHABET = "456789bcdf"
"""What SafeEncodeString makes of decimal digits."""
REBOOT_SPACING_MS = 11 * 60_000
"""From one node's reboot to the next one's."""
MAX_DRAWN_ADDRESS = (255, 255)
"""Service addresses are drawn in the first 64 Ki of the range, so that they look alike."""


@dataclass(frozen=True, slots=True)
class PlannedNode:
    """One node before it exists."""

    name: str
    number: int
    """0 for the control plane."""
    pool: str
    zone: str
    """As the topology label has it, e.g. `eu-west-1b`."""
    ip: str
    pod_cidr: str
    size: NodeSize
    flows: int
    """Tracked connections on an ordinary minute."""
    last_zone: bool
    """It lies in the last zone of its pool."""
    heal_phase: int
    """Offset (ms) of the heal timer within its period."""

    @property
    def control_plane(self) -> bool:
        """True for the node of the control plane."""
        return self.pool == ""


class Plan:
    """One seed's reading of a scenario."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        """Draw everything from (scenario, seed); nothing is drawn later."""
        self.seed = seed
        self.stream = Stream("uncordon", scenario.slug, seed)
        self.scenario = Ages(self.stream).dated(scenario)
        self.pins: Pinned = scenario.pins(seed)
        cluster = scenario.cluster
        draw = self.stream.at("plan")
        self.worker_count = self.pins.workers or draw.at("workers").integer(*cluster.workers)
        self.service_count = self.pins.services or draw.at("services").integer(
            *cluster.background.services
        )
        history = scenario.history
        self.revision = self.pins.revision or draw.at("revision").integer(*history.revision)
        """Number of the newest revision, which the timeline rolls out."""
        self.nodes = self._nodes(draw.at("nodes"))
        self.undisturbed_ms = self.drawn("proxy.undisturbed", scenario.proxy.undisturbed)
        self.addresses = self._addresses(draw.at("addresses"))

    # -- drawn values ----------------------------------------------------------------------------

    def drawn(self, name: str, bounds: tuple[int, int]) -> int:
        """Return the value drawn for *name*, or the one that the scenario pins for this seed."""
        pinned = self.pins.draws.get(name)
        return self.stream.at("draw", name).integer(*bounds) if pinned is None else pinned

    def fault_at(self, fault: str) -> int:
        """Return when the timeline's entry *fault* happens on this seed (ms)."""
        for entry in self.scenario.timeline:
            if entry.id == fault:
                return entry.at + self.night_shift + self.drawn(f"shift.{fault}", entry.shift)
        raise KeyError(fault)

    def is_sound(self, application: str, version: str, environ: Mapping[str, str]) -> bool:
        """Return whether a container's variables spare it all that its version breaks."""
        history = self.scenario.history
        breaks = [
            broken
            for revision in history.revisions
            if revision.version == version and history.application == application
            for broken in revision.breaks
        ]
        return bool(breaks) and all(broken.spares(environ) for broken in breaks)

    @cached_property
    def night_shift(self) -> int:
        """Return what this seed adds to every time of the timeline (ms)."""
        return self.drawn("shift", self.scenario.night_shift)

    # -- nodes -----------------------------------------------------------------------------------

    @cached_property
    def rebooted_ago(self) -> int:
        """Return how long ago (ms) the nodes were last rebooted: the newest change of a node."""
        times = [one.ago for one in self.scenario.history.changes if one.category == "node"]
        return min((ago for ago in times if ago), default=self.scenario.cluster.age)

    def booted_at(self, node: PlannedNode) -> int:
        """Return when *node* was booted last (ms, negative); nodes were rebooted one by one."""
        return node.number * REBOOT_SPACING_MS - self.rebooted_ago

    @property
    def workers(self) -> tuple[PlannedNode, ...]:
        """The workers, by number."""
        return self.nodes[1:]

    def pool(self, name: str, which: str = "all") -> tuple[PlannedNode, ...]:
        """Return the workers of a pool: `all`, `first-zone` (all but the last zone), `last-zone`."""
        members = tuple(node for node in self.workers if node.pool == name)
        if which == "all":
            return members
        return tuple(node for node in members if node.last_zone == (which == "last-zone"))

    def _nodes(self, draw: Stream) -> tuple[PlannedNode, ...]:
        cluster = self.scenario.cluster
        network = IPv4Network(cluster.node_cidr)
        pods = list(IPv4Network(cluster.pod_cidr).subnets(new_prefix=24))
        first_host = int(network.network_address) + 10
        membership = self._membership(draw)

        def node(number: int, name: str, pool: str, zone: str, *, last: bool) -> PlannedNode:
            faulty = bool(pool) and last and not _rest(cluster.pools, pool)
            law = self.scenario.proxy
            bounds = law.flows_bad if faulty else law.flows
            period = cluster.heal.every
            phase = draw.at("heal", number).integer(0, period - 1)
            if faulty:
                acts = self.drawn("heal.acts", cluster.heal.acts)
                phase = (self.fault_at(self.scenario.hurts_from) + acts) % period
            return PlannedNode(
                name=name,
                number=number,
                pool=pool,
                zone=cluster.zone_label.replace("{zone}", zone),
                ip=str(type(network.network_address)(first_host + number)),
                pod_cidr=str(pods[number]),
                size=cluster.sizes["worker" if pool else "control-plane"],
                flows=draw.at("flows", number).integer(*bounds),
                last_zone=last,
                heal_phase=phase,
            )

        made = [node(0, cluster.control_plane, "", cluster.zones[0], last=False)]
        for number in range(1, self.worker_count + 1):
            pool, index = membership[number]
            zone = pool.zones[index % len(pool.zones)]
            last = zone == pool.zones[-1]
            name = cluster.worker.replace("{n}", str(number))
            made.append(node(number, name, pool.name, zone, last=last))
        return tuple(made)

    def _membership(self, draw: Stream) -> dict[int, tuple[Pool, int]]:
        """Return worker number -> (pool, place in the pool)."""
        pools = self.scenario.cluster.pools
        numbers = draw.at("pools").shuffled(range(1, self.worker_count + 1))
        taken = {number for members in self.pins.pools.values() for number in members}
        free = [number for number in numbers if number not in taken]
        membership: dict[int, tuple[Pool, int]] = {}
        for pool in pools:
            if pool.rest:
                continue
            members = list(self.pins.pools.get(pool.name, ()))
            while len(members) < len(pool.zones):
                members.append(free.pop(0))
            membership |= {number: (pool, place) for place, number in enumerate(members)}
        rest = next(pool for pool in pools if pool.rest)
        for place, number in enumerate(sorted(free)):
            membership[number] = (rest, place)
        return membership

    # -- Services --------------------------------------------------------------------------------

    @property
    def service_network(self) -> IPv4Network:
        """Return the range of ClusterIPs."""
        return IPv4Network(self.scenario.cluster.service_cidr)

    def _addresses(self, draw: Stream) -> dict[str, str]:
        """Return application -> ClusterIP."""
        network = self.service_network
        return {
            application.name: self.pins.addresses.get(application.name)
            or draw_address(draw.at(application.name), network)
            for application in self.scenario.applications
        }

    # -- revisions -------------------------------------------------------------------------------

    def revision_spec(self, offset: int) -> Revision:
        """Return the history's entry at *offset* (0 newest, -1 before ...)."""
        for entry in self.scenario.history.revisions:
            if entry.offset == offset:
                return entry
        raise KeyError(offset)

    def revision_hash(self, offset: int) -> str:
        """Return the pod-template-hash of the revision at *offset*."""
        pinned = self.pins.hashes.get(str(offset))
        if pinned:
            return pinned
        draw = self.stream.at("revision-hash", offset)
        # Ten characters begin with 5-8 (32 bits), nine with anything but the code of 0.
        if draw.at("length").unit() < 0.77:
            return draw.text("5678", 1) + draw.at("rest").text(HASH_ALPHABET, 9)
        return draw.text(HASH_ALPHABET[1:], 1) + draw.at("rest").text(HASH_ALPHABET, 8)

    @cached_property
    def pinned_hashes(self) -> dict[str, str]:
        """Return `namespace/deployment:revision` -> hash, for the deployment controller."""
        history = self.scenario.history
        if not history.revisions:
            return {}
        application = self.scenario.application(history.application)
        return {
            f"{application.namespace}/{application.name}:{self.revision + entry.offset}": (
                self.revision_hash(entry.offset)
            )
            for entry in history.revisions
        }

    @cached_property
    def pinned_suffixes(self) -> dict[str, tuple[str, ...]]:
        """Return ReplicaSet -> suffixes of its pods in order of creation."""
        name = self.scenario.history.application
        return {
            f"{name}-{self.revision_hash(int(offset))}": suffixes
            for offset, suffixes in self.pins.suffixes.items()
        }

    # -- roles -----------------------------------------------------------------------------------

    def roles(self, measures: Mapping[str, str]) -> dict[str, Any]:
        """Return role -> name, number or list of names; *measures* are figures of the built world."""
        return {name: self.role(name, measures) for name in self.scenario.roles}

    def role(self, name: str, measures: Mapping[str, str] | None = None) -> Any:
        """Return what one role stands for; raises KeyError for a measure that is not given."""
        role = self.scenario.roles[name]
        if role.node:
            return self.pool(*role.node)[0].name
        if role.nodes:
            return [node.name for node in self.pool(*role.nodes)]
        if role.application:
            return role.application
        if role.namespace_of:
            return self.scenario.application(role.namespace_of).namespace
        if role.address_of:
            return self.addresses[role.address_of]
        if role.port_of:
            return str(self.scenario.application(role.port_of).service.port)
        if role.revision is not None:
            return str(self.revision + role.revision)
        if role.version is not None:
            return self.revision_spec(role.version).version
        if role.hash is not None:
            return self.revision_hash(role.hash)
        if role.measure:
            return (measures or {})[role.measure]
        return role.text


def draw_address(draw: Stream, network: IPv4Network) -> str:
    """Return an address of *network* drawn by *draw*, clear of the ones that clusters reserve."""
    high = draw.at("high").integer(0, MAX_DRAWN_ADDRESS[0])
    low = draw.at("low").integer(16, MAX_DRAWN_ADDRESS[1] - 1)
    return str(network.network_address + (high << 8) + low)


def _rest(pools: tuple[Pool, ...], name: str) -> bool:
    return any(pool.rest for pool in pools if pool.name == name)
