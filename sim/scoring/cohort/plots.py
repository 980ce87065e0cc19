"""Pictures of a comparison as SVG text, drawn without script so that they print and can be sent on.

Colours come from the page's custom properties; each group also has a line pattern of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil
from textwrap import wrap

from sim.scoring.cohort.compare import Comparison
from sim.scoring.cohort.differences import Difference
from sim.scoring.cohort.measures import TIMES, Measure

WIDTH, HEIGHT = 480, 210
LEFT, RIGHT, TOP, BOTTOM = 44, 18, 12, 28
DASHES = ("", "7 3", "2 3", "9 3 2 3", "4 2", "1 3", "12 4", "6 2 1 2")
COLOURS = 8
ROW, LABEL = 26, 156
LETTERS = 23
"""So many of a label stand on a line."""
TICKS_S = (60, 120, 300, 600, 900, 1800)
MOST_TICKS = 9


@dataclass(frozen=True, slots=True)
class Frame:
    """The scales of one picture."""

    left: float
    right: float
    top: float
    bottom: float
    x0: float
    x1: float
    y1: float
    """Top of the vertical scale, which begins at 0."""

    def x(self, value: float) -> float:
        """Return where *value* lies from left to right."""
        part = (value - self.x0) / max(1e-9, self.x1 - self.x0)
        return round(self.left + (self.right - self.left) * min(1.0, max(0.0, part)), 1)

    def y(self, value: float) -> float:
        """Return where *value* lies from top to bottom."""
        return round(self.bottom - (self.bottom - self.top) * min(1.0, value / self.y1), 1)


def look(number: int) -> str:
    """Return the attributes of the line of group *number*."""
    dash = DASHES[number % len(DASHES)]
    return f'class="s{number % COLOURS + 1}"' + (f' stroke-dasharray="{dash}"' if dash else "")


def key(names: Sequence[str]) -> str:
    """Return which line is whose, as HTML."""
    rows = "".join(
        f'<li><svg width="28" height="8" aria-hidden="true"><line x1="0" x2="28" y1="4" y2="4" '
        f"{look(number)}/></svg> {escape(name)}</li>"
        for number, name in enumerate(names)
    )
    return f'<ul class="cohort-key">{rows}</ul>'


def users(found: Comparison) -> str:
    """Return the users' failing share over time: median and quartiles of each group."""
    seconds = found.seconds
    highest = max((max(band.three_quarters) for band in found.bands.values()), default=0.0)
    top = max(0.02, ceil(highest * 1.05 * 50) / 50)
    frame = Frame(LEFT, WIDTH - RIGHT, TOP, HEIGHT - BOTTOM, seconds[0], seconds[-1], top)
    parts = [_grid(frame, _shares(top)), _minutes(frame), _page_mark(frame)]
    for number, band in enumerate(found.bands.values()):
        up = _points(frame, seconds, band.three_quarters)
        down = _points(frame, seconds, band.quarter)[::-1]
        parts.append(f'<path class="band s{number % COLOURS + 1}" d="M{"L".join(up + down)}Z"/>')
    for number, band in enumerate(found.bands.values()):
        line = "L".join(_points(frame, seconds, band.median))
        parts.append(f'<path {look(number)} d="M{line}"/>')
    said = "; ".join(
        f"{name}: at most {max(band.median):.1%}" for name, band in found.bands.items()
    )
    return _svg("Users' failing share, minutes from the page", f"Medians: {said}", parts, HEIGHT)


def survival(found: Comparison, measure: Measure) -> str:
    """Return the share of each group that had not got there yet, over time."""
    rows = found.survival[measure.id]
    frame = Frame(LEFT, WIDTH - RIGHT, TOP, HEIGHT - BOTTOM, 0, found.until, 1.0)
    parts = [_grid(frame, [(share / 4, f"{share * 25} %") for share in range(5)]), _minutes(frame)]
    said = []
    for number, name in enumerate(found.groups):
        if (curve := rows.get(name)) is None:
            continue
        height = frame.y(1.0)
        path = [f"M{frame.x(0)} {height}"]
        for when, share, _ in curve.steps:
            if when > found.until:
                break
            path.append(f"H{frame.x(when)}V{frame.y(share)}")
        path.append(f"H{frame.x(min(curve.until, found.until))}")
        parts.append(f'<path {look(number)} d="{"".join(path)}"/>')
        half = (
            "never half of them" if curve.median is None else f"half by {curve.median / 60:.1f} min"
        )
        said.append(f"{name}: {curve.happened} of {curve.n}, {half}")
    title = f"{measure.title}: share still waiting, minutes from the page"
    return _svg(title, "; ".join(said), parts, HEIGHT)


def spreads(found: Comparison) -> str:
    """Return where each group's points lie, item by item: quartiles as a bar, the median as a notch."""
    shown = [one for one in found.measures if one.unit == "points"]
    count = len(found.groups)
    each = ROW + 9 * (count - 1)
    height = TOP + each * len(shown) + BOTTOM
    frame = Frame(LABEL, WIDTH - RIGHT, TOP, height - BOTTOM, 0, 100, 1.0)
    parts = [_marks(frame, [(share, f"{share} %") for share in range(0, 101, 25)])]
    for row, measure in enumerate(shown):
        middle = TOP + each * (row + 0.5)
        parts.append(_name(measure.title, middle))
        for number, name in enumerate(found.groups):
            spread = found.spreads[measure.id].get(name)
            if spread is None or not measure.of:
                continue
            y = middle + 9 * (number - (count - 1) / 2)
            kind = f"s{number % COLOURS + 1}"
            at = [
                frame.x(100 * value / measure.of)
                for value in (
                    spread.least,
                    spread.quarter,
                    spread.median,
                    spread.three_quarters,
                    spread.most,
                )
            ]
            parts.append(
                f'<line class="{kind} thin" x1="{at[0]}" x2="{at[4]}" y1="{y:.1f}" y2="{y:.1f}"/>'
                f'<line class="{kind} thick" x1="{at[1]}" x2="{at[3]}" y1="{y:.1f}" y2="{y:.1f}"/>'
                f'<line class="{kind} notch" x1="{at[2]}" x2="{at[2]}" y1="{y - 4:.1f}" y2="{y + 4:.1f}"/>'
            )
    return _svg(
        "Points of each item, as a share of what there is",
        "Bars from quartile to quartile, a notch at the median, a thin line from least to most.",
        parts,
        height,
    )


def effects(rows: Sequence[Difference], first: str, second: str) -> str:
    """Return Hedges' g of each measure with its interval, as a forest."""
    shown = [one for one in rows if one.effect is not None]
    if not shown:
        return ""
    ends = [abs(value) for one in shown for value in (one.effect_low, one.effect_high) if value]
    far = min(5.0, max(1.0, ceil(max(ends, default=1.0))))
    height = TOP + ROW * len(shown) + BOTTOM
    frame = Frame(LABEL, WIDTH - RIGHT, TOP, height - BOTTOM, -far, far, 1.0)
    step = 1 if far <= 3 else 2
    edge = int(far) // step * step
    marks = [(float(at), f"{at:+d}" if at else "0") for at in range(-edge, edge + 1, step)]
    parts = [_marks(frame, marks)]
    for number, one in enumerate(shown):
        y = TOP + ROW * (number + 0.5)
        assert one.effect is not None
        low, high = one.effect_low or 0.0, one.effect_high or 0.0
        clear = "clear" if one.verdict == "differs" else "unclear"
        parts.append(
            f"{_name(one.measure.title, y)}"
            f'<line class="reach {clear}" x1="{frame.x(low)}" x2="{frame.x(high)}" y1="{y}" y2="{y}"/>'
            f'<circle class="{clear}" cx="{frame.x(one.effect)}" cy="{y}" r="4"/>'
        )
    title = f"Hedges' g of {first} over {second}, 95 % intervals (drawn up to 5)"
    return _svg(title, "Filled: the interval of the difference leaves out zero.", parts, height)


def _name(title: str, middle: float) -> str:
    """Return the whole *title* left of a row whose middle is *middle*, on as many lines as it takes."""
    lines = wrap(title, LETTERS) or [""]
    first = middle + 4 - 5.5 * (len(lines) - 1)
    rows = "".join(
        f'<tspan x="{LABEL - 8}" y="{first + 11 * number:.1f}">{escape(line)}</tspan>'
        for number, line in enumerate(lines)
    )
    return f'<text class="name" text-anchor="end">{rows}</text>'


def milestones(found: Comparison) -> list[Measure]:
    """Return the times of which there is anything to draw."""
    return [one for one in TIMES if found.survival[one.id]]


def _svg(title: str, text: str, parts: Sequence[str], height: float) -> str:
    body = "".join(parts)
    return (
        f'<figure class="cohort-figure"><figcaption>{escape(title)}</figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{escape(title)}. '
        f'{escape(text)}">{body}</svg></figure>'
    )


def _points(frame: Frame, at: Sequence[float], values: Sequence[float]) -> list[str]:
    return [f"{frame.x(x)} {frame.y(y)}" for x, y in zip(at, values, strict=True)]


def _shares(top: float) -> list[tuple[float, str]]:
    step = next(one for one in (0.01, 0.02, 0.05, 0.1, 0.25) if one * 5 >= top or one == 0.25)
    return [(n * step, f"{n * step * 100:.0f} %") for n in range(int(top / step + 1e-9) + 1)]


def _grid(frame: Frame, marks: Sequence[tuple[float, str]]) -> str:
    return "".join(
        f'<line class="rule" x1="{frame.left}" x2="{frame.right}" y1="{frame.y(at)}" y2="{frame.y(at)}"/>'
        f'<text x="{frame.left - 6}" y="{frame.y(at) + 4}" text-anchor="end">{label}</text>'
        for at, label in marks
    )


def _marks(frame: Frame, marks: Sequence[tuple[float, str]]) -> str:
    return "".join(
        f'<line class="rule" x1="{frame.x(at)}" x2="{frame.x(at)}" y1="{frame.top}" y2="{frame.bottom}"/>'
        f'<text x="{frame.x(at)}" y="{frame.bottom + 16}" text-anchor="middle">{label}</text>'
        for at, label in marks
    )


def _minutes(frame: Frame) -> str:
    whole = frame.x1 - frame.x0
    step = next((one for one in TICKS_S if whole / one <= MOST_TICKS), TICKS_S[-1])
    first = ceil(frame.x0 / step) * step
    ticks = range(int(first), int(frame.x1) + 1, step)
    return "".join(
        f'<text x="{frame.x(at)}" y="{frame.bottom + 16}" text-anchor="middle">{at // 60}</text>'
        for at in ticks
    )


def _page_mark(frame: Frame) -> str:
    x = frame.x(0)
    return (
        f'<line class="page-mark" x1="{x}" x2="{x}" y1="{frame.top}" y2="{frame.bottom}"/>'
        f'<text x="{x + 4}" y="{frame.top + 8}">page</text>'
    )
