"""JSONPath as client-go reads it, with its error texts."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sim.kubectl.printers.jsonpath import JsonPath, JsonPathError

DATA: dict[str, Any] = {
    "items": [
        {"metadata": {"name": "a", "labels": {"app.io/x": "1"}}, "n": 1, "ready": True},
        {"metadata": {"name": "b"}, "n": 22, "ready": False, "tags": ["p", "q"]},
        {"metadata": {"name": "c"}, "n": 3, "addresses": [{"type": "IP", "address": "10.0.0.1"}]},
    ],
    "kind": "List",
    "none": None,
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{.kind}", "List"),
        ("{$.kind}", "List"),
        ("{.items[*].metadata.name}", "a b c"),
        ("{.items[0].metadata.name}", "a"),
        ("{.items[-1].metadata.name}", "c"),
        ("{.items[0:2].metadata.name}", "a b"),
        ("{.items[::2].metadata.name}", "a c"),
        ("{.items[0,2].metadata.name}", "a c"),
        ("{..name}", "a b c"),
        ("{.items[?(@.n>2)].metadata.name}", "b c"),
        ('{.items[?(@.metadata.name=="b")].n}', "22"),
        ("{.items[?(@.ready==true)].metadata.name}", "a"),
        ("{.items[?(@.tags)].metadata.name}", "b"),
        ('{.items[*].addresses[?(@.type=="IP")].address}', "10.0.0.1"),
        ("{.items[*]['metadata.name','n']}", "a b c 1 22 3"),
        (r"{.items[0].metadata.labels.app\.io/x}", "1"),
        ("{.items[0].metadata.labels['app\\.io/x']}", "1"),
        ('{range .items[*]}{.metadata.name}{"\\t"}{.n}{"\\n"}{end}', "a\t1\nb\t22\nc\t3\n"),
        ("{range .items[*]}[{.metadata.name}] {end}", "[a] [b] [c] "),
        ("name: {.items[1].metadata.name}!", "name: b!"),
        ("{.items[0].metadata}", '{"labels":{"app.io/x":"1"},"name":"a"}'),
        ("{.items[1].tags}", '["p","q"]'),
        ("{.items[0].ready}", "true"),
        ("{.missing}", ""),
        ("{.items[0].missing.deeper}", ""),
        ("{'quoted'}", "quoted"),
    ],
)
def test_a_template_renders(template: str, text: str) -> None:
    assert JsonPath(template).render(DATA) == text


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("{.items[*", "unterminated array"),
        ("{.items", "unclosed action"),
        ("{.items[9].n}", "array index out of bounds: index 9, length 3"),
        ("{.items[?(@.n>]}", "unterminated filter"),
        ("{.kind[0]}", "string is not array or slice"),
        ("{&}", "unrecognized character in action: U+0026 '&'"),
        ("{end}", "not in range, nothing to end"),
        ("{kind}", "unrecognized identifier kind"),
    ],
)
def test_what_is_wrong_is_said_in_client_gos_words(template: str, problem: str) -> None:
    with pytest.raises(JsonPathError, match=re.escape(problem)):
        JsonPath(template).render(DATA)


def test_missing_keys_are_refused_if_that_was_asked() -> None:
    with pytest.raises(JsonPathError, match="missing is not found"):
        JsonPath("{.missing}", allow_missing=False).render(DATA)
