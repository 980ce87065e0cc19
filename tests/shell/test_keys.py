"""A terminal of the workstation: programs with keys here and far away, sizes, unfinished lines, pasted ones."""

from __future__ import annotations

import pytest

from sim.evidence import CommandRecord, ExitRecord, NodeCommandRecord, OutputRecord
from tests.glass import Glass
from tests.shell.world import Laptop


class Seat:
    """Somebody at `t1` of a laptop."""

    def __init__(self, columns: int = 60, rows: int = 10) -> None:
        self.laptop = Laptop()
        self.workstation = self.laptop.workstation
        self.glass = Glass(columns, rows)
        self._seen = 0
        self.workstation.resize(columns, rows, terminal="t1")

    def type(self, *lines: str) -> Seat:
        for line in lines:
            self.laptop.type(line)
        return self._look()

    def press(self, *keys: str) -> Seat:
        for key in keys:
            assert self.workstation.press(key, terminal="t1")
            self.laptop.env.settle()
        return self._look()

    def wait(self, ms: int) -> Seat:
        self.laptop.wait(ms)
        return self._look()

    def lines(self) -> list[tuple[str, str]]:
        return [(one.line, one.place) for one in self.laptop.log.of(CommandRecord)]

    def _look(self) -> Seat:
        log = self.laptop.log
        for record in list(log)[self._seen :]:
            if isinstance(record, OutputRecord):
                self.glass.feed(record.text)
        self._seen = len(log)
        return self


@pytest.fixture
def seat() -> Seat:
    return Seat()


@pytest.mark.parametrize(
    ("way", "prompt"),
    [
        ("ssh node-worker-3", "oncall@node-worker-3:~$ "),
        ("kubectl exec -it -n payments web-1 -- sh", "# "),
    ],
)
def test_a_far_program_has_the_keys_and_the_size(seat: Seat, way: str, prompt: str) -> None:
    seat.type(way, "seq 1 50 | less")
    assert seat.workstation.mode("t1") == "signals"
    assert (seat.glass.lines[0], seat.glass.last) == ("1", ":")
    seat.press(" ")
    assert seat.glass.lines[0] == "10"
    seat.glass.resize(40, 6)
    seat.workstation.resize(40, 6, terminal="t1")
    seat.laptop.env.settle()
    assert seat._look().glass.lines == ["10", "11", "12", "13", "14", ":"]
    seat.press("q")
    assert (seat.workstation.mode("t1"), seat.workstation.prompt("t1")) == ("lines", prompt)


def test_a_far_program_run_by_itself_has_them_too(seat: Seat) -> None:
    seat.type("ssh -t node-worker-3 'nano x'")
    assert seat.workstation.mode("t1") == "keys"
    seat.press("text", "\x13", "\x18")
    assert seat.workstation.mode("t1") == "lines"
    assert not seat.workstation.busy("t1")


def test_ctrl_c_is_a_key_for_an_editor_and_a_signal_for_watch(seat: Seat) -> None:
    seat.type("nano x")
    seat.laptop.press_ctrl_c()
    assert "line  1/1" in seat._look().glass.text
    seat.press("\x18").type("watch -n 1 echo on").wait(1500)
    seat.laptop.press_ctrl_c()
    assert not seat.workstation.busy("t1")


def test_keys_without_a_program_are_not_taken(seat: Seat) -> None:
    assert seat.workstation.press("x", terminal="t1") is False


def test_a_program_may_draw_for_hours(seat: Seat) -> None:
    seat.type("watch -n 1 seq 1 8").wait(3_600_000)
    assert seat.workstation.busy("t1")
    assert "03:46:59" in seat.glass.lines[0] or "03:47:00" in seat.glass.lines[0]


def test_what_keys_do_is_no_command_line(seat: Seat) -> None:
    seat.type("ssh node-worker-3", "seq 9 | less").press("q")
    assert [one.line for one in seat.laptop.log.of(NodeCommandRecord)] == ["", "seq 9 | less"]
    assert len(seat.lines()) == 2


def test_an_unfinished_command_is_gathered_and_is_one_line_of_the_history(seat: Seat) -> None:
    seat.type("for i in 1 2; do")
    assert (seat.workstation.prompt("t1"), seat.workstation.said) == ("> ", "> ")
    assert seat.lines() == []
    seat.type("echo round $i", "done").wait(100)
    assert seat.glass.text == "round 1\nround 2"
    assert seat.lines() == [("for i in 1 2; do\necho round $i\ndone", "")]
    assert seat.workstation.history("t1") == ["for i in 1 2; do\necho round $i\ndone"]


def test_ctrl_c_drops_what_was_gathered(seat: Seat) -> None:
    seat.type("echo 'one", "two")
    seat.laptop.press_ctrl_c()
    seat.type("echo three")
    assert (seat.glass.text, seat.workstation.prompt("t1")) == ("three", "oncall@laptop:~$ ")


def test_ctrl_d_in_an_unfinished_command_ends_it(seat: Seat) -> None:
    seat.type("echo 'one")
    seat.workstation.eof("t1")
    assert seat.workstation.said == "bash: syntax error: unexpected end of file\n"
    assert seat.workstation.prompt("t1") == "oncall@laptop:~$ "


def test_pasted_commands_run_one_after_the_other(seat: Seat) -> None:
    seat.type("sleep 1\nfor i in 1 2; do\necho $i\ndone\necho end")
    seat.wait(2000)
    assert [line for line, _ in seat.lines()] == [
        "sleep 1",
        "for i in 1 2; do\necho $i\ndone",
        "echo end",
    ]
    assert seat.glass.text == "1\n2\nend"


def test_ctrl_c_drops_the_rest_of_what_was_pasted(seat: Seat) -> None:
    seat.type("sleep 10\necho never")
    seat.laptop.press_ctrl_c()
    seat.wait(20_000)
    assert [one.code for one in seat.laptop.log.of(ExitRecord)] == [130]


def test_a_program_does_not_read_what_was_pasted_behind_it(seat: Seat) -> None:
    seat.type("cat > kept\necho behind")
    assert seat.lines() == [("cat > kept", "")]
    seat.type("text")
    seat.workstation.eof("t1")
    seat.laptop.env.settle()
    seat.type("cat kept")
    assert seat._look().glass.text == "behind\ntext"


def test_the_size_is_known_to_the_shell(seat: Seat) -> None:
    seat.type("echo $COLUMNS $LINES")
    assert seat.glass.text == "60 10"
