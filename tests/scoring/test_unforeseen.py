"""Paths that nobody wrote down are worth what the playbook's is worth; luck without a look is not."""

from __future__ import annotations

import pytest

from sim.scenario import Catalogue, Scenario
from sim.scoring import Scorecard
from sim.session.judge import judge
from sim.session.play import make_player, play
from sim.session.references import NoCache
from sim.session.run import Run
from tests.scoring.unforeseen import WAY, another_way

NEAR = 8
"""Points by which another expert's evening may differ."""
CACHE = NoCache()


def played(spec: Scenario, name: str) -> Scorecard:
    run = Run(spec, 0)
    run.start()
    play(run, make_player(run, name))
    return judge(run.finish(), spec, 0, run.inputs, CACHE).card


@pytest.fixture(scope="module")
def spec() -> Scenario:
    return Catalogue()["payments-0247"]


@pytest.fixture(scope="module")
def expected(spec) -> float:
    return played(spec, "senior").total


@pytest.mark.slow
@pytest.mark.parametrize("name", list(WAY))
def test_unforeseen_path_is_worth_what_the_playbooks_is(spec, expected, name):
    book = another_way(spec.player("senior"), name)
    card = played(spec.model_copy(update={"players": (*spec.players, book)}), name)
    missing = {one.id: one.points - one.of for one in card.findings if one.points < one.of}
    assert card.total == pytest.approx(expected, abs=NEAR), missing


@pytest.mark.slow
@pytest.mark.parametrize(("name", "low", "high"), [("blind", 38, 55), ("look-then-act", 55, 70)])
def test_luck_and_thoroughness_alone_do_not_pass(spec, name, low, high):
    assert low <= played(spec, name).total <= high
