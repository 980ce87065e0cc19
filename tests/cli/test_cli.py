"""The command line: every subcommand documented, every mistake one clear line."""

import importlib.util
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim.cli import main
from sim.cli.doctor import report
from sim.cli.runs import rescore
from sim.session.debrief import make_debrief
from sim.session.kubeconfig import secret_of
from sim.session.references import NoCache
from sim.session.storage import RunStore
from tests.conftest import missing

ROOT = Path(__file__).resolve().parents[2]
FIVE = "--component node-data-plane --failure crash --trigger node-event --mechanism proxy-memory"


@pytest.fixture
def database(tmp_path):
    return f"sqlite:///{tmp_path}/runs.db"


def uncordon(*words: str, typed: str = "", cwd: Path = ROOT, **environ: str):
    return subprocess.run(
        [sys.executable, "-m", "sim.cli", *words],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
        input=typed,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def one_line(done) -> str:
    """Return the one line in which a command said why it could not do it."""
    assert done.returncode == 1, done
    (line,) = done.stderr.strip().splitlines()
    assert "Traceback" not in line
    return line


def test_help_loads_nothing_of_the_simulator():
    program = """
import sys
from sim.cli import main
try:
    main(["--help"])
except SystemExit:
    pass
heavy = ("simpy", "pydantic", "sqlalchemy", "flask", "ruamel", "re2", "sim.scenario")
print([name for name in heavy if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr == "[]\n"
    assert "uncordon serve" in done.stdout


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_subcommand_has_help_and_is_documented(name):
    done = uncordon(name, "--help")
    assert done.returncode == 0
    assert main.commands[name].help.splitlines()[0] in done.stdout
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("**/*.md")]
    texts = "\n".join(page.read_text() for page in pages)
    assert re.search(rf"uncordon [^`\n]*\b{name}\b", texts), f"{name} stands in no document"


def test_every_option_says_what_it_is_for():
    for command in main.commands.values():
        for option in command.params:
            if option.param_type_name == "option":
                assert option.help, f"{command.name} {option.name}"


def test_list_names_every_incident_and_how_long_it_takes():
    done = uncordon("list")
    assert done.returncode == 0
    assert re.search(
        r"^payments-0247 +\*+ +60 min +The 02:47 page \(Kestrel\)$", done.stdout, re.MULTILINE
    )


def test_validate_says_ok(tmp_path):
    said = uncordon("validate").stdout.splitlines()
    assert said[0] == "payments-0247: ok"
    assert said[-1] == "payments: ok"
    copy = tmp_path / "copy"
    shutil.copytree(ROOT / "scenarios" / "payments-0247", copy)
    done = uncordon("validate", str(copy), "payments-0247")
    assert (done.returncode, done.stdout) == (0, f"{copy}: ok\npayments-0247: ok\n")


def test_validate_reports_every_mistake_with_file_and_line(tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(ROOT / "scenarios" / "payments-0247", copy)
    main_file = copy / "scenario.yaml"
    lines = main_file.read_text().splitlines()
    at = len(lines)
    lines += ["minutes: soon", "colour: red"]
    main_file.write_text("\n".join(lines) + "\n")
    done = uncordon("validate", str(copy))
    assert done.returncode == 1
    assert f"scenario.yaml:{at + 1}: minutes: " in done.stderr
    assert f"scenario.yaml:{len(lines)}: colour: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("play", "payments-0248"), 'no scenario "payments-0248"; .*payments-0247'),
        (("play", "nosuch", "--player", "senior"), 'no scenario "nosuch"'),
        (("play", "--player", "seniora"), "no player 'seniora'; there are: junior, senior"),
        (("play", "--resume", "AAAA"), "no run 'AAAA' in sqlite:"),
        (("score", "AAAA"), "no run 'AAAA' in sqlite:"),
        (("validate", "nosuch"), "nosuch: no such scenario"),
        (("prove", "nosuch"), 'no scenario "nosuch"'),
        (("prove", "--players", "senior,nobody"), "no player 'nobody'"),
        (("prove", "--seeds", "9-1"), "--seeds '9-1': write A-B"),
        (("serve", "--data", "/dev/null/x"), "cannot use --data /dev/null/x: Not a directory"),
        (("serve", "--host", "203.0.113.7"), "cannot listen on 203.0.113.7:8247: "),
    ],
)
def test_what_does_not_exist_is_one_clear_line(tmp_path, words, said):
    done = uncordon(*words, cwd=tmp_path)
    assert re.search(said, one_line(done))
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "Could not parse"),
        ("postgresql+psycopg://u:secret@127.0.0.1:1/x", r"u:\*\*\*@"),
        ("sqlite:////dev/null/x.db", "cannot use .*/dev/null"),
        ("oracle://x", "cannot use the database oracle://x"),
    ],
)
@pytest.mark.parametrize("words", [("score", "AAAA"), ("play",), ("serve",)])
def test_a_database_that_cannot_be_used_is_one_clear_line(tmp_path, words, url, said):
    if url.startswith("postgresql") and importlib.util.find_spec("psycopg") is None:
        missing("postgres", "psycopg is not installed")
    line = one_line(uncordon(*words, "--database", url, cwd=tmp_path))
    assert re.search(said, line)
    assert "secret" not in line


def test_serving_a_file_that_is_no_database_is_one_clear_line(tmp_path):
    (tmp_path / "uncordon.db").write_text("Dear diary, today I was on call.\n")
    line = one_line(uncordon("serve", "--data", str(tmp_path)))
    assert line.endswith("uncordon.db: it is not an SQLite file")


def test_serving_on_a_port_that_is_taken_is_one_clear_line(tmp_path):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = one_line(uncordon("serve", "--data", str(tmp_path), "--port", str(port)))
    assert line == f"Error: cannot listen on 127.0.0.1:{port}: Address already in use"


def test_a_scripted_player_is_shown_and_scored():
    done = uncordon("play", "--player", "senior")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^02:47:\d\d \$ ", done.stdout, re.MULTILINE)
    assert re.search(r"^[\d.]+ of 100: ", done.stdout, re.MULTILINE)
    assert "Practise next: " in done.stdout


def test_the_scorecard_as_json_is_nothing_but_json():
    done = uncordon("play", "--player", "senior", "--json")
    card = json.loads(done.stdout)
    assert card["total"] == pytest.approx(sum(block["points"] for block in card["blocks"]), abs=1)
    assert card["passed"]
    assert uncordon("play", "--player", "senior", "--json").stdout == done.stdout


def test_lines_from_a_pipe_are_played_and_the_run_can_be_gone_on_with(database):
    first = uncordon(
        "play", "--database", database, typed="kubectl get pods -n payments\nsleep 60\ndate -u\n"
    )
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("NAME ")
    assert "02:48:0" in first.stdout
    (again,) = first.stderr.strip().splitlines()
    run = re.search(r"uncordon play --resume (\S+) --database", again)[1]
    typed = f"date -u\nincident close {FIVE} --scope one-node\nkubectl get nodes\n"
    second = uncordon("play", "--resume", run, "--database", database, typed=typed)
    assert second.returncode == 0, second.stderr
    assert "02:48:0" in second.stdout
    assert "closed: the debrief is ready" in second.stdout
    assert "node-worker-3" not in second.stdout.partition("of 100")[0]
    third = uncordon("play", "--resume", run, "--database", database, typed="kubectl get nodes\n")
    assert "of 100" in third.stdout


def test_the_same_lines_from_a_pipe_give_the_same_run(database):
    typed = "incident dashboard errors --by node\nkubectl get pods -n payments -o wide\n"
    typed += f"incident close {FIVE} --scope one-node\n"
    cards = [uncordon("play", "--json", "--database", database, typed=typed) for _ in range(2)]
    assert cards[0].stdout == cards[1].stdout
    json.loads(cards[0].stdout)
    assert "NAME " in cards[0].stderr


def test_a_piped_command_without_end_gets_a_ctrl_c(database):
    done = uncordon("play", "--database", database, typed="kubectl get pods -A -w\ndate -u\n")
    assert "still running after 10 min, so Ctrl-C" in done.stderr
    assert "02:57:0" in done.stdout


def test_a_stored_run_scores_the_same_again_and_in_the_debrief(database):
    typed = "kubectl get pods -n payments -o wide\nkubectl cordon node-worker-3\n"
    typed += "kubectl delete pods -n payments --field-selector spec.nodeName=node-worker-3\n"
    typed += f"incident close {FIVE} --scope one-node\n"
    played = uncordon("play", "--json", "--database", database, typed=typed)
    card = json.loads(played.stdout)
    import sqlite3

    path = database.removeprefix("sqlite:///")
    with sqlite3.connect(path) as connection:
        ((run,),) = connection.execute("select id from runs").fetchall()
    connection.close()
    again = uncordon("score", run, "--json", "--database", database)
    assert json.loads(again.stdout) == card
    verdict = rescore(run, database)
    assert make_debrief(verdict, NoCache())["total"] == pytest.approx(card["total"])
    text = uncordon("score", run, "--database", database).stdout
    assert f"{card['total']:.1f}".removesuffix(".0") + f" of 100: {card['band']}" in text


def test_prove_prints_scores_and_checks():
    done = uncordon("prove", "payments-0247", "--seeds", "0", "--players", "senior,idle")
    assert done.returncode == 0, done.stdout
    rows = [line.split() for line in done.stdout.splitlines()]
    assert rows[0] == ["payments-0247"]
    assert rows[1] == ["PLAYER", "RUNS", "MEAN", "SD", "MIN", "MAX"]
    assert [row[:2] for row in rows[2:4]] == [["senior", "1"], ["idle", "1"]]
    assert [row[0] for row in rows[5:]] == ["ok"] * 7


def test_mystery_says_the_familys_title_until_the_end(tmp_path):
    database = f"sqlite:///{tmp_path}/runs.db"
    words = ("play", "payments", "--seed", "3", "--database", database)
    told = uncordon(*words, typed="incident status\nincident alerts\n")
    assert "left open" in told.stderr
    assert not re.search(r"payments-\w+|Kestrel|Heron|Wren|Swift", told.stdout)
    run = re.search(r"--resume (\S+)", told.stderr + told.stdout)[1]
    scored = uncordon("score", run, "--database", database)
    assert scored.returncode == 1
    assert "is still open" in scored.stderr
    watched = uncordon("play", "payments", "--seed", "3", "--player", "idle")
    assert watched.stdout.startswith("The 02:47 page: seed 3, player idle\n")
    assert re.search(r"^This night was payments-\w+, seed 3\.$", watched.stdout, re.MULTILINE)


def test_doctor_says_what_is_there():
    done = uncordon("doctor")
    assert done.returncode == 0
    assert all(line.split()[0] in ("ok", "missing") for line in done.stdout.splitlines())
    assert f"Python {sys.version_info[0]}.{sys.version_info[1]}" in done.stdout


def test_doctor_says_which_kubectls_there_are(tmp_path, monkeypatch):
    for name, says in (("kubectl", "v1.33.4"), ("kubectl.1.30", "v1.30.9"), ("kubectl-plugin", "")):
        program = tmp_path / name
        answer = f'{{"clientVersion": {{"gitVersion": "{says}"}}}}'
        program.write_text(f"#!/bin/sh\necho '{answer}'\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    lines = [line for line in report() if "kubectl " in line]
    assert lines[:2] == [
        f"ok       kubectl v1.33.4 ({tmp_path}/kubectl)",
        f"ok       kubectl v1.30.9 ({tmp_path}/kubectl.1.30)",
    ]
    assert "plugin" not in "".join(lines)


def test_a_player_and_a_run_to_resume_do_not_go_together():
    done = uncordon("play", "--player", "senior", "--resume", "x")
    assert done.returncode == 2
    assert "--resume" in done.stderr


def test_a_person_at_a_terminal_can_play_leave_and_come_back(database):
    hand = Typist("play", "--database", database)
    hand.until("PAGE")
    hand.until("laptop:~$")
    hand.type("kubectl get nodes\r")
    hand.until("node-worker-6")
    hand.type("kubectl get pods -n payments -w\r")
    hand.until("payment-service-")
    hand.type("\x03")
    hand.type("echo $((6*7))\r")
    hand.until("42")
    hand.type("\x04")
    text = hand.until("left open; go on with:")
    assert hand.end() == 0
    assert "Traceback" not in text


def test_a_pager_has_the_keys_of_a_real_terminal(database):
    hand = Typist("play", "--database", database)
    hand.until("laptop:~$")
    hand.type("seq 1 400 | less\r")
    hand.until("\x1b[?1049h")
    hand.type("G")
    hand.until("(END)")
    hand.type("\x1a")
    hand.until("\x1b[?1049l")
    hand.until("Stopped")
    hand.type("fg\r")
    hand.until("(END)")
    hand.type("q")
    hand.until("\x1b[?1049l")
    hand.until("laptop:~$")
    hand.type("echo 'one\r")
    hand.type("two'\r")
    hand.until("one\r\ntwo")
    hand.type("\x04")
    hand.until("left open; go on with:")
    assert hand.end() == 0


class Typist:
    """`uncordon` with a person before it: a terminal, keys, a screen."""

    def __init__(self, *words: str) -> None:
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.chdir(ROOT)
            # Tests that run in the background ignore it, and what is executed would go on doing so.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            environ = {**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
            os.execve(sys.executable, [sys.executable, "-m", "sim.cli", *words], environ)
        self._screen = ""

    def type(self, keys: str) -> None:
        time.sleep(0.3)
        os.write(self._terminal, keys.encode())

    def until(self, text: str) -> str:
        """Read until *text* has come; return everything since the last call."""
        end = time.monotonic() + 60
        while text not in self._screen:
            assert time.monotonic() < end, self._screen
            if select.select([self._terminal], [], [], 1)[0]:
                try:
                    self._screen += os.read(self._terminal, 65536).decode(errors="replace")
                except OSError:
                    assert text in self._screen, self._screen
        seen, _, self._screen = self._screen.partition(text)
        return seen

    def end(self) -> int:
        try:
            while os.read(self._terminal, 65536):
                pass
        except OSError:  # how Linux says that the other side is gone
            pass
        os.close(self._terminal)
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("kubeconfig", "nobody"), "no server has been started"),
        (("sandbox", "--version", "v1.29"), "no version 'v1.29'; there are v1.30 to v1.37"),
        (("sandbox", "--nodes", "0"), "--nodes must be from 1 to 5000"),
    ],
)
def test_clusters_for_an_own_kubectl_say_what_is_wrong(tmp_path, words, said):
    data = ("--data", str(tmp_path / "none")) if words[0] == "kubeconfig" else ()
    assert said in one_line(uncordon(*words, *data))


def test_a_kubeconfig_opens_the_run_that_was_named(tmp_path):
    data = tmp_path / "var"
    data.mkdir()
    (data / "secret_key").write_bytes(b"k" * 32)
    database = f"sqlite:///{data}/uncordon.db"
    store = RunStore(database, wall_ms=lambda: 0)
    row = store.create(holder="h", scenario="s", digest="d", seed=0, engine="e", who="t", sim_ms=0)
    store.close()
    done = uncordon("kubeconfig", row.id, "--data", str(data), "--server", "http://h:1/")
    assert f"http://h:1/k/{secret_of(b'k' * 32, row.id)}" in done.stdout
    assert f"uncordon-{row.id}" in done.stdout
    tls = uncordon("kubeconfig", row.id, "--data", str(data), "--server", "https://h:1")
    assert 'server: "https://h:1"' in tls.stdout
    assert secret_of(b"k" * 32, row.id) in tls.stdout
    assert "there is no run" in one_line(uncordon("kubeconfig", "x", "--data", str(data)))
