from __future__ import annotations

import pytest

from sim.kubectl.printers.kyaml import to_kyaml


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": "x"}, '---\n{\n  a: "x",\n  b: 1,\n}\n'),
        ({"a": []}, "---\n{\n  a: [],\n}\n"),
        ({"a": [{"b": None}]}, "---\n{\n  a: [{\n    b: null,\n  }],\n}\n"),
        ({"a": ["x", 1]}, '---\n{\n  a: [\n    "x",\n    1,\n  ],\n}\n'),
        ({"no": True, "1": 2}, '---\n{\n  "1": 2,\n  "no": true,\n}\n'),
        ({"a/b.c": 'q"\\'}, '---\n{\n  a/b.c: "q\\"\\\\",\n}\n'),
        (
            {"a": " one\n\ntwo"},
            '---\n{\n  a: "\\\n    \\ one\\n\\\n     \\n\\\n     two\\\n    ",\n}\n',
        ),
    ],
)
def test_a_value_prints_as_kyaml(value: object, text: str) -> None:
    assert to_kyaml(value) == text
