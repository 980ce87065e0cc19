"""The four lines of an update are found in free text, and prose stays prose."""

import pytest

from sim.session.updates import is_blank, read_update, template


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
    ],
)  # fmt: skip
def test_fields_are_found_where_a_line_or_sentence_begins(text, rest, fields):
    assert read_update(text) == (rest, fields)


def test_the_template_is_read_back_as_blanks():
    _, fields = read_update(template("UTC", "03:02"))
    assert fields.pop("next") == "03:02 UTC"
    assert set(fields) == {"impact", "scope", "action"}
    assert all(is_blank(value) for value in fields.values())
