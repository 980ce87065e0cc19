"""Makes runs comparable: a stored one, one in a file, or a scripted player's, each played again and scored.

A sample is a pure function of its job, so it is worked out anywhere and remembered by its key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from sim import ENGINE_VERSION
from sim.scenario import Scenario
from sim.scenario.loader import scenario_of
from sim.scoring.cohort.sample import Sample, sample_of
from sim.session.bundle import Bundle
from sim.session.export import again, inputs_of
from sim.session.inputs import Input
from sim.session.job import Job
from sim.session.judge import judge
from sim.session.measured import SIMULATED
from sim.session.play import make_player, play, player_names
from sim.session.references import Cache, NoCache
from sim.session.run import Run
from sim.session.storage import RunRow

UNNAMED = "trainee"
"""Who plays where nobody has said his name."""
OPEN = "still open"
PRACTICE = "played in practice mode"
BRANCHED = "branched from another run"
FORMAT = 2
"""Part of the keys: a sample of another shape is made anew."""


def why_not(row: RunRow) -> str:
    """Return why a stored run is not compared; empty: it is."""
    if not row.closed:
        return OPEN
    if row.practice:
        return PRACTICE
    return "" if row.compared and row.branched_at < 0 else BRANCHED


def why_not_file(bundle: Bundle) -> str:
    """Return why a run in a file is not compared; empty: it is."""
    if bundle.head.practice:
        return PRACTICE
    return "" if bundle.head.branched_at < 0 else BRANCHED


def stored_job(
    row: RunRow,
    scenario: Scenario,
    inputs: list[tuple[int, str, str]],
    told: Sequence[str] = (),
) -> Job:
    """Return the job that makes a sample of a stored run; *told* is a real one's evidence."""
    return Job(
        "sample",
        scenario.texts,
        row.seed,
        row.who,
        row.epoch,
        inputs,
        named=row.id,
        told=list(told),
    )


def file_job(bundle: Bundle, name: str) -> Job:
    """Return the job that makes a sample of a run in a file, called *name*."""
    head = bundle.head
    return Job(
        "sample",
        bundle.texts,
        head.seed,
        head.who,
        head.epoch,
        list(bundle.inputs),
        named=name,
        told=bundle.evidence if head.backend != SIMULATED else [],
    )


def player_job(scenario: Scenario, seed: int, player: str) -> Job:
    """Return the job that lets *player* play a night and makes a sample of it.

    Raises:
        KeyError: if no such player can play it.
    """
    if player not in (names := player_names(scenario)):
        msg = f"no player {player!r}; there are: {', '.join(names)}"
        raise KeyError(msg)
    name = f"player:{player}:{scenario.slug}:{seed}"
    return Job("player", scenario.texts, seed, player, named=name)


def sample_key(job: Job, digest: str) -> str:
    """Return under which key a sample is remembered; *digest* is the scenario's."""
    return f"sample{FORMAT}/{job.named}/{digest}/{ENGINE_VERSION}"


def sample(job: Job, cache: Cache | None = None) -> Sample:
    """Do *job*: play it (again), score it, and return it as a sample."""
    scenario = scenario_of(job.texts)
    kept = NoCache() if cache is None else cache
    if job.task == "player":
        run = Run(scenario, job.seed, who=job.who)
        run.start()
        play(run, make_player(run, job.who))
        log, inputs = run.finish(), run.inputs
    else:
        inputs = inputs_of(job.inputs)
        log = again(scenario, job, inputs, job.told).log
    verdict = judge(log, scenario, job.seed, inputs, kept)
    by_script = job.who in player_names(scenario)
    return sample_of(
        verdict.card,
        verdict.case,
        run=job.named,
        who=job.who,
        player=by_script,
        digest=_digest(scenario, job, inputs),
    )


def _digest(scenario: Scenario, job: Job, inputs: list[Input]) -> str:
    """Return what a run and its copies have in common, and no other run has."""
    given = [[one.at, one.kind, one.payload] for one in inputs]
    text = json.dumps([scenario.digest, job.seed, job.epoch, job.who, given], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def person_of(who: str, holder: str = "") -> str:
    """Return who a person is in a comparison, empty if that cannot be told.

    A name that was given counts; without one a stored run is its *holder*'s, and of a run from
    elsewhere nobody knows whose it is.
    """
    return f"called {who}" if who != UNNAMED else holder and f"holder {holder}"


def person_of_row(row: RunRow) -> str:
    """Return who played a stored run: see `person_of`."""
    return person_of(row.who, "" if row.adopted else row.holder)
