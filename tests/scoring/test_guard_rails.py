"""The guard rails of the score on seeds 0-19: what each kind of player may earn on this incident.

The bounds are the rubric's; a change that breaks one has changed what the score means.
"""

import statistics

import pytest

from sim.cli.prove import scores

SEEDS = range(20)
BOUNDS = {
    "senior": (95, 100),
    "junior": (30, 55),
    "idle": (0, 12),
    "rollback-always": (0, 45),
    "restart-everything": (0, 45),
    "random": (0, 25),
}


@pytest.fixture(scope="module")
def found():
    return scores("payments-0247", SEEDS, list(BOUNDS))


@pytest.mark.slow
@pytest.mark.parametrize("player", list(BOUNDS))
def test_the_mean_over_twenty_seeds_stays_within_the_rubrics_bounds(found, player):
    low, high = BOUNDS[player]
    assert low <= statistics.fmean(found[player]) <= high, found[player]


@pytest.mark.slow
@pytest.mark.parametrize("player", ["senior", "junior", "idle"])
def test_one_policy_scores_alike_on_every_seed(found, player):
    assert statistics.pstdev(found[player]) <= 4, found[player]
