"""A line that would never end, or grow for ever, ends soon and with one clear line."""

from __future__ import annotations

import time

import pytest

from tests.bash.keyboard import Keyboard

MUCH = "stopped: this command line does more work than one may"
DEEP = "nested too deep"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("while :; do :; done", MUCH),
        ("for ((;;)); do :; done", MUCH),
        ("until false; do echo x; done > /dev/null", MUCH),
        ("yes > /dev/null", MUCH),
        ("yes | cat > /dev/null", MUCH),
        ("yes | while read x; do :; done", MUCH),
        (":(){ :|:& };:", MUCH),
        (":(){ :|: ; };:", MUCH),
        ("f() { f; }; f", DEEP),
        ("f() { f & f; }; f", DEEP),
        ("f() { eval f; }; f", DEEP),
        ("x=$(yes)", "too long to be kept"),
        (
            "echo {1..999999999}",
            "brace expansion: failed to allocate memory for 999999999 elements",
        ),
        ("echo {1..99999}{1..99999}", "brace expansion: failed to allocate memory"),
        ("x=a; while :; do x=$x$x; done", "x: no room for so much in variables"),
        ("x=a; for ((i=0;i<21;i++)); do x=$x$x; done; y=${x//a/bbbbbbbbbbbb}", MUCH),
        ("read x < <(yes | tr -d '\\n')", MUCH),
        ("cat <(yes)", MUCH),
        ("source <(yes)", MUCH),
        ("echo " + "$(" * 90 + "echo" + ")" * 90, DEEP),
        ("eval " * 500 + "echo", DEEP),
        ("[[ " + "(" * 100 + " a " + ")" * 100 + " ]]", DEEP),
        ("x=y y=x; echo $((x))", "expression recursion level exceeded"),
        ("trap 'kill -TERM $$' TERM; kill -TERM $$", DEEP),
    ],
)
def test_it_ends_with_a_line_and_the_terminal_lives_on(line: str, told: str) -> None:
    keyboard = Keyboard()
    began = time.process_time()
    keyboard.enter(line).wait(60_000)
    # The promise is a second; a loaded machine gets five.
    assert time.process_time() - began < 5
    assert keyboard.printed.count(told) == 1
    assert keyboard.enter("echo $((2**99999)) ok").printed.endswith("0 ok\n")


def test_a_loop_that_sleeps_may_run_for_hours() -> None:
    keyboard = Keyboard()
    keyboard.enter("n=0; while true; do seq 100 | wc -l > /dev/null; ((++n)); sleep 2; done")
    keyboard.wait(3_600_000).interrupt()
    assert keyboard.codes == [130]
    assert keyboard.enter("echo $n").printed.endswith("1800\n")


def test_the_same_line_ends_at_the_same_turn_each_time() -> None:
    ends = [
        Keyboard().enter("while :; do ((n++)); done").wait(60_000).enter("echo $n").printed
        for _ in range(2)
    ]
    assert ends[0] == ends[1]
