"""What is indented in one pass is what the standard library's encoder makes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.kubectl.indenting import indented

LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6)
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner)
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(value=VALUES, sort_keys=st.booleans())
def test_it_is_what_the_library_writes(value: Any, sort_keys: bool) -> None:
    expected = json.dumps(
        value, ensure_ascii=False, indent=4, sort_keys=sort_keys, separators=(",", ": ")
    )
    assert indented(value, 4, sort_keys=sort_keys) == expected


@pytest.mark.parametrize("value", [{}, [], {"a": {}, "b": []}, (1, "x"), {1: 2, None: 3}])
def test_odd_values_are_written_too(value: Any) -> None:
    assert indented(value, 2, sort_keys=False) == json.dumps(value, indent=2)
