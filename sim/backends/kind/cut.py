"""A scenario's plan, cut to the nodes that a real cluster has.

The pool of the application that users reach gets every worker, the control plane stands for all
other pools. Addresses, hashes and revisions are those of the cluster, as soon as they are known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.backends.kind.aliases import Aliases
from sim.backends.plan import Plan, PlannedNode
from sim.kernel import Stream
from sim.scenario import Scenario

MOST_SERVICES = 400
"""More cost a real kube-proxy and a laptop too much."""
BEFORE_MS = 60_000
"""How long a run goes on in peace before the first thing happens."""


class CutPlan(Plan):
    """One seed's reading of a scenario on a real cluster."""

    def __init__(
        self, scenario: Scenario, seed: int, *, aliases: Aliases, addresses: Mapping[str, str]
    ) -> None:
        """Use the nodes that *aliases* names, with their *addresses* by real name."""
        self._aliases = aliases
        self._node_addresses = addresses
        self.hashes: dict[int, str] = {}
        """Offset of a revision -> its hash in the cluster."""
        super().__init__(scenario.on("kind"), seed)
        self.service_count = min(self.service_count, MOST_SERVICES)

    @property
    def start_at(self) -> int:
        """When a run begins (ms): when the scenario says, or a minute before the first thing that is not past."""
        real = self.scenario.real
        if real is not None and real.begins is not None:
            return real.begins
        times = [self.fault_at(entry.id) for entry in self.scenario.timeline]
        return min((at for at in times if at > BEFORE_MS), default=BEFORE_MS) - BEFORE_MS

    @property
    def busy_pool(self) -> str:
        """The pool that gets the workers."""
        scenario = self.scenario
        return scenario.application(scenario.traffic[0].application).pool

    def pool(self, name: str, which: str = "all") -> tuple[PlannedNode, ...]:
        """Return the nodes of a pool; those of any pool but the busy one are the control plane."""
        return super().pool(name, which) if name == self.busy_pool else self.nodes[:1]

    def revision_hash(self, offset: int) -> str:
        """Return the pod-template-hash of the revision at *offset*, as the cluster made it."""
        return self.hashes.get(offset) or super().revision_hash(offset)

    def role(self, name: str, measures: Mapping[str, str] | None = None) -> Any:
        """Return what one role stands for; a real cluster's nodes are not all there."""
        role = self.scenario.roles[name]
        if role.nodes and role.nodes[0] != self.busy_pool:
            return [node.name for node in self.nodes[:1]]
        return super().role(name, measures)

    def _nodes(self, draw: Stream) -> tuple[PlannedNode, ...]:
        cluster = self.scenario.cluster
        pool = next(one for one in cluster.pools if one.name == self.busy_pool)
        real = (self._aliases.control_plane, *self._aliases.workers[: len(pool.zones)])
        made = []
        for number, name in enumerate(real):
            zone = pool.zones[(number - 1) % len(pool.zones)] if number else cluster.zones[0]
            made.append(
                PlannedNode(
                    name=name,
                    number=number,
                    pool=pool.name if number else "",
                    zone=cluster.zone_label.replace("{zone}", zone),
                    ip=self._node_addresses.get(name, ""),
                    pod_cidr="",
                    size=cluster.sizes["worker" if number else "control-plane"],
                    flows=0,
                    last_zone=bool(number) and zone == pool.zones[-1],
                    heal_phase=0,
                )
            )
        return tuple(made)
