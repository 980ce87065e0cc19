"""The guard-rail table: scripted players on several seeds, mean and standard deviation.

Seeds are played in parallel processes; each is a pure function, so the table is the same on any number.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from sim.scenario import Catalogue
from sim.session.guard import STRICT
from sim.session.judge import judge
from sim.session.play import make_player, play, player_names
from sim.session.references import NoCache
from sim.session.run import Run

Scores = dict[str, list[float]]
"""Player -> total per seed, in order of the seeds."""


def play_seed(incident: str, players: list[str], seed: int) -> list[float]:
    """Return the totals of *players* on one seed."""
    scenario, cache = Catalogue()[incident], NoCache()
    totals = []
    for name in players:
        run = Run(scenario, seed, who=name)
        run.start()
        play(run, make_player(run, name))
        verdict = judge(run.finish(), scenario, seed, run.inputs, cache)
        totals.append(verdict.card.total)
    return totals


def scores(
    incident: str,
    seeds: Iterable[int],
    players: list[str],
    *,
    progress: Callable[[int], None] = lambda _seed: None,
) -> Scores:
    """Return every total; raises KeyError for an unknown incident or player."""
    known = player_names(Catalogue()[incident])
    for name in players:
        if name not in known:
            msg = f"no player {name!r}; there are: {', '.join(known)}"
            raise KeyError(msg)
    wanted = list(seeds)
    os.environ[STRICT] = "1"
    found: Scores = {name: [] for name in players}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        rows = pool.map(partial(play_seed, incident, players), wanted)
        for seed, totals in zip(wanted, rows, strict=True):
            progress(seed)
            for name, total in zip(players, totals, strict=True):
                found[name].append(total)
    return found


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
