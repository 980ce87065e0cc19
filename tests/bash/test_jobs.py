"""Jobs at a terminal: `&`, Ctrl-Z, `fg`, `bg`, `wait`, `kill`, and what is told of them."""

from __future__ import annotations

import pytest

from tests.bash.keyboard import Keyboard


def told(keyboard: Keyboard, line: str, ms: int = 0) -> str:
    """Return what *line* prints within *ms*, and what is told before the next prompt."""
    before = len(keyboard.printed)
    keyboard.enter(line)
    if ms:
        keyboard.wait(ms)
    return keyboard.printed[before:] + "".join(f"{n}\n" for n in keyboard.shell.notices())


def stopped(keyboard: Keyboard, line: str) -> str:
    """Return what is printed when *line* is stopped by Ctrl-Z."""
    keyboard.enter(line)
    before = len(keyboard.printed)
    keyboard.interrupt("SIGTSTP")
    return keyboard.printed[before:]


def test_a_background_job_is_numbered_listed_and_told_of_when_done() -> None:
    keyboard = Keyboard()
    assert told(keyboard, "sleep 30 &") == "[1] 4712\n"
    assert told(keyboard, "jobs; echo $!") == "[1]+  Running                 sleep 30 &\n4712\n"
    assert told(keyboard, "jobs -l; jobs -p").endswith(
        "[1]+ 4712 Running                 sleep 30 &\n4712\n"
    )
    keyboard.wait(31_000)
    assert told(keyboard, "echo x") == "x\n[1]+  Done                    sleep 30\n"
    assert told(keyboard, "jobs") == ""


def test_ctrl_z_stops_bg_continues_and_time_goes_on_only_then() -> None:
    keyboard = Keyboard()
    assert stopped(keyboard, "sleep 5; echo $?") == "\n[1]+  Stopped                 sleep 5\n"
    assert keyboard.codes == [148]
    keyboard.wait(60_000)
    assert told(keyboard, "jobs") == "[1]+  Stopped                 sleep 5\n"
    assert told(keyboard, "bg") == "[1]+ sleep 5 &\n[1]+  Done                    sleep 5\n"


def test_what_a_stopped_program_waited_for_reaches_it_after_fg() -> None:
    keyboard = Keyboard()
    stopped(keyboard, "(sleep 5; echo late) | cat")
    keyboard.wait(9_000)
    assert "\nlate" not in keyboard.printed
    assert told(keyboard, "fg") == "( sleep 5; echo late ) | cat\nlate\n"
    assert keyboard.codes == [148, 0]


def test_fg_waits_and_ctrl_c_ends_the_job_for_good() -> None:
    keyboard = Keyboard()
    told(keyboard, "sleep 30 &")
    keyboard.enter("fg")
    keyboard.wait(1000).interrupt()
    assert keyboard.codes == [0, 130]
    assert told(keyboard, "jobs; sleep 9 &") == "[1] 4713\n"


def test_ctrl_z_in_a_loop_leaves_the_loop() -> None:
    keyboard = Keyboard()
    assert "sleep 10" in stopped(keyboard, "while true; do sleep 10; done; echo not reached")
    assert keyboard.codes == [148]
    assert "reached" not in keyboard.wait(30_000).printed


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("kill %1", "[1]+  Terminated              sleep 40 | cat\n"),
        ("kill -9 4712 %1", "[1]+  Killed                  sleep 40 | cat\n"),
        ("kill -HUP %sleep", "[1]+  Hangup                  sleep 40 | cat\n"),
        ("kill %%; wait", "[1]+  Terminated              sleep 40 | cat\n"),
        ("kill %2", "bash: kill: %2: no such job\n"),
        ("disown; jobs", ""),
        ("kill $(jobs -p); wait", "[1]+  Terminated              sleep 40 | cat\n"),
        ("jobs | wc -l; (wait); kill %1", "1\n[1]+  Terminated              sleep 40 | cat\n"),
        ("fg %nosuch", "bash: fg: %nosuch: no such job\n"),
    ],
)
def test_jobs_are_named_and_signalled(line: str, text: str) -> None:
    keyboard = Keyboard()
    told(keyboard, "sleep 40 | cat &")
    assert told(keyboard, line) == text


def test_a_job_that_reads_the_terminal_stops_until_it_is_in_front() -> None:
    keyboard = Keyboard()
    told(keyboard, "{ read x; echo got $x; } &")
    keyboard.wait(10)
    assert keyboard.shell.jobs.state(keyboard.shell.jobs.ordered()[0]) == "Stopped"
    keyboard.enter("fg").press("hello\n")
    assert keyboard.printed.endswith("got hello\n")


def test_wait_gives_the_code_of_a_job() -> None:
    keyboard = Keyboard()
    assert told(keyboard, "(sleep 2; exit 3) & wait $!; echo $?", 3000).startswith("[1] 4712\n3\n")


def test_kill_wakes_a_stopped_job_only_to_end_it() -> None:
    keyboard = Keyboard()
    stopped(keyboard, "sleep 100")
    assert told(keyboard, "kill %1") == "[1]+  Terminated              sleep 100\n"


def test_current_and_previous_are_marked() -> None:
    keyboard = Keyboard()
    told(keyboard, "sleep 1000 & sleep 2000 & sleep 3000 &")
    assert [line[3] for line in told(keyboard, "jobs").splitlines()] == [" ", "-", "+"]


def test_a_shell_that_ends_hangs_up_its_jobs() -> None:
    keyboard = Keyboard()
    told(keyboard, "(sleep 5; echo alive) &")
    keyboard.shell.jobs.hang_up()
    assert "alive" not in keyboard.wait(10_000).printed
