"""`uncordon compare` and `bench-players`: which runs are taken, what is left out, what ends with 1."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from sim import ENGINE_VERSION
from sim.cli import main
from sim.cli.prove import Night, Score
from sim.cli.rails import rails
from sim.scenario import Catalogue
from sim.scoring.cohort.sample import Sample
from sim.session.sampling import (
    BRANCHED,
    OPEN,
    PRACTICE,
    player_job,
    sample,
    sample_key,
    stored_job,
    why_not,
)
from sim.session.storage import RunRow, RunStore

SLUG = "payments-0247"
GOOD = {
    "senior": 98.0,
    "junior": 45.0,
    "idle": 10.0,
    "look-then-act": 60.0,
    "blind": 46.0,
    "random": 10.0,
    "rollback-always": 12.0,
    "silence": 9.0,
}
WEIGHTS = {SLUG: 75.0, "payments-heron": 25.0}


def night(slug: str = SLUG, seed: int = 0, **totals: float) -> Night:
    found = {**GOOD, **({"rollback-always": 48.0} if slug != SLUG else {})}
    found |= {name.replace("_", "-"): total for name, total in totals.items()}
    scores = {name: Score(total, 1, 1, false_alarm=False) for name, total in found.items()}
    return Night(slug, seed, scores, 0, "", 0, ())


def broken(*nights: Night, weights: dict[str, float] = WEIGHTS) -> list[str]:
    return [check.name for check in rails(list(nights), weights) if not check.holds]


def test_all_rails_hold() -> None:
    assert broken(night(), night("payments-heron")) == []
    assert broken(night(), weights={SLUG: 1.0}) == []


@pytest.mark.parametrize(
    ("totals", "name"),
    [
        ({"senior": 94}, "senior"),
        ({"junior": 56}, "junior"),
        ({"idle": 13}, "idle"),
        ({"look_then_act": 71}, "look-then-act"),
        ({"blind": 56}, "blind"),
        ({"random": 25}, "random"),
        ({"silence": 70}, "silence"),
        ({"rollback_always": 31}, "rolling back is right"),
    ],
)
def test_each_rail_breaks(totals: dict[str, float], name: str) -> None:
    assert name in broken(night(**totals), night("payments-heron"))


def test_a_policy_that_swings_breaks_the_last_rail() -> None:
    assert broken(night(junior=40), night(seed=1, junior=50), weights={SLUG: 1.0}) == [
        "every policy is steady"
    ]


def test_chance_need_not_be_steady_and_nobody_guesses_nothing_to_be_wrong() -> None:
    calm = night("payments-heron", blind=10)
    scores = {name: replace(one, false_alarm=True) for name, one in calm.scores.items()}
    assert broken(night(random=0), night(seed=1, random=20), replace(calm, scores=scores)) == []
    assert broken(night(), calm) == ["blind"]


@pytest.fixture(scope="module")
def idle() -> Sample:
    return sample(player_job(Catalogue()[SLUG], 3, "idle"))


def test_a_sample_of_a_player(idle: Sample) -> None:
    assert (idle.run, idle.player, idle.total) == (f"player:idle:{SLUG}:3", True, 10.0)
    assert idle.times["mitigate"] is None
    assert idle.looks == []
    assert Sample.loaded(json.loads(json.dumps(idle.dumped()))) == idle


ROW = RunRow("r", "h", SLUG, "d", 0, "e", "trainee", 0, 0, 1.0, True, 1, "")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (ROW, ""),
        (replace(ROW, closed=False), OPEN),
        (replace(ROW, practice=True), PRACTICE),
        (replace(ROW, parent="p"), BRANCHED),
        (replace(ROW, branched_at=5), BRANCHED),
    ],
)
def test_what_is_left_out(row: RunRow, why: str) -> None:
    assert why_not(row) == why


def test_compare_writes_all_files(tmp_path) -> None:
    done = CliRunner().invoke(
        main,
        [
            "compare",
            f"player:idle:{SLUG}:3",
            *("--jobs", "1", "--json", "-", "--csv", f"{tmp_path}/r.csv"),
            *("--html", f"{tmp_path}/r.html", "--database", f"sqlite:///{tmp_path}/r.db"),
        ],
    )
    assert done.exit_code == 0, done.output
    assert list(json.loads(done.stdout)["groups"]) == ["idle"]
    assert (tmp_path / "r.csv").read_text().startswith("group,run,who,incident,seed")
    assert "<svg" in (tmp_path / "r.html").read_text()


def test_of_the_runs_on_one_night_the_first_counts_unless_all_are_asked_for(
    tmp_path, idle: Sample
) -> None:
    url = f"sqlite:///{tmp_path}/r.db"
    store, scenario = RunStore(url, wall_ms=lambda: 1), Catalogue()[SLUG]
    store.keep_texts(scenario.digest, json.dumps(scenario.texts))
    row = replace(ROW, holder="local", digest=scenario.digest, engine=ENGINE_VERSION)
    begun = {"scenario": SLUG, "digest": scenario.digest, "seed": 0, "engine": ENGINE_VERSION}
    mine, again = (store.create(holder="local", who="trainee", sim_ms=0, **begun) for _ in range(2))
    for one in (mine, again):
        store.mark(one.id, one.fence, closed=True)
    copy, foreign = store.adopt(row, []), store.adopt(row, [])
    digests = {mine.id: "a", again.id: "b", copy.id: "a", foreign.id: "c"}
    for run, digest in digests.items():
        key = sample_key(stored_job(store.find(run), scenario, []), scenario.digest)
        one = replace(idle, run=run, who="trainee", player=False, seed=0, digest=digest)
        store.remember(key, json.dumps(one.dumped()))
    store.close()
    words = ["compare", *digests, "--database", url]
    first = CliRunner().invoke(main, words)
    assert first.exit_code == 0, first.output
    assert f"left out: {copy.id}: the same run as {mine.id}; it counts once\n" in first.output
    late = "attempt 2 of the same person at the same night; the first counts"
    assert sum(f"left out: {run}: {late}\n" in first.output for run in (mine.id, again.id)) == 1
    assert first.output.startswith("trainee  2 runs: payments-0247\n")
    every = CliRunner().invoke(main, [*words, "--attempts", "all"])
    assert "trainee  3 runs: payments-0247 (1 of them a later attempt at a night)" in every.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["compare", "nothing"], "no run 'nothing'"),
        (["compare", "--group", "x"], "write NAME=RUN,RUN"),
        (["compare", "player:nobody:payments-0247"], "no player 'nobody'"),
        (["compare", "player:idle:nowhere"], "nowhere"),
        (["compare", "player:idle:payments:5-1"], "from a lower to a higher"),
        (["compare", "player:"], "write player:NAME:INCIDENT:SEEDS"),
        (["compare"], "there is no run to compare"),
        (["bench-players", "--seeds", "x"], "write A-B"),
        (["bench-players", "--players", "nobody"], "no player 'nobody'"),
        (["bench-players", "nowhere"], "nowhere"),
    ],
)
def test_mistakes_are_one_line(words: list[str], said: str, tmp_path) -> None:
    environ = {"UNCORDON_DATABASE": f"sqlite:///{tmp_path}/r.db"}
    done = CliRunner().invoke(main, words, env=environ)
    assert done.exit_code == 1
    assert said in done.output
    assert done.output.count("\n") == 1


def test_the_rails_that_are_cheap_hold_on_a_seed_that_nothing_was_tuned_on() -> None:
    done = CliRunner().invoke(
        main, ["bench-players", SLUG, "--seeds", "4711", "--players", "senior,idle", "--jobs", "1"]
    )
    assert done.exit_code == 0, done.output
    assert done.output.count("ok  ") == 3
