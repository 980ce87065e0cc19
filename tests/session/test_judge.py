"""A stored run scores the same to the last digit, whoever computes it, as often as they like."""

import json
import os
import subprocess
import sys
from dataclasses import asdict

import pytest

from sim.scenario import Catalogue
from sim.session.inputs import Input
from sim.session.judge import judge
from sim.session.play import make_player, play
from sim.session.references import NoCache
from sim.session.run import Run, replay

SLUG, SEED = "payments-0247", 3


def scored(inputs: list[Input]) -> str:
    """Return everything that judging the stored *inputs* says."""
    scenario = Catalogue()[SLUG]
    log = replay(scenario, SEED, inputs)
    verdict = judge(log, scenario, SEED, inputs, NoCache())
    card = verdict.card
    entries = [
        (entry.deed.line, entry.saved, entry.points) for entry in verdict.case.ledger.entries
    ]
    return json.dumps([card.total, asdict(card), entries], sort_keys=True)


def stored() -> list[Input]:
    run = Run(Catalogue()[SLUG], SEED, who="junior")
    run.start()
    play(run, make_player(run, "junior"))
    return run.inputs


_AGAIN = """
import json, sys
from sim.session.inputs import Input
from tests.session.test_judge import scored
print(scored([Input(*row) for row in json.load(sys.stdin)]))
"""


@pytest.mark.slow
def test_score_of_a_stored_run_is_the_same_in_every_process():
    inputs = stored()
    rows = json.dumps([(one.at, one.kind, one.payload) for one in inputs])
    found = {scored(inputs)}
    for seed in ("0", "4242"):
        environ = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", _AGAIN],
            input=rows,
            env=environ,
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(done.stdout.strip())
    assert len(found) == 1
    assert json.loads(found.pop())[0] > 30
