"""Keys of a client's terminal become lines, echo and signals."""

import pytest

from sim.kernel import Environment
from sim.session.pty import Pty


class Program:
    """Takes lines, says what it is told to."""

    exit_code = None
    raw = False

    def __init__(self):
        self.typed, self.said, self.signals, self.ended = "", [], 0, False

    def poll(self):
        said, self.said = self.said, []
        return said

    def write(self, text):
        self.typed += text

    def close_stdin(self):
        self.ended = True

    def interrupt(self):
        self.signals += 1


@pytest.fixture
def program():
    return Program()


@pytest.fixture
def lines():
    return []


@pytest.fixture
def pty(program, lines):
    return Pty(Environment(), program, lines.append)


@pytest.mark.parametrize(
    ("keys", "typed", "echo"),
    [
        ("ls\r", "ls\n", "ls\r\n"),
        ("a\nb", "a\n", "a\r\nb"),
        ("lx\x7fs\r", "ls\n", "lx\b \bs\r\n"),
        ("\x7f\r", "\n", "\r\n"),
        ("one two\x17\r", "one \n", "one two\b \b\b \b\b \b\r\n"),
        ("abc\x15d\r", "d\n", "abc\b \b\b \b\b \bd\r\n"),
        ("\x1b[Al\x1b[1~s\t\r", "ls\n", "ls\r\n"),
        ("gone\x03ls\r", "ls\n", "gone^Cls\r\n"),
        ("x\x04", "x", "x"),
    ],
)
def test_keys_are_edited_as_the_kernel_does(pty, program, keys, typed, echo):
    for key in keys:
        pty.write(key)
    assert program.typed == typed
    assert "".join(text for _, text in pty.poll()) == echo


def test_whole_lines_are_heard_before_the_program_gets_them(pty, program, lines):
    pty.write("id\rhost")
    assert lines == ["id"]
    assert program.typed == "id\n"


def test_output_has_the_terminals_line_ends_and_one_stream(pty, program):
    program.said = [("stdout", "a\nb"), ("stderr", "c\r\n")]
    assert pty.poll() == [("stdout", "a\r\nbc\r\n")]
    assert pty.poll() == []


def test_ctrl_c_is_a_signal_and_ctrl_d_the_end_of_input(pty, program):
    pty.write("\x03")
    assert program.signals == 1
    assert not program.ended
    pty.write("\x04")
    assert program.ended


def test_who_waits_is_woken_by_echo(pty, program):
    env = pty._env
    program.wait = env.event
    woken = pty.wait()
    pty.write("x")
    env.settle()
    assert woken.processed


class KeyProgram(Program):
    """Reads keys; Ctrl-C is one of them unless it wants signals."""

    raw = True

    def __init__(self, signals):
        super().__init__()
        self.signals, self.interrupts, self.stops, self.size = signals, 0, 0, None

    def interrupt(self):
        self.interrupts += 1

    def suspend(self):
        self.stops += 1

    def resize(self, columns, rows):
        self.size = (columns, rows)


def test_a_program_that_reads_keys_gets_them_as_they_are():
    program = KeyProgram(signals=False)
    pty = Pty(Environment(), program, [].append)
    pty.write("j\x1b[B\x03\r\x7f")
    assert (program.typed, program.interrupts, pty.poll()) == ("j\x1b[B\x03\r\x7f", 0, [])


def test_signals_stay_signals_where_the_program_wants_them():
    program = KeyProgram(signals=True)
    pty = Pty(Environment(), program, [].append)
    pty.write("q\x03\x1a\x1c")
    assert (program.typed, program.interrupts, program.stops) == ("q", 2, 1)


def test_the_size_of_the_clients_window_is_passed_on():
    program = KeyProgram(signals=True)
    Pty(Environment(), program, [].append).resize(120, 40)
    assert program.size == (120, 40)
