"""A prober's figure beside that of users: one stretch of time for both, and no point hangs on it."""

import pytest

from sim.cli.scorecard import scorecard_json, scorecard_text
from sim.evidence import EvidenceLog, ProbeRecord
from sim.scenario import Catalogue
from sim.scoring import Story
from sim.session.debrief import make_debrief
from sim.session.judge import judge
from sim.session.probed import probed
from sim.session.references import NoCache
from sim.session.run import Run

EVERY_MS = 5_000


@pytest.fixture(scope="module")
def run(scenario):
    run = Run(scenario, 0)
    run.start()
    return run


@pytest.fixture(scope="module")
def alarm():
    return Catalogue()["payments-swift"]


@pytest.fixture(scope="module")
def log(run):
    return run.finish()


def with_probes(log, fault, until, bad):
    """Return *log* with a probe every five seconds, one in *bad* of them failed."""
    probes = [
        ProbeRecord(at=at, application="payment-service", probes=1, failed=int(not number % bad))
        for number, at in enumerate(range(fault - 60_000, until, EVERY_MS), start=1)
    ]
    return EvidenceLog([*log, *probes])


def test_without_a_prober_there_is_no_figure(log, scenario):
    assert probed(Story(log, scenario)) is None


def test_it_counts_while_users_fail(log, scenario):
    story = Story(log, scenario)
    fault, end = story.run.fault_at, log[len(log) - 1].at
    found = probed(Story(with_probes(log, fault, end, 4), scenario))
    assert (found["from"], found["to"]) == (fault, end)
    assert found["probes"] == (end - fault) // EVERY_MS
    assert found["failed"] == pytest.approx(found["probes"] / 4, abs=1)
    assert found["users"] == pytest.approx(
        story.impact.lost(fault, end) / story.impact.wanted(fault, end), rel=1e-5
    )
    assert found["words"].startswith(f"the prober failed {found['failed']} of {found['probes']} ")
    assert " while users failed 1" in found["words"]
    assert "to the end (02:42:46 to 03:47:00)" in found["words"]


def test_on_a_false_alarm_nobody_failed(alarm):
    run = Run(alarm, 0)
    run.start()
    log = run.finish()
    fault, end = Story(log, alarm).run.fault_at, log[len(log) - 1].at
    found = probed(Story(with_probes(log, fault, end, 60), alarm))
    assert (found["from"], found["to"]) == (fault, end)
    assert "both from when figures began to look bad to the end" in found["words"]


def test_no_point_hangs_on_it(run, log, scenario):
    fault = Story(log, scenario).run.fault_at
    plain, other = (
        judge(one, scenario, 0, run.inputs, NoCache())
        for one in (log, with_probes(log, fault, fault + 600_000, 2))
    )
    assert other.card == plain.card
    assert "prober" not in scorecard_json(plain)
    assert scorecard_json(other)["prober"]["failed"] == 60
    assert "The prober failed 60 of 119 probes" in " ".join(scorecard_text(other).split())
    assert make_debrief(plain, NoCache())["prober"] is None
    assert make_debrief(other, NoCache())["prober"]["probes"] == 119
