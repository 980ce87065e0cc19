"""Go's own texts: quoting, durations, JSON, times."""

from __future__ import annotations

import pytest

from sim.kubectl.goformat import parse_go_duration, quote, time_problem, to_json, to_text


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("plain", '"plain"'),
        ('say "hi"', '"say \\"hi\\""'),
        ("a\tb\n", '"a\\tb\\n"'),
        ("é✓", '"é✓"'),
        ("\x00\x7f", '"\\x00\\x7f"'),
        ("\u200b", '"\\u200b"'),
    ],
)
def test_strings_are_quoted_as_q_quotes_them(text: str, quoted: str) -> None:
    assert quote(text) == quoted


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("0", 0),
        ("90s", 90_000),
        ("1h2m3s", 3_723_000),
        ("1.5s", 1500),
        ("-1s", -1000),
        ("250ms", 250),
    ],
)
def test_durations_are_read_in_nanoseconds(text: str, ms: int) -> None:
    assert parse_go_duration(text) == ms * 1_000_000


@pytest.mark.parametrize("text", ["", "5", "s", "1d", "1s2", "abc"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="time: "):
        parse_go_duration(text)


def test_json_has_sorted_keys_and_escapes_html() -> None:
    assert to_json({"b": "<&>", "a": [1, None, "é"]}) == (
        '{"a":[1,null,"é"],"b":"\\u003c\\u0026\\u003e"}'
    )
    assert to_json({"b": {}, "a": []}, indent=4) == '{\n    "a": [],\n    "b": {}\n}'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "<nil>"),
        (True, "true"),
        (1.0, "1"),
        (1e21, "1e+21"),
        ({"b": 1, "a": [1, "x"]}, "map[a:[1 x] b:1]"),
    ],
)
def test_values_print_as_sprint_prints_them(value: object, text: str) -> None:
    assert to_text(value) == text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2026-11-20T02:47:00Z", ""),
        ("2026-11-20T02:47:00.5+02:00", ""),
        ("2026", 'cannot parse "" as "-"'),
        ("02:47", 'cannot parse "02:47" as "2006"'),
        ("2026-11-20 02:47:00Z", 'cannot parse " 02:47:00Z" as "T"'),
        ("2026-11-20T02:47:00", 'cannot parse "" as "Z07:00"'),
        ("2026-13-20T02:47:00Z", "month out of range"),
        ("2026-02-30T02:47:00Z", "day out of range"),
        ("2026-11-20T25:47:00Z", "hour out of range"),
        ("2026-11-20T02:47:00Zx", 'extra text: "x"'),
    ],
)
def test_a_time_that_does_not_parse_is_explained_as_go_explains_it(text: str, problem: str) -> None:
    assert time_problem(text).endswith(problem)
    assert bool(time_problem(text)) is bool(problem)
