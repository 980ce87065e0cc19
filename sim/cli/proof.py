"""What has to hold of an incident or a family, checked on nights that were played.

A check tells what was measured and what was wanted; how a night is played is not known here.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sim.cli.prove import Night, Score, by_player
from sim.scenario import Scenario
from sim.scenario.alike import differences
from sim.scenario.mistakes import path_of
from sim.scoring import PASS

TRICKS = (
    "rollback-always",
    "restart-everything",
    "scale-up",
    "cordon-worst",
    "delete-everything",
    "silence",
)
"""Players with one idea, whatever the matter is."""
TRICK_MEAN = 45
"""Over a family's mix each of them stays below."""
EXPERT_LEAST, IDLE_MOST = 95, 12
JUNIOR = (30, 55)
LAST = 10
"""So many things that went wrong are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that has to hold."""

    name: str
    measured: str
    wanted: str
    holds: bool
    notes: tuple[str, ...] = ()
    """What is behind it, a line each."""


class Proof:
    """The nights of an incident or a family, and what is checked of them."""

    def __init__(
        self, nights: list[Night], scenarios: dict[str, Scenario], weights: dict[str, float]
    ):
        """Check *nights*; *weights* says how often each slug is drawn."""
        self._nights, self._scenarios, self._weights = nights, scenarios, weights
        self._players = list(nights[0].scores)

    def checks(self) -> Iterator[Check]:
        """Yield every check that the players asked for allow."""
        yield self._healthy()
        yield self._paged()
        if len(self._weights) > 1:
            yield self._same_page()
            yield self._alike()
        if "senior" in self._players:
            yield from self._restored()
        yield from self._bounds()
        if {"senior", "junior", "idle"} <= set(self._players):
            yield self._ranked()
        if any(name in self._players for name in TRICKS):
            yield self._tricks()
        yield self._silent()

    # -- the night itself ------------------------------------------------------------------------

    def _healthy(self) -> Check:
        below = min(one.rubric.mitigated_below for one in self._scenarios.values())
        worst = max(self._nights, key=lambda night: night.before)
        return Check(
            "healthy before the fault",
            f"at most {worst.before:.2%} fail in a minute of the 10 before ({_name(worst)})",
            f"below {below:.2%}",
            worst.before < below,
        )

    def _paged(self) -> Check:
        first = min(self._nights, key=lambda night: night.paged_at)
        last = max(self._nights, key=lambda night: night.paged_at)
        late = [
            night for night in self._nights if night.paged_at > self._scenarios[night.slug].page_by
        ]
        return Check(
            "pages in time",
            f"{first.paged_at / 60_000:.1f} to {last.paged_at / 60_000:.1f} min ({_name(last)})",
            f"by {min(one.page_by for one in self._scenarios.values()) / 60_000:g} min, on every seed",
            not late,
        )

    def _same_page(self) -> Check:
        texts = sorted({night.page for night in self._nights})
        return Check(
            "one text of the page",
            f"{len(texts)}",
            "1 in the whole family",
            len(texts) == 1,
            tuple(texts) if len(texts) > 1 else (),
        )

    def _alike(self) -> Check:
        found = [
            f"{slug}: {path_of(where)} {message}"
            for slug, where, message in differences(self._scenarios.values())
        ]
        return Check(
            "nights are alike before a look",
            f"{len(found)} differences in briefing, wiki, people, cluster, lists",
            "0",
            not found,
            tuple(found),
        )

    # -- players ---------------------------------------------------------------------------------

    def _restored(self) -> Iterator[Check]:
        runs = [(night, night.scores["senior"]) for night in self._nights]
        real = [(night, score) for night, score in runs if not score.false_alarm]
        if real:
            yield _reached("the expert mitigates", real, lambda score: score.mitigated_s)
        yield _reached("the expert resolves", runs, lambda score: score.resolved_s)

    def _bounds(self) -> Iterator[Check]:
        bounds: dict[str, tuple[str, Callable[[float], bool]]] = {
            "senior": (f"mean >= {EXPERT_LEAST}", lambda mean: mean >= EXPERT_LEAST),
            "junior": (
                f"mean {JUNIOR[0]}-{JUNIOR[1]}",
                lambda mean: JUNIOR[0] <= mean <= JUNIOR[1],
            ),
            "idle": (f"mean <= {IDLE_MOST}", lambda mean: mean <= IDLE_MOST),
        }
        for name, (wanted, within) in bounds.items():
            if name not in self._players:
                continue
            means = {slug: self._mean(slug, name) for slug in self._weights}
            yield Check(
                f"{name} scores as one does",
                ", ".join(f"{slug} {mean:.1f}" for slug, mean in means.items()),
                wanted,
                all(within(mean) for mean in means.values()),
            )

    def _ranked(self) -> Check:
        def gap(night: Night) -> float:
            idle, junior, senior = (
                night.scores[name].total for name in ("idle", "junior", "senior")
            )
            return min(junior - idle, senior - junior)

        narrow = min(self._nights, key=gap)
        return Check(
            "idle < junior < senior",
            f"at least {gap(narrow):.1f} points apart ({_name(narrow)})",
            "on every seed",
            gap(narrow) > 0,
        )

    def _tricks(self) -> Check:
        there = [name for name in TRICKS if name in self._players]
        if len(self._weights) == 1:
            (slug,) = self._weights
            means = {name: self._mean(slug, name) for name in there}
            limit, wanted = float(PASS), f"no mean of {PASS} or more"
        else:
            total = sum(self._weights.values())
            means = {
                name: sum(weight * self._mean(slug, name) for slug, weight in self._weights.items())
                / total
                for name in there
            }
            limit, wanted = TRICK_MEAN, f"each mean below {TRICK_MEAN} over the mix"
        best = max(means, key=lambda name: means[name])
        return Check(
            "one idea for everything fails",
            f"at most {means[best]:.1f} ({best})",
            wanted,
            means[best] < limit,
            tuple(f"{name} {mean:.1f}" for name, mean in means.items() if mean >= limit),
        )

    def _mean(self, slug: str, player: str) -> float:
        nights = [night for night in self._nights if night.slug == slug]
        return statistics.fmean(by_player(nights)[player])

    # -- the answer ------------------------------------------------------------------------------

    def _silent(self) -> Check:
        found = sorted({f"{night.slug}: {line}" for night in self._nights for line in night.leaks})
        return Check(
            "nothing gives the answer away",
            f"{len(found)} places",
            "0 before the debrief",
            not found,
            tuple(found),
        )


def _name(night: Night) -> str:
    return f"{night.slug}, seed {night.seed}"


def _reached(
    name: str,
    runs: list[tuple[Night, Score]],
    when: Callable[[Score], float | None],
) -> Check:
    times = [(night, when(score)) for night, score in runs]
    never = [night for night, at in times if at is None]
    known = [(at, night) for night, at in times if at is not None]
    latest = max(known, key=lambda pair: pair[0], default=None)
    last = f", the last after {latest[0] / 60:.1f} min ({_name(latest[1])})" if latest else ""
    return Check(
        name,
        f"in {len(known)} of {len(times)} runs{last}",
        "in every run",
        not never,
        tuple(f"not in {_name(night)}" for night in never),
    )


def text_of(checks: list[Check]) -> str:
    """Return the checks as a table, with what is behind those that do not hold."""
    wide = max(len(check.name) for check in checks)
    lines = []
    for check in checks:
        mark = "ok  " if check.holds else "FAIL"
        lines.append(f"{mark} {check.name:{wide}}  {check.measured}; wanted: {check.wanted}")
        lines += [f"     {'':{wide}}  {note}" for note in check.notes[:LAST]]
        if len(check.notes) > LAST:
            lines.append(f"     {'':{wide}}  and {len(check.notes) - LAST} more")
    return "\n".join(lines)
