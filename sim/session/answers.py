"""What a player's lines answered on two backends, line beside line.

A line is the same on both whatever pods, nodes and numbers it names; one that was typed again and again
counts once, with its last answer. Whether a difference matters is for people to say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from sim.evidence import CommandRecord, ExitRecord, OutputRecord, plain_text
from sim.scoring import Story
from sim.session.reenact import workload

SAID_LINES = 2
SAID_WIDTH = 160
_WORD = re.compile(r"[\w.-]+")
_DIGITS = re.compile(r"\d+")


@dataclass(slots=True)
class Answer:
    """A line and what came of it."""

    shape: str
    """The line without this run's own names."""
    line: str
    at: float
    """Seconds since the page."""
    times: int = 1
    code: int | None = None
    """How it ended; None: it did not."""
    facts: set[str] = field(default_factory=set)
    """What it showed, each time that it was typed."""
    said: list[str] = field(default_factory=list)
    """The first lines of its last answer."""

    def told(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "at": self.at,
            "times": self.times,
            "code": self.code,
            "facts": sorted(self.facts),
            "said": self.said,
        }


def answers_of(story: Story, nodes: Mapping[str, str]) -> list[Answer]:
    """Return the lines of a run's terminal in their order; *nodes* are by name what they are in it."""
    said: dict[int, str] = {}
    for output in story.log.of(OutputRecord):
        said[output.command] = said.get(output.command, "") + plain_text(output.text)
    codes = {record.command: record.code for record in story.log.of(ExitRecord)}
    facts: dict[int, set[str]] = {}
    for sight in story.sights:
        facts.setdefault(sight.command, set()).update(sight.facts)
    found: list[Answer] = []
    for record in story.log.of(CommandRecord):
        if record.place or not record.line.strip():
            continue
        lines = [line[:SAID_WIDTH] for line in said.get(record.command, "").splitlines() if line]
        one = Answer(
            shape=shape(record.line, nodes),
            line=record.line,
            at=round((record.at - story.paged_at) / 1000, 1),
            code=codes.get(record.command),
            facts=facts.get(record.command, set()),
            said=lines[:SAID_LINES],
        )
        if found and found[-1].shape == one.shape:
            last = found[-1]
            last.times, last.code, last.said = last.times + 1, one.code, one.said
            last.facts = last.facts | one.facts
        else:
            found.append(one)
    return found


def shape(line: str, nodes: Mapping[str, str]) -> str:
    """Return *line* without the names that are a run's own.

    >>> shape("kubectl delete pod web-7f8b9c4d5-x2k9m; ssh node-3 df", {"node-3": "node.bad"})
    'kubectl delete pod web; ssh node.bad df'
    """
    return _DIGITS.sub("#", _WORD.sub(lambda word: nodes.get(word[0]) or workload(word[0]), line))


def side_by_side(
    one: list[Answer], other: list[Answer], names: tuple[str, str]
) -> list[dict[str, Any]]:
    """Return a row for each line of either: `{line, <name>: answer or None, ...}`, in their order."""
    rows: list[tuple[Answer | None, Answer | None]] = []
    here, there = ([answer.shape for answer in side] for side in (one, other))
    for what, a, b, c, d in SequenceMatcher(None, here, there, autojunk=False).get_opcodes():
        if what == "equal":
            rows += zip(one[a:b], other[c:d], strict=True)
        else:
            rows += [(answer, None) for answer in one[a:b]]
            rows += [(None, answer) for answer in other[c:d]]
    return [
        {
            "line": next(answer.line for answer in pair if answer is not None),
            **{
                name: None if answer is None else answer.told()
                for name, answer in zip(names, pair, strict=True)
            },
        }
        for pair in rows
    ]


def differ(row: Mapping[str, Any], names: tuple[str, str]) -> bool:
    """Return whether a line was not typed on both, ended otherwise, or showed other facts."""
    one, other = (row[name] for name in names)
    if one is None or other is None:
        return True
    return (one["code"], one["facts"]) != (other["code"], other["facts"])
