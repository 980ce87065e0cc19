"""Mitigate first, diagnose second: the lag from evidence to action, and digging while users fail."""

from __future__ import annotations

from sim.scoring.criteria.case import Case, quote_deed, quote_fact, quote_sight
from sim.scoring.scorecard import Finding, Part
from sim.scoring.story import Sight

FULL = 8.0
FULL_LAG_MS = 2 * 60_000
ZERO_LAG_MS = 15 * 60_000
DEEP_COST = 1.0
DEEP_MAX = 4.0


def mitigate_first(case: Case) -> Finding:
    """Full points up to 2 min after enough was on the screen, none from 15 min on."""
    story, entry = case.story, case.mitigation
    parts: list[Part] = []
    if entry is None:
        parts.append(Part(0, FULL, "nothing that was done ended the users' pain"))
    else:
        enough = story.enough_at
        deed = entry.deed
        if enough is None or deed.at <= enough:
            why = "a mitigation that worked came before enough was on the screen"
            parts.append(Part(FULL, FULL, why, (quote_deed(deed),)))
        else:
            lag = deed.at - enough
            left = 1 - (lag - FULL_LAG_MS) / (ZERO_LAG_MS - FULL_LAG_MS)
            points = FULL * max(0.0, min(1.0, left))
            last = max(
                (story.known[fact] for fact in story.scenario.enough), key=lambda known: known.at
            )
            why = f"{lag / 60_000:.1f} min from enough on the screen to a mitigation that worked"
            parts.append(Part(points, FULL, why, (quote_fact(last), quote_deed(deed))))
    deep = _deep_looks(case)
    if deep and entry is not None:
        cost = min(DEEP_MAX, DEEP_COST * len(deep))
        why = (
            f"{len(deep)} deep looks while users were failing, none of which told hypotheses apart"
        )
        parts.append(Part(-cost, 0, why, tuple(quote_sight(sight) for sight in deep[:2])))
    return Finding(
        id="mitigate-first",
        block="Method",
        title="Mitigate first, diagnose second",
        rule=(
            "Lag from enough on the screen to an adequate mitigation: up to 2 min 8 points, falling to 0 "
            "at 15; deep looks meanwhile that tell no hypotheses apart cost 1 each, at most 4."
        ),
        of=FULL,
        parts=tuple(parts),
        expert="As soon as the failing ones share a node, move the work; the node can wait.",
    )


def _deep_looks(case: Case) -> list[Sight]:
    """Looks into nodes, containers, objects or source, while users fail, that told nothing apart."""
    story = case.story
    until = story.mitigated_at if story.mitigated_at is not None else story.horizon
    if case.mitigation is not None:
        until = min(until, case.mitigation.deed.at)
    found = []
    for sight in story.sights:
        if not story.paged_at <= sight.began < until or not sight.deep:
            continue
        telling = (
            {"scope", "real", "users"} if sight.panel else {"scope", "real", "users", "change"}
        )
        if not any(telling & set(story.scenario.fact(fact).about) for fact in sight.new):
            found.append(sight)
    return found
