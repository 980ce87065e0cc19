"""`uncordon compare` and `bench-players`: which runs are taken, what is left out, what ends with 1."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from sim.cli import main
from sim.cli.prove import Night, Score
from sim.cli.rails import rails
from sim.scenario import Catalogue
from sim.scoring.cohort.sample import Sample
from sim.session.sampling import BRANCHED, OPEN, PRACTICE, player_job, sample, why_not
from sim.session.storage import RunRow

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
