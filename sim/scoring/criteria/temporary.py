"""Temporary measures of a run: what was taken from the scenario's list, and whether it was undone.

Measures are read from what actions changed, never from how they were spelled.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from sim.evidence import ActionRecord
from sim.scenario import fill
from sim.scenario.closing import Temporary
from sim.scoring.lasting import ENDLESS_MIN
from sim.scoring.story import Deed, Story

_CORDON = re.compile(r"unschedulable: (true|false)")
_TAINT = re.compile(r"taints: ([+-])([^\s;]+)")
_LABEL = re.compile(r"labels (\S+): ([^\s;]*)")
_SILENCE = re.compile(r"silence for (\d+) min")
_CHANGED = r"(?:^|; )({}): (.*?) -> (.*?)(?=; |$)"
_SCALE = re.compile(_CHANGED.format("replicas"))
_LIMIT = re.compile(_CHANGED.format(r"[\w-]+\.resources"))
_PLACEMENT = re.compile(
    _CHANGED.format("nodeSelector|affinity|topologySpreadConstraints|tolerations|nodeName")
)


@dataclass(slots=True)
class Taken:
    """One measure on one object, from when it was taken to when it was undone."""

    measure: Temporary
    target: str
    made: Deed
    undone: Deed | None = None
    undone_at: int | None = None
    """When it was undone, by a deed or by running out."""
    open: dict[str, str] = field(default_factory=dict)
    """What of it still stands: part -> value before."""


def taken(story: Story) -> list[Taken]:
    """Return every measure of the scenario's list that the run took, in order."""
    found: dict[tuple[str, str], Taken] = {}
    for deed in story.deeds:
        for action in deed.actions:
            kinds: set[str] = set()
            for measure in story.scenario.temporary:
                # Of each kind the first measure of the list that names the object has it.
                if measure.kind not in kinds and _about(measure, action, story):
                    kinds.add(measure.kind)
                    _note(found, measure, deed, action)
    for one in found.values():
        if one.measure.kind == "silence" and one.undone_at is None:
            ends = _silenced_until(one.made)
            # Where the alert itself is wrong, a silence that ends within the shift needs nobody.
            last = story.paged_at + ENDLESS_MIN * 60_000 if story.false_alarm else story.horizon
            if ends is not None and ends <= last:
                one.undone_at = ends
    return list(found.values())


def _about(measure: Temporary, action: ActionRecord, story: Story) -> bool:
    target = fill(measure.target, story.roles)
    return fnmatchcase(action.target, target) or action.target.startswith(target + "/")


def _note(
    found: dict[tuple[str, str], Taken], measure: Temporary, deed: Deed, action: ActionRecord
) -> None:
    key = measure.id, action.target
    one = found.get(key)
    stood = bool(one and one.open)
    if one is not None and action.verb == "rollback" and measure.kind in _TEMPLATE:
        one.open.clear()
    for part, (before, after) in _READ[measure.kind](action).items():
        if one is None and after == _STANDING.get(measure.kind):
            # Giving back what the run never took, e.g. an uncordon of a free node.
            continue
        if one is None:
            one = found[key] = Taken(measure, action.target, deed)
        was = one.open.get(part)
        if was is None:
            one.open[part] = before
        elif after == was or (was == SOME and after != NONE):
            del one.open[part]
    if one is None or (not one.open and not stood):
        return
    one.undone = None if one.open else deed
    one.undone_at = None if one.open else deed.at


Parts = dict[str, tuple[str, str]]
"""Part of an object -> (before, after) one action."""
NONE, SOME = "none", "some"
_TEMPLATE = ("limit", "placement")
"""Kinds that rolling back takes back as well."""
_STANDING = {"cordon": "false", "pod": "gone"}
"""Kind -> the value that stands for not taken."""


def _cordon(action: ActionRecord) -> Parts:
    match = _CORDON.search(action.detail)
    if match is None:
        return {}
    return {"unschedulable": ("false" if match[1] == "true" else "true", match[1])}


def _taint(action: ActionRecord) -> Parts:
    return {
        name: ("-", "+") if sign == "+" else ("+", "-")
        for sign, name in _TAINT.findall(action.detail)
    }


def _label(action: ActionRecord) -> Parts:
    # Only the new value is on record; a label that is removed again counts as undone.
    return {
        name: (NONE, value) if value != NONE else (SOME, NONE)
        for name, value in _LABEL.findall(action.detail)
    }


def _pod(action: ActionRecord) -> Parts:
    if action.verb == "create":
        return {"pod": ("gone", "there")}
    return {"pod": ("there", "gone")} if action.verb in ("delete", "evict") else {}


def _silence(action: ActionRecord) -> Parts:
    return {"silence": ("off", "on")} if action.verb == "silence" else {}


def _pairs(pattern: re.Pattern[str]) -> Callable[[ActionRecord], Parts]:
    def read(action: ActionRecord) -> Parts:
        return {part: (before, after) for part, before, after in pattern.findall(action.detail)}

    return read


_READ: dict[str, Callable[[ActionRecord], Parts]] = {
    "cordon": _cordon,
    "taint": _taint,
    "label": _label,
    "pod": _pod,
    "silence": _silence,
    "scale": _pairs(_SCALE),
    "limit": _pairs(_LIMIT),
    "placement": _pairs(_PLACEMENT),
}


def _silenced_until(deed: Deed) -> int | None:
    ends = [
        action.at + int(match[1]) * 60_000
        for action in deed.actions
        if (match := _SILENCE.search(action.detail))
    ]
    return max(ends, default=None)
