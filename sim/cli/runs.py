"""Runs as files, scored again or played on from a moment: export, import, verify, score, branch."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import click
from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sim.cli.play import HOLDER, CannotPlayError, find_scenario, open_store, stored_run
from sim.kernel import Epoch
from sim.scenario import Scenario
from sim.scoring import Reweighed
from sim.session.branching import branch
from sim.session.bundle import SUFFIX, NotABundleError, pack, unpack
from sim.session.export import (
    Checked,
    again,
    check,
    export,
    inputs_of,
    kept_scenario,
    replayed,
    take_in,
)
from sim.session.judge import Verdict, judge
from sim.session.measured import NO_REPLAY, SIMULATED
from sim.session.references import NoCache
from sim.session.storage import RunRow, RunStore

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_NO_TIME = "not a time of day, HH:MM or HH:MM:SS (UTC)"
DAY_MS = 24 * 3_600_000


def scenario_of(store: RunStore, row: RunRow) -> Scenario:
    """Return the scenario on which *row* was played, as it was then if it was kept.

    Raises:
        CannotPlayError: if it is not here any more.
    """
    here = None
    with suppress(CannotPlayError):
        here = find_scenario(row.scenario)
    if here is not None and here.digest == row.digest:
        return here
    found = kept_scenario(store, row)
    if found is not None:
        return found
    if here is None:
        return find_scenario(row.scenario)
    click.echo("note: the scenario has changed since this run was played", err=True)
    return here


def write_export(run: str, file: str | None, database: str) -> Path:
    """Write a closed run to *file* and return where it lies.

    Raises:
        CannotPlayError: if there is no such run, it is open, or the file cannot be written.
    """
    store = open_store(database)
    row = stored_run(store, run, database)
    if not row.closed:
        msg = f"run {run} is still open; close the incident first, since an export tells its truth"
        raise CannotPlayError(msg)
    path = Path(file) if file else Path(f"{_name(row)}{SUFFIX}")
    try:
        told = store.evidence(run)
        path.write_bytes(pack(export(row, store.inputs(run), scenario_of(store, row), told)))
    except NotABundleError as error:
        msg = f"run {run}: {error}"
        raise CannotPlayError(msg) from error
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror}"
        raise CannotPlayError(msg) from error
    return path


def _name(row: RunRow) -> str:
    return f"{row.scenario}-{row.seed}"


def read_export(file: str) -> Checked:
    """Return a checked export.

    Raises:
        CannotPlayError: if it cannot be read, or is not what it says.
    """
    try:
        return check(unpack(Path(file).read_bytes()))
    except OSError as error:
        msg = f"cannot read {file}: {error.strerror}"
        raise CannotPlayError(msg) from error
    except NotABundleError as error:
        msg = f"{file}: {error}"
        raise CannotPlayError(msg) from error


def verified(checked: Checked) -> str:
    """Return what is known of an export that has been checked."""
    bundle = checked.bundle
    head, inputs, records = bundle.head, len(bundle.inputs), len(bundle.evidence)
    what = f"unchanged: {head.scenario}, seed {head.seed}"
    if head.backend == SIMULATED:
        return f"{what}, {inputs} inputs make all {records} records"
    return (
        f"{what}, {inputs} inputs and {records} records of a run on a real cluster ({head.backend}): "
        "measured, so nothing can be played again to prove them"
    )


def take_file(file: str, database: str) -> RunRow:
    """Store the run in *file* and return it; raises CannotPlayError."""
    return take_in(read_export(file), open_store(database), holder=HOLDER)


def is_file(run_or_file: str) -> bool:
    """Return whether what was named is a file rather than a stored run."""
    return run_or_file.endswith(".gz") or Path(run_or_file).is_file()


def rescore(run_or_file: str, database: str, rubric: str | None = None) -> Verdict:
    """Score a stored run or an export from its inputs, under the rubric in the file *rubric* if given.

    Raises:
        CannotPlayError: if there is no such run, or the file or rubric cannot be used.
    """
    other = read_rubric(rubric) if rubric else None
    if is_file(run_or_file):
        checked = read_export(run_or_file)
        _say_mode(checked.bundle.head.practice, checked.bundle.head.branched_at)
        log, scenario, seed = checked.log, checked.scenario, checked.bundle.head.seed
        return _judged(lambda: judge(log, scenario, seed, checked.inputs, NoCache(), other))
    store = open_store(database)
    row = stored_run(store, run_or_file, database)
    if row.mystery and not row.closed:
        msg = f"{row.id} is still open, and its score would say which night it is: close it first"
        raise CannotPlayError(msg)
    _say_mode(row.practice, row.branched_at)
    scenario = scenario_of(store, row)
    inputs = inputs_of(store.inputs(row.id))
    run = again(scenario, row, inputs, store.evidence(row.id))
    return _judged(lambda: judge(run.log, scenario, row.seed, inputs, store, other))


def _judged(work) -> Verdict:  # type: ignore[no-untyped-def]
    try:
        found: Verdict = work()
    except ValueError as error:
        raise CannotPlayError(str(error)) from error
    return found


def _say_mode(practice: bool, branched_at: int) -> None:
    marks = [*(["practice mode"] if practice else []), *(["branched"] if branched_at >= 0 else [])]
    if marks:
        click.echo(f"note: {' and '.join(marks)}; not to be compared with other runs", err=True)


def read_rubric(file: str) -> Reweighed:
    """Return the rubric in a YAML file; raises CannotPlayError."""
    try:
        text = Path(file).read_text(encoding="utf-8")
        return Reweighed.model_validate(YAML(typ="safe").load(text) or {})
    except OSError as error:
        msg = f"cannot read {file}: {error.strerror}"
        raise CannotPlayError(msg) from error
    except YAMLError as error:
        msg = f"{file}: not YAML: {str(error).splitlines()[0]}"
        raise CannotPlayError(msg) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        msg = f"{file}: {where}: {first['msg'].removeprefix('Value error, ')}"
        raise CannotPlayError(msg) from error


def branch_run(run: str, at: str, database: str) -> str:
    """Branch a stored run at the time of day *at* and return the branch's id.

    Raises:
        CannotPlayError: if there is no such run, it is open, or *at* is not within it.
    """
    store = open_store(database)
    row = stored_run(store, run, database)
    scenario = scenario_of(store, row)
    if not row.closed:
        msg = f"run {run} is still open; close the incident before branching it"
        raise CannotPlayError(msg)
    if row.real:
        raise CannotPlayError(NO_REPLAY)
    played = replayed(scenario, row, inputs_of(store.inputs(row.id)))
    # Up, as what comes before the page by a fraction is refused.
    page = played.epoch.datetime(played.paged_at + 999).strftime("%H:%M:%S")
    try:
        ms = moment(at, Epoch.parse(row.epoch or scenario.epoch))
        return branch(store, row.id, ms, played, holder=row.holder).id
    except ValueError as error:
        msg = f"--at {at}: {error}; e.g. --at {page}, when the page came"
        raise CannotPlayError(msg) from error


def moment(text: str, epoch: Epoch) -> int:
    """Return the simulated ms of a time of day (UTC) such as `02:49:30`, in the day after *epoch*.

    Raises:
        ValueError: if it is no time of day.
    """
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise ValueError(_NO_TIME)
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    if hours > 23 or minutes > 59 or seconds > 59:
        raise ValueError(_NO_TIME)
    began = epoch.datetime(0)
    midnight = ((began.hour * 60 + began.minute) * 60 + began.second) * 1000
    wanted = ((hours * 60 + minutes) * 60 + seconds) * 1000
    return (wanted - midnight) % DAY_MS
