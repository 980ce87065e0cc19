"""Mitigate first, diagnose second: the lag from evidence to action, and digging while users fail."""

from __future__ import annotations

from sim.scoring.criteria.case import Case, exhibit, here, quote_deed, quote_fact
from sim.scoring.criteria.restraint import recheck
from sim.scoring.scorecard import Exhibit, Finding, Part
from sim.scoring.sights import Sight
from sim.scoring.story import Deed, Story

FULL = 8.0
FULL_LAG_MS = 2 * 60_000
ZERO_LAG_MS = 15 * 60_000
SIZE_UP_MS = 5 * 60_000
"""Who never has enough on the screen is timed from so long after the page."""
DEEP_COST = 1.0
DEEP_MAX = 4.0
BRIEF_LINES = 2
"""Of each deep look so many lines are quoted."""
TELLING = frozenset({"scope", "real", "users", "change"})
"""Topics of facts that size up; they stand for telling apart where a scenario has no hypotheses."""


def mitigate_first(case: Case) -> Finding:
    """Full points up to 2 min after enough was on the screen, none from 15 min on."""
    if case.story.false_alarm:
        return recheck(case)
    entry = case.mitigation
    parts = [Part(0, FULL, "nothing that was done ended the users' pain")]
    if entry is not None:
        parts = [_lag(case, entry.deed)]
        deep = _deep_looks(case)
        if deep:
            cost = min(DEEP_MAX, DEEP_COST * len(deep))
            looks = "1 deep look" if len(deep) == 1 else f"{len(deep)} deep looks"
            why = f"{looks} while users were failing that told no hypotheses apart"
            parts.append(Part(-cost, 0, why, tuple(_briefly(sight) for sight in deep)))
    return Finding(
        id="mitigate-first",
        block="Method",
        title="Mitigate first, diagnose second",
        rule=(
            "Lag from enough on the screen to an adequate mitigation: up to 2 min 8 points, falling to 0 "
            "at 15; a safe mitigation before that earns 8 as well. Deep looks before it that tell no "
            "hypotheses apart cost 1 each, at most 4; in the 2 minutes that are free they cost nothing."
        ),
        of=FULL,
        parts=tuple(parts),
        expert="As soon as the failing ones share something the others lack, act on that; why can wait."
        + here(case, *case.story.scenario.enough),
    )


def _lag(case: Case, deed: Deed) -> Part:
    story, enough, at = case.story, case.story.enough_at, deed.at
    if enough is not None and enough < at:
        lag = at - enough
        why = f"{lag / 60_000:.1f} min from enough on the screen to a mitigation that worked"
        last = story.enough_known
        quotes = (quote_fact(last),) if last is not None else ()
        return Part(FULL * _left(lag), FULL, why, (*quotes, quote_deed(deed)))
    lag = max(0, at - story.paged_at - SIZE_UP_MS)
    why = "a mitigation that worked came before enough was on the screen"
    if lag > FULL_LAG_MS:
        why += f", but only {(at - story.paged_at) / 60_000:.0f} min after the page"
    return Part(FULL * _left(lag), FULL, why, (quote_deed(deed),))


def _left(lag: int) -> float:
    """Return the share of the points that is left after *lag* ms."""
    return max(0.0, min(1.0, 1 - (lag - FULL_LAG_MS) / (ZERO_LAG_MS - FULL_LAG_MS)))


def _deep_looks(case: Case) -> list[Sight]:
    """Looks into nodes, containers, objects or source, while users fail, that told nothing apart.

    A line that changed something is no look, and who mitigates within the time that is free has lost
    none of it by looking.
    """
    story, enough = case.story, case.story.enough_at
    until = story.horizon if story.mitigated_at is None else story.mitigated_at
    spared = until
    if case.mitigation is not None:
        until = min(until, case.mitigation.deed.at)
        if enough is not None and until - enough <= FULL_LAG_MS:
            spared = enough
    changing = {deed.command for deed in story.changes if deed.command >= 0}
    typed: set[str] = set()
    found = []
    for sight in sorted(story.sights, key=lambda one: (one.began, one.at)):
        again = sight.line in typed
        typed.add(sight.line)
        if (
            sight.deep
            and story.paged_at <= sight.began < min(until, spared)
            and sight.command not in changing
            and not _telling(story, sight, again=again)
        ):
            found.append(sight)
    return found


def _telling(story: Story, sight: Sight, *, again: bool) -> bool:
    """Return whether *sight* told hypotheses apart.

    Where a scenario gives likelihoods, that is a look that moved belief, or one that showed a fact
    which tells in itself, if it is not the same line *again*: comparing is no digging. Once there is
    enough on the screen, what speaks of the cause alone tells nothing apart any more.
    """
    facts = [story.scenario.fact(fact) for fact in (sight.new if again else sight.facts)]
    sizing = [fact for fact in facts if TELLING & set(fact.about)]
    if story.belief is None:
        return any(fact.id in sight.new for fact in sizing)
    if story.enough_at is not None and sight.began >= story.enough_at:
        facts = sizing
    return story.belief.tells(sight.source) or any(
        story.belief.separates(fact.likelihood) for fact in facts
    )


def _briefly(sight: Sight) -> Exhibit:
    """Quote a look by its time, its line and the beginning of what it showed."""
    return exhibit(sight.began, sight, tuple(sight.look.text.splitlines()[:BRIEF_LINES]))
