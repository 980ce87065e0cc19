"""Label selectors: what a query string and a spec select, and what the server says to nonsense."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.apimachinery.labels import (
    NOTHING,
    SelectorError,
    format_labels,
    format_selector,
    match_label_selector,
    parse_label_selector,
)

WEB = {"app": "web", "tier": "front", "n": "7"}

names = st.from_regex(r"[a-z]([-a-z0-9]{0,8}[a-z0-9])?", fullmatch=True)
label_sets = st.dictionaries(names, names, max_size=4)


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("", True),
        ("app=web", True),
        ("app==web", True),
        ("app!=web", False),
        ("absent!=x", True),
        ("app in (web, api)", True),
        ("app notin (web)", False),
        ("absent notin (x)", True),
        ("tier", True),
        ("!tier", False),
        ("!absent", True),
        ("n>5", True),
        ("n<5", False),
        ("app=web,tier=back", False),
        ("app in (web),tier in (front),!x", True),
        ("empty=", False),
    ],
)
def test_query_selector_selects_what_kubernetes_selects(text, selected):
    assert parse_label_selector(text).matches(WEB) is selected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a in b", "unable to parse requirement: found 'b' expected: '('"),
        ("a=b=c", "found '=', expected: ',' or 'end of string'"),
        ("a,", "found '', expected: identifier after ','"),
    ],
)
def test_unparsable_selector_is_refused_in_the_servers_words(text, message):
    with pytest.raises(SelectorError) as caught:
        parse_label_selector(text)
    assert str(caught.value) == message


def test_bound_that_is_no_number_is_refused():
    with pytest.raises(SelectorError, match="the value must be an integer"):
        parse_label_selector("a>b")


def test_absent_spec_selector_selects_nothing_and_empty_selects_all():
    assert match_label_selector(None) is NOTHING
    assert not match_label_selector(None).matches(WEB)
    assert match_label_selector({}).matches(WEB)


def test_spec_selector_joins_labels_and_expressions():
    spec = {
        "matchLabels": {"app": "web"},
        "matchExpressions": [
            {"key": "tier", "operator": "In", "values": ["front", "edge"]},
            {"key": "gone", "operator": "DoesNotExist"},
        ],
    }
    assert match_label_selector(spec).matches(WEB)
    assert not match_label_selector(spec).matches({**WEB, "gone": "1"})
    assert format_selector(spec) == "app=web,!gone,tier in (edge,front)"


def test_labels_are_printed_sorted_or_none():
    assert format_labels({"b": "2", "a": "1"}) == "a=1,b=2"
    assert format_labels({}) == "<none>"


@given(label_sets)
def test_labels_as_a_query_select_themselves(labels):
    query = ",".join(f"{key}={value}" for key, value in labels.items())
    assert parse_label_selector(query).matches(labels)


@given(label_sets, label_sets)
def test_printed_selector_parses_back_to_the_same_choice(wanted, labels):
    selector = match_label_selector({"matchLabels": wanted})
    assert parse_label_selector(str(selector)).matches(labels) == selector.matches(labels)


@given(st.text(alphabet="ab=!(),<> in", max_size=20))
def test_any_text_either_parses_or_is_refused(text):
    with contextlib.suppress(SelectorError):
        parse_label_selector(text).matches(WEB)
