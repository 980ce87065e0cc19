"""A scenario's plan on four real nodes."""

import pytest

from sim.backends.kind.aliases import Aliases
from sim.backends.kind.cut import BEFORE_MS, MOST_SERVICES, CutPlan
from sim.scenario import Scenario
from sim.scenario.loader import load_scenario

ALIASES = Aliases.of(["k-control-plane"], ["k-worker", "k-worker2", "k-worker3", "k-worker4"])


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario("scenarios/payments-0247")


@pytest.fixture
def plan(scenario: Scenario) -> CutPlan:
    return CutPlan(scenario, 0, aliases=ALIASES, addresses={"k-worker3": "172.18.0.4"})


def test_the_busy_pool_gets_three_workers(plan: CutPlan):
    assert [node.name for node in plan.workers] == ["k-worker", "k-worker2", "k-worker3"]
    assert [node.zone for node in plan.workers] == ["eu-west-1a", "eu-west-1a", "eu-west-1b"]
    assert [node.last_zone for node in plan.workers] == [False, False, True]
    assert plan.workers[2].ip == "172.18.0.4"


def test_all_other_pools_are_the_control_plane(plan: CutPlan):
    assert [node.name for node in plan.pool("general")] == ["k-control-plane"]
    assert plan.role("node.others") == ["k-control-plane"]


def test_roles_name_real_nodes(plan: CutPlan):
    assert plan.role("node.bad") == "k-worker3"
    assert plan.role("node.good") == ["k-worker", "k-worker2"]


def test_hashes_are_the_clusters(plan: CutPlan):
    drawn = plan.role("hash.old")
    plan.hashes[-1] = "5d4c7b9f66"
    assert plan.role("hash.old") == "5d4c7b9f66" != drawn


def test_a_run_begins_a_minute_before_anything_happens(plan: CutPlan):
    times = [plan.fault_at(one.id) for one in plan.scenario.timeline]
    first = min(at for at in times if at > BEFORE_MS)
    assert min(times) < 0, "what is past happens while the world is set up"
    assert plan.start_at == first - BEFORE_MS
    assert plan.service_count <= MOST_SERVICES


@pytest.mark.parametrize("seed", [0, 7, 1007])
@pytest.mark.parametrize(
    ("slug", "first"), [("heron", "rollout"), ("swift", "rollout"), ("wren", "")]
)
def test_the_other_nights_begin_minutes_before_their_pages(slug: str, first: str, seed: int):
    scenario = load_scenario(f"scenarios/payments-{slug}")
    plan = CutPlan(scenario, seed, aliases=ALIASES, addresses={})
    if first:
        assert plan.start_at == plan.fault_at(first) - BEFORE_MS
    else:
        assert plan.start_at == 58 * 60_000, "the ages of connections do not move with the night"
        assert plan.fault_at("revoke") < plan.start_at < plan.fault_at("rollout")
    assert "node.bad" not in scenario.roles
    assert plan.role("node.pool") == ["k-worker", "k-worker2", "k-worker3"]
