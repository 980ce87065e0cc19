from __future__ import annotations

from typing import Any

import pytest

from sim.evidence import (
    CommandRecord,
    ExitRecord,
    NodeCommandRecord,
    OutputRecord,
    PanelRecord,
    RequestRecord,
)
from tests.shell.world import Laptop


def _records(laptop: Laptop, kind: type[Any]) -> list[Any]:
    return list(laptop.log.of(kind))


def test_a_command_leaves_line_requests_output_and_exit_in_that_order(laptop: Laptop) -> None:
    laptop.type("kubectl get pods -n payments --no-headers | grep web-2")
    kinds = [record.kind for record in laptop.log]
    assert kinds == ["command", "request", "output", "exit"]
    output = _records(laptop, OutputRecord)[0]
    assert output.text == "web-2   0/1   Running   0     47m\n"
    assert (output.command, output.stream, output.asked) == (0, "stdout", True)
    assert _records(laptop, RequestRecord)[0].command == 0


def test_what_asked_nobody_is_marked(laptop: Laptop) -> None:
    laptop.type("echo web-2 is on node-worker-3")
    assert _records(laptop, OutputRecord)[0].asked is False


def test_commands_are_numbered_over_all_terminals(laptop: Laptop) -> None:
    laptop.type("echo a", "t1")
    laptop.type("echo b", "t2")
    laptop.type("", "t1")
    laptop.type("nosuch", "t1")
    assert [(r.command, r.terminal) for r in _records(laptop, CommandRecord)] == [
        (0, "t1"),
        (1, "t2"),
        (2, "t1"),
    ]
    assert [(r.command, r.code) for r in _records(laptop, ExitRecord)] == [(0, 0), (1, 0), (2, 127)]
    assert laptop.workstation.commands == 3
    assert laptop.workstation.terminals() == ["t1", "t2"]


def test_output_of_one_instant_and_stream_is_one_record(laptop: Laptop) -> None:
    laptop.type("echo a; echo b; sleep 1; echo c; nosuch; echo d")
    laptop.wait(2000)
    assert [(r.at, r.stream, r.text) for r in _records(laptop, OutputRecord)] == [
        (0, "stdout", "a\nb\n"),
        (1000, "stdout", "c\n"),
        (1000, "stderr", "bash: nosuch: command not found\n"),
        (1000, "stdout", "d\n"),
    ]


def test_how_time_is_cut_leaves_no_trace() -> None:
    def played(step: int) -> str:
        laptop = Laptop()
        laptop.type("for i in 1 2 3; do kubectl get pods -n payments; sleep 1; done | grep -c web")
        laptop.type("ssh node-worker-3 'sleep 2; uname'", "t2")
        for _ in range(6000 // step):
            laptop.wait(step)
        return laptop.log.dumps()

    assert played(1) == played(250) == played(6000)


def test_a_watch_in_one_terminal_leaves_the_other_free(laptop: Laptop) -> None:
    laptop.type("kubectl get pods -n payments -w --no-headers", "t1")
    laptop.type("echo free", "t2")
    assert laptop.workstation.busy("t1")
    assert not laptop.workstation.busy("t2")
    laptop.wait(5000)
    laptop.doors.api.delete("pods", "payments", "web-2", grace_s=0)
    laptop.env.settle()
    late = [r for r in _records(laptop, OutputRecord) if r.at == 5000]
    assert [(r.command, r.input) for r in late] == [(0, 0)]
    assert "web-2" in late[0].text
    laptop.press_ctrl_c()
    assert _records(laptop, ExitRecord)[-1] == ExitRecord(at=5000, input=0, command=0, code=130)


def test_ssh_runs_its_words_unparsed_on_the_node(laptop: Laptop) -> None:
    assert laptop.run("ssh node-worker-3 'echo $USER | tr a-z A-Z'") == "ROOT\n"
    assert laptop.run("ssh node-worker-3 echo $USER") == "oncall\n"
    assert [(r.node, r.line) for r in _records(laptop, NodeCommandRecord)] == [
        ("node-worker-3", "echo $USER | tr a-z A-Z"),
        ("node-worker-3", "echo oncall"),
    ]


def test_ssh_to_nowhere_says_what_ssh_says(laptop: Laptop) -> None:
    text = laptop.run("ssh x; echo $?")
    assert text == "ssh: Could not resolve hostname x: Name or service not known\n255\n"


def test_ssh_passes_exit_code_and_input_on(laptop: Laptop) -> None:
    assert laptop.run("ssh root@node-worker-1 'exit 3'; echo $?") == "3\n"
    assert laptop.run("printf 'b\\na\\n' | ssh node-worker-1 sort") == "a\nb\n"


def test_ctrl_c_ends_a_remote_command(laptop: Laptop) -> None:
    laptop.type("ssh node-worker-3 'sleep 100; echo late'")
    laptop.wait(1000)
    laptop.press_ctrl_c()
    laptop.wait(200_000)
    assert _records(laptop, ExitRecord)[-1].code == 130
    assert laptop.shown() == ""


def test_an_interactive_ssh_takes_lines_and_shows_its_prompt(laptop: Laptop) -> None:
    workstation = laptop.workstation
    laptop.type("ssh node-worker-3")
    assert workstation.prompt("t1") == "oncall@node-worker-3:~$ "
    assert workstation.place("t1") == "ssh node-worker-3"
    laptop.type("cd /tmp; uname")
    laptop.type("pwd")
    laptop.type("exit")
    assert workstation.prompt("t1") == "oncall@laptop:~$ "
    assert [(r.command, r.place, r.line) for r in _records(laptop, CommandRecord)] == [
        (0, "", "ssh node-worker-3"),
        (1, "ssh node-worker-3", "cd /tmp; uname"),
        (2, "ssh node-worker-3", "pwd"),
        (3, "ssh node-worker-3", "exit"),
    ]
    assert [(r.command, r.text) for r in _records(laptop, OutputRecord)] == [
        (1, "node-worker-3\n"),
        (2, "/tmp\n"),
        (0, "Connection to node-worker-3 closed.\n"),
    ]
    assert [r.line for r in _records(laptop, NodeCommandRecord)][1:] == [
        "cd /tmp; uname",
        "pwd",
        "exit",
    ]


def test_ctrl_c_in_an_interactive_ssh_ends_the_far_command_only(laptop: Laptop) -> None:
    laptop.type("ssh node-worker-3")
    laptop.type("sleep 100")
    assert laptop.workstation.prompt("t1") == ""
    laptop.wait(1000)
    laptop.press_ctrl_c()
    assert laptop.workstation.prompt("t1") == "oncall@node-worker-3:~$ "
    assert laptop.workstation.busy("t1")


def test_ctrl_d_leaves_an_interactive_ssh(laptop: Laptop) -> None:
    laptop.type("ssh node-worker-3")
    laptop.workstation.eof("t1")
    laptop.env.settle()
    assert not laptop.workstation.busy("t1")


def test_lines_typed_ahead_run_afterwards(laptop: Laptop) -> None:
    laptop.type("sleep 5")
    laptop.type("echo later")
    assert laptop.shown() == ""
    laptop.wait(5001)
    assert laptop.shown() == "later\n"
    assert [(r.at, r.line) for r in _records(laptop, CommandRecord)] == [
        (0, "sleep 5"),
        (5000, "echo later"),
    ]


def test_lines_go_to_a_program_that_reads(laptop: Laptop) -> None:
    laptop.type("cat > notes.txt")
    laptop.type("check kube-proxy")
    laptop.workstation.eof("t1")
    laptop.env.settle()
    assert laptop.run("cat notes.txt") == "check kube-proxy\n"


def test_terminals_share_the_home_but_not_the_directory(laptop: Laptop) -> None:
    laptop.type("mkdir work; echo x > work/f; cd work", "t1")
    laptop.type("cat work/f", "t2")
    assert laptop.shown() == "x\n"
    assert laptop.workstation.prompt("t1") == "oncall@laptop:~/work$ "
    assert laptop.workstation.prompt("t2") == "oncall@laptop:~$ "


def test_the_prompt_is_ps1_without_its_colours(laptop: Laptop) -> None:
    laptop.type(r"mkdir w; cd w; PS1='\[\e[32m\]\W\[\e[0m\]\$ '")
    assert laptop.workstation.prompt("t1") == "w$ "
    assert laptop.run("echo $PS1; env | grep -c PS1") == "\\[\\e[32m\\]\\W\\[\\e[0m\\]\\$\n0\n"


def test_history_and_its_shorthands(laptop: Laptop) -> None:
    laptop.run("echo one")
    assert laptop.run("!!") == "one\n"
    assert laptop.run("!echo two") == "one two\n"
    assert laptop.run("!99") == "bash: !99: event not found\n"
    assert laptop.workstation.history("t1")[:2] == ["echo one", "echo one"]


def test_exit_does_not_lose_the_terminal(laptop: Laptop) -> None:
    laptop.run("exit 3")
    assert _records(laptop, ExitRecord)[-1].code == 3
    assert laptop.run("echo still here") == "still here\n"


def test_too_many_terminals_are_refused(laptop: Laptop) -> None:
    for number in range(16):
        laptop.type("true", f"t{number}")
    with pytest.raises(ValueError, match="more than 16 terminals"):
        laptop.type("true", "t16")


def test_programs_of_nodes_say_where_they_belong(laptop: Laptop) -> None:
    assert laptop.run("iptables -L") == (
        "iptables: this is your laptop; on a node: ssh NODE 'sudo iptables -L'\n"
    )


def test_a_done_event_carries_the_exit_code(laptop: Laptop) -> None:
    event = laptop.workstation.enter("sleep 1; exit 7", terminal="t1", input_no=0)
    assert event is not None
    assert laptop.workstation.done(0) is event
    laptop.wait(2000)
    assert event.value == 7


def test_panels_belong_to_the_command_that_showed_them(laptop: Laptop) -> None:
    laptop.run("incident dashboard errors --by zone")
    laptop.desk.look("errors")
    assert [(r.command, r.input) for r in _records(laptop, PanelRecord)] == [(0, 0), (-1, -1)]
    assert [panel.by for panel in laptop.workstation.panels(0)] == ["zone"]


def test_what_runs_on_a_node_belongs_to_the_command_that_holds_it(laptop: Laptop) -> None:
    seen: list[int] = []

    def write(*_: object) -> None:
        seen.append(laptop.workstation.command)

    laptop.type("sleep 100", "t2")
    laptop.type("ssh node-worker-3 'sleep 1; uname'")
    laptop.doors.api.subscribe("pods", write)

    def program() -> Any:
        yield laptop.env.timeout(500)
        write()

    laptop.env.spawn(program())
    laptop.wait(600)
    assert seen == [1]
    laptop.wait(1000)
    laptop.env.spawn(program())
    laptop.wait(600)
    assert seen == [1, -1]


def test_the_same_typing_gives_the_same_bytes() -> None:
    def played() -> str:
        laptop = Laptop()
        for line in ("k get po -A", "incident", "ssh node-worker-1 uname", "nosuch | wc", "!!"):
            laptop.run(line)
        return laptop.log.dumps()

    assert played() == played()


def test_the_kubeconfig_and_the_cluster_agree_on_who_is_here(laptop: Laptop) -> None:
    lines = laptop.run("kubectl config get-contexts").splitlines()
    assert lines[1].split() == ["*", "oncall@kubernetes", "kubernetes", "oncall"]
