"""The store at the beginning of a scenario: everything that is older than the run.

Objects only; the processes behind them are started by the assembly.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.apiserver import ApiServer
from sim.backends.plan import Plan
from sim.backends.simulated.applications import Applications
from sim.backends.simulated.furniture import load_furniture
from sim.backends.simulated.machines import load_nodes
from sim.backends.simulated.policy import limit_trainee, load_policy
from sim.backends.simulated.storage import load_storage_class
from sim.backends.simulated.system import load_namespaces, load_system
from sim.backends.simulated.tenants import DAY_MS, Tenants
from sim.backends.simulated.workloads import Workloads

RULES_OVERHEAD = 3
"""Lines of a KUBE-SERVICES listing that are no Service: two of heading, one for node ports."""


def load_world(api: ApiServer, plan: Plan, more: Callable[[Workloads], None] | None = None) -> None:
    """Load every object of the world that *plan* describes, and what *more* adds to it."""
    scenario = plan.scenario
    onboarding, background = scenario.history.onboarding, scenario.cluster.background
    draw = plan.stream.at("namespace-age")
    ages = {
        name: scenario.cluster.age
        - draw.at(name).integer(1, 200) * DAY_MS
        - draw.at(name).integer(0, DAY_MS, 1)
        for name in (
            *(application.namespace for application in scenario.applications),
            *background.namespaces,
        )
    }
    ages |= dict.fromkeys(onboarding.namespaces, onboarding.ago + 3_600_000)
    for secret in scenario.secrets:
        ages.setdefault(secret.namespace, secret.age + DAY_MS)
    load_namespaces(api, plan, ages)
    created = api.epoch.rfc3339(-scenario.cluster.age)
    load_policy(api, created=created)
    if scenario.access is not None:
        limit_trainee(api, scenario.access, created=created)
    load_nodes(api, plan)
    workloads = Workloads(api, plan)
    load_system(workloads)
    load_furniture(workloads)
    load_storage_class(workloads)
    Applications(workloads).load()
    Tenants(workloads, ages).load()
    if more is not None:
        more(workloads)


def measures(api: ApiServer, plan: Plan) -> dict[str, str]:
    """Return the figures of the built world that roles may speak of."""
    ports = 0
    for service in api.list("services"):
        metadata = service["metadata"]
        endpoints = api.get("endpoints", metadata["namespace"], metadata["name"])
        if endpoints is not None and endpoints.get("subsets"):
            ports += len(service["spec"]["ports"])
    return {
        "services": str(len(api.list("services"))),
        "rules-complete": str(ports + RULES_OVERHEAD),
        "proxy-limit": f"{plan.scenario.proxy.limit >> 20}Mi",
        "control-plane": plan.nodes[0].name,
    }
