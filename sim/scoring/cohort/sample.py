"""A scored run as a comparison needs it: points, times from the page on, first looks, the users' curve.

Plain data that goes through JSON unchanged, so that it can be remembered and sent between processes.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any

from sim.scoring.criteria import Case
from sim.scoring.scorecard import Scorecard
from sim.scoring.sights import Sight

STEP_S = 30
BEFORE_S = 600
"""The users' curve begins so long before the page."""

MILESTONES = ("acknowledge", "first_look", "mitigate", "diagnose", "resolve")
KINDS = (
    "dashboard",
    "alerts",
    "changes",
    "documents",
    "get",
    "describe",
    "events",
    "logs",
    "node or container",
    "page and channel",
    "other",
)
"""What a look can be of, in the order in which they are listed."""

_DESCRIBE = re.compile(
    r"\bdescribe\b|-o\s*=?(?:yaml|json)\b|--output[= ](?:yaml|json)\b|\brollout status\b"
)
_WORDS = (
    ("logs", re.compile(r"\blogs?\b")),
    ("changes", re.compile(r"\brollout\s+history\b|\bcontrollerrevisions?\b")),
    ("describe", _DESCRIBE),
    ("events", re.compile(r"\bevents?\b|\bev\b")),
    ("page and channel", re.compile(r"^\s*incident\b")),
    ("get", re.compile(r"\b(?:get|top|explain|api-resources)\b")),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One run."""

    run: str
    """Its id here, the name of its file, or `player:senior:payments-0247:3`."""
    who: str
    """Whose hands were at the keys: a player's name, or `trainee`."""
    player: bool
    """A script played it."""
    slug: str
    title: str
    seed: int
    total: float
    points: dict[str, float]
    """Item -> points."""
    of: dict[str, float]
    """Item -> the most there is to have."""
    titles: dict[str, str]
    times: dict[str, float | None]
    """Milestone -> seconds from the page on, None: not up to the horizon."""
    horizon_s: float
    false_alarm: bool
    lost: float
    """Requests that users lost."""
    curve: list[float] = field(default_factory=list)
    """The share of failing requests each `STEP_S`, from `BEFORE_S` before the page to the horizon."""
    looks: list[list[Any]] = field(default_factory=list)
    """[seconds from the page on, kind] of each look, in order."""
    digest: str = ""
    """Of the night, the player and the inputs: a run and its copies have the same; empty: not known."""
    attempt: int = 1
    """The how manieth of its person at this night, among those compared."""
    backend: str = "simulated"
    """What the cluster was; the figures of a real one (`kind`) are measured, not exact."""

    def dumped(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)

    @classmethod
    def loaded(cls, value: dict[str, Any]) -> Sample:
        """Read what `dumped` wrote."""
        return cls(**value)


def sample_of(
    card: Scorecard, case: Case, *, run: str, who: str, player: bool, digest: str = ""
) -> Sample:
    """Return a scored run as a sample."""
    story = case.story
    page = story.paged_at
    start = page - BEFORE_S * 1000
    curve = story.impact.curve(start, story.horizon, STEP_S * 1000)
    return Sample(
        run=run,
        who=who,
        player=player,
        slug=story.scenario.slug,
        title=story.scenario.title,
        seed=story.run.seed,
        total=card.total,
        points={finding.id: finding.points for finding in card.findings},
        of={finding.id: finding.of for finding in card.findings},
        titles={finding.id: finding.title for finding in card.findings},
        times={name: card.reported[f"{name}_s"] for name in MILESTONES},
        horizon_s=(story.horizon - page) / 1000,
        false_alarm=story.false_alarm,
        lost=case.loss,
        curve=[round(share, 6) for _, share in curve],
        looks=[
            [(sight.began - page) / 1000, kind_of(sight)]
            for sight in sorted(story.sights, key=lambda one: (one.began, one.source))
            if sight.began >= page
        ],
        digest=digest,
        backend=story.run.backend,
    )


def kind_of(sight: Sight) -> str:
    """Return what somebody looked at, as a name of `KINDS`."""
    if sight.panel:
        panel = sight.panel.partition(":")[0]
        return {
            "document": "documents",
            "changes": "changes",
            "change": "changes",
            "alerts": "alerts",
            "alert": "alerts",
        }.get(panel, "dashboard")
    if sight.look.nodes:
        return "node or container"
    for kind, words in _WORDS:
        if words.search(sight.typed):
            return kind
    return "other"
