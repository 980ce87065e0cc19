"""The guard-rail table: scripted players on several seeds, mean and standard deviation."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from sim.cli.play import CannotPlayError, find_scenario
from sim.session.judge import judge
from sim.session.play import make_player, play, player_names
from sim.session.references import NoCache
from sim.session.run import Run

__all__ = ["CannotPlayError", "scores", "table"]


def scores(incident: str, seeds: Iterable[int], players: list[str]) -> dict[str, list[float]]:
    """Return player -> total per seed.

    Raises:
        CannotPlayError: if there is no such incident or player.
    """
    scenario = find_scenario(incident)
    for name in players:
        if name not in player_names(scenario):
            msg = f"no player {name!r}; there are: {', '.join(player_names(scenario))}"
            raise CannotPlayError(msg)
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
