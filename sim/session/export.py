"""Runs as files: written from a store, checked by replaying their inputs, taken into another store.

Whoever changes what is in a file is found out: evidence is made again from the inputs and compared
line by line. That of a real cluster cannot be made again: its digests are checked, and that its parts
agree. (Who played, a file cannot prove: whoever makes other inputs makes another run.)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from sim import ENGINE_VERSION
from sim.evidence import CloseRecord, EvidenceLog, FreezeRecord, decode, encode
from sim.kernel import Epoch
from sim.scenario import Scenario, ScenarioError
from sim.scenario.loader import scenario_of
from sim.session.bundle import Bundle, Head, NotABundleError, Stored
from sim.session.inputs import Input
from sim.session.measured import SIMULATED, why_untrue
from sim.session.recorded import recorded
from sim.session.run import Run, try_apply
from sim.session.storage import RunRow, RunStore


class TamperedError(NotABundleError):
    """What in the file is not what its inputs make; one line for a person."""


class OtherEngineError(NotABundleError):
    """The file was made by another engine, so nothing can be made again here."""


@dataclass(frozen=True, slots=True)
class Checked:
    """An export that is what it says."""

    bundle: Bundle
    scenario: Scenario
    inputs: list[Input]
    log: EvidenceLog
    """The evidence up to the horizon."""


LONGEST_MS = 24 * 3_600_000
"""No night is longer: a file that says so is not followed."""


def inputs_of(stored: list[Stored]) -> list[Input]:
    """Return stored inputs as inputs."""
    return [Input(at, kind, json.loads(payload)) for at, kind, payload in stored]


class Begun(Protocol):
    """How a run began."""

    @property
    def seed(self) -> int:
        """Which night."""

    @property
    def who(self) -> str:
        """Whose hands were at the keys."""

    @property
    def epoch(self) -> str:
        """When its time began; empty: on the scenario's date."""


def replayed(scenario: Scenario, row: Begun, inputs: list[Input]) -> Run:
    """Return a run that has played *inputs* and lived on to its horizon."""
    run = Run(scenario, row.seed, who=row.who, epoch=row.epoch)
    run.start()
    for given in inputs:
        try_apply(run, given)
    run.finish()
    return run


def again(
    scenario: Scenario, row: Begun, inputs: list[Input], told: Sequence[str] | None = None
) -> Run:
    """Return a run that is over: played again, or as its evidence *told* it, if it was a real one."""
    if not told:
        return replayed(scenario, row, inputs)
    records = [decode(text) for text in told]
    return recorded(scenario, row.seed, inputs, records, max(record.at for record in records))


def check_engine(engine: str) -> None:
    """Raise OtherEngineError unless what *engine* has played can be played again here."""
    if engine != ENGINE_VERSION:
        msg = (
            f"played with engine {engine}; this is {ENGINE_VERSION}, whose nights go differently: "
            f"export it with uncordon {engine}"
        )
        raise OtherEngineError(msg)


def export(
    row: RunRow, stored: list[Stored], scenario: Scenario, told: Sequence[str] = ()
) -> Bundle:
    """Return a stored run, whose inputs are *stored*, as what an export holds.

    *told* is its evidence, if it was played on a real cluster. Nothing in it depends on where and
    how the run was kept, so its bytes are the same everywhere.

    Raises:
        OtherEngineError: if another engine played it and it would have to be played again.
    """
    if not told:
        check_engine(row.engine)
    run = again(scenario, row, inputs_of(stored), told)
    close = next(run.log.of(CloseRecord), None)
    last = max((at for at, _, _ in stored), default=run.paged_at)
    head = Head(
        scenario=row.scenario,
        digest=scenario.digest,
        title=scenario.title,
        seed=row.seed,
        engine=row.engine,
        epoch=row.epoch,
        who=row.who,
        # Not how far whoever kept it has looked since.
        sim_ms=last if close is None else close.at,
        practice=row.practice,
        branched_at=row.branched_at,
        mystery=row.mystery,
        backend=row.backend,
    )
    return Bundle(head, scenario.texts, stored, [encode(record) for record in run.log])


def check(bundle: Bundle) -> Checked:
    """Replay *bundle* and compare what comes of it.

    Raises:
        OtherEngineError: if another engine made it.
        TamperedError: if the scenario or a record is not what digest and inputs say.
    """
    head = bundle.head
    if head.engine != ENGINE_VERSION:
        msg = (
            f"made by engine {head.engine}; this is {ENGINE_VERSION}, whose nights go differently: "
            f"check and score it with uncordon {head.engine}"
        )
        raise OtherEngineError(msg)
    scenario = _scenario(bundle)
    _fits(head, scenario)
    if head.backend != SIMULATED:
        return _check_real(bundle, scenario)
    try:
        inputs = inputs_of(bundle.inputs)
        _bounded(inputs)
        run = replayed(scenario, head, inputs)
    except (ValueError, KeyError, TypeError, RuntimeError, ArithmeticError) as error:
        msg = f"the inputs cannot be played again: {error}"
        raise TamperedError(msg) from error
    _compare(bundle.evidence, [encode(record) for record in run.log], run.epoch)
    if not head.practice and next(run.log.of(FreezeRecord), None) is not None:
        msg = "its header says that it was not played in practice mode, but it was"
        raise TamperedError(msg)
    return Checked(bundle, scenario, inputs, run.log)


def _check_real(bundle: Bundle, scenario: Scenario) -> Checked:
    """Check what can be checked of a run that nothing can play again.

    Raises:
        TamperedError: if its evidence cannot be read, or contradicts its header or its inputs.
    """
    head = bundle.head
    try:
        inputs = inputs_of(bundle.inputs)
        _bounded(inputs)
        run = again(scenario, head, inputs, bundle.evidence or [""])
        why = why_untrue(run.log, scenario, head.seed, inputs)
    except (ValueError, KeyError, TypeError, StopIteration) as error:
        msg = f"its evidence cannot be read: {error}"
        raise TamperedError(msg) from error
    if why:
        raise TamperedError(why)
    return Checked(bundle, scenario, inputs, run.log)


def _scenario(bundle: Bundle) -> Scenario:
    try:
        scenario = scenario_of(bundle.texts)
    except (ScenarioError, ValueError, KeyError) as error:
        msg = f"the scenario in the file does not load: {str(error).splitlines()[0]}"
        raise TamperedError(msg) from error
    if scenario.digest != bundle.head.digest:
        msg = (
            f"the scenario in the file has digest {scenario.digest[:12]}, its header says "
            f"{bundle.head.digest[:12]}"
        )
        raise TamperedError(msg)
    return scenario


def _fits(head: Head, scenario: Scenario) -> None:
    """Raise TamperedError where the header speaks of another incident than the texts."""
    wanted: dict[str, tuple[object, ...]] = {
        "scenario": (scenario.slug,),
        "title": (scenario.title,),
        "mystery": ("", scenario.family),
    }
    for name, values in wanted.items():
        given = getattr(head, name)
        if given not in values:
            msg = f"its header has {name} {_short(given)}; its scenario says {_short(values[-1])}"
            raise TamperedError(msg)
    for name in ("sim_ms", "branched_at"):
        if not -1 <= getattr(head, name) <= LONGEST_MS:
            msg = f"its header has {name} {_short(getattr(head, name))}, which no run comes to"
            raise TamperedError(msg)


def _bounded(inputs: list[Input]) -> None:
    """Raise ValueError for inputs that would keep a machine busy for ever."""
    for given in inputs:
        amount = given.payload.get("amount_ms", 0)
        if not 0 <= given.at <= LONGEST_MS or not 0 <= amount <= LONGEST_MS:
            msg = f"an input at {given.at} ms, beyond the end of any night"
            raise ValueError(msg)


def _compare(stored: list[str], made: list[str], epoch: Epoch) -> None:
    """Raise TamperedError at the first record that is not what the inputs make."""
    for number, (there, here) in enumerate(zip(stored, made, strict=False)):
        if there != here and _as_today(there) != here:
            raise TamperedError(_difference(number, json.loads(there), json.loads(here), epoch))
    if len(stored) != len(made):
        msg = f"{len(stored)} records of evidence, but the inputs make {len(made)}"
        raise TamperedError(msg)


def _as_today(text: str) -> str:
    """Return a record with the fields that records have got since it was written."""
    try:
        return encode(decode(text))
    except (ValueError, TypeError):
        return text


def _difference(
    number: int, there: dict[str, object], here: dict[str, object], epoch: Epoch
) -> str:
    at = here.get("at")
    when = epoch.datetime(at).strftime("%H:%M:%S") if isinstance(at, int) else "?"
    where = f"evidence {number} ({here.get('kind')} at {when})"
    names = sorted({*there, *here})
    name = next(name for name in names if there.get(name) != here.get(name))
    return (
        f"{where}: {name} is {_short(there.get(name))} in the file, but the inputs make "
        f"{_short(here.get(name))}"
    )


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def take_in(checked: Checked, store: RunStore, *, holder: str) -> RunRow:
    """Store a checked export as a closed run of *holder* and return it."""
    head = checked.bundle.head
    store.keep_texts(head.digest, json.dumps(checked.scenario.texts))
    row = RunRow(
        id="",
        holder=holder,
        scenario=head.scenario,
        digest=head.digest,
        seed=head.seed,
        engine=head.engine,
        who=head.who,
        created_ms=0,
        sim_ms=head.sim_ms,
        speed=1.0,
        closed=True,
        fence=1,
        epoch=head.epoch,
        practice=head.practice,
        branched_at=head.branched_at,
        mystery=head.mystery,
        backend=head.backend,
    )
    told = checked.bundle.evidence if row.real else ()
    return store.adopt(row, checked.bundle.inputs, told)


def as_played(store: RunStore, row: RunRow, today: Callable[[str], Scenario]) -> Scenario:
    """Return the scenario under whose texts *row* was played if they are here, else today's.

    *today* finds a scenario by its slug; what it raises is raised if there is no other.
    """
    here = missing = None
    try:
        here = today(row.scenario)
    except Exception as error:  # whatever it is, kept texts need no scenario of today
        missing = error
    if here is not None and here.digest == row.digest:
        return here
    found = kept_scenario(store, row) or here
    if found is None:
        assert missing is not None
        raise missing
    return found


def kept_scenario(store: RunStore, row: RunRow) -> Scenario | None:
    """Return the scenario on which *row* was played, if its texts were kept and still load."""
    text = store.texts(row.digest)
    if text is None:
        return None
    try:
        return scenario_of(tuple((name, content) for name, content in json.loads(text)))
    except ScenarioError:
        return None
