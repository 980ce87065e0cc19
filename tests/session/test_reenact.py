"""A real run's score: its actions done again in the simulator, under the simulator's names."""

import json
from dataclasses import replace

import pytest

from sim.evidence import ActionRecord, EvidenceLog, ImpactRecord, encode
from sim.scenario import Catalogue
from sim.scoring import Impact, Story
from sim.session.branching import branch
from sim.session.bundle import NotABundleError, pack, unpack
from sim.session.debrief import ledger_row, make_debrief
from sim.session.export import TamperedError, again, check, export, take_in
from sim.session.fidelity import Side, note_events, report, simulated_side
from sim.session.job import Job
from sim.session.judge import judge, trial
from sim.session.measured import MEASURED, NO_REPLAY, last_words
from sim.session.play import make_player, play
from sim.session.real import RealHands
from sim.session.reenact import NOTHING, OUTSIDE, reenact, workload
from sim.session.references import NoCache
from sim.session.review import Reviews
from sim.session.sampling import sample, stored_job
from sim.session.storage import RunStore
from tests.session.fakekind import FakeGround, Wall, begin


@pytest.fixture(scope="module")
def scenario():
    return Catalogue()["payments-0247"]


@pytest.fixture(scope="module")
def cache():
    return NoCache()


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = RunStore(f"sqlite:///{tmp_path_factory.mktemp('real')}/u.db", wall_ms=lambda: 1)
    yield store
    store.close()


@pytest.fixture(scope="module")
def played(scenario, store):
    """The expert's run on a cluster that is not the simulator's, closed; with its events."""
    wall = Wall()
    session = begin(scenario, store, wall, FakeGround(), who="senior")

    def watcher(step, shown):
        if shown is None and step.line.startswith("incident close"):
            note_events(session.run)

    hands = RealHands(session, wall.sleep)
    play(session.run, make_player(session.run, "senior"), watcher=watcher, hands=hands)
    assert session.closed
    session.wait_left()
    return session


@pytest.fixture(scope="module")
def verdict(played, scenario, cache):
    return judge(played.run.finish(), scenario, 0, played.run.inputs, cache)


@pytest.fixture(scope="module")
def made(played, scenario):
    return reenact(Story(played.run.log, scenario), 0, played.run.inputs)


def line(inputs, start):
    return next(
        one.payload["line"] for one in inputs if one.payload.get("line", "").startswith(start)
    )


def test_names_become_the_simulators_at_the_moment_at_which_they_were_typed(played, made):
    bad, good = played.run.roles["node.bad"], made.story.roles["node.bad"]
    assert bad != good
    assert line(made.inputs, "kubectl cordon") == f"kubectl cordon {good}"
    there = {
        action.target.rpartition("/")[2]
        for action in made.log.of(ActionRecord)
        if action.verb == "delete" and action.input >= 0
    }
    words = line(made.inputs, "kubectl delete pod").split()[3:5]
    assert set(words) <= there
    assert len(set(words)) == 2


def test_every_action_of_the_expert_is_done_likewise(made):
    assert dict(made.unmeasured) == {}


def test_inputs_come_as_long_after_the_page_as_they_did(played, made):
    for real, there in zip(played.run.inputs, made.inputs, strict=True):
        assert there.at - made.story.paged_at == real.at - played.run.paged_at


def test_effects_come_from_the_simulator_and_say_so(verdict, scenario):
    entries = {entry.deed.line.split()[1]: entry for entry in verdict.case.ledger.entries}
    assert verdict.case.ledger.source == "from the simulator"
    assert entries["cordon"].saved > 0.5 * verdict.none.loss
    assert entries["uncordon"].cost == 0
    assert verdict.card.backend == "kind"
    assert verdict.card.total > 85


def test_the_loss_is_the_measured_one(verdict, played):
    story = verdict.case.story
    whole = Impact.of(played.run.log).lost(story.run.fault_at, story.horizon)
    assert verdict.card.reported["requests_lost"] == pytest.approx(whole, rel=0.01)
    assert verdict.case.ledger.loss != verdict.case.loss


def test_references_stand_beside_the_runs_own_page(verdict):
    assert verdict.none.paged_at == verdict.case.story.paged_at
    assert verdict.expert.steps[0].at - verdict.case.story.paged_at == 15_002


def test_what_the_simulator_does_not_do_is_not_measured_and_costs_nothing(played, scenario, cache):
    records = []
    for record in played.run.log:
        records.append(record)
        if isinstance(record, ActionRecord) and record.target.startswith("nodes/"):
            given = record.input
            outside = "made outside the terminal by kubernetes-admin"
            records[-1] = replace(record, target="services/payments/postgres", verb="delete")
            deed = replace(
                record, input=given + 1, command=-1, target="secrets/x/y", detail=outside
            )
            records.append(deed)
    log = EvidenceLog(records)
    found = reenact(Story(log, scenario), 0, played.run.inputs).unmeasured
    assert OUTSIDE in found.values()
    assert any(why != OUTSIDE for why in found.values())
    ledger = trial(log, scenario, 0, played.run.inputs, cache).scoring.case.ledger
    for entry in ledger.entries:
        if entry.unmeasured:
            assert (entry.saved, entry.cost) == (0, 0)
    told = [ledger_row(entry, ledger)["told"] for entry in ledger.entries]
    assert [outside] in told
    assert {tuple(one) for one in told} == {(), (outside,)}


def test_a_line_that_does_nothing_in_the_simulator_is_not_measured(played, scenario):
    inputs = [
        replace(one, payload={"terminal": "t1", "line": "true"})
        if one.payload.get("line", "").startswith("kubectl cordon")
        else one
        for one in played.run.inputs
    ]
    found = reenact(Story(played.run.log, scenario), 0, inputs).unmeasured
    assert list(found.values()) == [NOTHING, NOTHING]  # nor is there anything to take back


def test_what_ended_there_and_still_runs_in_the_simulator_holds_nothing_up(played, scenario):
    inputs = [
        replace(one, payload={"terminal": "t1", "line": "sleep 900"})
        if one.payload.get("line", "").startswith("kubectl describe node")
        else one
        for one in played.run.inputs
    ]
    made = reenact(Story(played.run.log, scenario), 0, inputs)
    assert dict(made.unmeasured) == {}
    cordon = next(one for one in made.inputs if "cordon" in one.payload.get("line", ""))
    assert cordon.payload["terminal"] != "t1"


@pytest.mark.parametrize(
    ("pod", "name"),
    [
        ("payment-service-6b999b6779-tbr4q", "payment-service"),
        ("postgres-77d4c5b98-x2x4z", "postgres"),
        ("kube-proxy-mxq6s", "kube-proxy"),
        ("db-0", "db"),
        ("debug-net", "debug-net"),
    ],
)
def test_a_pods_workload_is_told_by_its_name(pod, name):
    assert workload(pod) == name


def test_the_debrief_says_what_was_measured_and_what_was_not(verdict, cache):
    found = make_debrief(verdict, cache)
    assert (found["backend"], found["measured"]) == ("kind", MEASURED)
    assert found["what_if"] == {"sooner": None, "why": NO_REPLAY}
    row = next(one for one in found["ledger"] if "kubectl cordon" in one["line"])
    assert row["from"] == "from the simulator"
    assert "(from the simulator)" in row["effect"]
    junior = [at for at, share in found["curves"]["junior"] if share > 0.05]
    assert min(junior) > verdict.case.story.run.fault_at - 60_000


# -- elsewhere -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bundle(played, store, scenario):
    row = store.find(played.row.id)
    return export(row, store.inputs(row.id), scenario, store.evidence(row.id))


def test_an_export_holds_the_evidence_and_is_scored_alike_elsewhere(
    bundle, verdict, cache, tmp_path
):
    checked = check(unpack(pack(bundle)))
    assert checked.bundle.head.backend == "kind"
    there = RunStore(f"sqlite:///{tmp_path}/there.db", wall_ms=lambda: 1)
    row = take_in(checked, there, holder="h")
    run = again(checked.scenario, row, checked.inputs, there.evidence(row.id))
    scored = judge(run.finish(), checked.scenario, row.seed, run.inputs, cache)
    assert scored.card.total == verdict.card.total
    there.close()


def test_a_changed_export_is_found_out(bundle):
    data = pack(bundle)
    with pytest.raises(NotABundleError):
        unpack(data[:-20])
    first = json.loads(bundle.evidence[0])
    other = [json.dumps({**first, "seed": 7}), *bundle.evidence[1:]]
    with pytest.raises(TamperedError, match="seed 7"):
        check(replace(bundle, evidence=other))
    with pytest.raises(TamperedError, match="entered by no input"):
        check(replace(bundle, inputs=[]))
    with pytest.raises(TamperedError):
        check(replace(bundle, evidence=[]))


def test_a_simulated_export_cannot_pass_for_a_real_one(bundle, scenario):
    with pytest.raises(TamperedError):
        check(replace(bundle, head=replace(bundle.head, backend="simulated")))


def test_nothing_branches_or_leaves_out(played, store, scenario):
    with pytest.raises(ValueError, match="nothing can play again"):
        branch(store, played.row.id, played.run.paged_at, played.run, holder="h")
    reviews = Reviews(store)
    with pytest.raises(ValueError, match="nothing can play again"):
        reviews.without(played, 3)
    assert reviews.film(played)
    assert reviews.state_at(played, played.run.now)["cluster"]["pods"]
    reviews.close()


def test_a_sample_names_its_backend(played, store, scenario, cache, verdict):
    row = store.find(played.row.id)
    job = stored_job(row, scenario, store.inputs(row.id), store.evidence(row.id))
    one = sample(Job.loads(job.dumps()), cache)
    assert (one.backend, one.total) == ("kind", verdict.card.total)


def test_figures_last_as_they_were_in_the_last_half_minute():
    def impact(at, failed):
        return ImpactRecord(
            at=at, application="a", arrivals=10, failed=failed, errors=failed, by={"x": failed}
        )

    log = EvidenceLog([impact(0, 9.0), impact(70_000, 0.0), impact(85_000, 3.0)])
    _, last = last_words(log, 100_000, "horizon")
    assert (last.at, last.failed, last.by) == (100_000, 1.5, {"x": 1.5})


def test_both_backends_side_by_side(played, scenario, cache, verdict):
    real = Side("kind", played.run.log, verdict)
    found = report(scenario, 0, simulated_side(scenario, 0, cache, None), real)
    assert found["holds"]
    assert found["backends"] == ["simulated", "kind"]
    assert abs(found["page_s"]["kind"] - found["page_s"]["simulated"]) < 30
    states = {(row["workload"], row["node"], row["state"]): row for row in found["states"]}
    crash = states["payment-service", "node.bad", "CrashLoopBackOff"]
    assert abs(crash["kind"] - crash["simulated"]) < 30
    assert any(row["reason"] == "BackOff" and row["kind"] for row in found["events"])
    assert all(row["simulated"] is not None for row in found["facts"])
    assert found["sequences"]["kind"]
    lines = {row["line"].split()[1]: row for row in found["answers"]}
    assert lines["cordon"]["same"]
    assert all(row["simulated"] and row["kind"] for row in found["answers"])
    json.dumps(found)


def test_evidence_can_be_read_by_lines(played):
    assert all(json.loads(encode(record))["kind"] for record in played.run.log)
