"""A comparison as HTML: one body for the web page and for the report that is a file by itself."""

from __future__ import annotations

from html import escape
from pathlib import Path

from sim.scoring.cohort import plots
from sim.scoring.cohort.compare import Comparison, Pair
from sim.scoring.cohort.sample import KINDS
from sim.scoring.cohort.tables import how, later, ranked, shown
from sim.scoring.cohort.words import RULE, care

_HERE = Path(__file__).parent
DRAWN_PAIRS = 3
_WIDE = '<div class="wide" tabindex="0" role="region" aria-label="{}">'
"""What is wider than the window is moved along, with keys as well."""


def style() -> str:
    """Return the style sheet of the body."""
    return (_HERE / "cohort.css").read_text(encoding="utf-8")


def document(found: Comparison, title: str = "Runs compared") -> str:
    """Return the report: a whole page without anything from elsewhere; prints on A4."""
    own = (_HERE / "report.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} - uncordon</title><style>{own}{style()}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>\n{body(found)}\n</main></body></html>\n"
    )


def body(found: Comparison) -> str:
    """Return sentences, pictures and tables."""
    names = list(found.groups)
    parts = ['<div class="cohort">', _who(found), plots.key(names)]
    parts += [_said(pair) for pair in found.pairs]
    if not found.pairs:
        parts.append(
            '<p class="rule-text">One group only: there is nothing to compare it with.</p>'
        )
    parts.append(_figures(found))
    parts.append(_looks(found))
    parts.append(_table(found))
    if found.pairs:
        parts.append(
            f'<p class="rule-text">{escape(RULE)} {escape(care(found.looked_at, found.scripts))}</p>'
        )
    return "\n".join([*parts, "</div>"])


def _who(found: Comparison) -> str:
    rows = []
    for name, group in found.groups.items():
        nights = len({(one.slug, one.seed) for one in group})
        titles = ", ".join(sorted({one.title for one in group}))
        runs = "1 run" if len(group) == 1 else f"{len(group)} runs"
        shown_nights = "1 night" if nights == 1 else f"{nights} nights"
        again = f", {later(group)}" if later(group) else ""
        rows.append(f"<b>{escape(name)}</b>: {runs} on {shown_nights} ({escape(titles)}){again}")
    said = f"<p>{'; '.join(rows)}.</p>"
    if found.left_out:
        told = "; ".join(f"{escape(run)}: {escape(why)}" for run, why in found.left_out)
        said += f'<p class="rule-text">Left out: {told}.</p>'
    if found.mixed:
        said += f"<p><b>{escape(found.mixed)}</b></p>"
    return said


def _said(pair: Pair) -> str:
    heading = f"{escape(pair.first)} and {escape(pair.second)}"
    rows = ranked(pair)
    named = [text for one, text in rows if one.measure.primary]
    clear = [text for one, text in rows if not one.measure.primary and one.verdict == "differs"]
    rest = [text for one, text in rows if not one.measure.primary and one.verdict != "differs"]
    parts = [f"<section><h2>{heading}</h2>", f'<p class="rule-text">{escape(how(pair))}</p>']
    if pair.level != "none":
        parts.append(_list(named, "cohort-said"))
        if clear:
            parts.append(f"<p><b>Also</b></p>{_list(clear, 'cohort-said')}")
        if rest:
            parts.append(
                f"<details><summary>{len(rest)} of which there is not enough to say</summary>"
                f"{_list(rest, 'cohort-said unclear')}</details>"
            )
    return "".join([*parts, "</section>"])


def _list(texts: list[str], kind: str) -> str:
    return f'<ul class="{kind}">{"".join(f"<li>{escape(text)}</li>" for text in texts)}</ul>'


def _figures(found: Comparison) -> str:
    drawn = [plots.users(found), *(plots.survival(found, one) for one in plots.milestones(found))]
    drawn.append(plots.spreads(found))
    drawn += [
        plots.effects(pair.differences, pair.first, pair.second)
        for pair in found.pairs[:DRAWN_PAIRS]
    ]
    return f'<section><h2>Pictures</h2><div class="cohort-grid">{"".join(drawn)}</div></section>'


def _heads(first: str, found: Comparison, each: tuple[str, ...]) -> str:
    """Return the heads of a table: *first*, then each group's name over *each* of its columns."""
    groups = "".join(
        f'<th scope="colgroup" colspan="{len(each)}" class="group">{escape(name)}</th>'
        for name in found.groups
    )
    columns = "".join(f'<th scope="col" class="figure">{one}</th>' for one in each)
    return (
        f'<tr><th scope="col" rowspan="2">{first}</th>{groups}</tr>'
        f"<tr>{columns * len(found.groups)}</tr>"
    )


def _looks(found: Comparison) -> str:
    kinds = [
        kind
        for kind in KINDS
        if any(row.kind == kind for rows in found.looks.values() for row in rows)
    ]
    if not kinds:
        return ""
    head = _heads("Looked at", found, ("early", "ever", "first at"))
    rows = []
    for kind in kinds:
        cells = []
        for name in found.groups:
            row = next((one for one in found.looks[name] if one.kind == kind), None)
            if row is None:
                cells.append(
                    '<td class="figure">0 %</td><td class="figure">0 %</td><td class="figure">-</td>'
                )
                continue
            at = "-" if row.median_s is None else f"{row.median_s / 60:.1f} min"
            cells.append(
                f'<td class="figure">{100 * row.early:.0f} %</td><td class="figure">{100 * row.share:.0f} %</td>'
                f'<td class="figure">{at}</td>'
            )
        rows.append(f'<tr><th scope="row">{kind}</th>{"".join(cells)}</tr>')
    return (
        '<section><h2>First looks</h2><p class="rule-text">Early: among the first three looks after the '
        "page. First at: the median, among those that looked there.</p>"
        f"{_WIDE.format('First looks')}<table><thead>{head}</thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div></section>"
    )


def _table(found: Comparison) -> str:
    rows = []
    for measure in found.measures:
        of = f" / {measure.of:g}" if measure.of else ""
        cells = []
        for name in found.groups:
            one = found.spreads[measure.id].get(name)
            if one is None:
                cells.append('<td class="figure">0</td><td></td><td></td>')
                continue
            mean, median = shown(one.mean, measure), shown(one.median, measure)
            quartiles = f"{shown(one.quarter, measure)} to {shown(one.three_quarters, measure)}"
            cells.append(
                f'<td class="figure">{one.n}</td><td class="figure">{mean}</td>'
                f'<td class="figure">{median} <span class="quartiles">({quartiles})</span></td>'
            )
        rows.append(f'<tr><th scope="row">{escape(measure.title)}{of}</th>{"".join(cells)}</tr>')
    heads = _heads("Measure", found, ("runs", "mean", "median (quartiles)"))
    until = round(found.until / 60)
    return (
        '<section><h2>How the values lie</h2><p class="rule-text">Times are minutes and seconds from the '
        f"page on; who never got there counts as {until} min, the time up to which everybody was watched."
        f"</p>{_WIDE.format('How the values lie')}<table><thead>{heads}</thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div></section>"
    )
