"""A stored run under another rubric, and under another hash seed."""

import json
import os
import subprocess
import sys
from dataclasses import asdict

import pytest
from pydantic import ValidationError

from sim.scoring import References, Reweighed, score_run
from sim.scoring.rubric import ITEMS, TOTAL
from tests.scoring.evening import EXPERT, UNTOUCHED, lost, scenario
from tests.scoring.test_scorecard import perfect


def scored(rubric: Reweighed | None = None):
    evening = perfect()
    references = References(lost(UNTOUCHED), lost(EXPERT))
    return score_run(evening.log(), scenario(), references, evening.replays(), rubric)[0]


def test_items_are_those_of_the_scorecard():
    card = scored()
    assert {one.id: one.of for one in card.findings} == ITEMS
    assert sum(ITEMS.values()) == TOTAL


def test_empty_rubric_changes_nothing():
    assert scored(Reweighed()) == scored()


def test_weights_move_points_and_keep_shares():
    plain, other = scored(), scored(Reweighed(weights={"users-loss": 20.0, "updates": 10.0}))
    for item in ("users-loss", "updates"):
        before, after = plain.finding(item), other.finding(item)
        assert after.points / after.of == pytest.approx(before.points / before.of)
    assert sum(one.of for one in other.findings) == TOTAL


def test_threshold_moves_what_counts_as_fine():
    strict = Reweighed.model_validate({"mitigated_below": 0.0001, "hold": "2m"}, strict=False)
    assert scored(strict).reported["mitigate_s"] is None
    assert scored().reported["mitigate_s"] is not None


@pytest.mark.parametrize(
    ("weights", "told"),
    [({"speed": 5}, "no item 'speed'"), ({"updates": -5}, "0 or more")],
)
def test_rubric_invents_nothing(weights, told):
    with pytest.raises(ValidationError, match=told):
        Reweighed(weights=weights)


def test_weights_must_make_a_hundred():
    with pytest.raises(ValueError, match="95 points; they must make 100"):
        Reweighed(weights={"updates": 0.0}).applied(scenario())


SCRIPT = """
import json
from dataclasses import asdict
from tests.scoring.test_rubric import scored
print(json.dumps(asdict(scored())))
"""


@pytest.mark.parametrize("hash_seed", ["1", "4242"])
def test_score_is_the_same_to_the_last_digit_on_another_hash_seed(hash_seed):
    environment = {
        **os.environ,
        "PYTHONHASHSEED": hash_seed,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    text = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, env=environment
    ).stdout
    assert json.loads(text) == json.loads(json.dumps(asdict(scored())))
