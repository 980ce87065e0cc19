"""A player that follows a scenario's playbook, line by line.

Names in braces are roles of the run, captures of earlier output, or citations; whatever else stands
in braces (JSON, jsonpath) is left as it is. What showed nothing proves nothing, so it is not cited.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from sim.players.moves import Pause, Play, Shown, Type
from sim.scenario.patterns import firsts, fits
from sim.scenario.playbook import Playbook, Step

_UNSHOWN = re.compile(r"\s+--cite\s+\S+=\{cite:[^}]*\}")
"""A citation of a line that was never typed, or showed nothing: the closing form refuses it."""
_NAME = re.compile(r"\{([a-z][a-z0-9.:_-]*)\}")

Shows = Callable[[str, str, Shown], bool]
"""(fact, line, what it showed) -> whether the fact is on the screen."""


def play_book(book: Playbook, names: Mapping[str, str], shows: Shows) -> Play:
    """Play *book*; *names* are the roles of the run."""
    known = dict(names)
    for step in book.steps:
        yield Pause(step.after)
        waited = 0
        while True:
            line = _UNSHOWN.sub("", fill(step.type, known))
            shown = yield Type(line, interrupt_ms=step.interrupt, think=step.think)
            if shown is None:
                return
            if step.id and (shown.stdout or shown.stderr):
                known[f"cite:{step.id}"] = f"command:{shown.command}"
            for name, pattern in step.capture.items():
                known[name] = " ".join(dict.fromkeys(firsts(pattern, shown.stdout)))
            if _done(step, line, shown, shows) or (step.until and waited >= step.until.at_most):
                break
            if step.until:
                yield Pause(step.until.every)
                waited += step.until.every


def _done(step: Step, line: str, shown: Shown, shows: Shows) -> bool:
    until = step.until
    if until is None:
        return True
    if until.fact and not shows(until.fact, line, shown):
        return False
    return not (until.text and not fits(until.text, shown.stdout))


def fill(text: str, names: Mapping[str, str]) -> str:
    """Replace `{name}` by its value for every known name."""
    return _NAME.sub(lambda match: names.get(match[1], match[0]), text)
