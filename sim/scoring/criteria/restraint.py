"""The false-alarm form: restraint instead of users' loss, a dated re-check instead of mitigating first.

An action weighs by what it measurably did, or by what its kind can do to those who are well served;
nothing here is about one scenario.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sim.evidence import ActionRecord
from sim.scoring.criteria.case import Case, quote_deed, quote_fact, quote_sight
from sim.scoring.criteria.dated import NEAR_MS, Date, dated
from sim.scoring.lasting import RESTORED, is_endless
from sim.scoring.scorecard import Exhibit, Finding, Part
from sim.scoring.story import Deed

RESTRAINT = 25.0
HARMFUL = 10.0
"""What a needless change of a kind costs that stops, moves or unmakes something that serves users."""
NEEDLESS = 4.0
"""What any other needless change to production costs."""
ENDLESS = 5.0
"""What silencing everything costs, or silencing beyond the end of the shift."""
RECHECK = 8.0
LATE_MS = 15 * 60_000
"""And so long after it at the latest."""
_STOPS = frozenset({"rollback", "restart", "delete", "evict", "kill", "stop", "reboot", "drain"})
"""Verbs that end something that runs."""
_SETTLES = re.compile(r"^(?:unschedulable: false|taints: -\S+)(?:; taints: -\S+)*$")
"""Gives a node back."""
_ROLLS = frozenset(
    {"deployments", "statefulsets", "daemonsets", "secrets", "configmaps", "services"}
)
"""Kinds whose new settings reach every replica."""


def restraint(case: Case) -> Finding:
    """Start from 25 where nobody acted for a reason, and take off the weight of needless changes."""
    return Finding(
        id="users-loss",
        block="Users",
        title="Restraint",
        rule=(
            "A false alarm: 25 for leaving alone what serves users, once their own figures and an "
            f"independent source were seen (half with one of them); a kind of change that can hurt them "
            f"costs {HARMFUL:g}, any other {NEEDLESS:g}, a global or endless silence {ENDLESS:g}."
        ),
        of=RESTRAINT,
        parts=(_grounded(case), *_needless(case)),
        expert="Two minutes on two sources that share nothing; then hands off, and a time to look again.",
    )


def _grounded(case: Case) -> Part:
    seen = [known for known in case.grounds if known is not None]
    quotes = tuple(quote_fact(known) for known in seen)
    if len(seen) == 2:
        return Part(
            RESTRAINT, RESTRAINT, "left alone on the word of two independent sources", quotes
        )
    if seen:
        return Part(RESTRAINT / 2, RESTRAINT, "left alone on the word of one source only", quotes)
    return Part(0, RESTRAINT, "no occasion: nothing was seen that restraint could rest on")


def _needless(case: Case) -> list[Part]:
    """Charge each kind of change once for each thing that it was done to."""
    parts: list[Part] = []
    charged: set[tuple[str, str]] = set()
    measured = {entry.deed.input for entry in case.ledger.entries if entry.cost}
    for deed in case.story.changes:
        worst: tuple[float, str, tuple[str, str]] | None = None
        for action in deed.actions:
            cost, what = weight(action)
            if cost and deed.input in measured:
                cost = HARMFUL
            key = what, action.target if cost < HARMFUL else ""
            if cost and key not in charged and (worst is None or cost > worst[0]):
                worst = cost, what, key
        if worst is not None:
            charged.add(worst[2])
            parts.append(Part(-worst[0], 0, f"needless: {worst[1]}", (quote_deed(deed),)))
    return parts


def weight(action: ActionRecord) -> tuple[float, str]:
    """Return (points, what kind of needless change *action* is); 0 for none."""
    kind = action.target.partition("/")[0]
    if action.verb == "silence":
        return (ENDLESS, "a silence without bounds") if is_endless(action) else (0.0, "")
    if kind in ("events", "leases") or _SETTLES.match(action.detail):
        return 0.0, ""
    if action.verb == "rollback":
        return HARMFUL, "a rollback"
    if kind == "nodes" or action.target.startswith("node:"):
        return HARMFUL, "a node was changed"
    if action.target.startswith("database:"):
        return HARMFUL, "the database was changed"
    if action.verb in _STOPS:
        gone = action.verb == "delete" and kind not in RESTORED
        return HARMFUL, "something was deleted" if gone else "pods were restarted"
    if kind in _ROLLS and action.verb != "create" and not _only_scaled(action):
        return HARMFUL, "settings were changed"
    return NEEDLESS, "a change to production"


def _only_scaled(action: ActionRecord) -> bool:
    """Return whether replicas were added, which at worst costs money."""
    found = re.fullmatch(r"replicas: (\d+) -> (\d+)", action.detail)
    return found is not None and int(found[2]) >= int(found[1])


def recheck(case: Case) -> Finding:
    """A time to look again was named, and users were looked at then."""
    dates = [] if case.story.passive else dated(case.story)
    kept = [(date, look) for date in dates if (look := _looked(case, date)) is not None]
    if not dates:
        parts = [
            Part(0, RECHECK / 2, "no time to look again was named"),
            Part(0, RECHECK / 2, "so nothing shows that users were looked at as promised"),
        ]
    elif not kept:
        parts = [_named(dates[0]), Part(0, RECHECK / 2, "nobody looked at users at that time")]
    else:
        date, look = kept[0]
        looked = Part(RECHECK / 2, RECHECK / 2, "and users were looked at then", (look,))
        parts = [_named(date), looked]
    return Finding(
        id="mitigate-first",
        block="Method",
        title="Restraint with a date",
        rule=(
            "A false alarm: 4 for naming a time within the shift to look again (an update, a reminder or "
            "a bet on users' figures; of several times the first in a statement, and the latest statement), "
            "4 for a look at users near that time or after it."
        ),
        of=RECHECK,
        parts=tuple(parts),
        expert='"False, as far as I can tell; I look again at 02:57" - and then look.',
    )


def _named(date: Date) -> Part:
    exhibit = Exhibit(date.at, date.source, date.line, date.quote)
    return Part(RECHECK / 2, RECHECK / 2, "a time to look again was named", (exhibit,))


def _looked(case: Case, date: Date) -> Exhibit | None:
    """Return the look at users' own figures that kept the promise."""
    since = max(date.at + 1, date.due - NEAR_MS)
    for sight in case.user_sights:
        if since <= sight.at <= date.due + LATE_MS:
            return quote_sight(sight)
    return None


def harmful(deeds: Iterable[Deed]) -> list[Deed]:
    """Return the deeds of a kind that can hurt users."""
    return [deed for deed in deeds if any(weight(action)[0] >= HARMFUL for action in deed.actions)]
