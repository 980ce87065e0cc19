"""Quantities: exact values, canonical forms."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.apimachinery.quantity import canonical, format_quantity, millis, parse_quantity, units


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0.5", "500m"),
        ("1000m", "1"),
        ("1500m", "1500m"),
        ("1024Mi", "1Gi"),
        ("0.5Gi", "512Mi"),
        ("128Mi", "128Mi"),
        ("1.5Gi", "1536Mi"),
        ("100000", "100k"),
        ("16384000Ki", "16000Mi"),
        ("0", "0"),
        ("0Mi", "0"),
        ("-1", "-1"),
        (2, "2"),
        ("512", "512"),
        ("0.0000000001", "1n"),
    ],
)
def test_canonical_form_is_what_the_server_stores(text, shown):
    assert canonical(text) == shown


def test_millis_and_units_round_up():
    assert millis("250m") == 250
    assert millis("0.0001") == 1
    assert units("128Mi") == 128 * 1024 * 1024
    assert units("100m") == 1


@pytest.mark.parametrize("text", ["", "abc", "1.2.3", "1 Gi", "1Gib", "--1"])
def test_nonsense_is_refused_in_kubernetes_words(text):
    with pytest.raises(ValueError, match="quantities must match the regular expression"):
        parse_quantity(text)


@given(st.integers(0, 10**15), st.sampled_from(["", "m", "k", "M", "Ki", "Mi", "Gi", "n", "u"]))
def test_canonical_form_keeps_the_value(number, suffix):
    text = f"{number}{suffix}"
    assert parse_quantity(canonical(text)) == parse_quantity(text)
    assert canonical(canonical(text)) == canonical(text)


@given(st.integers(0, 10**15), st.booleans())
def test_whole_numbers_round_trip(number, binary):
    assert parse_quantity(format_quantity(Fraction(number), binary=binary)) == number
