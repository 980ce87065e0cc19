"""Runs as files at the command line: exported, checked, taken in, scored under another rubric, branched."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from sim.cli import main
from sim.cli.runs import moment, rescore
from sim.cli.scorecard import scorecard_text
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
    for at in ("soon", "25:99", "05:00", "02:46"):
        (line,) = uncordon("play", "--branch", closed, "--at", at, code=1).splitlines()
        assert line.startswith(f"Error: --at {at}: ")
        assert line.endswith("; e.g. --at 02:47:00, when the page came")
    example = uncordon("play", "--branch", closed, "--at", "02:47:00", typed="date -u +%T\n")
    assert example.startswith("02:47:00\n")


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
    with pytest.raises(ValueError, match="not a time of day, HH:MM"):
        moment(text, EPOCH)


def test_thoughts_and_bets_are_told_beside_what_came_of_them(uncordon, place):
    typed = (
        "kubectl get pods -n payments -o wide\nincident ack\nincident think 'between us: a node'\n"
        "incident bet 'errors < 1% in 2m' --sure 80\nincident bet 'errors < 100% in 2m' --sure 99\n"
        "incident bet 'errors > 1% in 2m' --sure 60\nincident bet 'errors > 1% in 59m' --sure 60\n"
        "sleep 90\nincident close --partial --scope one-node\n"
    )
    text = uncordon("play", "payments-0247", typed=typed)
    told = text[text.index("Your thoughts") :]
    assert "  02:47:00  between us: a node\n" in told
    assert "errors < 1.0 % in 2m, 80 % sure\n            missed by 1" in told
    assert re.search(
        r"99 % sure\n +kept by 8\d\.\d %: it was 1\d\.\d % at 02:49:00; left\s+out of", told
    )
    assert re.search(r"errors > 1.0 % in 2m, 60 % sure\n +kept by 1\d\.\d %: it was 1\d", told)
    # (0.8^2 + 0.4^2 + 0.4^2) / 3: the one that could not fail is not among them.
    assert "Calibration: 2 of 3 bets came true; Brier score 0.32 (0 is" in told
    assert re.search(r"^  acknowledged +0 s$", text, re.MULTILINE)
    assert re.search(r"^  closed +1 min 30 s$", text, re.MULTILINE)
    # Nothing is cut: a quoted line goes on in the next one.
    run = re.search(r"uncordon score (\S+)", text)[1]
    narrow = scorecard_text(rescore(run, f"sqlite:///{place}/runs.db"), 70)
    assert max(map(len, narrow.splitlines())) <= 70
    assert re.search(r"> payment-service\S+ +0/1 [^>]+ node-worker-\d[^>]+<none>", narrow)


def test_where_the_clock_stops_is_said_and_closing_is_left(uncordon):
    typed = "sleep 5000\nsleep 1800\ndate -u +%T\nkubectl get nodes -w\n"
    typed += "incident close --partial --scope one-node\n"
    text = uncordon("play", "payments-0247", typed=typed)
    assert text.count("[04:17:00] the clock has stopped, 30 min after the end of the hour") == 1
    assert "\n04:17:00\n" in text
    assert "still running after" not in text
    assert "uncordon: this would wait for ever, as the clock has stopped, so Ctrl-C" in text
    assert "closed: the debrief is ready; not picked: component," in text
