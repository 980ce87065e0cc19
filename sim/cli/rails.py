"""The guard rails of scoring, a row each: what scripted players have to reach, and what they did."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sim.cli.proof import EXPERT_LEAST, IDLE_MOST, JUNIOR, TRICK_MEAN, TRICKS, Check
from sim.cli.prove import Night

LOOKER = (55, 70)
BLIND = (38, 55)
RANDOM_BELOW = 25
MOST_SPREAD = 4.0
RIGHT = (0.15, 0.35)
"""In about a quarter of the draws rolling back is right."""
ROLLBACK = "rollback-always"
DICE = "random"
"""Plays something else on every seed, so it is not one policy."""
GAIN = 20.0
"""Points over who does nothing by which one counts as having done the right thing."""


@dataclass(frozen=True, slots=True)
class _Rail:
    player: str
    wanted: str
    holds: Callable[[float], bool]


RAILS = (
    _Rail("senior", f">= {EXPERT_LEAST}", lambda mean: mean >= EXPERT_LEAST),
    _Rail("junior", f"{JUNIOR[0]}-{JUNIOR[1]}", lambda mean: JUNIOR[0] <= mean <= JUNIOR[1]),
    _Rail("idle", f"<= {IDLE_MOST}", lambda mean: mean <= IDLE_MOST),
    _Rail("look-then-act", f"{LOOKER[0]}-{LOOKER[1]}", lambda mean: LOOKER[0] <= mean <= LOOKER[1]),
    _Rail("blind", f"{BLIND[0]}-{BLIND[1]}", lambda mean: BLIND[0] <= mean <= BLIND[1]),
    _Rail("random", f"< {RANDOM_BELOW}", lambda mean: mean < RANDOM_BELOW),
)
"""Bounds of a mean, for each incident by itself."""


def rails(nights: list[Night], weights: Mapping[str, float]) -> Iterator[Check]:
    """Yield every rail that the players of *nights* allow; *weights* says how often a slug is drawn."""
    players = list(nights[0].scores)
    for rail in RAILS:
        if rail.player in players:
            means = {slug: statistics.fmean(_totals(nights, slug, rail.player)) for slug in weights}
            if rail.player == "blind":
                means = {slug: mean for slug, mean in means.items() if not _calm(nights, slug)}
                if not means:
                    continue
            broken = tuple(
                f"{slug} {mean:.1f}" for slug, mean in means.items() if not rail.holds(mean)
            )
            yield Check(rail.player, _each(means), f"mean {rail.wanted}", not broken, broken)
    if len(weights) > 1:
        for trick in TRICKS:
            if trick in players:
                mean = mixed(nights, weights, trick)
                yield Check(
                    trick, f"{mean:.1f} over the mix", f"mean < {TRICK_MEAN}", mean < TRICK_MEAN
                )
        if ROLLBACK in players and "idle" in players:
            share = right_share(nights, weights)
            yield Check(
                "rolling back is right",
                f"in {share:.0%} of the draws",
                f"{RIGHT[0]:.0%} to {RIGHT[1]:.0%}",
                RIGHT[0] <= share <= RIGHT[1],
            )
    yield _steady(nights, weights, players)


def _calm(nights: list[Night], slug: str) -> bool:
    """Return whether an incident is a false alarm: who guesses right there does nothing, as who idles."""
    return any(
        one.false_alarm for night in nights if night.slug == slug for one in night.scores.values()
    )


def _totals(nights: list[Night], slug: str, player: str) -> list[float]:
    return [night.scores[player].total for night in nights if night.slug == slug]


def _each(means: Mapping[str, float]) -> str:
    if len(means) == 1:
        return f"{next(iter(means.values())):.1f}"
    return ", ".join(f"{slug.rpartition('-')[2]} {mean:.1f}" for slug, mean in means.items())


def mixed(nights: list[Night], weights: Mapping[str, float], player: str) -> float:
    """Return a player's mean over a family, each night as often as it is drawn."""
    total = sum(weights.values())
    return (
        sum(
            weight * statistics.fmean(_totals(nights, slug, player))
            for slug, weight in weights.items()
        )
        / total
    )


def right_share(nights: list[Night], weights: Mapping[str, float]) -> float:
    """Return in how many of the draws rolling back ends the users' pain soon and for good."""
    total = sum(weights.values())
    share = 0.0
    for slug, weight in weights.items():
        here = [night for night in nights if night.slug == slug]
        right = [
            night.scores[ROLLBACK].total >= night.scores["idle"].total + GAIN for night in here
        ]
        share += weight / total * statistics.fmean(right)
    return share


def _steady(nights: list[Night], weights: Mapping[str, float], players: list[str]) -> Check:
    spread = {
        (slug, player): statistics.pstdev(_totals(nights, slug, player))
        for slug in weights
        for player in players
        if player != DICE or len(players) == 1
    }
    worst = max(spread, key=lambda key: spread[key])
    broken = [
        f"{player} on {slug}: {value:.1f}"
        for (slug, player), value in spread.items()
        if value > MOST_SPREAD
    ]
    return Check(
        "every policy is steady",
        f"sd at most {spread[worst]:.1f} ({worst[1]}, {worst[0]})",
        f"sd <= {MOST_SPREAD:g} over seeds",
        not broken,
        tuple(broken),
    )
