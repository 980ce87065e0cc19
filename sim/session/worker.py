"""Works out what takes seconds (ledger, film, references) in a process of its own, one at a time.

A server's threads would hold up every page meanwhile. The process gets jobs as lines of JSON, does each
in a copy of itself and sends lines back as results come, the last of a job being `ended` with its status; it
opens no database, and ends with its parent.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import sys
from dataclasses import replace
from functools import partial
from typing import Any, TextIO

from sim.scenario import Scenario
from sim.scenario.loader import scenario_of
from sim.scoring import Impact, Scoring, Story
from sim.session.branch import Branches
from sim.session.bundle import pack
from sim.session.copies import can_copy, end_with_parent, status_in_copy
from sim.session.debrief import JUNIOR, curve, ledger_row, make_debrief
from sim.session.export import again, export, inputs_of, replayed
from sim.session.film import shoot
from sim.session.job import Job, impact_json
from sim.session.judge import EXPERT, UNTOUCHED, trial
from sim.session.measured import NO_REPLAY
from sim.session.references import reference
from sim.session.retold import bets
from sim.session.sampling import sample
from sim.session.storage import RunRow

NICE = 5
"""Pages come first."""


class PipeCache:
    """Knows what the job brought along, and sends back what is to be remembered."""

    def __init__(self, known: dict[str, str], out: TextIO) -> None:
        """Begin with *known*."""
        self._known = dict(known)
        self._out = out

    def cached(self, key: str) -> str | None:
        """Return what was brought or worked out."""
        return self._known.get(key)

    def remember(self, key: str, value: str) -> None:
        """Send *value* back, and keep it."""
        self._known[key] = value
        _send(self._out, {"remember": [key, value]})


def work(job: Job, out: TextIO) -> None:
    """Do *job* and send what comes of it to *out*: `remember`, `row`, and at last `result`."""
    scenario = scenario_of(job.texts)
    cache = PipeCache(job.known, out)
    if job.task == "references":
        there = {UNTOUCHED, *(book.player for book in scenario.players)}
        for player in (UNTOUCHED, EXPERT, JUNIOR):
            if player in there:
                reference(scenario, job.seed, player, cache)
        _with_parent(job, scenario, cache)
        _send(out, {"result": None})
        return
    if job.task in ("sample", "player"):
        _send(out, {"result": sample(job, cache).dumped()})
        return
    if job.task == "export":
        file = pack(export(RunRow(**job.stored), job.inputs, scenario, job.told or ()))
        _send(out, {"result": base64.b64encode(file).decode()})
        return
    inputs = inputs_of(job.inputs)
    if job.told and job.task in ("film", "without"):
        raise ValueError(NO_REPLAY)
    if job.task == "film":
        _send(out, {"result": shoot(scenario, job.seed, inputs, epoch=job.epoch)})
        return
    if job.task == "without":
        other = Branches(scenario, job.seed, inputs, epoch=job.epoch)(frozenset(job.leave_out))
        run = replayed(scenario, job, inputs)
        _send(out, {"result": curve(Impact.of(other), Story(run.log, scenario))})
        return
    run = again(scenario, job, inputs, job.told)
    if job.task == "bets":
        _send(out, {"result": bets(Story(run.log, scenario))})
        return
    held = trial(run.log, scenario, job.seed, inputs, cache)
    mode = _with_parent(job, scenario, cache).mode()
    _rows(held.scoring, out)
    verdict = held.verdict()
    _send(out, {"result": make_debrief(verdict, cache, mode, held.scoring.sooner())})


def _with_parent(job: Job, scenario: Scenario, cache: PipeCache) -> Job:
    """Return *job* with how users fared in the run from which its own was branched, played if need be."""
    if not job.parent:
        return job
    before = impact_json(Impact.of(replayed(scenario, job, inputs_of(job.parent)).log))
    cache.remember(job.parent_key, json.dumps(before))
    return replace(job, before=before)


def _rows(scoring: Scoring, out: TextIO) -> None:
    blank = scoring.blank
    for entry in scoring.rows():
        _send(out, {"row": ledger_row(entry, blank)})


def _send(out: TextIO, message: dict[str, Any]) -> None:
    out.write(json.dumps(message, separators=(",", ":")) + "\n")
    out.flush()


def do(line: str, out: TextIO) -> int:
    """Do the job that *line* holds and return its status; what goes wrong is told as `failed`."""
    try:
        work(Job.loads(line), out)
    except Exception as error:  # the edge: who waits is told why, the log has the whole
        logging.getLogger(__name__).exception("a job came to nothing")
        first = str(error).partition("\n")[0]
        _send(out, {"failed": f"{type(error).__name__}: {first}"})
        return 1
    return 0


def main() -> None:
    """Do the jobs that come by standard input, one after the other, until there are no more."""
    end_with_parent()
    os.nice(NICE)
    out = sys.stdout
    # Whatever the model might print must not get between the results.
    sys.stdout = sys.stderr
    for line in iter(sys.stdin.readline, ""):
        # What a job has grown to is given back with its copy.
        status = status_in_copy(partial(do, line, out)) if can_copy() else do(line, out)
        _send(out, {"ended": status})


if __name__ == "__main__":
    main()
