"""The scorecard: findings with points, reasons and quotes, in blocks; plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

BANDS = ((85, "fluent"), (70, "ready"), (50, "getting there"), (0, "practise first"))
"""Lowest total of each band and its name."""
PASS = 70
LEAST_NO_HARM = 5
"""Below this many points of "no harm" nobody passes."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A piece of evidence that a finding quotes."""

    at: int
    """Simulated ms."""
    source: str
    """`command:12`, `panel:3`, `input:7` or `world`."""
    line: str
    """The command line or panel."""
    quote: str
    """What was on the screen, at most a few lines."""


@dataclass(frozen=True, slots=True)
class Part:
    """A share of an item's points with its reason."""

    points: float
    of: float
    why: str
    exhibits: tuple[Exhibit, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One item of the rubric, judged."""

    id: str
    """`users-loss`, `no-harm` ..."""
    block: str
    """`Users`, `Method`, `Diagnosis` or `Close`."""
    title: str
    rule: str
    """How it is measured, one sentence."""
    of: float
    parts: tuple[Part, ...]
    expert: str = ""
    """What an expert would have looked at or done."""

    @property
    def points(self) -> float:
        """The points earned, never below 0 nor above *of*."""
        return max(0.0, min(self.of, sum(part.points for part in self.parts)))


@dataclass(frozen=True, slots=True)
class Scorecard:
    """What a run earned and why, plus what is reported without points."""

    scenario: str
    seed: int
    engine: str
    findings: tuple[Finding, ...]
    reported: dict[str, float | None] = field(default_factory=dict)
    """Seconds from the page to acknowledge, first look, mitigate, diagnose; looks; requests lost ..."""
    by_class: dict[str, float] = field(default_factory=dict)
    """Client class -> requests lost."""
    by_route: dict[str, float] = field(default_factory=dict)
    """Call -> requests lost."""
    backend: str = "simulated"
    """What the cluster was; users' figures of a real one (`kind`) are measured, not exact."""

    @property
    def total(self) -> float:
        """Points of 100."""
        return sum(finding.points for finding in self.findings)

    @property
    def passed(self) -> bool:
        """Whether this run would do on the pager."""
        harm = next((one.points for one in self.findings if one.id == "no-harm"), 0.0)
        return self.total >= PASS and harm >= LEAST_NO_HARM

    def blocks(self) -> list[tuple[str, float, float]]:
        """Return (block, points, of) in the order in which they stand."""
        sums: dict[str, tuple[float, float]] = {}
        for finding in self.findings:
            points, of = sums.get(finding.block, (0.0, 0.0))
            sums[finding.block] = (points + finding.points, of + finding.of)
        return [(block, points, of) for block, (points, of) in sums.items()]

    def finding(self, id_: str) -> Finding:
        """Return the finding of one item; raises KeyError."""
        for finding in self.findings:
            if finding.id == id_:
                return finding
        raise KeyError(id_)


def band(total: float) -> str:
    """Return the name of the band that *total* falls in."""
    return next(name for least, name in BANDS if total >= least)
