"""The guard rails of the score, on every night of the family: what each kind of player may earn.

The bounds are the rubric's; a change that breaks one has changed what the score means. A few seeds stand
here for the many of `uncordon bench-players payments --seeds 0-19`.
"""

import statistics

import pytest

from sim.cli.prove import scores
from sim.scenario import Catalogue

SEEDS = range(3)
WEIGHTS = Catalogue().family("payments").family.weights
BOUNDS = {
    "senior": (95, 100),
    "junior": (30, 55),
    "idle": (0, 12),
    "look-then-act": (55, 70),
}
TRICKS = ("rollback-always", "cordon-worst", "scale-up", "silence")
MOST = 45
"""What a player of one trick may earn over the mix."""


@pytest.fixture(scope="module")
def found():
    players = [*BOUNDS, *TRICKS]
    return {night: scores(night, SEEDS, players) for night in WEIGHTS}


@pytest.mark.slow
@pytest.mark.parametrize("player", list(BOUNDS))
@pytest.mark.parametrize("night", list(WEIGHTS))
def test_the_mean_stays_within_the_rubrics_bounds(found, night, player):
    low, high = BOUNDS[player]
    assert low <= statistics.fmean(found[night][player]) <= high, found[night][player]


@pytest.mark.slow
@pytest.mark.parametrize("player", ["senior", "junior", "idle"])
@pytest.mark.parametrize("night", list(WEIGHTS))
def test_one_policy_scores_alike_on_every_seed(found, night, player):
    assert statistics.pstdev(found[night][player]) <= 4, found[night][player]


@pytest.mark.slow
@pytest.mark.parametrize("player", TRICKS)
def test_one_trick_does_not_pass_over_the_mix(found, player):
    whole = sum(WEIGHTS.values())
    mean = sum(
        weight / whole * statistics.fmean(found[night][player]) for night, weight in WEIGHTS.items()
    )
    assert mean < MOST
