"""What comes from a program that never ends is shown as it comes, line by line."""

from __future__ import annotations

import pytest

from tests.bash.place import Place


@pytest.mark.parametrize(
    ("tool", "output"),
    [
        ("grep -n line", "1:line 1\n2:line 2\n3:line 3\n"),
        ("grep -v 2", "line 1\nline 3\n"),
        ("sed 's/line/x/'", "x 1\nx 2\nx 3\n"),
        ("sed -n 'p;3q'", "line 1\nline 2\nline 3\n"),
        ("awk '{print $2}'", "1\n2\n3\n"),
        ("awk '{print NR; fflush()}'", "1\n2\n3\n"),
        ("jq -R length", "6\n6\n6\n"),
    ],
)
def test_lines_are_shown_as_they_come(place: Place, tool: str, output: str) -> None:
    place.start(f"ticking | {tool}")
    place.env.run(until=place.env.now + 2_500)
    assert place.out == output


def test_values_are_shown_as_they_come(place: Place) -> None:
    place.start('ticking | while read a b; do echo "{\\"n\\": $b}"; done | jq .n')
    place.env.run(until=place.env.now + 2_500)
    assert place.out == "1\n2\n3\n"


def test_a_tool_that_has_enough_ends_the_stream(place: Place) -> None:
    for tool in ("sed 2q", "awk 'NR==2{exit}'", "grep -m1 line", "grep -q 3"):
        assert place.run(f"ticking | {tool} > /dev/null", within_ms=10_000).code == 0
