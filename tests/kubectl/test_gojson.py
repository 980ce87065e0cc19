"""What encoding/json says to a malformed text."""

from __future__ import annotations

import json
import random

import pytest

from sim.kubectl.gojson import json_problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"a":1}', ""),
        ("  [1, 2.5e3, null, true] ", ""),
        ("{spec:{replicas:3}}", "invalid character 's' looking for beginning of object key string"),
        ("{'a':1}", "invalid character '\\'' looking for beginning of object key string"),
        ('{"a":b}', "invalid character 'b' looking for beginning of value"),
        ('{"a" 1}', "invalid character '1' after object key"),
        ('{"a":1 "b":2}', "invalid character '\"' after object key:value pair"),
        ("[1 2]", "invalid character '2' after array element"),
        ("{} {}", "invalid character '{' after top-level value"),
        ('{"a":"b', "unexpected end of JSON input"),
        ('{"a":1', "unexpected end of JSON input"),
        ("", "unexpected end of JSON input"),
        ("[tru]", "invalid character ']' in literal true (expecting 'e')"),
        ("[1.]", "invalid character ']' after decimal point in numeric literal"),
        ("[-]", "invalid character ']' in numeric literal"),
        ("[1e]", "invalid character ']' in exponent of numeric literal"),
        ('["\\x"]', "invalid character 'x' in string escape code"),
        ('["\\u12g4"]', "invalid character 'g' in \\u hexadecimal character escape"),
        ('["a\tb"]', "invalid character '\\t' in string literal"),
        ("tr", "invalid character ' ' in literal true (expecting 'u')"),
    ],
)
def test_a_text_is_judged_in_gos_words(text: str, problem: str) -> None:
    assert json_problem(text) == problem


def test_it_agrees_with_python_on_what_is_json() -> None:
    drawn = random.Random(7)
    text = '{"spec":[{"a":-1.5e3,"b":[true,null]},"x\\u00e9\\n"]}'
    for _ in range(500):
        spoilt = list(text)
        spoilt[drawn.randrange(len(text))] = drawn.choice('{}[]",:a0-.eE\\ ')
        try:
            json.loads("".join(spoilt))
        except ValueError:
            assert json_problem("".join(spoilt))
        else:
            assert not json_problem("".join(spoilt))


def test_deep_nesting_is_refused_not_fatal() -> None:
    assert json_problem("[" * 100_000) == "exceeded max depth"
