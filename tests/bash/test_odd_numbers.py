"""Numbers that nobody means: each one has an answer of the program it is given to, and the shell goes on."""

from __future__ import annotations

import pytest

from tests.bash.place import Place

LONG = "9" * 5000
SUPERSCRIPT = "\u00b2"
"""A digit to Python that int() does not read."""


@pytest.mark.parametrize("number", ["9" * 400, LONG, SUPERSCRIPT, "1e400", "0x1p99999", "-1", ""])
@pytest.mark.parametrize(
    "line",
    [
        "cut -c {} pods.txt",
        "head -n {} pods.txt",
        "tail -n {} pods.txt",
        "fold -w {} pods.txt",
        "sort -k {} pods.txt",
        "echo {} | sort -g",
        "echo {} | sort -n",
        "seq {} | head -1",
        "sleep {} & kill $!",
        "timeout {} true",
        "timeout 2 seq {} > /dev/null",
        "printf %{}d 1",
        "printf %.{}f 1",
        "printf '%f %d' {} {}",
        "date -d @{}",
        "awk '{{print ${}}}' pods.txt",
        "awk 'BEGIN{{x = {} + 0; NF = x; exit x}}'",
        "awk 'BEGIN{{ARGC = \"{}\"}} {{print}}' pods.txt",
        "read -t {} a < pods.txt",
        "read -n {} a < pods.txt",
        "read -u {} a",
        "shift {}",
        "history {}",
        "wait {}",
        "echo ${{{}}}",
        "echo $(({}))",
        "x=abc; echo ${{x:{}}}",
    ],
)
def test_it_is_answered(place: Place, line: str, number: str) -> None:
    place.run(line.replace("{}", number).replace("{{", "{").replace("}}", "}"))

    assert place.run("echo here").out == "here\n"


@pytest.mark.parametrize("line", ["timeout 2 yes > /dev/null", "timeout 2 seq 1e400 > /dev/null"])
def test_what_does_too_much_below_timeout_ends_its_line(place: Place, line: str) -> None:
    done = place.run(line)

    assert (done.err, done.code) == (
        "bash: stopped: this command line does more work than one may\n",
        1,
    )


@pytest.mark.parametrize("span", ["-1", "1e400", "x"])
def test_read_refuses_what_is_no_span_of_time(place: Place, span: str) -> None:
    done = place.run(f"read -t {span} a")

    assert (done.err, done.code) == (f"bash: read: {span}: invalid timeout specification\n", 1)
