"""Block Users: what the run cost them, harm of our own, and whether the recovery held and was looked at."""

from __future__ import annotations

from sim.scoring.criteria.case import Case, quote_deed, quote_sight, quote_world
from sim.scoring.criteria.restraint import restraint
from sim.scoring.ledger import FREE, LASTING_COST
from sim.scoring.scorecard import Finding, Part

STABLE_MS = 10 * 60_000
"""The SLI must be at base this long."""


def users_loss(case: Case) -> Finding:
    """Place the run between the untouched one and the expert's, on the same seed."""
    if case.story.false_alarm:
        return restraint(case)
    span = case.loss_none - case.loss_ref
    if span > 0:
        share = max(0.0, min(1.0, (case.loss_none - case.loss) / span))
    else:
        share = float(case.loss <= case.loss_ref)
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
    at = case.story.horizon if mitigated is None else mitigated
    exhibit = quote_world(at, "users' loss", f"{figures}; {when}")
    saved = (
        f"{share * 100:.0f} % of what an expert saves was saved" if share else "nothing was saved"
    )
    return Finding(
        id="users-loss",
        block="Users",
        title="Users' loss",
        rule="25 x (untouched - this run) / (untouched - expert), on the same seed, over one hour.",
        of=25,
        parts=(Part(25 * share, 25, saved, (exhibit,)),),
        expert="Act on the dimension that separates the affected from the rest, then explain.",
    )


def no_harm(case: Case) -> Finding:
    """Start from 10 and take off what the run's own actions cost users, or broke for good."""
    ledger = case.ledger
    costly = [entry for entry in ledger.entries if entry.points]
    clean = "no action of the run made it worse" if not costly and ledger.joint is None else ""
    parts = [Part(10, 10, clean or "starts at 10")]
    for entry in costly:
        exhibit = (quote_deed(entry.deed),)
        if entry.cost:
            why = f"without this action {-entry.saved:,.0f} requests fewer would have been lost"
            parts.append(Part(-entry.cost, 0, why, exhibit))
        if entry.lasting:
            parts.append(Part(-LASTING_COST, 0, "; ".join(entry.lasting), exhibit))
    if ledger.joint is not None:
        joint = ledger.joint
        why = (
            f"without these {len(joint.deeds)} actions together {joint.added:,.0f} requests fewer would "
            "have been lost; one by one they hide each other's effect"
        )
        exhibits = tuple(quote_deed(deed) for deed in joint.deeds[:3])
        parts.append(Part(-joint.cost, 0, why, exhibits))
    return Finding(
        id="no-harm",
        block="Users",
        title="No harm of our own",
        rule=(
            "Replay without each action, same seed: an action that added more than "
            f"{FREE * 100:.0f} % / 10 % / 50 % of the reference loss costs 2 / 4 / 8; what nothing in the "
            "cluster restores costs 5."
        ),
        of=10,
        parts=tuple(parts),
        expert="Prefer what can be undone and touches least: cordon before delete, one node before all.",
    )


def recovery(case: Case) -> Finding:
    """The SLI back at base for 10 min, and looked at after the last action."""
    if case.story.false_alarm:
        return _stayed_fine(case)
    story = case.story
    last = max((deed.at for deed in story.changes), default=None)
    stable = story.stable_from
    if not case.mitigated or last is None:
        part = Part(0, 5, "nothing that was done brought users back within the hour")
    elif stable is None or story.horizon - stable < STABLE_MS:
        part = Part(0, 5, "the recovery did not last: no 10 min at base up to the end of the hour")
    else:
        looked = case.seen_recovered(max(last + 1, stable))
        if looked is None:
            part = Part(0, 5, "at base for 10 min, but nobody looked after the last action")
        else:
            part = Part(5, 5, "at base for 10 min, and looked at", (quote_sight(looked),))
    return Finding(
        id="recovery",
        block="Users",
        title="Verified, stable recovery",
        rule="The SLI is at base for 10 min and somebody looked at it after the last action.",
        of=5,
        parts=(part,),
        expert="After the last action, look at what users see, once at once and once ten minutes later.",
    )


def _stayed_fine(case: Case) -> Finding:
    """Judge a false alarm: users at base to the end, and looked at once more when it had been a while."""
    story = case.story
    last = max((deed.at for deed in story.changes), default=story.paged_at)
    since = max(last, story.paged_at) + STABLE_MS
    looked = next((sight for sight in case.user_sights if sight.at >= since), None)
    if story.passive or looked is None:
        part = Part(
            0, 5, "nobody looked at users again ten minutes after the page or the last action"
        )
    elif story.stable_from is None or story.horizon - story.stable_from < STABLE_MS:
        part = Part(0, 5, "users were not at base to the end of the hour")
    else:
        part = Part(5, 5, "users stayed at base, and were looked at again", (quote_sight(looked),))
    return Finding(
        id="recovery",
        block="Users",
        title="Verified, stable calm",
        rule="A false alarm: users at base to the end, and a look at them ten minutes after the last action.",
        of=5,
        parts=(part,),
        expert="A flapping alert comes back; look once more when it has had the time to.",
    )
