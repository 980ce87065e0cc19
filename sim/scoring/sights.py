"""What was on the screen: each command's and panel's output as it grew, read as a person can read it.

Only output that asked the cluster, a node or telemetry counts, and panels; what a command line
brought along in its own words does not. Which facts a sight shows is not decided here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from sim.evidence import (
    CommandRecord,
    EvidenceLog,
    NodeCommandRecord,
    OutputRecord,
    PanelRecord,
    RequestRecord,
    plain_text,
)
from sim.scenario import Look, Quote, Scenario

LONG_OUTPUT = 200
"""Lines; of a longer output only the last screen counts as read."""
SCREEN = 40
"""Lines that a terminal shows at once."""
SHOTS = 64
"""An output that grows for long is read at this many instants at most."""
GLANCE_MS = 3_000
"""Panels that come into view within this time are one look."""

_DIGGING = re.compile(
    r"\bkubectl\b.*(?:\bdescribe\b|-o\s*=?(?:yaml|json)\b|--output[= ](?:yaml|json)\b)"
)
"""Commands that show one object's inside out."""
_ASKING = re.compile(
    r"(?:^|[;&|(`\n]|\b(?:do|then|else)\b)\s*(?:\w+=\S*\s+)*(?:sudo\s+|time\s+)?(?:kubectl|k|ssh|incident|curl)\b"
)
"""Where in a command line a program that can ask is called."""
_QUOTES = re.compile(r"['\"\\]")


@dataclass(slots=True)
class Sight:
    """One command or panel that showed something, with the facts that it made known."""

    at: int
    """When its last text came (ms)."""
    began: int
    source: str
    """`command:12` or `panel:3`, as citations name it."""
    line: str
    """The command line, or the panel's name with its split."""
    look: Look
    """All that it showed."""
    input: int
    command: int = -1
    """The command line that showed it, or -1: a panel of the room."""
    typed: str = ""
    """That command line."""
    shots: list[tuple[int, Look]] = field(default_factory=list)
    """(ms, what stood there then), the last one being `look`."""
    facts: dict[str, Quote] = field(default_factory=dict)
    """Fact -> what showed it."""
    new: list[str] = field(default_factory=list)
    """Facts that nothing before had shown."""
    deep: bool = False
    """It went into a node's or a container's inside, or into the application's source."""
    panel: str = ""


def read_sights(log: EvidenceLog, scenario: Scenario) -> list[Sight]:
    """Return everything that was on the screen, in the order in which it was complete."""
    commands = {record.command: record for record in log.of(CommandRecord)}
    texts: dict[int, list[OutputRecord]] = {}
    for output in log.of(OutputRecord):
        if output.command in commands:
            texts.setdefault(output.command, []).append(output)
    nodes: dict[int, list[str]] = {}
    for ran in log.of(NodeCommandRecord):
        nodes.setdefault(ran.command, []).append(ran.node)
    dug = {
        request.command
        for request in log.of(RequestRecord)
        if request.resource in ("pods/log", "pods/exec")
    }
    found = [
        _of_command(commands[number], asked, nodes.get(number, []), dug=number in dug)
        for number, outputs in texts.items()
        if (asked := [output for output in outputs if output.asked])
    ]
    for number, panel in enumerate(log.of(PanelRecord)):
        line = commands[panel.command].line if panel.command in commands else ""
        sight = _of_panel(number, panel, line, texts.get(panel.command, []), scenario)
        if sight is not None:
            found.append(sight)
    return sorted(found, key=lambda sight: (sight.at, sight.began, sight.source))


def _of_command(
    command: CommandRecord, outputs: list[OutputRecord], nodes: list[str], *, dug: bool
) -> Sight:
    where = tuple(dict.fromkeys(nodes))
    shots = [
        (at, Look(text=read_part(text), command=command.line, nodes=where))
        for at, text in _growing(outputs)
    ]
    return Sight(
        at=outputs[-1].at,
        began=command.at,
        source=f"command:{command.command}",
        line=command.line,
        look=shots[-1][1],
        input=command.input,
        command=command.command,
        typed=command.line,
        shots=shots,
        deep=bool(nodes) or dug or bool(_DIGGING.search(command.line)),
    )


def _growing(outputs: list[OutputRecord]) -> list[tuple[int, str]]:
    """Return (ms, all text so far) for each instant at which text came."""
    grown: list[tuple[int, str]] = []
    text = ""
    for output in outputs:
        text += plain_text(output.text)
        if grown and grown[-1][0] == output.at:
            grown.pop()
        grown.append((output.at, text))
    step = -(-len(grown) // SHOTS)
    return [*grown[:-1:step], grown[-1]]


def _of_panel(
    number: int, panel: PanelRecord, typed: str, outputs: list[OutputRecord], scenario: Scenario
) -> Sight | None:
    """Return what of a panel was seen: all of it in the room, on a terminal what was printed."""
    document = panel.panel.removeprefix("document:") if panel.panel.startswith("document:") else ""
    text = panel.text
    if panel.command >= 0:
        printed = {
            line.rstrip() for output in outputs for line in plain_text(output.text).splitlines()
        }
        if not document:
            # A filter or a redirection may have left only some of it, or nothing.
            kept = [line for line in text.splitlines() if line.strip() and line.rstrip() in printed]
            text = "\n".join(kept)
        if not printed or not text:
            return None
    split = f" by {panel.by}" if panel.by else ""
    look = Look(text=text, on="panel", panel=panel.panel, by=panel.by)
    kinds = {one.id: one.kind for one in scenario.documents}
    return Sight(
        at=panel.at,
        began=panel.at,
        source=f"panel:{number}",
        line=f"{panel.panel}{split}",
        look=look,
        input=panel.input,
        command=panel.command,
        typed=typed,
        shots=[(panel.at, look)],
        deep=kinds.get(document) == "source",
        panel=panel.panel,
    )


def read_part(text: str) -> str:
    """Return what of an output somebody can have read: all, or the last screen of a long one."""
    lines = text.splitlines()
    return text if len(lines) <= LONG_OUTPUT else "\n".join(lines[-SCREEN:])


def was_typed(quote: Quote, line: str) -> bool:
    """Return whether a quoted line only repeats words of the command line, as `echo` does."""
    typed = _QUOTES.sub("", line)

    def repeats(shown: str) -> bool:
        words = _QUOTES.sub("", shown).split()
        return len(words) > 1 and all(word in typed for word in words)

    return any(repeats(shown) for shown in quote.lines)


@dataclass(frozen=True, slots=True)
class Glance:
    """A look as it is counted: a command, or panels that came into view together."""

    at: int
    """When it began (ms)."""
    weight: int = 1
    """How many questions one line asked."""


def count_looks(sights: Iterable[Sight], changing: Iterable[int]) -> list[Glance]:
    """Return the looks in order; *changing* are the commands that changed something instead.

    A panel of the room stays in view, so only its first sight counts, and panels that come into
    view together are one look. A line with several questions in it is several looks.
    """
    skip = set(changing)
    seen: set[str] = set()
    last = -GLANCE_MS
    found: list[Glance] = []
    for sight in sorted(sights, key=lambda one: (one.began, one.at, one.source)):
        if sight.command < 0:
            if sight.line in seen:
                continue
            seen.add(sight.line)
            if sight.began - last >= GLANCE_MS:
                found.append(Glance(sight.began))
                last = sight.began
        elif sight.command not in skip:
            skip.add(sight.command)
            found.append(Glance(sight.began, max(1, len(_ASKING.findall(sight.typed)))))
    return found
