"""YAML as sigs.k8s.io/yaml writes it."""

from __future__ import annotations

import pytest
from ruamel.yaml import YAML

from sim.kubectl.printers.yaml import to_yaml


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("", '""'),
        ("true", '"true"'),
        ("yes", '"yes"'),
        ("null", '"null"'),
        ("~", '"~"'),
        ("1", '"1"'),
        ("1e3", '"1e3"'),
        ("0x1F", '"0x1F"'),
        ("1_000", '"1_000"'),
        ("3:25:45", '"3:25:45"'),
        ("10.244.1.2", "10.244.1.2"),
        ("2026-11-20", '"2026-11-20"'),
        ("2026-11-20T02:47:00Z", '"2026-11-20T02:47:00Z"'),
        ("a: b", "'a: b'"),
        ("a #b", "'a #b'"),
        ("- a", "'- a'"),
        ("#a", "'#a'"),
        ("it's", "it's"),
        (" led", "' led'"),
        ("bell\a", '"bell\\a"'),
        ("two\nlines", "|-\n  two\n  lines"),
        ("two\nlines\n", "|\n  two\n  lines"),
        (True, "true"),
        (None, "null"),
        (12, "12"),
        (1.5, "1.5"),
        ([], "[]"),
        ({}, "{}"),
    ],
)
def test_a_value_is_quoted_as_go_yaml_quotes_it(value: object, text: str) -> None:
    assert to_yaml({"k": value}) == f"k: {text}\n"


def test_lists_are_not_indented_and_keys_are_in_natural_order() -> None:
    data = {"b": [{"y": 1, "x": [1, [2]]}], "a10": 1, "a9": 2, "B": {}}

    assert to_yaml(data) == 'B: {}\na9: 2\na10: 1\nb:\n- x:\n  - 1\n  - - 2\n  "y": 1\n'


def test_long_text_is_folded_and_read_back_the_same() -> None:
    text = " ".join(f"word{number}" for number in range(40))

    folded = to_yaml({"message": text})

    assert max(map(len, folded.splitlines())) <= 90
    assert YAML(typ="safe").load(folded) == {"message": text}


@pytest.mark.parametrize(
    "value", ["a\tb", "tab\t\nline", "trailing \nblank", "\nleading", "é ü", "“quotes”", "a" * 200]
)
def test_what_is_written_is_read_back(value: str) -> None:
    assert YAML(typ="safe").load(to_yaml({"k": value})) == {"k": value}
