"""Everybody else's workloads: hundreds of small Deployments and the Services in front of them.

They make the cluster as large and as ordinary as it is; what the scenario is about is made elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from sim.backends.deployments import pool_spec
from sim.backends.plan import Plan, PlannedNode
from sim.backends.simulated.system import SYSTEM_SERVICES, deployment
from sim.backends.simulated.workloads import Running, Workloads

DAY_MS = 86_400_000
REPLICAS = (1, 1, 2, 2, 2, 2, 2, 2, 3, 3)
"""How many pods a Deployment has, drawn evenly from this; two on average."""
KEPT_REVISIONS = 2
"""revisionHistoryLimit of other teams' Deployments."""
RARE = 8
"""Of so many pods of a tainted pool the last zone's node gets one: it is the emptiest."""
_PORT = [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080}]


class Tenants:
    """Fills a cluster up to the numbers of its plan."""

    def __init__(self, workloads: Workloads, ages: Mapping[str, int]) -> None:
        """Load through *workloads* into namespaces of the given *ages* (ms)."""
        self._workloads = workloads
        self._plan = workloads.plan
        self._namespaces = ages
        # What the change feed says was done to somebody's Deployment has to be seen there.
        self._changes = {
            change.target.removeprefix("deployment/"): change
            for change in self._plan.scenario.history.changes
            if change.version or change.replicas
        }
        self._draw = workloads.stream.at("tenants")
        self._turns = {pool: _turns(self._plan, pool) for pool in self._pools()}

    def load(self) -> None:
        """Load the onboarded teams, then the others until pods and Services are as many as planned."""
        plan = self._plan
        background = plan.scenario.cluster.background
        onboarding = plan.scenario.history.onboarding
        newcomers = list(product(onboarding.namespaces, onboarding.components))[: onboarding.count]
        pods = 0
        for number, (namespace, component) in enumerate(newcomers):
            ago = onboarding.ago - number * onboarding.spread // max(1, len(newcomers) - 1)
            running = self._deploy(namespace, component, made_ago=ago, pods_ago=ago)
            self._serve(namespace, f"{namespace}-{component}", running, made_ago=ago)
            pods += len(running.pods)
        services = plan.service_count - SYSTEM_SERVICES - len(plan.scenario.applications)
        services -= len(newcomers)
        deployed: list[tuple[str, str, Running, int]] = []
        for namespace, component in self._residents():
            if pods >= background.pods or len(deployed) >= services:
                break
            made, last = self._ages(namespace, component)
            running = self._deploy(namespace, component, made_ago=made, pods_ago=last)
            self._serve(namespace, f"{namespace}-{component}", running, made_ago=made)
            deployed.append((namespace, component, running, made))
            pods += len(running.pods)
        self._serve_again(deployed, services - len(deployed))

    def _serve_again(self, deployed: Sequence[tuple[str, str, Running, int]], missing: int) -> None:
        """Load second Services in front of the same pods until none is *missing*."""
        suffixes = self._plan.scenario.cluster.background.second_services
        order = self._draw.at("second").shuffled(range(len(deployed)))
        for turn in range(missing):
            namespace, component, running, made = deployed[order[turn % len(order)]]
            suffix = suffixes[turn // len(order) % len(suffixes)]
            name = f"{namespace}-{component}"
            self._serve(namespace, name + suffix, running, made_ago=made, app=name)

    def _residents(self) -> Iterator[tuple[str, str]]:
        """Yield (namespace, component), component by component, so that no team comes short."""
        background = self._plan.scenario.cluster.background
        for component in background.components:
            for namespace in background.namespaces:
                yield namespace, component

    def _ages(self, namespace: str, component: str) -> tuple[int, int]:
        """Return how long ago (ms) a Deployment was made and its newest pods were started."""
        draw = self._draw.at("age", namespace, component)
        made = draw.integer(30, self._namespaces[namespace] // DAY_MS - 2, 0) * DAY_MS
        last = draw.integer(DAY_MS // 3, 23 * DAY_MS, 1)
        return made + draw.integer(0, DAY_MS, 2), last

    def _deploy(self, namespace: str, component: str, *, made_ago: int, pods_ago: int) -> Running:
        plan = self._plan
        name = f"{namespace}-{component}"
        draw = self._draw.at("app", name)
        change = self._changes.get(name)
        count = draw.choice(REPLICAS)
        joined: dict[int, int] = {}
        if change is not None and change.replicas:
            count = change.replicas
            joined[count - 1] = change.ago or 0
        pool = self._pool_of(namespace)
        nodes = [next(self._turns[pool]) for _ in range(count)]
        version = f"{draw.integer(1, 14, 1)}.{draw.integer(0, 30, 2)}.{draw.integer(0, 9, 3)}"
        if change is not None and change.version:
            version, pods_ago = change.version, change.ago or 0
        container = {
            "name": component,
            "image": f"{plan.scenario.cluster.registry}/{namespace}/{name}:{version}",
            "ports": [{"containerPort": 8080, "name": "http"}],
            "resources": {
                "limits": {"memory": "256Mi"},
                "requests": {"cpu": "50m", "memory": "96Mi"},
            },
        }
        spec = pool_spec(plan, pool)
        share = plan.scenario.cluster.background.restarts
        restarts = {
            number: draw.at("restart", number).integer(DAY_MS // 4, max(DAY_MS // 4, pods_ago))
            for number in range(count)
            if draw.at("restarted", number).unit() < share and pods_ago > DAY_MS
        }
        manifest = deployment(name, namespace, count, container, spec=spec)
        manifest["metadata"]["labels"] = {"app": name, "team": namespace}
        manifest["spec"]["revisionHistoryLimit"] = KEPT_REVISIONS
        revision = 1 if made_ago == pods_ago else draw.integer(2, 60, 4)
        running = self._workloads.deployment(
            manifest,
            nodes,
            made_ago=max(made_ago, pods_ago),
            pods_ago=pods_ago,
            revision=revision,
            restarts=restarts,
            joined=joined,
        )
        tags = _tags_before(version)[: min(revision - 1, KEPT_REVISIONS)]
        self._workloads.past(running.owner, tags, made_ago=made_ago, rolled_ago=pods_ago)
        return running

    def _serve(
        self, namespace: str, name: str, running: Running, *, made_ago: int, app: str = ""
    ) -> None:
        self._workloads.service(
            namespace, name, _PORT, running, made_ago=made_ago, selector={"app": app or name}
        )

    def _pools(self) -> list[str]:
        return [pool.name for pool in self._plan.scenario.cluster.pools]

    def _pool_of(self, namespace: str) -> str:
        pools = self._plan.scenario.cluster.pools
        for pool in pools:
            if namespace in pool.tenants:
                return pool.name
        return next(pool.name for pool in pools if pool.rest)


def _tags_before(version: str) -> list[str]:
    """Return the tags that came before *version*, newest first.

    >>> _tags_before("3.2.1"), _tags_before("3.0.0")
    (['3.2.0', '3.1.4'], ['2.30.2', '2.30.1'])
    """
    major, minor, patch = (int(part) for part in version.split("."))
    found = []
    for _ in range(KEPT_REVISIONS):
        if patch:
            patch -= 1
        elif minor:
            minor, patch = minor - 1, 4
        else:
            major, minor, patch = max(0, major - 1), 30, 2
        found.append(f"{major}.{minor}.{patch}")
    return found


def _turns(plan: Plan, pool: str) -> Iterator[PlannedNode]:
    """Yield the nodes of *pool* round and round; a tainted pool's last zone gets fewer turns."""
    usual = [node for node in plan.pool(pool) if not node.last_zone] or list(plan.pool(pool))
    rare = [node for node in plan.pool(pool) if node.last_zone and node not in usual]
    if not pool_spec(plan, pool):
        usual, rare = list(plan.pool(pool)), []
    turn = 0
    while True:
        turn += 1
        if rare and turn % RARE == 0:
            yield rare[turn // RARE % len(rare)]
        else:
            yield usual[turn % len(usual)]
