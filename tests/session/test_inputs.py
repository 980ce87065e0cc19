"""What may become an input: everything else is refused with a sentence before it is logged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.session.inputs import KINDS, MAX_TEXT, BadInputError, parse_input


def test_a_command_line_is_kept_letter_for_letter():
    line = "kubectl get pods -l 'app in (a,b)' | grep \"x\\y\" # ü"
    assert parse_input(5, "command", {"terminal": "t2", "line": line}).payload == {
        "terminal": "t2",
        "line": line,
    }


@pytest.mark.parametrize(
    ("kind", "payload", "said"),
    [
        ("fly", {}, "no such input 'fly'"),
        ("command", {"line": 7}, "command.line must be text"),
        ("command", {"line": "x" * (MAX_TEXT + 1)}, "at most 65536 are taken"),
        ("command", {"line": "ls", "terminal": "t99"}, "no terminal 't99'"),
        ("skip", {"amount_ms": -5}, "amount_ms must be a whole number"),
        ("skip", {"amount_ms": True}, "amount_ms must be a whole number"),
        ("bet", {"text": "x", "sure": 101}, "sure must be a whole number from 0 to 100"),
        ("freeze", {"ranking": "a b"}, "freeze.ranking must be a list"),
        ("freeze", {"ranking": ["a", 1]}, "freeze.ranking must be a list"),
        ("close", {"picks": ["C6"]}, "close.picks must be a small mapping"),
        ("close", {"citations": {"component": "command:1"}}, "list of citations"),
    ],
)
def test_a_bad_input_is_refused_with_what_is_wrong(kind, payload, said):
    with pytest.raises(BadInputError, match=said.replace(".", r"\.").replace("'", ".")):
        parse_input(0, kind, payload)


def test_half_a_surrogate_pair_cannot_break_the_database():
    given_ = parse_input(0, "note", {"text": "a\ud800b"})
    assert given_.payload["text"].encode() == b"a?b"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(st.sampled_from(KINDS), st.dictionaries(st.text(max_size=12), json_values, max_size=4))
def test_whatever_comes_in_is_an_input_or_a_sentence(kind, payload):
    try:
        said = parse_input(0, kind, payload).dumps()
    except BadInputError as error:
        said = str(error)
    assert said
