"""Jobs of a terminal: stopped by Ctrl-Z, behind the prompt, each under the number of its own command."""

from __future__ import annotations

import pytest

from sim.evidence import ExitRecord, OutputRecord, RequestRecord
from tests.shell.test_keys import Seat

PODS = "kubectl get pods -n payments --no-headers"


@pytest.fixture
def seat() -> Seat:
    return Seat(80, 24)


def _suspend(seat: Seat) -> None:
    seat.workstation.suspend("t1")
    seat.laptop.env.settle()
    seat._look()


def _outputs(seat: Seat, command: int) -> str:
    log = seat.laptop.log.of(OutputRecord)
    return "".join(record.text for record in log if record.command == command)


def test_ctrl_z_stops_and_fg_goes_on(seat: Seat) -> None:
    seat.type("sleep 10; echo slept").wait(1000)
    _suspend(seat)
    assert seat.glass.text == "\n[1]+  Stopped                 sleep 10"
    assert not seat.workstation.busy("t1")
    assert seat.workstation.jobs("t1") == 1
    assert [one.code for one in seat.laptop.log.of(ExitRecord)] == [148]
    seat.type("fg")
    assert seat.workstation.busy("t1")
    seat.wait(10_000)
    assert not seat.workstation.busy("t1")
    assert seat.workstation.jobs("t1") == 0


def test_bg_lets_it_run_behind_and_its_end_is_told_before_a_prompt(seat: Seat) -> None:
    seat.type("sleep 5")
    _suspend(seat)
    seat.type("bg").wait(6000)
    assert seat.workstation.jobs("t1") == 0
    seat.type("echo next")
    assert seat.glass.text.endswith("next\n[1]+  Done                    sleep 5")


def test_an_empty_line_asks_for_notices(seat: Seat) -> None:
    seat.type("sleep 1 &").wait(2000)
    seat.type("")
    assert seat.workstation.said == "[1]+  Done                    sleep 1\n"


def test_what_runs_behind_asks_and_prints_under_its_own_command(seat: Seat) -> None:
    seat.type(f"(sleep 2; {PODS}) &", "echo front", "sleep 1").wait(3000)
    requests = [one.command for one in seat.laptop.log.of(RequestRecord)]
    assert requests == [0]
    assert "web-1" in _outputs(seat, 0)
    assert _outputs(seat, 1) == "front\n"
    assert [one.asked for one in seat.laptop.log.of(OutputRecord) if one.command == 1] == [False]


def test_a_job_in_front_again_keeps_its_number_and_gets_ctrl_c(seat: Seat) -> None:
    seat.type(f"{PODS} -w")
    _suspend(seat)
    seat.type("fg")
    assert seat.workstation.busy("t1")
    seat.laptop.press_ctrl_c()
    assert not seat.workstation.busy("t1")
    assert [(one.command, one.code) for one in seat.laptop.log.of(ExitRecord)] == [
        (0, 148),
        (1, 130),
    ]
    assert "web-1" in _outputs(seat, 0)


def test_a_pager_gives_the_screen_back_while_it_is_stopped(seat: Seat) -> None:
    seat.type("seq 1 100 | less")
    seat.press(" ")
    _suspend(seat)
    assert seat.workstation.mode("t1") == "lines"
    assert not seat.glass.alternate
    assert "Stopped" in seat.glass.text
    seat.type("fg")
    assert (seat.workstation.mode("t1"), seat.glass.alternate) == ("signals", True)
    assert seat.glass.lines[0] == "24"
    seat.press("q")
    assert not seat.workstation.busy("t1")


def test_lines_go_to_the_job_in_front(seat: Seat) -> None:
    seat.type("cat > kept")
    _suspend(seat)
    seat.type("echo between", "fg", "typed")
    seat.workstation.eof("t1")
    seat.laptop.env.settle()
    seat.type("cat kept")
    assert seat.glass.text.endswith("typed")


def test_ctrl_z_goes_to_the_far_end(seat: Seat) -> None:
    seat.type("ssh node-worker-3", "sleep 60")
    _suspend(seat)
    assert "Stopped" in seat.glass.text
    assert seat.workstation.prompt("t1") == "oncall@node-worker-3:~$ "
    assert seat.workstation.place("t1") == "ssh node-worker-3"
    seat.type("jobs")
    assert seat.glass.text.count("[1]+  Stopped                 sleep 60") == 2


def test_ctrl_backslash_ends_with_131(seat: Seat) -> None:
    seat.type("sleep 60")
    seat.workstation.interrupt("t1", "SIGQUIT")
    seat.laptop.env.settle()
    assert [one.code for one in seat.laptop.log.of(ExitRecord)] == [131]


def test_ctrl_d_warns_of_stopped_jobs_once_and_then_ends_them(seat: Seat) -> None:
    seat.type("sleep 60")
    _suspend(seat)
    seat.workstation.eof("t1")
    assert seat.workstation.said == "exit\nThere are stopped jobs.\n"
    seat.workstation.eof("t1")
    assert (seat.workstation.said, seat.workstation.jobs("t1")) == ("exit\n", 0)


def test_ctrl_d_at_the_prompt_says_exit(seat: Seat) -> None:
    seat.workstation.eof("t1")
    assert seat.workstation.said == "exit\n"


def test_jobs_of_one_terminal_are_not_the_others(seat: Seat) -> None:
    seat.type("sleep 60 &")
    assert (seat.workstation.jobs("t1"), seat.workstation.jobs("t2")) == (1, 0)
