"""What a seed draws: the same every time, pinned values first, always consistent."""

from __future__ import annotations

import pytest

from sim.backends.plan import HASH_ALPHABET, Plan
from sim.scenario import Catalogue, Scenario


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Catalogue()["payments-0247"]


def test_seed_0_has_its_pinned_names_and_addresses(scenario: Scenario) -> None:
    plan = Plan(scenario, 0)

    assert plan.role("node.bad") == "node-worker-3"
    assert plan.role("node.good") == ["node-worker-1", "node-worker-2"]
    assert plan.role("db.service_ip") == "10.96.45.12"
    assert plan.role("revision.new") == "47"
    assert plan.pinned_hashes["payments/payment-service:47"] == "7f8b9c4d5"
    assert plan.pinned_suffixes["payment-service-7f8b9c4d5"][:2] == ("x2k9m", "a8j3n")


def test_same_seed_draws_the_same_and_another_draws_otherwise(scenario: Scenario) -> None:
    first, again, other = Plan(scenario, 7), Plan(scenario, 7), Plan(scenario, 8)

    assert first.nodes == again.nodes
    assert first.addresses == again.addresses
    assert (first.nodes, first.addresses) != (other.nodes, other.addresses)


@pytest.mark.parametrize("seed", range(40))
def test_every_seed_keeps_the_ranges_and_the_shape(scenario: Scenario, seed: int) -> None:
    plan = Plan(scenario, seed)

    assert 5 <= len(plan.workers) <= 8
    assert 402 <= plan.service_count <= 418
    assert len(plan.pool("payments", "first-zone")) == 2
    (bad,) = plan.pool("payments", "last-zone")
    assert len({node.ip for node in plan.nodes}) == len(plan.nodes)
    assert bad.flows >= 42_000
    assert max(node.flows for node in plan.nodes if node is not bad) <= 22_000
    assert len(set(plan.addresses.values())) == len(plan.addresses)
    assert plan.fault_at("rollout") + 90_000 < plan.fault_at("move-database")


@pytest.mark.parametrize("seed", range(40))
def test_drawn_hashes_are_ones_that_kubernetes_could_have_made(
    scenario: Scenario, seed: int
) -> None:
    plan = Plan(scenario, seed)
    hashes = [plan.revision_hash(offset) for offset in range(-9, 1)]

    assert len(set(hashes)) == 10
    for text in hashes:
        assert set(text) <= set(HASH_ALPHABET)
        assert len(text) == 9 or (len(text) == 10 and text[0] in "5678")


def test_some_zone_of_the_other_pool_is_the_faulty_nodes_zone(scenario: Scenario) -> None:
    for seed in range(10):
        plan = Plan(scenario, seed)
        (bad,) = plan.pool("payments", "last-zone")

        assert bad.zone in {node.zone for node in plan.pool("general")}


def test_what_is_old_is_old_to_the_second_and_what_belongs_together_agrees(
    scenario: Scenario,
) -> None:
    plan = Plan(scenario, 5)
    history = plan.scenario.history
    asked = [one.ago for one in scenario.history.changes if one.ago and not one.ago % 60_000]
    drawn = [one.ago for one in history.changes if one.ago is not None]
    ages = {one.name: one.age for one in plan.scenario.applications}
    said = {one.id: one.ago for one in history.changes}

    assert all(
        0 <= new - old <= 25 * 60_000 for new, old in zip(drawn, _agos(scenario), strict=True)
    )
    assert len({ago % 60_000 for ago in drawn}) > len(asked) // 2
    assert ages["ledger-stream"] == said["chg-2044"]
    # What the scenario says to the second stays: connections of these pods end with their age.
    assert ages["payment-service"] == scenario.application("payment-service").age
    assert Plan(scenario, 5).scenario.history == history
    assert Plan(scenario, 6).scenario.history != history


def _agos(scenario: Scenario) -> list[int]:
    return [one.ago for one in scenario.history.changes if one.ago is not None]
