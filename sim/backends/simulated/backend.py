"""A simulated cluster with its users and its evidence.

Thanks to this file a scenario and a seed become something that runs; what happens to it (the
timeline) and who works on it is not known here.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from sim import ENGINE_VERSION
from sim.apimachinery.wire import Obj
from sim.backends.base import Actor, nobody
from sim.backends.deeds import deed_of, keep, target_of
from sim.backends.observability import make_telemetry, users_of
from sim.backends.simulated.cluster import SimulatedCluster
from sim.backends.simulated.genesis import measures
from sim.backends.simulated.world import ClusterWorld
from sim.client.doors import Transport
from sim.evidence import EvidenceLog, RunRecord
from sim.kernel import Environment, Epoch
from sim.scenario import Scenario
from sim.traffic import Traffic


class SimulatedBackend(SimulatedCluster):
    """One scenario's cluster on one seed, with users on it, at now = 0 when it has been made."""

    name = "simulated"
    server = ""

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        *,
        env: Environment,
        log: EvidenceLog,
        epoch: Epoch | None = None,
    ) -> None:
        """Build the world; *epoch* moves the scenario's night to another date."""
        super().__init__(scenario, seed, env=env, epoch=epoch)
        self.log = log
        self.actor: Actor = nobody
        """Set by whoever lets somebody work on the cluster."""
        self.roles: dict[str, Any] = self.plan.roles(measures(self.api, self.plan))
        """Role -> name, number or list of names of this run."""
        log.append(
            RunRecord(
                at=env.now,
                scenario=scenario.slug,
                digest=scenario.digest,
                seed=seed,
                engine=ENGINE_VERSION,
                epoch=self.epoch.rfc3339(0),
                roles=self.roles,
                fault_at=self.plan.fault_at(scenario.hurts_from),
            )
        )
        self.way = ClusterWorld(self.plan, self.api, self.machines, self.kubelets, self.behaviours)
        """What users' requests meet on their way."""
        self.traffic = Traffic(
            env,
            self.plan.stream.at("traffic"),
            [users_of(self.plan, spec) for spec in scenario.traffic],
            self.way,
            log,
        )
        self.traffic.start()
        self.behaviours.logs.traffic = self.traffic
        self.telemetry = make_telemetry(self.plan, env, log, self.traffic, self.epoch)
        self.api.audit = self._written
        for name, data in self.behaviours.databases.items():
            data.touched = partial(self._altered, name)

    def close(self) -> None:
        """Let go of nothing: all of it is memory."""

    @property
    def world(self) -> Transport:
        """The same door: a look leaves no trace, and what is written is told by who acts."""
        return self.transport

    # -- evidence of what was done ---------------------------------------------------------------

    def _written(
        self, verb: str, resource: str, namespace: str, name: str, old: Obj | None, new: Obj | None
    ) -> None:
        meant, detail = deed_of(verb, old, new, self._earlier_templates)
        self._act(target_of(resource, namespace, name), meant, detail)

    def touched(self, node: str, verb: str, detail: str) -> None:
        """Write down what a hand on *node* changed."""
        self._act(f"node:{node}", verb, detail)

    def _altered(self, database: str, what: str, verb: str, detail: str) -> None:
        """Write down what a hand changed in a database."""
        self._act(f"database:{database}/{what}", verb, detail)

    def _act(self, target: str, verb: str, detail: str) -> None:
        keep(self.log, self.env.now, self.actor(), target, verb, detail)

    def _earlier_templates(self, deployment: Obj) -> list[Obj]:
        """Return the pod templates of the revisions that *deployment* has had."""
        uid = deployment["metadata"]["uid"]
        return [
            one["spec"]["template"]
            for one in self.api.list("replicasets", deployment["metadata"].get("namespace", ""))
            if any(owner["uid"] == uid for owner in one["metadata"].get("ownerReferences") or ())
        ]
