"""Whatever a tab sends gets one clear line, and everybody else is still answered."""

import json
import threading
import time

import pytest

from tests.server.serving import Visitor

LONG = "echo " + "x" * 1_000_000


@pytest.fixture(scope="module")
def visitor(server):
    return Visitor(server)


@pytest.fixture(scope="module")
def run(visitor):
    return visitor.take_pager()


@pytest.fixture(scope="module")
def bystander(server):
    other = Visitor(server)
    return other, other.take_pager(1)


def works(visitor: Visitor, run: str, mark: str) -> None:
    """Check that the same run takes a command as before."""
    with visitor.tab(run) as tab:
        tab.command(f"echo {mark}", "t4")
        assert tab.output_of(f"echo {mark}") == f"{mark}\n"


def test_a_line_of_a_megabyte_is_refused_with_its_length(visitor, run):
    with visitor.tab(run) as tab:
        answer = tab.input("command", terminal="t1", line=LONG)
        assert answer["type"] == "error"
        assert answer["error"] == "command.line has 1000005 characters; at most 65536 are taken"
    status, body = visitor.input(run, "command", terminal="t1", line=LONG)
    assert status == 413
    assert body["error"].count("\n") == 0
    works(visitor, run, "after-a-megabyte")


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00\xff\xfe\x80",
        b"",
        "",
        "kubectl get pods",
        "[]",
        "null",
        '{"type": "input"}',
        '{"type": "input", "id": 99, "kind": "command", "payload": []}',
        '{"type": "input", "id": 99, "kind": "rm", "payload": {}}',
        '{"type": ["input"], "id": {}}',
        '{"type": "chart", "panel": {"a": 1}}',
        '{"type": "text", "panel": "document:../../etc/passwd"}',
        '{"type": "complete", "line": 5, "terminal": []}',
        "[" * 100_000,
        '{"type": "input", "kind": "skip", "payload": {"amount_ms": 1e999}}',
        '{"type": "input", "kind": "skip", "payload": {"amount_ms": ' + "9" * 5000 + "}}",
    ],
    ids=range(16),
)
def test_what_is_no_message_gets_one_sentence(visitor, run, sent):
    with visitor.tab(run) as tab:
        tab.send(sent)
        answers = []
        while not answers:
            message = tab.step()
            answers = [message] if message["type"] not in ("records", "state") else []
        if answers[0]["type"] == "error":
            assert answers[0]["error"]
            assert "\n" not in answers[0]["error"]
        tab.command("echo next")
        tab.output_of("echo next")


@pytest.mark.parametrize(
    "line",
    [
        "echo 'unbalanced",
        'echo "unbalanced',
        "echo $(",
        "kubectl get pods | | cat",
        "((((((((((",
        "\x00\x01\x02\x1b[2J\x7f",
        "\x1b]0;title\x07 kubectl get pods",
        "echo \ud800",
        "cat /etc/shadow",
        "\u202etac",
        "kubectl get pods -o jsonpath='{.items[*'",
        "ssh nowhere true",
        "grep -E '(a+)+$' /nothing",
        "for i in 1 2 3; do echo $i; done < /dev/zero",
        "$(" * 500,
    ],
    ids=range(15),
)
def test_an_odd_line_is_answered_briefly(visitor, run, line):
    with visitor.tab(run) as tab:
        tab.command(line, "t2")
        tab.input("interrupt", terminal="t2")
        tab.command("echo done", "t2")
        tab.output_of("echo done")
        assert "Traceback" not in "".join(one["text"] for one in tab.of("output"))
    works(visitor, run, "after-an-odd-line")


@pytest.mark.parametrize(
    "line",
    [
        "yes | cat",
        "yes > /dev/null",
        "seq 1 100000000000 | tail -1",
        "f() { f | f; }; f",
        "echo " + "{1..9}" * 12,
    ],
)
def test_an_endless_line_ends_in_one_clear_line_and_others_are_answered_meanwhile(
    visitor, run, bystander, line
):
    other, others_run = bystander
    answered: list[int] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            answered.append(other.get(f"/api/run/{others_run}/state")["now"])
            time.sleep(0.05)

    watcher = threading.Thread(target=look)
    with visitor.tab(run) as tab:
        watcher.start()
        try:
            tab.command(line, "t3")
            tab.output_of(line)
            texts = "".join(one["text"] for one in tab.of("output")).splitlines()
        finally:
            stop.set()
            watcher.join(60)
        assert len(texts[-1]) < 300
        assert "Traceback" not in texts[-1]
    assert answered
    works(visitor, run, "after-an-endless-line")


@pytest.mark.parametrize(
    "line",
    [
        "kubectl get pods -n payments -w | cat",
        "while true; do echo x; done",
        "while true; do true; done",
        "while true; do yes; done | wc -l",
        "while true; do kubectl get pods -A > /dev/null; done",
        "cat",
    ],
)
def test_what_runs_for_ever_in_its_own_time_is_ended_by_ctrl_c(visitor, run, line):
    with visitor.tab(run) as tab:
        tab.command(line)
        time.sleep(1)
        assert tab.ask("chart", panel="errors")["type"] == "chart"
        tab.input("interrupt", terminal="t1")
        tab.output_of(line)


def test_two_tabs_on_one_run_see_the_same_records(server):
    visitor = Visitor(server)
    run = visitor.take_pager(2)
    with visitor.tab(run) as first, visitor.tab(run) as second:
        for number in range(6):
            tab = (first, second)[number % 2]
            tab.command(f"kubectl get pods -n payments | tail -n {number}", f"t{number % 3 + 1}")
        last = "kubectl get pods -n payments | tail -n 5"
        first.output_of(last)
        second.output_of(last)
        both = min(len(first.records), len(second.records))
        assert first.records[:both] == second.records[:both]
    news = visitor.get(f"/api/run/{run}/news?since=0")["records"]
    assert news[:both] == first.records[:both]


def test_a_reload_in_the_middle_continues_where_the_tab_was(visitor, run):
    with visitor.tab(run) as tab:
        tab.command("echo one")
        tab.output_of("echo one")
        since, seen = tab.next, len(tab.records)
    with visitor.tab(run, since=since) as tab:
        tab.command("echo two")
        tab.output_of("echo two")
        rest = tab.records
    with visitor.tab(run) as tab:
        tab.wait(lambda: len(tab.records) >= seen + len(rest), "everything")
        assert tab.records[seen : seen + len(rest)] == rest


def test_many_tabs_are_served_at_once(server, visitor, run, bystander):
    other, others_run = bystander
    tabs = [visitor.tab(run, since=10**9) for _ in range(80)]
    try:
        assert other.get(f"/api/run/{others_run}/state")["now"] > 0
        for tab in tabs:
            tab.wait(lambda tab=tab: bool(tab.state), "the state")
    finally:
        for tab in tabs:
            tab.close()


def test_answers_over_plain_http_are_one_sentence(visitor, run):
    for body in (b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'{"kind": 5}'):
        status, text, _ = visitor.request(
            f"/api/run/{run}/input",
            body,
            **{"Content-Type": "application/json", "X-CSRFToken": visitor.token},
        )
        assert status == 400, (body[:20], text)
        assert "\n" not in json.loads(text)["error"]
    status, _, _ = visitor.request(f"/api/run/{run}/news?since=-1")
    assert status == 400
