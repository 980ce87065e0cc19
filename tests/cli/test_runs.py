"""Runs as files at the command line: exported, checked, taken in, scored under another rubric, branched."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from sim.cli import main
from sim.cli.play import CannotPlayError
from sim.cli.runs import moment
from sim.kernel import Epoch

EPOCH = Epoch.parse("2026-11-20T01:40:00Z")


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def uncordon(place):
    def run(*words: str, typed: str = "", code: int = 0) -> str:
        environ = {"UNCORDON_DATABASE": f"sqlite:///{place}/runs.db"}
        done = CliRunner().invoke(main, words, input=typed, env=environ)
        assert done.exit_code == code, done.output
        return done.output

    return run


@pytest.fixture(scope="module")
def closed(uncordon) -> str:
    """Play a short run and return its name."""
    typed = "incident ack\nkubectl cordon node-worker-3\nsleep 60\n"
    left = uncordon("play", "payments-0247", typed=typed)
    run = re.search(r"--resume (\S+)", left)[1]
    assert "still open" in uncordon("export", run, code=1)
    uncordon("play", "--resume", run, typed="incident close --partial --scope one-node\n")
    return run


@pytest.fixture(scope="module")
def file(uncordon, closed, place) -> str:
    path = str(place / "x.uncordon.jsonl.gz")
    assert uncordon("export", closed, path).strip() == path
    return path


def test_a_file_is_checked_taken_in_and_scored_the_same(uncordon, closed, file):
    assert "unchanged: payments-0247, seed 0" in uncordon("verify", file)
    run = uncordon("import", file).strip()
    assert run != closed
    scores = {uncordon("score", name, "--json") for name in (closed, file, run)}
    assert len(scores) == 1


def test_what_was_changed_is_told_in_one_line(uncordon, file, place):
    bad = place / "bad.gz"
    data = Path(file).read_bytes()
    bad.write_bytes(data[: len(data) // 2])
    for words in (("verify", str(bad)), ("score", str(bad)), ("import", str(bad))):
        (line,) = uncordon(*words, code=1).splitlines()
        assert "damaged on its way" in line
    assert "cannot read" in uncordon("verify", str(place / "none.gz"), code=1)


def test_another_rubric_weighs_otherwise(uncordon, file, place):
    rubric = place / "rubric.yaml"
    rubric.write_text("weights: {no-harm: 20, users-loss: 15}\n")
    assert "No harm of our own: 20.0 of 20" in uncordon("score", file, "--rubric", str(rubric))
    for text, said in (
        ("weights: {no-harm: 20}", "they must make 100"),
        ("weights: {charm: 20}", "no item 'charm'"),
        ("a: [", "not YAML"),
    ):
        rubric.write_text(text)
        assert said in uncordon("score", file, "--rubric", str(rubric), code=1)


def test_a_branch_is_played_on_from_its_moment(uncordon, closed):
    left = uncordon("play", "--branch", closed, "--at", "02:47:30", typed="date -u +%T\n")
    # Its `sleep 60` goes on to its end before the line is read.
    assert "02:48:0" in left
    run = re.search(r"--resume (\S+)", left)[1]
    assert "still open" in uncordon("play", "--branch", run, "--at", "02:47:10", code=1)
    uncordon("play", "--resume", run, typed="incident close --partial --scope one-node\n")
    assert "note: branched; not to be compared" in uncordon("score", run)
    assert "is not within the run" in uncordon("play", "--branch", closed, "--at", "05:00", code=1)
    before = uncordon("play", "--branch", closed, "--at", "02:46", code=1)
    assert "02:46:00 lies before the page, which came at 02:47:00" in before
    assert "go together" in uncordon("play", "--branch", closed, code=2)


def test_a_branch_at_the_end_of_a_run_closed_in_the_terminal_is_open(uncordon, closed):
    left = uncordon("play", "--branch", closed, "--at", "02:48", typed="incident status\n")
    assert "--resume" in left
    assert "closed" not in left


@pytest.mark.parametrize(
    ("text", "minutes"), [("02:47:30", 67.5), ("2:47", 67), ("00:10", 22 * 60 + 30)]
)
def test_a_time_of_that_night_is_found(text, minutes):
    assert moment(text, EPOCH) == minutes * 60_000


@pytest.mark.parametrize("text", ["soon", "25:00", "02:60", "-1:00"])
def test_what_is_no_time_is_told(text):
    with pytest.raises(CannotPlayError, match="write a time of that night"):
        moment(text, EPOCH)
