"""The debrief's two columns on one time axis: what happened in each minute, here and at the expert's."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

MINUTE_MS = 60_000
MANY = 4
"""Changes of an alert after the close that are told as one."""
ORDER = (
    "alert",
    "message",
    "desk",
    "think",
    "bet",
    "command",
    "action",
    "panel",
    "decision",
    "fact",
    "mark",
)
"""Of one instant, what was done comes before what it showed."""


@dataclass(slots=True)
class Minute:
    """One row of the timeline."""

    at: int
    """Simulated ms at which the minute begins."""
    you: list[dict[str, Any]] = field(default_factory=list)
    expert: list[dict[str, Any]] = field(default_factory=list)
    gap: int = 0
    """Minutes in which nothing happened on either side before this one."""

    @property
    def matters(self) -> bool:
        """Whether something on the trainee's side stays on paper: an action, a choice, a fact, a mark."""
        return any(row["kind"] in ("action", "decision", "fact", "mark") for row in self.you)


def minutes(debrief: dict[str, Any]) -> list[Minute]:
    """Return the minutes in which something happened, in order."""
    given = _without_echo(debrief["timeline"], debrief.get("closed_at"))
    rows = _told([dict(row) for row in given], debrief)
    found: dict[int, Minute] = {}
    for row in sorted(rows, key=lambda row: (row["at"], ORDER.index(row["kind"]))):
        _minute(found, row["at"]).you.append(row)
    for row in _merged(debrief["expert"]):
        _minute(found, row["at"]).expert.append(row)
    ordered = [found[at] for at in sorted(found)]
    for before, here in pairwise(ordered):
        here.gap = (here.at - before.at) // MINUTE_MS - 1
    return ordered


def _without_echo(rows: list[dict[str, Any]], closed_at: int | None) -> list[dict[str, Any]]:
    """Return *rows* with what an alert did after the close as one line: nobody was there any more."""
    late = [row for row in rows if row["kind"] == "alert" and closed_at and row["at"] > closed_at]
    if len(late) < MANY:
        return rows
    more = {**late[0], "text": f"{late[0]['text']}, and {len(late) - 1} more changes until the end"}
    return [more if row is late[0] else row for row in rows if row not in late[1:]]


def _told(rows: list[dict[str, Any]], debrief: dict[str, Any]) -> list[dict[str, Any]]:
    """Add to each row what is known of it from elsewhere: what a look told, how a bet came out."""
    belief = debrief["belief"] or {"rows": []}
    for look in belief["rows"]:
        mates = [row for row in rows if row.get("source") == look["source"]]
        if not mates:
            # A look that has no line of its own, such as a document.
            mates = [{"at": look["at"], "kind": "panel", "text": look["line"]}]
            rows += mates
        mates[-1]["look"] = look | {"bar": stacked(look["posterior"])}
    bets = {(bet["at"], bet["told"]): bet for bet in debrief["bets"]}
    for row in rows:
        if row["kind"] == "bet":
            row["bet"] = bets.get((row["at"], row["text"]))
    rows += [
        {"at": point["at"], "kind": "decision", "text": point["question"], "point": _ranked(point)}
        for point in debrief["decisions"]
    ]
    return rows


def _ranked(point: dict[str, Any]) -> list[tuple[str, int, int, str]]:
    """Return each option as (text, place it was given, the expert's place, the expert's reason)."""
    given = point["ranking"] or []
    texts = {option["id"]: option["text"] for option in point["options"]}
    return [
        (
            texts.get(one["id"], one["id"]),
            given.index(one["id"]) + 1 if one["id"] in given else 0,
            place,
            one["reason"],
        )
        for place, one in enumerate(point["expert"] or [], 1)
    ]


def stacked(posterior: dict[str, float]) -> list[tuple[int, str, float, float]]:
    """Return a bar of 100 in parts: (number of the hypothesis, its id, where it begins, how wide)."""
    parts, begin = [], 0.0
    for number, (id_, share) in enumerate(posterior.items(), 1):
        parts.append((number, id_, round(begin, 2), round(100 * share, 2)))
        begin += 100 * share
    return parts


def _merged(expert: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the expert's steps with a line that was typed again and again as one of them."""
    merged: list[dict[str, Any]] = []
    for row in expert:
        before = merged[-1] if merged else None
        if before is not None and (before["line"], before["think"]) == (row["line"], row["think"]):
            before["times"] += 1
            before["last"] = row["at"]
            before["facts"] = [*before["facts"], *row["facts"]]
        else:
            merged.append({**row, "times": 1, "last": row["at"]})
    return merged


def _minute(found: dict[int, Minute], at: int) -> Minute:
    begin = at - at % MINUTE_MS
    return found.setdefault(begin, Minute(begin))
