"""The four lines of an update are found in free text, and prose stays prose."""

import pytest

from sim.kernel import Epoch
from sim.session.updates import is_blank, missing, next_time, read_update, template


@pytest.mark.parametrize(
    ("text", "rest", "fields"),
    [
        (
            "Impact: a. Scope: b. Action: c. Next: 03:10",
            "",
            {"impact": "a", "scope": "b", "action": "c", "next": "03:10"},
        ),
        ("On it.\nimpact: a\nNEXT UPDATE: 03:10 UTC", "On it.", {"impact": "a", "next": "03:10 UTC"}),
        ("**Impact:** all fail\n- Scope: v3.18.2", "", {"impact": "all fail", "scope": "v3.18.2"}),
        ("we ask what the impact: unknown", "we ask what the impact: unknown", {}),
        ("Next:", "Next:", {}),
        ("Impact: a\nImpact: b", "", {"impact": "a"}),
        (
            "Impact: 12 % of payments fail. Scope: one node. We look there. Next update 03:10",
            "",
            {"impact": "12 % of payments fail", "scope": "one node. We look there", "next": "03:10"},
        ),
        (
            "Impact - 12 % fail, scope - node 4, action - cordon, next - 03:10",
            "",
            {"impact": "12 % fail", "scope": "node 4", "action": "cordon", "next": "03:10"},
        ),
        (
            "User impact: a\nBlast radius: b\nNext steps: c\nNext update at: 03:10",
            "",
            {"impact": "a", "scope": "b", "action": "c", "next": "03:10"},
        ),
        (
            "Impact: x. Next update at 03:10 UTC. @tomasz are the nodes ok?",
            "",
            {"impact": "x. @tomasz are the nodes ok?", "next": "03:10 UTC"},
        ),
    ],
)  # fmt: skip
def test_fields_are_found_where_a_line_or_sentence_begins(text, rest, fields):
    assert read_update(text) == (rest, fields)


@pytest.mark.parametrize(
    ("text", "next_"),
    [
        ("12 % fail, we drain node 3, next update at 03:10", "03:10"),
        ("Next 03:10", "03:10"),
        ("next report comes in half an hour", "half an hour"),
        ("will update again in 10 minutes", "10 minutes"),
        ("I'll report back at 03:10 UTC", "03:10 UTC"),
        ("I look again in ten minutes", "ten minutes"),
        ("more in 15 min", "15 min"),
        ("update by 03:10", "03:10"),
        ("next update tomorrow 09:00", "tomorrow 09:00"),
        ("for the next 10 minutes we drain", None),
        ("error rate back to normal in 10 min", None),
        ("more than 10 minutes of errors", None),
        ("Update 02:51: 12 % fail", None),
    ],
)
def test_a_promise_to_write_again_is_the_next_time(text, next_):
    rest, fields = read_update(text)
    assert rest == text
    assert fields.get("next") == next_


EPOCH = Epoch.parse("2026-11-20T02:47:00Z")


@pytest.mark.parametrize("text", ["tomorrow at standup", "in the morning", "next-week"])
def test_a_day_will_do_for_the_next_time(text):
    assert next_time(text, 0, EPOCH) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("when it is fixed", "'when it is fixed' names no time; write e.g. 03:10, or in 10m"),
        ("25:99", "'25:99' is no time of day"),
        ("02:40", "02:40 has passed, it is 02:47:00 UTC"),
        ("2026-11-20T02:00:00Z", "has passed"),
    ],
)
def test_a_next_time_that_is_none_is_told(text, said):
    with pytest.raises(ValueError, match=said):
        next_time(text, 0, EPOCH)


def test_a_field_says_something_of_its_own():
    assert missing({"impact": "12 %", "scope": "12 %", "action": "x", "next": "03:10"}) == [
        "scope",
        "action",
    ]


def test_the_template_is_read_back_as_blanks():
    _, fields = read_update(template("UTC", "03:02"))
    assert fields.pop("next") == "03:02 UTC"
    assert set(fields) == {"impact", "scope", "action"}
    assert all(is_blank(value) for value in fields.values())
