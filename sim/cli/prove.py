"""The guard-rail table: scripted players on several seeds, mean and standard deviation."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from sim.scenario import Catalogue
from sim.session.judge import judge
from sim.session.play import make_player, play
from sim.session.references import NoCache
from sim.session.run import Run


def scores(incident: str, seeds: Iterable[int], players: list[str]) -> dict[str, list[float]]:
    """Return player -> total per seed; raises KeyError for an unknown incident or player."""
    scenario = Catalogue()[incident]
    found: dict[str, list[float]] = {name: [] for name in players}
    for seed in seeds:
        cache = NoCache()
        for name in players:
            run = Run(scenario, seed, who=name)
            run.start()
            play(run, make_player(run, name))
            verdict = judge(run.finish(), scenario, seed, run.inputs, cache)
            found[name].append(verdict.card.total)
    return found


def table(incident: str, seeds: Iterable[int], players: list[str]) -> str:
    """Return the table as text."""
    rows = [f"{'PLAYER':20} {'RUNS':>4} {'MEAN':>6} {'SD':>5} {'MIN':>6} {'MAX':>6}"]
    for name, totals in scores(incident, seeds, players).items():
        spread = statistics.pstdev(totals)
        rows.append(
            f"{name:20} {len(totals):4} {statistics.fmean(totals):6.1f} {spread:5.1f} "
            f"{min(totals):6.1f} {max(totals):6.1f}"
        )
    return "\n".join(rows)
