"""Playing on a real cluster from the command line, and what can be done with such a run afterwards."""

import json
import re

import pytest
from click.testing import CliRunner

from sim.cli import main, real
from sim.session.ground import NoGroundError
from sim.session.measured import MEASURED
from sim.session.real import RealRun
from tests.session.fakekind import FakeGround, Wall

SLUG = "payments-0247"
TELLING = re.compile(r"payments-(0247|heron|wren|swift)|Kestrel|Heron|Wren|Swift")


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('real')}/u.db"


@pytest.fixture
def ground(monkeypatch):
    made, wall = FakeGround(), Wall()
    monkeypatch.setattr(real, "find_ground", lambda context, what, nights: made)
    monkeypatch.setattr(real, "steady_ms", wall)
    monkeypatch.setattr(real, "sleep", wall.sleep)
    return made


def uncordon(*words, given=None):
    return CliRunner().invoke(main, [str(word) for word in words], input=given)


def runs(database):
    from sim.session.storage import RunStore

    store = RunStore(database, wall_ms=lambda: 1)
    found = store.runs("local")
    store.close()
    return found


def test_a_night_is_played_from_a_pipe_and_scored_as_measured(database, ground):
    lines = (
        "incident ack\nkubectl get pods -n payments\nincident close --partial --scope one-node\n"
    )
    done = uncordon(
        "play", SLUG, "--backend", "kind", "--json", "--database", database, given=lines
    )
    assert done.exit_code == 0, done.output
    card = json.loads(done.stdout)
    assert (card["backend"], card["measured"]) == ("kind", MEASURED)
    assert ground.left == 1
    assert "setting up" in done.stderr
    assert "putting the cluster back" in done.stderr
    assert runs(database)[0].closed


def test_leaving_interrupts_it_and_resuming_closes_it_as_it_stands(database, ground):
    done = uncordon(
        "play", SLUG, "--backend", "kind", "--database", database, given="kubectl get nodes\n"
    )
    run = runs(database)[0]
    assert run.interrupted
    assert f"--resume {run.id}" in done.stderr
    again = uncordon("play", "--resume", run.id, "--database", database)
    assert again.exit_code == 0, again.output
    assert "closed as it stands" in again.stderr
    assert MEASURED[1:] in " ".join(again.stdout.split())
    assert runs(database)[0].closed


def test_a_real_run_is_exported_verified_scored_and_not_branched(database, ground, tmp_path):
    run = next(one for one in runs(database) if one.closed)
    file = tmp_path / "run.uncordon.jsonl.gz"
    assert uncordon("export", run.id, file, "--database", database).exit_code == 0
    verified = uncordon("verify", file)
    assert "nothing can be played again to prove them" in verified.output
    scored = uncordon("score", file, "--json")
    stored = uncordon("score", run.id, "--json", "--database", database)
    assert json.loads(scored.stdout)["total"] == json.loads(stored.stdout)["total"]
    refused = uncordon("fidelity", "--run", run.id, "--database", database)
    assert refused.exit_code == 1
    assert "is none that the expert has played to its end" in refused.output
    branched = uncordon("play", "--branch", run.id, "--at", "02:50:00", "--database", database)
    assert branched.exit_code == 1
    assert "nothing can play again" in branched.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--context", "x"), "--context goes with --backend kind"),
        (("--backend", "kind", "--practice"), "cannot wait"),
        (("--backend", "kind", "--resume", "x"), "cannot wait"),
        (("--backend", "kind", "--speed", "2"), "cannot wait"),
    ],
)
def test_what_does_not_go_together_is_refused(words, said):
    done = uncordon("play", SLUG, *words)
    assert done.exit_code == 2
    assert said in done.output


def test_a_drawn_night_is_played_and_named_only_in_the_end(database, ground):
    words = ("play", "payments", "--seed", "11", "--backend", "kind", "--database", database)
    lines = "incident page\nincident changes\nkubectl get pods -A\n"
    left = uncordon(*words, given=lines)
    assert "interrupted: its process has ended" in left.stderr
    assert "payment-service" in left.stdout
    assert not TELLING.search(left.output)
    (run,) = [one for one in runs(database) if one.interrupted and not one.closed]
    assert (run.scenario, run.mystery) == ("payments-swift", "payments")
    assert not TELLING.search(uncordon("score", run.id, "--database", database).output)
    closed = uncordon(*words, "--json", given=f"{lines}incident close --partial --scope one-node\n")
    assert not TELLING.search(closed.stderr)
    assert json.loads(closed.stdout)["scenario"] == "payments-swift"


def test_a_family_is_not_measured(database):
    done = uncordon("fidelity", "payments", "--database", database)
    assert done.exit_code == 1
    assert "payments is a family" in done.output
    assert "payments-0247, payments-heron" in done.output


def test_without_a_cluster_it_says_what_to_do(database, monkeypatch):
    def none(context, what, nights):
        raise NoGroundError(
            "no real cluster to play on: there is none. `uncordon kind up` makes one"
        )

    monkeypatch.setattr(real, "find_ground", none)
    played = ("play", "payments", "--backend", "kind")
    for words in (("play", SLUG, "--backend", "kind"), played, ("fidelity", SLUG)):
        done = uncordon(*words, "--database", database)
        assert done.exit_code == 1
        assert "`uncordon kind up` makes one" in done.output


def test_a_cluster_lost_under_whoever_plays_ends_it_with_a_sentence_and_a_status(
    database, ground, monkeypatch
):
    goes_on = RealRun.advance

    def advance(run, until):
        goes_on(run, until)
        if run.paged and run.now > run.paged_at + 60_000:
            run.broken = "node-worker-3 is gone"

    monkeypatch.setattr(RealRun, "advance", advance)
    played = ("play", SLUG, "--backend", "kind")
    piped = "sleep 90\nkubectl get nodes\n"
    for words, given in (
        ((*played, "--player", "senior"), None),
        (played, piped),
        (("fidelity", SLUG), None),
    ):
        done = uncordon(*words, "--database", database, given=given)
        assert done.exit_code == 1, done.output
        assert done.stderr.count("interrupted: node-worker-3 is gone") == 1
        run = runs(database)[0]
        assert run.interrupted
        assert f"--resume {run.id}" in done.stderr
    assert ground.left == 3


def test_fidelity_prints_both_sides(database, ground):
    done = uncordon("fidelity", SLUG, "--minutes", "3", "--database", database)
    assert "Error rate; seconds since users began to fail" in done.stdout, done.output
    assert "CrashLoopBackOff" in done.stdout
    assert "two-of-four-pods-crash" in done.stdout
    assert "requests lost" in done.stdout
    assert re.search(r"probes that failed, until users were fine +- +-\n", done.stdout)
    assert done.stdout.endswith("Neither mitigated, and within ten points: holds\n")
    assert ground.left == 1
    run = runs(database)[0]
    again = uncordon("fidelity", "--run", run.id, "--minutes", "3", "--database", database)
    assert again.stdout == done.stdout, again.output
