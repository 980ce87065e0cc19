"""Paths that nobody wrote down are worth what the playbook's is worth; luck without a look is not."""

from __future__ import annotations

import resource

import pytest

from sim.evidence import EvidenceLog
from sim.players import Pause, Type
from sim.scenario import Catalogue, Scenario
from sim.scoring import References, Scorecard, Scoring
from sim.session.branch import Branches
from sim.session.judge import judge
from sim.session.play import make_player, play
from sim.session.references import NoCache
from sim.session.run import Run
from tests.scoring.evening import EXPERT, UNTOUCHED, lost
from tests.scoring.unforeseen import WAY, another_way

NEAR = 8
"""Points by which another expert's evening may differ."""
CACHE = NoCache()
MANY = 30


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


def busy() -> list[str]:
    """Return lines that change something, most of them to no effect."""
    app, where = "deployment/payment-service", "-n payments"
    lines = [f"kubectl annotate {app} {where} note={number} --overwrite" for number in range(8)]
    lines += [f"kubectl scale {app} {where} --replicas={count}" for count in (5, 6, 4)]
    lines += [f"kubectl cordon node-worker-{number}" for number in (1, 2)]
    lines += [f"kubectl rollout restart {app} {where}"]
    lines += [f"kubectl uncordon node-worker-{number}" for number in (1, 2)]
    lines += [f"kubectl label pods {where} --all turn={turn} --overwrite" for turn in range(8)]
    lines += [
        f"kubectl run d{turn} {where} --image=nicolaka/netshoot -- sleep 99" for turn in range(3)
    ]
    return [*lines, *(f"kubectl delete pod d{turn} {where} --wait=false" for turn in range(3))]


def typing():
    for line in busy():
        yield Pause(40_000)
        yield Type("kubectl get pods -n payments -o wide")
        yield Pause(20_000)
        yield Type(line)


def spent() -> float:
    """Return the CPU seconds of this process and of those that it waited for."""
    every = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in every)


@pytest.fixture(scope="module")
def many(spec) -> tuple[EvidenceLog, Branches]:
    run = Run(spec, 0)
    run.start()
    play(run, typing())
    return run.finish(), Branches(spec, 0, run.inputs)


@pytest.mark.slow
def test_lines_come_within_a_second_and_thirty_actions_within_fifteen(spec, many):
    log, branches = many
    before = spent()
    scoring = Scoring(log, spec, References(lost(UNTOUCHED), lost(EXPERT)), branches)
    scoring.at_once()
    scoring.story.impact.curve(0, scoring.story.horizon, 15_000)
    assert spent() - before < 1
    assert len(scoring.story.deeds) == MANY
    scoring.finish()
    assert spent() - before < 15
