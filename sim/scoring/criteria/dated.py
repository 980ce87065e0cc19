"""Promises with a time: updates, reminders and bets that say when somebody looks again.

Only the time is read, never the style; whether it was kept is judged elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sim.evidence import BetRecord, ReminderRecord
from sim.kernel import Epoch
from sim.scoring.story import Story

SHIFT_MS = 4 * 3_600_000
"""What lies further from the page is left to the day shift."""
DAY_MS = 24 * 3_600_000
SOON_MS = 60_000
"""A time nearer than this is now, not a date."""
NEAR_MS = 2 * 60_000
"""A look so long before the time that was named is the look that was meant."""
USERS_FIGURES = frozenset({"errors", "failures", "orders", "latency_p50", "latency_p99"})
"""What a bet on users can be about."""
_CLOCK = re.compile(r"(?<!\d)([01]?\d|2[0-3])[:.h]([0-5]\d)(?::[0-5]\d)?(?!\d)")
_SPAN = re.compile(
    r"(?i)\b(\d{1,4}|an?|one|two|three|five|ten|fifteen|twenty|thirty|forty|half an)\s*-?"
    r"(hours?|hrs?|h|minutes?|mins?|m)\b"
)
_PROMISE = re.compile(r"(?i)\b(?:in|at|by|until|around)\s+(?:half\s+)?\S+(?:\s+\S+)?")
"""Where free text speaks of a time rather than of a count."""
_WORDS = {
    "a": 1.0, "an": 1.0, "one": 1.0, "two": 2.0, "three": 3.0, "five": 5.0, "ten": 10.0,
    "fifteen": 15.0, "twenty": 20.0, "thirty": 30.0, "forty": 40.0, "half an": 0.5,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Date:
    """A time within the shift that was named."""

    at: int
    """When it was named (ms)."""
    due: int
    """Which time it was."""
    source: str
    line: str
    quote: str


def dated(story: Story) -> list[Date]:
    """Return the promises with a time within the shift, in the order in which they were made.

    Who names another time before the first has come means the later one; so many times are no net.
    """
    found = [date for date in _all(story) if date.due - date.at >= SOON_MS]
    kept: list[Date] = []
    for date in sorted(found, key=lambda one: (one.at, one.due)):
        if date.due > story.paged_at + SHIFT_MS:
            continue
        if kept and date.at < kept[-1].due - NEAR_MS:
            kept.pop()
        kept.append(date)
    return kept


def _all(story: Story) -> Iterator[Date]:
    epoch = Epoch.parse(story.run.epoch)
    for update in story.updates:
        promised = update.fields.get("next", "")
        said = " ".join(match[0] for match in _PROMISE.finditer(update.text))
        # One statement names one time: the first.
        for due in (times_in(promised, update.at, epoch) or times_in(said, update.at, epoch))[:1]:
            quote = promised or update.text
            yield Date(update.at, due, f"input:{update.input}", "update", quote[:200])
    for reminder in story.reminders:
        due_at = reminder_due(reminder, epoch)
        if due_at is not None:
            quote = f"{reminder.due} {reminder.text}".strip()
            yield Date(reminder.at, due_at, f"input:{reminder.input}", "reminder", quote[:200])
    for bet in story.log.of(BetRecord):
        if of_users(bet):
            due = bet.at + bet.within_ms
            yield Date(bet.at, due, f"input:{bet.input}", "bet", bet.text[:200])


def of_users(bet: BetRecord) -> bool:
    """Return whether a bet is on how users fare, and could be lost.

    Of a share it says more than that it lies between nothing and everything.
    """
    if bet.metric not in USERS_FIGURES:
        return False
    bounds = [bound for bound in (bet.below, bet.above) if bound is not None]
    return bet.metric != "errors" or all(0 < bound < 1 for bound in bounds)


def reminder_due(reminder: ReminderRecord, epoch: Epoch) -> int | None:
    """Return when a reminder is due (simulated ms), None for one that names a day only."""
    try:
        return epoch.since(reminder.due)
    except ValueError:
        return min(times_in(reminder.due, reminder.at, epoch), default=None)


def times_in(text: str, at: int, epoch: Epoch) -> list[int]:
    """Return the instants (simulated ms) that *text*, written at *at*, names, in its order.

    Times of day are the next such time; spans (`in ten minutes`) count from *at*.
    """
    now = epoch.datetime(at)
    found: list[tuple[int, int]] = []
    today = (now.hour * 60 + now.minute) * 60_000 + now.second * 1000 + now.microsecond // 1000
    for match in _CLOCK.finditer(text):
        named = (int(match[1]) * 60 + int(match[2])) * 60_000
        found.append((match.start(), at + (named - today) % DAY_MS))
    for match in _SPAN.finditer(text):
        words = match[1].lower()
        amount = float(words) if words.isdecimal() else _WORDS[words]
        unit = 60 if match[2].lower().startswith("h") else 1
        found.append((match.start(), at + round(amount * unit * 60_000)))
    return [due for _, due in sorted(found)]
