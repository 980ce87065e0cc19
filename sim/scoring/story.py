"""A run's evidence read once: looks, actions, facts as they became known, messages, the end.

Criteria ask this and quote from it. Nothing here gives points.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

from sim.evidence import (
    AcknowledgeRecord,
    ActionRecord,
    AlertRecord,
    CloseRecord,
    CommandRecord,
    EvidenceLog,
    NoteRecord,
    ReminderRecord,
    RunRecord,
    TicketRecord,
    UpdateRecord,
)
from sim.kernel import Epoch
from sim.scenario import Quote, Scenario, fill, shows
from sim.scenario.facts import Fact
from sim.scoring.belief import Belief, Clue
from sim.scoring.impact import Impact
from sim.scoring.sights import Glance, Sight, count_looks, read_sights, was_typed


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
    probe: bool = False
    """It only made, used or removed pods of the run's own, such as a debug pod."""

    @property
    def source(self) -> str:
        """Name it as a citation does."""
        return f"command:{self.command}" if self.command >= 0 else f"input:{self.input}"


MEASURED_MS = 20_000
"""Figures that were measured are taken as means over so long."""
_PARTS = frozenset({"scale", "eviction", "status", "ephemeralcontainers", "binding"})
"""Subresources: what is written there belongs to the object."""


def plain(action: ActionRecord) -> ActionRecord:
    """Return *action* as something done to the object itself, an eviction as what it means."""
    resource, _, rest = action.target.partition("/")
    part, _, name = rest.partition("/")
    if part not in _PARTS or "/" not in name:
        return action
    verb = "evict" if part == "eviction" else action.verb
    return replace(action, target=f"{resource}/{name}", verb=verb)


class Story:
    """What happened in a run, for criteria to ask."""

    def __init__(self, log: EvidenceLog, scenario: Scenario) -> None:
        """Read *log*, which must reach the horizon."""
        self.log = log
        self.scenario = scenario
        self.run = next(log.of(RunRecord))
        self.roles = self.run.roles
        self.impact = Impact.of(log)
        if self.measured:
            self.impact = self.impact.averaged(MEASURED_MS)
        paged = [record.at for record in log.of(AlertRecord) if record.state == "paged"]
        self.paged_at = paged[0] if paged else self.run.fault_at
        self.horizon = self.paged_at + scenario.horizon
        self.commands = {record.command: record for record in log.of(CommandRecord)}
        self.sights = read_sights(log, scenario)
        self.known: dict[str, Known] = {}
        for sight in self.sights:
            for fact in scenario.facts:
                self._learn(fact, sight)
        for fact_id, known in self.known.items():
            known.sight.new.append(fact_id)
        self.deeds = self._deeds()

    @property
    def measured(self) -> bool:
        """Whether users' figures were counted on a real cluster, so that they are not exact."""
        return self.run.backend != "simulated"

    def _learn(self, fact: Fact, sight: Sight) -> None:
        """Note whether *sight* shows *fact*, and since when."""
        starts = {"start": 0, "fault": self.run.fault_at, "page": self.paged_at}
        since = starts[fact.since] + fact.offset
        for at, look in sight.shots:
            if at < since:
                continue
            quote = shows(fact, look, self.roles)
            if quote is None or (look.command and was_typed(quote, look.command)):
                continue
            sight.facts[fact.id] = quote
            before = self.known.get(fact.id)
            if before is None or at < before.at:
                self.known[fact.id] = Known(at, sight, quote)
            return

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
            deed.actions.append(plain(action))
        found = [deeds[number] for number in sorted(deeds)]
        own: set[str] = set()
        for deed in found:
            own |= {
                action.target
                for action in deed.actions
                if action.verb == "create" and action.target.startswith("pods/")
            }
            deed.probe = all(action.target in own for action in deed.actions)
        return found

    @cached_property
    def changes(self) -> list[Deed]:
        """Actions that touch what serves users, i.e. not a probe of one's own."""
        return [deed for deed in self.deeds if not deed.probe]

    @cached_property
    def looks(self) -> list[Glance]:
        """What counts as a look since the page, in order."""
        changing = [deed.command for deed in self.changes]
        found = count_looks(self.sights, changing)
        return [glance for glance in found if glance.at >= self.paged_at]

    def looks_before(self, at: int) -> int:
        """Return how many looks began before *at*."""
        return sum(glance.weight for glance in self.looks if glance.at < at)

    @cached_property
    def passive(self) -> bool:
        """Whether nothing was typed, changed, written or closed: whatever was seen came by itself."""
        written = (self.updates, self.notes, self.tickets, self.reminders)
        return not (self.commands or self.deeds or any(written) or self.close)

    def about(self, *topics: str) -> list[Known]:
        """Return the known facts that answer one of *topics*, earliest first."""
        wanted = {fact.id for fact in self.scenario.facts if set(fact.about) & set(topics)}
        return self.shown(*wanted)

    def shown(self, *facts: str) -> list[Known]:
        """Return when each of *facts* was first on the screen, for those that were, in order."""
        found = [known for fact, known in self.known.items() if fact in facts]
        return sorted(found, key=lambda known: known.at)

    def sentence(self, fact: str) -> str:
        """Return a fact's sentence with this run's names."""
        return fill(self.scenario.fact(fact).sentence, self.roles)

    @cached_property
    def belief(self) -> Belief | None:
        """What the screen told about the scenario's hypotheses; None where it has none."""
        scenario = self.scenario
        if not scenario.hypotheses or scenario.truth is None:
            return None
        known = sorted(
            self.known.items(),
            key=lambda pair: (pair[1].at, pair[1].sight.at, pair[1].sight.source, pair[0]),
        )
        clues = (
            Clue(one.at, one.sight.source, one.sight.line, fact, likelihood)
            for fact, one in known
            if (likelihood := scenario.fact(fact).likelihood)
        )
        return Belief.of(scenario.hypotheses, scenario.truth, clues)

    @cached_property
    def enough_at(self) -> int | None:
        """When enough to mitigate was on the screen.

        That is when the right class of mitigation passed 0.7; in a scenario without hypotheses, when
        all the facts that it lists had been shown.
        """
        if self.belief is not None:
            return self.belief.enough_at
        times = [self.known[fact].at for fact in self.scenario.enough if fact in self.known]
        return max(times) if len(times) == len(self.scenario.enough) else None

    @cached_property
    def enough_known(self) -> Known | None:
        """The fact with which it was enough."""
        if self.enough_at is None:
            return None
        if self.belief is not None:
            return self.known[self.belief.enough_fact]
        return self.shown(*self.scenario.enough)[-1]

    @property
    def false_alarm(self) -> bool:
        """Whether nothing was the matter, so that restraint is what users need."""
        return self.scenario.rubric.kind == "false-alarm"

    @cached_property
    def mitigated_at(self) -> int | None:
        """When users were fine again for good: for as long as the rubric asks, and not only for a while."""
        rubric = self.scenario.rubric
        return self.impact.fine_from(
            self.paged_at, self.horizon, rubric.mitigated_below, rubric.hold
        )

    def burning_ms(self, start: int, end: int) -> int:
        """Return for how long between *start* and *end* users were failing, up to the horizon."""
        below = self.scenario.rubric.mitigated_below
        return self.impact.above_ms(start, min(end, self.horizon), below)

    @cached_property
    def loss(self) -> float:
        """Users' loss from the fault to the horizon: requests, weighted."""
        return self.impact.lost(self.run.fault_at, self.horizon)

    @cached_property
    def stable_from(self) -> int | None:
        """Since when the figure of users has been at base, if it still is at the horizon."""
        rubric = self.scenario.rubric
        base = min(
            (
                one.below
                for one in self.scenario.steady_state
                if one.metric == "errors" and not one.by and one.below is not None
            ),
            default=rubric.mitigated_below,
        )
        return self.impact.last_fine_from(self.paged_at, self.horizon, base)

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
