"""Reference runs: the untouched one, the expert's and the junior's on the same seed, remembered.

Each is a full run through the same shell; the cache key names everything that it depends on.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Protocol

from sim import ENGINE_VERSION
from sim.players import Shown
from sim.scenario import Scenario
from sim.scoring import Impact, Story
from sim.session.play import Step, make_player, play
from sim.session.run import Run


class Cache(Protocol):
    """Somewhere to remember results; a RunStore is one."""

    def cached(self, key: str) -> str | None:
        """Return what was remembered."""

    def remember(self, key: str, value: str) -> None:
        """Remember *value*."""


class NoCache:
    """Remembers for as long as the process lives."""

    def __init__(self) -> None:
        """Start empty."""
        self._values: dict[str, str] = {}

    def cached(self, key: str) -> str | None:
        """Return what was remembered."""
        return self._values.get(key)

    def remember(self, key: str, value: str) -> None:
        """Remember *value*."""
        self._values[key] = value


@dataclass(frozen=True, slots=True)
class Reference:
    """What a debrief needs of a reference run."""

    player: str
    loss: float
    times: list[int]
    failed: list[float]
    arrivals: list[float]
    steps: list[Step]
    facts: dict[str, int]
    """Fact -> when it was first on that player's screen (ms)."""
    mitigated_at: int | None
    paged_at: int = 0

    def later(self, by: int) -> Reference:
        """Return it with every instant *by* ms later, to stand beside a run whose page came later."""
        return replace(
            self,
            times=[at + by for at in self.times],
            steps=[replace(step, at=step.at + by) for step in self.steps],
            facts={fact: at + by for fact, at in self.facts.items()},
            mitigated_at=None if self.mitigated_at is None else self.mitigated_at + by,
            paged_at=self.paged_at + by,
        )

    @property
    def impact(self) -> Impact:
        """The reference's I(t)."""
        return Impact(tuple(self.times), tuple(self.failed), tuple(self.arrivals))


def reference_key(scenario: Scenario, seed: int, player: str) -> str:
    """Return under which key a reference run is remembered."""
    return f"reference2/{scenario.digest}/{seed}/{ENGINE_VERSION}/{player}"


def reference(scenario: Scenario, seed: int, player: str, cache: Cache) -> Reference:
    """Return one reference run, computed if it is not remembered."""
    key = reference_key(scenario, seed, player)
    if (text := cache.cached(key)) is not None:
        value = json.loads(text)
        return Reference(**{**value, "steps": [Step(**step) for step in value["steps"]]})
    made = _play(scenario, seed, player)
    cache.remember(key, json.dumps(asdict(made), separators=(",", ":")))
    return made


def _play(scenario: Scenario, seed: int, player: str) -> Reference:
    run = Run(scenario, seed, who=player)
    run.start()
    steps: list[Step] = []

    def watch(step: Step, shown: Shown | None) -> None:
        if shown is None:
            steps.append(step)

    play(run, make_player(run, player), watcher=watch)
    story = Story(run.finish(), scenario)
    impact = story.impact
    return Reference(
        player=player,
        loss=impact.lost(story.run.fault_at, story.horizon),
        times=list(impact.times),
        failed=list(impact.failed),
        arrivals=list(impact.arrivals),
        steps=steps,
        facts={fact: known.at for fact, known in story.known.items()},
        mitigated_at=story.mitigated_at,
        paged_at=story.paged_at,
    )
