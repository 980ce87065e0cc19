"""Field selectors: parsed into terms, judged elsewhere."""

import pytest

from sim.apimachinery.fields import FieldTerm, matches, parse_field_selector


def test_terms_keep_field_operator_and_value():
    assert parse_field_selector("status.phase!=Running,spec.nodeName==n1,a=b") == (
        FieldTerm("status.phase", equal=False, value="Running"),
        FieldTerm("spec.nodeName", equal=True, value="n1"),
        FieldTerm("a", equal=True, value="b"),
    )


def test_escaped_comma_belongs_to_the_value():
    assert parse_field_selector(r"a=x\,y") == (FieldTerm("a", equal=True, value="x,y"),)


def test_term_without_operator_is_refused():
    with pytest.raises(ValueError, match="invalid selector: 'foo'; can't understand 'foo'"):
        parse_field_selector("foo")


def test_every_term_must_hold():
    terms = parse_field_selector("a=1,b!=2")
    assert matches(terms, {"a": "1", "b": "3"}.__getitem__)
    assert not matches(terms, {"a": "1", "b": "2"}.__getitem__)
