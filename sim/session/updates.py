"""Status updates: the four lines, read from free text, and a template to fill in.

What an update is worth, and who answers it, is not known here.
"""

from __future__ import annotations

import re

FIELDS = ("impact", "scope", "action", "next")
"""What an update says; each is a line."""
_NAMES = {
    "impact": "impact",
    "scope": "scope",
    "action": "action",
    "actions": "action",
    "next": "next",
    "next update": "next",
    "next time": "next",
}
# A name counts where a line or a sentence begins, so that `the impact: unknown` stays prose.
_LINE = re.compile(
    r"(?:^|(?<=[\n;])|(?<=[.!?|]\s))[ \t>*_-]*"
    r"(?P<name>impact|scope|actions?|next(?:[ \t]+(?:update|time))?)[*_]*[ \t]*:[*_]*[ \t]*",
    re.IGNORECASE,
)


def read_update(text: str) -> tuple[str, dict[str, str]]:
    r"""Return (what is left of *text*, the fields that stand in it).

    >>> read_update("Impact: checkout fails. Scope: zone b; Next: 03:10")
    ('', {'impact': 'checkout fails', 'scope': 'zone b', 'next': '03:10'})
    """
    found = list(_LINE.finditer(text))
    fields: dict[str, str] = {}
    for number, match in enumerate(found):
        end = found[number + 1].start() if number + 1 < len(found) else len(text)
        name = _NAMES[re.sub(r"\s+", " ", match["name"].lower())]
        value = " ".join(text[match.end() : end].split()).rstrip(" .;|")
        if value:
            fields.setdefault(name, value)
    if not fields:
        return text, {}
    return text[: found[0].start()].strip(), fields


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
