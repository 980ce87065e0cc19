"""Plays an incident or a family with scripted players on several seeds, and measures what comes of it.

Seeds are played in parallel processes; each is a pure function, so the result is the same on any
number. What has to hold is in `sim.cli.proof`.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

from sim.evidence import AlertRecord
from sim.scenario import Catalogue, Scenario
from sim.session.guard import STRICT
from sim.session.judge import judge
from sim.session.leaks import leaks
from sim.session.play import make_player, play, player_names
from sim.session.references import NoCache
from sim.session.run import Run

Scores = dict[str, list[float]]
"""Player -> total per seed, in order of the seeds."""

MINUTE_MS = 60_000
QUIET_MS = 10 * MINUTE_MS
"""Before the fault users must have been fine for so long."""


@dataclass(frozen=True, slots=True)
class Score:
    """What a player reached on one seed."""

    total: float
    mitigated_s: float | None
    """From the page on."""
    resolved_s: float | None
    false_alarm: bool


@dataclass(frozen=True, slots=True)
class Night:
    """One incident on one seed."""

    slug: str
    seed: int
    scores: dict[str, Score]
    paged_at: int
    page: str
    """What the page says, without the figure that decided."""
    before: float
    """The share of failing requests in the worst minute of the time before the fault."""
    leaks: tuple[str, ...]


def play_night(players: list[str], wanted: tuple[str, int]) -> Night:
    """Return what came of one incident on one seed."""
    slug, seed = wanted
    scenario, cache = Catalogue()[slug], NoCache()
    fresh = Run(scenario, seed)
    fresh.start()
    page = next(one for one in fresh.log.of(AlertRecord) if one.state == "paged")
    scores, before = {}, 0.0
    for name in players:
        run = Run(scenario, seed, who=name)
        run.start()
        play(run, make_player(run, name))
        verdict = judge(run.finish(), scenario, seed, run.inputs, cache)
        story, reported = verdict.case.story, verdict.card.reported
        scores[name] = Score(
            verdict.card.total,
            reported["mitigate_s"],
            reported["resolve_s"],
            story.false_alarm,
        )
        fault = story.run.fault_at
        curve = story.impact.curve(fault - QUIET_MS + MINUTE_MS, fault, MINUTE_MS)
        before = max(share for _, share in curve)
    return Night(
        slug=slug,
        seed=seed,
        scores=scores,
        paged_at=fresh.paged_at,
        page=f"{page.alert}: {page.text.partition(' Now ')[0]}",
        before=before,
        leaks=tuple(leaks(fresh)),
    )


def nights_of(name: str, catalogue: Catalogue) -> dict[str, float]:
    """Return slug -> weight of the incident called *name* or of the family's nights.

    Raises:
        KeyError: if there is neither.
        ScenarioError: if the family does not load.
    """
    if name in catalogue.families() and name not in catalogue.slugs():
        family = catalogue.family(name)
        return {slug: family.family.weights[slug] for slug in family.slugs}
    return {catalogue.choose(name, 0)[0].slug: 1.0}


def known_players(scenarios: Iterable[Scenario], wanted: list[str]) -> list[str]:
    """Return *wanted*, or everybody who can play all of them; raises KeyError for one who cannot."""
    lists = [player_names(scenario) for scenario in scenarios]
    common = [name for name in lists[0] if all(name in names for names in lists)]
    for name in wanted:
        if name not in common:
            msg = f"no player {name!r}; there are: {', '.join(common)}"
            raise KeyError(msg)
    return wanted or common


def play_all(
    slugs: Iterable[str],
    seeds: Iterable[int],
    players: list[str],
    *,
    jobs: int | None = None,
    progress: Callable[[Night], None] = lambda _night: None,
) -> list[Night]:
    """Return every night, played in *jobs* processes (None: one a core).

    Raises:
        KeyError: for an unknown incident or player.
    """
    wanted = [(slug, seed) for seed in seeds for slug in slugs]
    catalogue = Catalogue()
    names = known_players([catalogue[slug] for slug in dict(wanted)], players)
    os.environ[STRICT] = "1"
    context = multiprocessing.get_context("spawn")
    found = []
    with ProcessPoolExecutor(jobs or os.cpu_count(), mp_context=context) as pool:
        for night in pool.map(partial(play_night, names), wanted):
            progress(night)
            found.append(night)
    return found


def scores(incident: str, seeds: Iterable[int], players: list[str]) -> Scores:
    """Return every total of one incident; raises KeyError for an unknown incident or player."""
    return by_player(play_all([incident], seeds, players))


def by_player(nights: list[Night]) -> Scores:
    """Return player -> totals, in the order of the nights."""
    players = nights[0].scores if nights else ()
    return {name: [night.scores[name].total for night in nights] for name in players}


def table(found: Scores) -> str:
    """Return the table as text."""
    rows = [f"{'PLAYER':20} {'RUNS':>4} {'MEAN':>6} {'SD':>5} {'MIN':>6} {'MAX':>6}"]
    for name, totals in found.items():
        spread = statistics.pstdev(totals)
        rows.append(
            f"{name:20} {len(totals):4} {statistics.fmean(totals):6.1f} {spread:5.1f} "
            f"{min(totals):6.1f} {max(totals):6.1f}"
        )
    return "\n".join(rows)
