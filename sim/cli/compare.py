"""`uncordon compare`: which runs, in which groups; they are scored in parallel processes."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from sim.cli.play import HOLDER, CannotPlayError, open_store, stored_run
from sim.cli.prove import nights_of
from sim.cli.runs import is_file, read_export, scenario_of
from sim.scenario import Catalogue, ScenarioError
from sim.scoring.cohort.attempts import Entrant
from sim.scoring.cohort.sample import Sample
from sim.session.bundle import SUFFIX
from sim.session.job import Job
from sim.session.sampling import (
    file_job,
    person_of,
    person_of_row,
    player_job,
    sample,
    sample_key,
    stored_job,
    why_not,
    why_not_file,
)
from sim.session.storage import RunRow, RunStore

PLAYER = re.compile(r"player:([a-z0-9-]+)(?::([a-z0-9-]+))?(?::(\d+)(?:-(\d+))?)?")
"""`player:senior:payments-0247:0-9`: a scripted player on an incident's, or a family's, seeds."""
FAMILY, LAST_SEED = "payments", 4
"""What a player plays where nothing is said."""
MOST_RUNS = 2000
BY = ("who", "incident", "player")
FROM_ELSEWHERE = 2**62
"""When a run in a file began is not known; those that were played here come first."""


@dataclass(slots=True)
class Task:
    """One run to make a sample of: a job, or a file that has to be read and checked first."""

    job: Job | None = None
    file: str = ""
    key: str = ""
    """Under which it is remembered, if it is."""
    person: str = ""
    """Who played it: see `sim.session.sampling.person_of`."""
    began_ms: int = FROM_ELSEWHERE


@dataclass(slots=True)
class Gathered:
    """The runs that somebody named."""

    tasks: dict[str, list[Task]] = field(default_factory=dict)
    """Group -> its runs; the group `""` is parted later."""
    left_out: list[tuple[str, str]] = field(default_factory=list)


class Gathering:
    """Finds runs by what people call them."""

    def __init__(self, database: str, incident: str | None) -> None:
        """Look into *database*; with *incident* only at runs of it, or of its family."""
        self._database = database
        self._store: RunStore | None = None
        self._catalogue = Catalogue()
        self._incident = incident
        self._slugs = self._nights(incident) if incident else None
        self._found = Gathered()

    @property
    def store(self) -> RunStore:
        """The store, opened when it is needed; raises CannotPlayError."""
        if self._store is None:
            self._store = open_store(self._database)
        return self._store

    def gather(self, runs: Iterable[str], groups: Iterable[str]) -> Gathered:
        """Return what was named; without anything, all closed runs of this terminal.

        Raises:
            CannotPlayError: if something that was named is not there, or is not understood.
        """
        named = False
        for one in runs:
            named = True
            self._take(one, "")
        for one in groups:
            named = True
            name, equals, members = one.partition("=")
            if not equals or not name.strip() or not members:
                raise CannotPlayError(f"--group {one!r}: write NAME=RUN,RUN")
            for member in filter(None, members.split(",")):
                self._take(member, name.strip())
        if not named:
            for row in self.store.runs(HOLDER):
                self._row(row, "")
        if sum(map(len, self._found.tasks.values())) > MOST_RUNS:
            raise CannotPlayError(f"at most {MOST_RUNS} runs are compared at once")
        return self._found

    def _take(self, text: str, group: str) -> None:
        if text.startswith("player:"):
            self._player(text, group)
        elif Path(text).is_dir():
            found = sorted(Path(text).glob(f"*{SUFFIX}"))
            if not found:
                raise CannotPlayError(f"{text}: no file that ends in {SUFFIX}")
            for path in found:
                self._add(group, Task(file=str(path)))
        elif is_file(text):
            self._add(group, Task(file=text))
        else:
            self._row(stored_run(self.store, text, self._database), group)

    def _row(self, row: RunRow, group: str) -> None:
        if self._slugs is not None and row.scenario not in self._slugs:
            return
        if why := why_not(row):
            self._found.left_out.append((row.id, why))
            return
        scenario = scenario_of(self.store, row)
        job = stored_job(row, scenario, self.store.inputs(row.id), self.store.evidence(row.id))
        key = sample_key(job, scenario.digest)
        self._add(group, Task(job, "", key, person_of_row(row), row.created_ms))

    def _player(self, text: str, group: str) -> None:
        match = PLAYER.fullmatch(text)
        if match is None:
            raise CannotPlayError(
                f"{text!r}: write player:NAME:INCIDENT:SEEDS, e.g. player:senior:{FAMILY}:0-4"
            )
        name, incident, first, last = match.groups()
        low = int(first or 0)
        high = int(last) if last else low if first else LAST_SEED
        if not low <= high < low + MOST_RUNS:
            raise CannotPlayError(f"{text!r}: seeds go from a lower to a higher one")
        try:
            for slug in self._nights(incident or self._incident or FAMILY):
                scenario = self._catalogue[slug]
                for seed in range(low, high + 1):
                    job = player_job(scenario, seed, name)
                    self._add(group, Task(job, key=sample_key(job, scenario.digest)))
        except (KeyError, ScenarioError) as error:
            raise CannotPlayError(str(error.args[0])) from error

    def _nights(self, name: str) -> list[str]:
        try:
            return list(nights_of(name, self._catalogue))
        except (KeyError, ScenarioError) as error:
            raise CannotPlayError(str(error.args[0])) from error

    def _add(self, group: str, task: Task) -> None:
        self._found.tasks.setdefault(group, []).append(task)

    def wanted(self, one: Sample) -> bool:
        """Return whether a run is of the incident that was asked for."""
        return self._slugs is None or one.slug in self._slugs

    def samples(
        self, found: Gathered, *, jobs: int, progress: Callable[[], object] = lambda: None
    ) -> dict[str, list[Entrant]]:
        """Return group -> samples, remembered ones without playing them again.

        Raises:
            CannotPlayError: if a file is not what it says, or a run cannot be played.
        """
        tasks = [task for group in found.tasks.values() for task in group]
        made: dict[int, Sample] = {}
        left: list[Task] = []
        for task in tasks:
            text = self._store.cached(task.key) if self._store and task.key else None
            if text is None:
                left.append(task)
            else:
                made[id(task)] = Sample.loaded(json.loads(text))
                progress()
        refused: dict[int, tuple[str, str]] = {}
        for place, one in _parallel(left, jobs):
            task = left[place]
            if isinstance(one, str):
                refused[place] = (task.file, one)
            else:
                made[id(task)] = one
                if self._store and task.key:
                    self._store.remember(task.key, json.dumps(one.dumped()))
            progress()
        found.left_out += [refused[place] for place in sorted(refused)]
        return {
            name: [
                Entrant(known, task.person or person_of(known.who), task.began_ms)
                for task in group
                if (known := made.get(id(task))) is not None and self.wanted(known)
            ]
            for name, group in found.tasks.items()
        }


def _parallel(tasks: list[Task], jobs: int) -> Iterator[tuple[int, Sample | str]]:
    """Yield each task's number and what `_work` made of it, as it comes."""
    if len(tasks) < 2 or jobs == 1:
        yield from enumerate(map(_work, tasks))
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(tasks)), mp_context=context) as pool:
        places = {pool.submit(_work, task): place for place, task in enumerate(tasks)}
        try:
            for done in as_completed(places):
                yield places[done], done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _work(task: Task) -> Sample | str:
    """Return a task's sample, or why its file is left out."""
    job = task.job
    if job is None:
        bundle = read_export(task.file).bundle
        if why := why_not_file(bundle):
            return why
        job = file_job(bundle, Path(task.file).name.removesuffix(SUFFIX))
    return sample(job)


def processes(jobs: int | None) -> int:
    """Return how many processes are meant by `--jobs`."""
    return jobs or os.cpu_count() or 1


def parted(groups: dict[str, list[Entrant]], by: str) -> dict[str, list[Entrant]]:
    """Return the groups; runs that were put into none are parted by *by*."""
    found = {name: group for name, group in groups.items() if name}
    for entrant in groups.get("", []):
        one = entrant.sample
        name = {
            "who": one.who,
            "incident": one.slug,
            "player": one.who if one.player else "people",
        }[by]
        found.setdefault(name, []).append(entrant)
    return found
