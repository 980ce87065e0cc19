"""The debrief's curve as SVG geometry, drawn on the server so that it prints and needs no script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Any

from sim.kernel import Epoch
from sim.session.panels import clock_text
from web.bars import FALSE_ALARM

WIDTH, HEIGHT = 800, 270
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 22, 28
TICK_MS = 10 * 60_000
NAMED = ("this run", "untouched", "expert", "junior", "before branching", "sooner")
LABEL = 270
"""About how wide the gap's label is."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A labelled instant on the time axis."""

    x: float
    label: str
    kind: str
    row: int = 0
    """Which line of labels it stands on, so that neighbours do not overlap."""


@dataclass(frozen=True, slots=True)
class Part:
    """The part of the users' loss that one client class or route had."""

    number: int
    """Which of the series' colours it has."""
    name: str
    path: str
    lost: float


class Curve:
    """Scales, paths and labels for one debrief; the template only writes them down."""

    width, height, left, right, top, bottom = WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM

    def __init__(self, debrief: dict[str, Any]) -> None:
        """Lay out *debrief*'s curves."""
        self._debrief = debrief
        self._epoch = Epoch.parse(debrief["epoch"])
        self.own: list[list[float]] = debrief["curves"]["this run"]
        self.start = self.own[0][0] if self.own else 0
        self.end = self.own[-1][0] if self.own else 1
        named = (debrief["curves"].get(name) or [] for name in NAMED)
        highest = max((value for line in named for _, value in line), default=0)
        self.highest = max(0.02, ceil(highest * 1.05 * 50) / 50)
        """Top of the scale: the next even percent above the highest value."""

    def x(self, at: float) -> float:
        """Return where an instant lies."""
        inner = WIDTH - LEFT - RIGHT
        return round(LEFT + inner * (at - self.start) / max(1, self.end - self.start), 1)

    def y(self, value: float) -> float:
        """Return where a share lies."""
        inner = HEIGHT - TOP - BOTTOM
        return round(TOP + inner * (1 - min(1.0, value / self.highest)), 1)

    def path(self, name: str) -> str:
        """Return a curve as path data, empty if there is none."""
        return self._path(self._debrief["curves"].get(name) or [])

    def _path(self, line: list[list[float]]) -> str:
        return "M" + "L".join(f"{self.x(at)} {self.y(value)}" for at, value in line) if line else ""

    def parts(self, by: str) -> list[Part]:
        """Return this run's curve split by client `class` or `route`, the worst hit first."""
        lost = self._debrief["lost"][f"by_{by}"]
        lines = self._debrief["parts"][by]
        order = sorted(lost, key=lambda name: (-lost[name], name))
        return [
            Part(number, name, self._path(lines.get(name, [])), lost[name])
            for number, name in enumerate(order, 1)
        ]

    @property
    def whats(self) -> list[tuple[str, str]]:
        """What else can be drawn into it: (name of the curve, words)."""
        words = {
            "before branching": "the run it was played on from",
            "sooner": "mitigated when enough was on screen",
        }
        return [(name, text) for name, text in words.items() if self._debrief["curves"].get(name)]

    @property
    def gap(self) -> str:
        """The area between this run and the expert's, as path data."""
        expert = self._debrief["curves"].get("expert") or []
        if not self.own or not expert:
            return ""
        over = [f"{self.x(at)} {self.y(value)}" for at, value in self.own]
        under = [f"{self.x(at)} {self.y(value)}" for at, value in reversed(expert)]
        return "M" + "L".join([*over, *under]) + "Z"

    @property
    def gap_label(self) -> tuple[float, float, str] | None:
        """Where the gap's label stands (x, y, anchor), None if there is hardly any gap.

        Within the gap where it fits, else beside it.
        """
        expert: dict[float, float] = dict(self._debrief["curves"].get("expert") or [])
        inside = [
            (at, (value + expert.get(at, value)) / 2)
            for at, value in self.own
            if value - expert.get(at, value) > self.highest / 8
        ]
        if not inside:
            return None
        at, height = inside[len(inside) // 2]
        left, right, y = self.x(inside[0][0]), self.x(inside[-1][0]), self.y(height) + 4
        if right - left > LABEL:
            return self.x(at), y, "middle"
        if right + LABEL < WIDTH - RIGHT:
            return right + 12, y, "start"
        return left - 12, y, "end"

    def shares(self) -> Iterator[tuple[float, str]]:
        """Yield the lines of the scale: (y, label)."""
        step = 0.02 if self.highest <= 0.1 else 0.05 if self.highest <= 0.3 else 0.2
        for number in range(int(self.highest / step + 1e-9) + 1):
            value = number * step
            yield self.y(value), f"{value * 100:.0f}\u202f%"

    def times(self) -> Iterator[tuple[float, str]]:
        """Yield the ticks of the time axis: (x, time of day)."""
        offset = self._epoch.unix_ms % TICK_MS
        at = -offset + TICK_MS * ceil((self.start + offset) / TICK_MS)
        while at <= self.end:
            yield self.x(at), clock_text(self._epoch, at)[:5]
            at += TICK_MS

    def marks(self) -> list[Mark]:
        """Return the page, the end of the users' pain and the close, left to right."""
        found: list[Mark] = []
        calm = self._debrief.get("kind") == FALSE_ALARM
        for key, label in (
            ("paged_at", "page"),
            ("enough_at", "enough on screen"),
            ("mitigated_at", "users fine"),
            ("closed_at", "closed"),
        ):
            at = self._debrief.get(key)
            if calm and key == "mitigated_at":
                # They were fine all the time.
                continue
            if at is not None and self.start <= at <= self.end:
                found.append(Mark(self.x(at), label, key.removesuffix("_at")))
        placed: list[Mark] = []
        for mark in sorted(found, key=lambda one: one.x):
            row = 0
            while any(
                one.row == row and mark.x - one.x < 8 + 6.6 * len(one.label) for one in placed
            ):
                row += 1
            placed.append(Mark(mark.x, mark.label, mark.kind, row))
        return placed
