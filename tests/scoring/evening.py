"""A hand-made evening: evidence written line by line, so that each rule is tested without a cluster.

Minutes count from the page. Facts keep their ids and topics, but an output shows one by its id.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sim.evidence import (
    AcknowledgeRecord,
    ActionRecord,
    AlertRecord,
    CloseRecord,
    CommandRecord,
    EvidenceLog,
    ImpactRecord,
    NodeCommandRecord,
    NoteRecord,
    OutputRecord,
    PanelRecord,
    Record,
    ReminderRecord,
    RequestRecord,
    RunRecord,
    TicketRecord,
    UpdateRecord,
)
from sim.scenario import Catalogue, Scenario
from sim.scenario.facts import Fact, Rows, Shown
from sim.scoring import Finding, References, Scorecard, Story, score_run
from sim.scoring.criteria import Case

MINUTE = 60_000
PAGE = 67 * MINUTE
FAULT = 63 * MINUTE
RPS = 100.0
BAD, GOOD = "node-worker-3", "node-worker-1"
APP = "deployments/payments/payment-service"
ROLES: dict[str, Any] = {
    "app": "payment-service",
    "app.namespace": "payments",
    "node.bad": BAD,
    "node.good": [GOOD, "node-worker-2"],
}
PICKS = {
    "component": "node-data-plane",
    "failure": "exhaustion",
    "trigger": "slow-growth",
    "mechanism": "proxy-memory",
    "scope": "one-node",
}
FIELDS = {"impact": "12 % fail", "scope": "one node", "action": "moving pods", "next": "02:56"}
Curve = list[tuple[float, float]]
"""(minutes after the page, share of requests that fails from then on)."""
UNTOUCHED: Curve = [(-4, 0.12)]
EXPERT: Curve = [(-4, 0.12), (6, 0.001)]


@lru_cache(maxsize=1)
def scenario() -> Scenario:
    """Return the first scenario with facts that show by their ids."""
    base = Catalogue()["payments-0247"]
    facts = tuple(_by_id(fact) for fact in base.facts)
    return base.model_copy(update={"facts": facts, "hypotheses": (), "truth": None})


@lru_cache(maxsize=1)
def believing() -> Scenario:
    """Return the scenario of these evenings with its hypotheses, and what its facts tell of them."""
    base = Catalogue()["payments-0247"]
    told = {fact.id: fact.likelihood for fact in base.facts}
    facts = tuple(
        fact.model_copy(update={"likelihood": told[fact.id]}) for fact in scenario().facts
    )
    update = {"facts": facts, "hypotheses": base.hypotheses, "truth": base.truth}
    return scenario().model_copy(update=update)


@lru_cache(maxsize=1)
def harmless() -> Scenario:
    """Return a false alarm with the facts of these evenings."""
    base = scenario()
    rubric = base.rubric.model_copy(update={"kind": "false-alarm"})
    return base.model_copy(update={"rubric": rubric})


def _by_id(fact: Fact) -> Fact:
    row = Rows(match=rf"^\S+ shows {fact.id}$")
    return Fact(
        id=fact.id,
        sentence=fact.sentence,
        since="start",
        about=fact.about,
        shown=(Shown(on="any", rows=(row,)),),
    )


class Evening:
    """Evidence in the making; each method returns how the closing form would cite it."""

    def __init__(self, curve: Curve = EXPERT) -> None:
        self.curve = curve
        self.records: list[Record] = []
        self.without: dict[frozenset[int], Curve] = {}
        """Inputs left out -> how users fare then; everything else: as in this run."""
        self._inputs = 0
        self._commands = 0
        self._panels = 0

    # -- what the trainee does ----------------------------------------------------------------

    def types(self, minute: float, line: str, *, place: str = "") -> int:
        """Enter a command line that shows nothing."""
        number, self._commands = self._commands, self._commands + 1
        self._add(
            CommandRecord(
                at=ms(minute),
                input=self._next(),
                command=number,
                terminal="t1",
                line=line,
                place=place,
            )
        )
        return number

    def look(
        self,
        minute: float,
        *facts: str,
        line: str = "kubectl get pods",
        asked: bool = True,
        text: str = "",
        node: str = "",
        logs: bool = False,
    ) -> str:
        """Enter a command that shows *facts* at once."""
        number = self.types(minute, line)
        if node:
            self._add(NodeCommandRecord(at=ms(minute), command=number, node=node, line=line))
        if logs:
            self._add(
                RequestRecord(
                    at=ms(minute),
                    command=number,
                    method="GET",
                    path="/",
                    code=200,
                    resource="pods/log",
                )
            )
        self.prints(minute, number, text or shows(*facts), asked=asked)
        return f"command:{number}"

    def prints(self, minute: float, command: int, text: str, *, asked: bool = True) -> None:
        """Let a command print something."""
        self._add(
            OutputRecord(at=ms(minute), command=command, stream="stdout", text=text, asked=asked)
        )

    def panel(
        self, minute: float, *facts: str, name: str = "errors", by: str = "", command: int = -1
    ) -> str:
        """Have a panel in view that shows *facts*."""
        number, self._panels = self._panels, self._panels + 1
        self._add(
            PanelRecord(
                at=ms(minute),
                input=-1 if command >= 0 else self._next(),
                panel=name,
                by=by,
                text=shows(*facts),
                command=command,
            )
        )
        return f"panel:{number}"

    def act(
        self,
        minute: float,
        verb: str,
        target: str,
        detail: str = "",
        *,
        line: str = "kubectl do",
        without: Curve | None = None,
    ) -> int:
        """Change something; *without* is how users fare if it is left out. Returns the input."""
        number = self.types(minute, line)
        given = self._inputs - 1
        self.also(minute, verb, target, detail, given=given, command=number)
        if without is not None:
            self.without[frozenset({given})] = without
        return given

    def also(
        self, minute: float, verb: str, target: str, detail: str = "", *, given: int, command: int
    ) -> None:
        """Let an action change one more thing."""
        self._add(
            ActionRecord(
                at=ms(minute),
                input=given,
                command=command,
                target=target,
                verb=verb,
                detail=detail,
            )
        )

    def cordon(self, minute: float, node: str = BAD, *, without: Curve | None = None) -> int:
        """Take a node out of service."""
        line = f"kubectl cordon {node}"
        detail = "unschedulable: true"
        return self.act(minute, "patch", f"nodes/{node}", detail, line=line, without=without)

    def uncordon(self, minute: float, node: str = BAD, *, without: Curve | None = None) -> int:
        """Give a node back."""
        line = f"kubectl uncordon {node}"
        detail = "unschedulable: false"
        return self.act(minute, "patch", f"nodes/{node}", detail, line=line, without=without)

    def mitigate(self, minute: float) -> None:
        """Cordon and delete; neither would have helped alone."""
        self.cordon(minute, without=UNTOUCHED)
        pod = "pods/payments/payment-service-1"
        self.act(minute, "delete", pod, line="kubectl delete pod", without=UNTOUCHED)

    def update(self, minute: float, *, to: str = "", text: str = "", **fields: str) -> None:
        """Write in the channel."""
        self._add(UpdateRecord(at=ms(minute), input=self._next(), text=text, to=to, fields=fields))

    def ticket(self, minute: float, origin: str, fix: str, owner: str) -> None:
        """File a ticket."""
        self._add(
            TicketRecord(at=ms(minute), input=self._next(), origin=origin, fix=fix, owner=owner)
        )

    def note(self, minute: float, text: str) -> None:
        """Write in the timeline."""
        self._add(NoteRecord(at=ms(minute), input=self._next(), text=text))

    def remind(self, minute: float, due: str) -> None:
        """Set a reminder."""
        self._add(ReminderRecord(at=ms(minute), input=self._next(), due=due))

    def acknowledge(self, minute: float) -> None:
        """Take the page."""
        self._add(AcknowledgeRecord(at=ms(minute), input=self._next()))

    def close(
        self,
        minute: float,
        picks: dict[str, str] | None = None,
        cite: str | list[str] | dict[str, list[str]] = "",
    ) -> None:
        """Fill the closing form in; one citation may stand for every pick."""
        chosen = PICKS if picks is None else picks
        if not isinstance(cite, dict):
            cited = [cite] if isinstance(cite, str) and cite else list(cite)
            cite = dict.fromkeys(chosen, cited)
        self._add(
            CloseRecord(at=ms(minute), input=self._next(), picks=dict(chosen), citations=cite)
        )

    # -- what comes out ---------------------------------------------------------------------------

    def log(self) -> EvidenceLog:
        """Return the evidence in the order of time."""
        world: list[Record] = [
            RunRecord(
                at=0,
                scenario="payments-0247",
                digest="",
                seed=0,
                engine="test",
                epoch="2026-11-20T01:40:00Z",
                roles=ROLES,
                fault_at=FAULT,
            ),
            *impact(self.curve),
            AlertRecord(at=PAGE, alert="5xx", state="paged"),
        ]
        return EvidenceLog(sorted([*world, *self.records], key=lambda record: record.at))

    def story(self, spec: Scenario | None = None) -> Story:
        """Return the evening as criteria read it."""
        return Story(self.log(), spec or scenario())

    def score(
        self, *, none: Curve = UNTOUCHED, expert: Curve = EXPERT, spec: Scenario | None = None
    ) -> tuple[Scorecard, Case]:
        """Score the evening."""

        references = References(lost(none), lost(expert))
        return score_run(self.log(), spec or scenario(), references, self.replays())

    def replays(self) -> Again:
        """Return the evening's counterfactuals."""
        return Again(self)

    def finding(self, id_: str, **given: Any) -> Finding:
        """Score the evening and return one item."""
        return self.score(**given)[0].finding(id_)

    def points(self, id_: str, **given: Any) -> float:
        """Score the evening and return the points of one item."""
        return self.finding(id_, **given).points

    def _next(self) -> int:
        self._inputs += 1
        return self._inputs - 1

    def _add(self, record: Record) -> None:
        self.records.append(record)


class Again:
    """The evening once more, as *without* says; what it does not name is as bad as the worst of its parts."""

    def __init__(self, evening: Evening) -> None:
        self._evening = evening
        self.asked: list[frozenset[int]] = []
        self.sooner: Curve = EXPERT

    def __call__(self, without: frozenset[int]) -> EvidenceLog:
        """Return the impact without some inputs."""
        self.asked.append(without)
        told = self._evening.without
        parts = [curve for inputs, curve in told.items() if inputs <= without]
        curve = told.get(without) or max(parts, key=lost, default=self._evening.curve)
        return EvidenceLog(impact(curve))

    def each(self, without: list[frozenset[int]]) -> Iterator[tuple[frozenset[int], EvidenceLog]]:
        """Return several, one by one."""
        for inputs in without:
            yield inputs, self(inputs)

    def moved(self, inputs: frozenset[int], to: int) -> EvidenceLog:
        """Return the impact with some inputs given earlier."""
        return EvidenceLog(impact(self.sooner))


def ms(minute: float) -> int:
    """Return simulated ms of a minute after the page."""
    return PAGE + round(minute * MINUTE)


def shows(*facts: str) -> str:
    """Return an output that shows *facts*."""
    return "".join(f"it shows {fact}\n" for fact in facts) or "nothing of note\n"


def impact(curve: Curve) -> list[Record]:
    """Return the impact records of a curve; before it all is well."""
    return [
        ImpactRecord(
            at=at,
            application="payment-service",
            arrivals=RPS,
            failed=RPS * share,
            errors=RPS * share,
        )
        for at, share in [(0, 0.001), *((ms(minute), share) for minute, share in curve)]
    ]


def lost(curve: Curve) -> float:
    """Return users' loss of a curve over the hour that counts."""
    from sim.scoring import Impact

    return Impact.of(EvidenceLog(impact(curve))).lost(FAULT, PAGE + 60 * MINUTE)
