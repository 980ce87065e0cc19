"""A run in memory: world, workstation, desk and evidence; a pure function of its inputs.

It knows no wall time and no database: whoever holds it stores an input first and applies it then.
"""

from __future__ import annotations

from typing import Any

from sim import ENGINE_VERSION
from sim.apimachinery.wire import ApiRequest, ApiResponse
from sim.backends.base import Backend, BackendFactory, BackendLostError
from sim.backends.simulated import SimulatedBackend
from sim.client.doors import Telemetry
from sim.evidence import AlertRecord, EvidenceLog, FreezeRecord, Record, TimeRecord
from sim.faults import schedule
from sim.kernel import Environment, Epoch, Stream
from sim.scenario import Scenario
from sim.session.bets import Bookmaker
from sim.session.desk import IncidentDesk
from sim.session.guard import BrokenModelError, Guard
from sim.session.inputs import TERMINAL_KINDS, BadInputError, Input
from sim.session.outside import Outside
from sim.session.outside_inputs import OUTSIDE_KINDS
from sim.session.people import Channel
from sim.session.witness import OutsideWitness
from sim.shell import Workstation

LATE = "late"
"""Answers keys that nothing reads any more; whoever sent them has them back."""


class Run:
    """One incident on one seed, from the healthy evening to the horizon."""

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        *,
        who: str = "trainee",
        epoch: str = "",
        backend: BackendFactory = SimulatedBackend,
    ) -> None:
        """Build the world of *scenario* on *seed*; its clock stands at 0, long before the page.

        *epoch* (RFC 3339, whole seconds) moves the night to another date; empty: the scenario's.
        *backend* makes the cluster; a real one sets the clock to where its evening begins.
        """
        self.scenario = scenario
        self.seed = seed
        self.engine = ENGINE_VERSION
        self.env = Environment()
        self.guard = Guard(self.env)
        self.log = EvidenceLog()
        self.inputs: list[Input] = []
        self.paused = False
        self.point = ""
        """Id of the decision point of practice mode at which the run stands; empty: at none."""
        self._given = -1
        self._paged_at: int | None = None
        self._backend: Backend = backend(
            scenario, seed, env=self.env, log=self.log, epoch=Epoch.parse(epoch or scenario.epoch)
        )
        self.epoch = self._backend.epoch
        self.telemetry: Telemetry = self._backend.telemetry
        self.roles: dict[str, Any] = self._backend.roles
        self.desk = IncidentDesk(
            self.env,
            scenario,
            self.roles,
            self.telemetry,
            self.log,
            command=lambda: self.workstation.command,
            given=self._acting,
            epoch=self.epoch,
            point=lambda: self.point,
        )
        self.workstation = Workstation(
            self.env,
            self._backend.transport,
            self._backend.nodes,
            self.telemetry,
            self.desk,
            self.log,
            clock=lambda: self.epoch.at(self.env.now),
            who=who,
            stream=Stream("workstation", seed),
            server=self._backend.server,
        )
        self.outside = Outside(
            self.env,
            OutsideWitness(
                self.env,
                self._backend.transport,
                self.log,
                number=self.workstation.take_number,
                clock=lambda: self.epoch.at(self.env.now),
                who=who,
            ),
        )
        self._backend.actor = self._actor
        Channel(self.env, scenario, self.desk, self.log)
        Bookmaker(self.env, self.telemetry, self.log)
        self.log.listen(self._hear)
        try:
            schedule(scenario, seed, self._backend)
        except BackendLostError:
            self._backend.close()
            raise

    @property
    def now(self) -> int:
        """The simulated time in ms."""
        return self.env.now

    @property
    def backend(self) -> str:
        """What the cluster is: `simulated` or `kind`."""
        return self._backend.name

    def close(self) -> None:
        """Let go of what a real cluster's doors hold open; a simulated one holds nothing."""
        self._backend.close()

    @property
    def paged(self) -> bool:
        """Whether the page has come."""
        return self._paged_at is not None

    @property
    def paged_at(self) -> int:
        """When the page came; the run is played from here."""
        if self._paged_at is None:
            msg = "the run has not been started"
            raise RuntimeError(msg)
        return self._paged_at

    @property
    def horizon(self) -> int:
        """The end of the hour over which users' loss counts."""
        return self.paged_at + self.scenario.horizon

    def start(self) -> None:
        """Live through the evening until the page has come.

        Raises:
            RuntimeError: if no page comes in the time that the scenario promises.
        """
        while self._paged_at is None:
            if self.env.peek() > self.scenario.page_by:
                msg = (
                    f"{self.scenario.slug}, seed {self.seed}: no page by {self.scenario.page_by} ms"
                )
                raise RuntimeError(msg)
            self.env.step()
        self.env.advance(self._paged_at + 1)

    def advance(self, until: int) -> None:
        """Let the world go on to *until*; what breaks in it is logged and left behind."""
        self.guard.advance(until)

    def check(self, given: Input) -> None:
        """Raise BadInputError for an input that `apply` could not take; nothing happens."""
        if given.at < self.env.now:
            msg = f"input at {given.at} ms, but the run stands at {self.env.now} ms"
            raise BadInputError(msg)

    def apply(self, given: Input) -> str:
        """Let an input act and return the desk's or the terminal's answer, if it has one.

        The world is advanced to the input's time, then the input acts before anything else that is
        due at that instant: so replay needs nothing but the inputs.

        Raises:
            ValueError: if the desk refuses it.
            BrokenModelError: if something in the model broke on it; the run goes on.
        """
        self.guard.advance(given.at)
        self._given = len(self.inputs)
        self.inputs.append(given)
        try:
            return self._act(given)
        except (ValueError, BackendLostError):
            raise
        except Exception as error:
            self.guard.note(error)
            msg = f"{type(error).__name__} in the simulated cluster, which goes on without it"
            raise BrokenModelError(msg) from error
        finally:
            self.guard.settle()
            self._given = -1

    def _hear(self, record: Record) -> None:
        if isinstance(record, FreezeRecord):
            self.point = ""
        elif self._paged_at is None and isinstance(record, AlertRecord) and record.state == "paged":
            self._paged_at = record.at

    def _acting(self) -> int:
        """Return the input on whose behalf the world is acting now, or -1."""
        return self._given if self._given >= 0 else self.workstation.input

    def _actor(self) -> tuple[int, int]:
        """Return the (input, command) on whose behalf the cluster is being changed."""
        outside = self.outside.actor
        if outside is None or self.workstation.command >= 0:
            return self._acting(), self.workstation.command
        return outside

    def _act(self, given: Input) -> str:
        payload, desk, number = given.payload, self.desk, self._given
        match given.kind:
            case kind if kind in OUTSIDE_KINDS:
                self.outside.act(kind, payload, number)
            case kind if kind in TERMINAL_KINDS:
                return self._at_terminal(kind, payload, payload["terminal"])
            case "pause" | "resume":
                self.paused = given.kind == "pause"
                point = payload.get("point", "")
                self.point = point or self.point
                self.log.append(
                    TimeRecord(at=self.now, input=number, what=given.kind + "d", point=point)
                )
            case "skip":
                amount = payload["amount_ms"]
                self.log.append(
                    TimeRecord(at=self.now, input=number, what="skipped", amount_ms=amount)
                )
                # What happens meanwhile is the doing of the commands that run, not of the skip.
                self._given = -1
                self.guard.settle()
                self.guard.advance(given.at + amount)
            case _:
                return self._at_desk(given.kind, payload, desk)
        return ""

    def _at_terminal(self, kind: str, payload: dict[str, Any], terminal: str) -> str:
        workstation = self.workstation
        match kind:
            case "command":
                workstation.enter(payload["line"], terminal=terminal, input_no=self._given)
                return workstation.said
            case "keys":
                return "" if workstation.press(payload["data"], terminal=terminal) else LATE
            case "resize":
                workstation.resize(payload["columns"], payload["rows"], terminal=terminal)
            case "interrupt":
                workstation.interrupt(terminal, payload.get("signal", "SIGINT"))
            case "suspend":
                workstation.suspend(terminal)
            case "eof":
                workstation.eof(terminal)
                return workstation.said
        return ""

    def _at_desk(self, kind: str, payload: dict[str, Any], desk: IncidentDesk) -> str:
        match kind:
            case "look":
                return desk.look(payload["panel"], payload["by"])
            case "acknowledge":
                return desk.acknowledge()
            case "update":
                return desk.update(payload["text"], payload["to"], payload["fields"])
            case "think":
                return desk.think(payload["text"])
            case "bet":
                return desk.bet(payload["text"], payload["by"], payload.get("sure"))
            case "freeze":
                return desk.rank(payload["ranking"])
            case "note":
                return desk.note(payload["text"])
            case "ticket":
                return desk.ticket(
                    payload["origin"], payload["fix"], payload["owner"], payload["text"]
                )
            case "remind":
                return desk.remind(payload["due"], payload["text"])
            case "silence":
                return desk.silence(payload["alert"], payload["duration_ms"])
            case "close":
                return desk.close(payload["picks"], payload["citations"], payload["handover"])
        msg = f"no such input {kind!r}"
        raise BadInputError(msg)

    def peek(self, request: ApiRequest) -> ApiResponse:
        """Answer a request that says nothing about the cluster's state, without a trace."""
        return self._backend.world.send(request)

    def finish(self) -> EvidenceLog:
        """Live on to the horizon with nobody at the keys and return the evidence."""
        if self.env.now <= self.horizon:
            self.log.append(TimeRecord(at=self.env.now, what="horizon"))
            self.guard.advance(self.horizon + 1)
        return self.log


def replay(
    scenario: Scenario,
    seed: int,
    inputs: list[Input],
    *,
    without: frozenset[int] = frozenset(),
    epoch: str = "",
) -> EvidenceLog:
    """Return the evidence of a run up to its horizon, with some inputs left out.

    An input that is refused (a pick that does not exist) is refused again, as it was when it came.
    """
    run = Run(scenario, seed, epoch=epoch)
    run.start()
    return continued(run, inputs, without=without)


def continued(
    run: Run, inputs: list[Input], *, without: frozenset[int] = frozenset()
) -> EvidenceLog:
    """Play *inputs* on a run that stands at its page, then live on to the horizon."""
    for number, given in enumerate(inputs):
        if number in without or given.at > run.horizon:
            continue
        try_apply(run, given)
    return run.finish()


def try_apply(run: Run, given: Input) -> str:
    """Apply *given*; what the desk refuses is returned as text, as the trainee saw it."""
    try:
        return run.apply(given)
    except ValueError as error:
        return str(error)
