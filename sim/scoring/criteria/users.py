"""Block Users: what the run cost them, harm of our own, and whether the recovery held and was looked at."""

from __future__ import annotations

from sim.scoring.criteria.case import Case, quote_deed, quote_sight, quote_world
from sim.scoring.ledger import FREE
from sim.scoring.scorecard import Finding, Part

STABLE_MS = 10 * 60_000
"""The SLI must be at base this long."""
BASE_SHARE = 0.01
"""Share of failing requests that still counts as base."""


def users_loss(case: Case) -> Finding:
    """Place the run between the untouched one and the expert's, on the same seed."""
    span = case.loss_none - case.loss_ref
    share = (case.loss_none - case.loss) / span if span > 0 else 1.0
    share = max(0.0, min(1.0, share))
    figures = (
        f"this run {case.loss:,.0f} requests lost, untouched {case.loss_none:,.0f}, "
        f"expert {case.loss_ref:,.0f}"
    )
    mitigated = case.story.mitigated_at
    when = (
        "users were not fine again within the hour"
        if mitigated is None
        else f"users were fine again from {case.story.clock(mitigated)}"
    )
    exhibit = quote_world(mitigated or case.story.horizon, "users' loss", f"{figures}; {when}")
    return Finding(
        id="users-loss",
        block="Users",
        title="Users' loss",
        rule="25 x (untouched - this run) / (untouched - expert), on the same seed, over one hour.",
        of=25,
        parts=(Part(25 * share, 25, f"{share:.0%} of what an expert saves was saved", (exhibit,)),),
        expert="Act on the dimension that separates the affected from the rest, then explain.",
    )


def no_harm(case: Case) -> Finding:
    """Start from 10 and take off what the run's own actions cost users."""
    parts = [Part(10, 10, "starts at 10; costs nothing when no action of ours made it worse")]
    for entry in case.ledger.entries:
        if entry.cost:
            added = -entry.saved
            why = f"without this, {added:,.0f} requests fewer would have been lost"
            parts.append(Part(-entry.cost, 0, why, (quote_deed(entry.deed),)))
    return Finding(
        id="no-harm",
        block="Users",
        title="No harm of our own",
        rule=(
            "Replay without each action, same seed: an action that added more than "
            f"{FREE:.0%} / 10 % / 50 % of the reference loss costs 2 / 4 / 8."
        ),
        of=10,
        parts=tuple(parts),
        expert="Prefer what can be undone and touches least: cordon before delete, one node before all.",
    )


def recovery(case: Case) -> Finding:
    """The SLI back at base for 10 min, and looked at after the last action."""
    story, mitigated = case.story, case.story.mitigated_at
    parts: list[Part] = []
    last = max((deed.at for deed in case.changes_done), default=None)
    if not case.mitigated or mitigated is None or last is None:
        parts.append(Part(0, 5, "nothing that was done brought users back within the hour"))
    else:
        base_from = story.impact.fine_from(mitigated, story.horizon, BASE_SHARE, STABLE_MS)
        stable = base_from is not None and (
            story.impact.fine_from(max(last, base_from), story.horizon, BASE_SHARE, 1) is not None
        )
        looked = next(
            (
                sight
                for sight in story.sights
                if sight.at > last and sight.at >= mitigated and _recovered(case, set(sight.facts))
            ),
            None,
        )
        if stable and looked is not None:
            parts.append(Part(5, 5, "at base for 10 min, and looked at", (quote_sight(looked),)))
        elif stable:
            parts.append(Part(0, 5, "at base for 10 min, but nobody looked after the last action"))
        else:
            parts.append(Part(0, 5, "the recovery did not hold for 10 min"))
    return Finding(
        id="recovery",
        block="Users",
        title="Verified, stable recovery",
        rule="The SLI is at base for 10 min and somebody looked at it after the last action.",
        of=5,
        parts=tuple(parts),
        expert="After the last action, look at what users see, once at once and once ten minutes later.",
    )


def _recovered(case: Case, facts: set[str]) -> bool:
    return any(fact.id in facts for fact in case.story.scenario.facts if "recovery" in fact.about)
