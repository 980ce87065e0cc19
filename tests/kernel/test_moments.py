"""Times as people write them are read, and what is none is refused with an example."""

import pytest

from sim.kernel import Epoch
from sim.kernel.moments import LEADING, find_moment, read_moment

EPOCH = Epoch.parse("2026-11-20T02:47:00Z")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("03:10", "2026-11-20T03:10:00Z"),
        ("3:10 UTC", "2026-11-20T03:10:00Z"),
        ("03:10:30Z", "2026-11-20T03:10:30Z"),
        ("9:05 pm", "2026-11-20T21:05:00Z"),
        ("12:30 am", "2026-11-21T00:30:00Z"),
        ("02:40", "2026-11-21T02:40:00Z"),
        ("10m", "2026-11-20T02:57:00Z"),
        ("90s", "2026-11-20T02:48:30Z"),
        ("1h30m", "2026-11-20T04:17:00Z"),
        ("ten minutes", "2026-11-20T02:57:00Z"),
        ("half an hour", "2026-11-20T03:17:00Z"),
        ("an hour and 10 minutes", "2026-11-20T03:57:00Z"),
        ("forty-five min", "2026-11-20T03:32:00Z"),
        ("tomorrow 09:00", "2026-11-21T09:00:00Z"),
        ("Tomorrow, at 9:00 UTC", "2026-11-21T09:00:00Z"),
        ("next week 09:00", "2026-11-27T09:00:00Z"),
        ("2026-11-21T09:00:00+01:00", "2026-11-21T08:00:00Z"),
    ],
)
def test_a_time_is_read(text, at):
    assert EPOCH.rfc3339(read_moment(text, 0, EPOCH).at) == at
    assert find_moment(f"we write again at {text}, then", 0, EPOCH) == read_moment(text, 0, EPOCH)


@pytest.mark.parametrize("text", ["tomorrow", "next-week", "Next week"])
def test_a_day_by_itself_is_loose(text):
    assert read_moment(text, 0, EPOCH).loose


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("25:99", "'25:99' is no time of day; write e.g. 03:10"),
        ("13:00 pm", "is no time of day"),
        ("123:45", "is no time of day"),
        ("tomorrow 24:00", "is no time of day"),
        ("2026-11-21 09:00", "has no time zone; write e.g. 2026-11-21T09:00:00Z"),
        ("2026-13-40T00:00:00Z", "is no date and time"),
    ],
)
def test_what_looks_like_a_time_and_is_none_is_told(text, said):
    with pytest.raises(ValueError, match=said):
        find_moment(text, 0, EPOCH)


@pytest.mark.parametrize(
    "text", ["soon", "payments and tickets", "10.0.0.1:5432", "a moment", "10 pods", "v1.37.0", ""]
)
def test_prose_names_no_time(text):
    assert find_moment(text, 0, EPOCH) is None


@pytest.mark.parametrize(
    ("text", "time", "rest"),
    [
        ("in 10m look", "10m", " look"),
        ("03:05: undo it", "03:05", " undo it"),
        ("tomorrow 10 pods?", "tomorrow", " 10 pods?"),
        ("tomorrow 09:00 standup", "tomorrow 09:00", " standup"),
    ],
)
def test_the_time_at_the_beginning_ends_where_the_text_begins(text, time, rest):
    found = LEADING.match(text)
    assert (found["time"], text[found.end() :]) == (time, rest)
