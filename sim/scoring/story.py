"""A run's evidence read once: looks, actions, facts as they became known, messages, the end.

Criteria ask this and quote from it. Nothing here gives points.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

from sim.evidence import (
    AcknowledgeRecord,
    ActionRecord,
    AlertRecord,
    CloseRecord,
    CommandRecord,
    EvidenceLog,
    NodeCommandRecord,
    NoteRecord,
    OutputRecord,
    PanelRecord,
    ReminderRecord,
    RequestRecord,
    RunRecord,
    TicketRecord,
    UpdateRecord,
)
from sim.kernel import Epoch
from sim.scenario import Look, Quote, Scenario, fill, shows
from sim.scenario.facts import Fact
from sim.scoring.impact import Impact

_DIGGING = re.compile(
    r"\bkubectl\b.*(?:\bdescribe\b|-o\s*=?(?:yaml|json)\b|--output[= ](?:yaml|json)\b)"
)
"""Commands that show one object's inside out."""
LONG_OUTPUT = 200
"""Lines; of a longer output only the last screen counts as read."""
SCREEN = 40
"""Lines that a terminal shows at once."""


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
    input: int
    facts: dict[str, Quote] = field(default_factory=dict)
    """Fact -> what showed it."""
    new: list[str] = field(default_factory=list)
    """Facts that nothing before had shown."""
    deep: bool = False
    """It went into a node's or a container's inside, or into the application's source."""
    panel: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """When a fact was first on the screen."""

    at: int
    sight: Sight
    quote: Quote


@dataclass(slots=True)
class Deed:
    """One input that changed something, with all that it changed."""

    at: int
    input: int
    line: str
    command: int
    actions: list[ActionRecord] = field(default_factory=list)

    @property
    def source(self) -> str:
        """Name it as a citation does."""
        return f"command:{self.command}" if self.command >= 0 else f"input:{self.input}"


class Story:
    """What happened in a run, for criteria to ask."""

    def __init__(self, log: EvidenceLog, scenario: Scenario) -> None:
        """Read *log*, which must reach the horizon."""
        self.log = log
        self.scenario = scenario
        self.run = next(log.of(RunRecord))
        self.roles = self.run.roles
        self.impact = Impact.of(log)
        paged = [record.at for record in log.of(AlertRecord) if record.state == "paged"]
        self.paged_at = paged[0] if paged else self.run.fault_at
        self.horizon = self.paged_at + scenario.horizon
        self.commands = {record.command: record for record in log.of(CommandRecord)}
        self.sights = self._sights()
        self.known: dict[str, Known] = {}
        for sight in self.sights:
            for fact in scenario.facts:
                self._learn(fact, sight)
        self.deeds = self._deeds()

    def _sights(self) -> list[Sight]:
        texts: dict[int, list[OutputRecord]] = {}
        nodes: dict[int, list[NodeCommandRecord]] = {}
        for output in self.log.of(OutputRecord):
            if output.asked and output.command in self.commands:
                texts.setdefault(output.command, []).append(output)
        for ran in self.log.of(NodeCommandRecord):
            nodes.setdefault(ran.command, []).append(ran)
        dug = {
            request.command
            for request in self.log.of(RequestRecord)
            if request.resource in ("pods/log", "pods/exec")
        }
        found: list[Sight] = []
        for number, outputs in texts.items():
            command = self.commands[number]
            ran_on = nodes.get(number, [])
            look = Look(
                text=read_part("".join(output.text for output in outputs)),
                command=command.line,
                nodes=tuple(dict.fromkeys(record.node for record in ran_on)),
            )
            found.append(
                Sight(
                    at=outputs[-1].at,
                    began=command.at,
                    source=f"command:{number}",
                    line=command.line,
                    look=look,
                    input=command.input,
                    deep=bool(ran_on) or number in dug or bool(_DIGGING.search(command.line)),
                )
            )
        for number, panel in enumerate(self.log.of(PanelRecord)):
            split = f" by {panel.by}" if panel.by else ""
            found.append(
                Sight(
                    at=panel.at,
                    began=panel.at,
                    source=f"panel:{number}",
                    line=f"{panel.panel}{split}",
                    look=Look(text=panel.text, on="panel", panel=panel.panel, by=panel.by),
                    input=panel.input,
                    deep=panel.panel.startswith("document:")
                    and self._kind_of(panel.panel.removeprefix("document:")) == "source",
                    panel=panel.panel,
                )
            )
        return sorted(found, key=lambda sight: (sight.at, sight.began, sight.source))

    def _kind_of(self, document: str) -> str:
        return next((one.kind for one in self.scenario.documents if one.id == document), "")

    def _learn(self, fact: Fact, sight: Sight) -> None:
        starts = {"start": 0, "fault": self.run.fault_at, "page": self.paged_at}
        if sight.at < starts[fact.since] + fact.offset:
            return
        quote = shows(fact, sight.look, self.roles)
        if quote is None:
            return
        sight.facts[fact.id] = quote
        if fact.id not in self.known:
            self.known[fact.id] = Known(sight.at, sight, quote)
            sight.new.append(fact.id)

    def _deeds(self) -> list[Deed]:
        deeds: dict[int, Deed] = {}
        for action in self.log.of(ActionRecord):
            if action.input < 0:
                continue
            command = self.commands.get(action.command)
            line = command.line if command else f"{action.verb} {action.target}"
            deed = deeds.setdefault(
                action.input, Deed(action.at, action.input, line, action.command)
            )
            deed.actions.append(action)
        return [deeds[number] for number in sorted(deeds)]

    def about(self, *topics: str) -> list[Known]:
        """Return the known facts that answer one of *topics*, earliest first."""
        wanted = {fact.id for fact in self.scenario.facts if set(fact.about) & set(topics)}
        found = [known for fact, known in self.known.items() if fact in wanted]
        return sorted(found, key=lambda known: known.at)

    def sentence(self, fact: str) -> str:
        """Return a fact's sentence with this run's names."""
        return fill(self.scenario.fact(fact).sentence, self.roles)

    @cached_property
    def enough_at(self) -> int | None:
        """When all facts that together are enough to mitigate were on the screen."""
        times = [self.known[fact].at for fact in self.scenario.enough if fact in self.known]
        return max(times) if len(times) == len(self.scenario.enough) else None

    @cached_property
    def mitigated_at(self) -> int | None:
        """When users were fine again and stayed so for as long as the rubric asks."""
        rubric = self.scenario.rubric
        return self.impact.fine_from(
            self.paged_at, self.horizon, rubric.mitigated_below, rubric.hold
        )

    @cached_property
    def close(self) -> CloseRecord | None:
        """The closing form, if it was filled in."""
        return next(self.log.of(CloseRecord), None)

    @cached_property
    def updates(self) -> list[UpdateRecord]:
        """What the trainee wrote in the channel."""
        return list(self.log.of(UpdateRecord))

    @cached_property
    def tickets(self) -> list[TicketRecord]:
        """The tickets filed."""
        return list(self.log.of(TicketRecord))

    @cached_property
    def reminders(self) -> list[ReminderRecord]:
        """The reminders set."""
        return list(self.log.of(ReminderRecord))

    @cached_property
    def notes(self) -> list[NoteRecord]:
        """The notes in the timeline."""
        return list(self.log.of(NoteRecord))

    @cached_property
    def acknowledged_at(self) -> int | None:
        """When the page was acknowledged."""
        return next((record.at for record in self.log.of(AcknowledgeRecord)), None)

    def clock(self, at: int) -> str:
        """Return the time of day of a simulated instant, `02:47:00`."""
        return Epoch.parse(self.run.epoch).datetime(at).strftime("%H:%M:%S")


def read_part(text: str) -> str:
    """Return what of an output somebody can have read: all, or the last screen of a long one."""
    lines = text.splitlines()
    return text if len(lines) <= LONG_OUTPUT else "\n".join(lines[-SCREEN:])
