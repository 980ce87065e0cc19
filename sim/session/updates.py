"""Status updates: impact, scope, action and next time, read from what people write; and a template.

What an update is worth, and who answers it, is not known here.
"""

from __future__ import annotations

import re

from sim.kernel import Epoch
from sim.kernel.moments import AHEAD_MS, DAY, TIME, Moment, find_moment

FIELDS = ("impact", "scope", "action", "next")
"""What an update says."""
EXAMPLE = "03:10, or in 10m"
LEAST_TEXT = 2
"""Letters and digits that a field has at least, as scoring reads it."""
_LABELS = {
    "impact": r"(?:customer |user |users'? )?impact|(?:users? )?affected|who is hurt",
    "scope": r"scope|blast radius",
    "action": r"(?:current |our )?actions?(?: taken| now)?|(?:what we are )?doing(?: now)?|next steps?",
    "next": r"next(?: (?:update|report|message|news|word|time))?(?: (?:at|in|by|time))?",
}
_SIGN = r"[*_]*[ \t]*(?::(?!\d)|=|[-\u2013\u2014](?=\s))[*_]*[ \t]*"
# A label counts where a line or a sentence begins, so that `the impact: unknown` stays prose.
_LABEL = re.compile(
    r"(?:^|(?<=[\n;])|(?<=[.!?|,]\s))[ \t>*_-]*(?:"
    + "|".join(
        rf"(?P<{name}>{words.replace(' ', '[ ]+')}){_SIGN}" for name, words in _LABELS.items()
    )
    + ")",
    re.IGNORECASE,
)
_AGAIN = (
    r"(?:update|report|status|message|news|word|info|again|back|you|here|it|is|are|comes?|follows?|due"
    r"|at|in|by|around|about|within|latest|no later than|the|with|an?)"
)
_NEXT = re.compile(
    rf"\b(?:next\s+(?:update|report|status|message|news|word|info)|next\s+(?:at|in|by)"
    rf"|(?:another|further|new|more)(?:\s+(?:updates?|reports?|news|info))?\s+(?:at|in|by)"
    rf"|(?:will|'ll|shall|i|we)\s+(?:update|report|write|post|be\s+back|come\s+back|look|check)"
    rf"|(?:updates?|report|write|look|check)\s+(?:again|back|in|by)|next(?=\s+\d+:))"
    rf"(?:[\s,:-]+{_AGAIN}\b)*[\s:,-]+(?P<time>{TIME})",
    re.IGNORECASE,
)
_DAYS = re.compile(
    rf"{DAY}|\b(?:standup|stand-up|tonight|morning|noon|afternoon|office hours|day shift"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
    re.IGNORECASE,
)


def read_update(text: str) -> tuple[str, dict[str, str]]:
    r"""Return (what is left of *text*, the fields that stand in it).

    Labels may be written in several ways, and a promise to write again is one for the next time.

    >>> read_update("Impact: checkout fails. Scope: zone b; Next: 03:10")
    ('', {'impact': 'checkout fails', 'scope': 'zone b', 'next': '03:10'})
    >>> read_update("On it, next update in 10 min")
    ('On it, next update in 10 min', {'next': '10 min'})
    """
    found = list(_LABEL.finditer(text))
    promise = None
    if not any(match.lastgroup == "next" for match in found):
        promise = _NEXT.search(text)
    if found and promise is not None:
        # It is a field of its own, not the end of another one.
        text = f"{text[: promise.start()].rstrip(' ,;.')}{text[promise.end() :]}"
        found = list(_LABEL.finditer(text))
    fields: dict[str, str] = {}
    for number, match in enumerate(found):
        end = found[number + 1].start() if number + 1 < len(found) else len(text)
        value = " ".join(text[match.end() : end].split()).rstrip(" .;|,")
        if value:
            fields.setdefault(str(match.lastgroup), value)
    rest = text[: found[0].start()].strip() if fields else text
    if promise is not None:
        fields["next"] = " ".join(promise["time"].split())
    return rest, fields


def next_time(value: str, now: int, epoch: Epoch) -> Moment | None:
    """Return when the next update comes by *value*; None where only a day is named.

    Raises:
        ValueError: if it names no time, or one that has passed.
    """
    moment = find_moment(" ".join(value.split()), now, epoch)
    if moment is None:
        if _DAYS.search(value):
            return None
        msg = f"{value[:60]!r} names no time; write e.g. {EXAMPLE}"
        raise ValueError(msg)
    if moment.at <= now or (moment.clock and moment.at - now > AHEAD_MS):
        clock = epoch.datetime(now).strftime("%H:%M:%S")
        msg = f"{moment.text} has passed, it is {clock} UTC; write e.g. {EXAMPLE}"
        raise ValueError(msg)
    return None if moment.loose else moment


def missing(fields: dict[str, str]) -> list[str]:
    """Return the fields that say nothing: too short, or what another field says."""
    said: dict[str, str] = {}
    for name in FIELDS:
        words = "".join(filter(str.isalnum, fields.get(name, ""))).lower()
        if len(words) >= LEAST_TEXT and words not in said.values():
            said[name] = words
    return [name for name in FIELDS if name not in said]


def understood(fields: dict[str, str], due: str, problem: str = "") -> str:
    """Say in one line what was read in an update and what is missing.

    *due* is the next time in words; *problem* is what is wrong with the one that was written.
    """
    gone = missing(fields)
    read = [
        f"next {due or fields[name]}" if name == "next" else name
        for name in FIELDS
        if name not in gone
    ]
    if not gone:
        said = f"read: {', '.join(read)}"
    else:
        words = ["next time" if name == "next" else name for name in gone]
        how = f"(write `{gone[0].capitalize()}: {EXAMPLE if gone == ['next'] else '...'}` or --{gone[0]})"
        if read:
            said = f"read: {', '.join(read)}; missing: {', '.join(words)} {how}"
        else:
            said = f"no {', '.join(words[:-1])} or {words[-1]} read in it {how}"
    return f"{said}; next: {problem}" if problem else said


def template(zone: str, next_at: str) -> str:
    """Return an update to fill in; *next_at* is a time of day in *zone*."""
    return (
        "Impact: <who is hurt, how much, since when>\n"
        "Scope:  <what is affected, and what is not>\n"
        "Action: <what you are doing now>\n"
        f"Next:   {next_at} {zone}\n"
    )


def is_blank(value: str) -> bool:
    """Return whether *value* is still what the template said."""
    return value.startswith("<") and value.endswith(">")
