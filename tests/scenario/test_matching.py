"""A fact is known when an output showed it, by whatever command, and not otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from sim.scenario import Look, fill, fill_pattern, shows
from sim.scenario.facts import Fact

ROLES: dict[str, Any] = {
    "app": "web",
    "node.bad": "node-3",
    "node.good": ["node-1", "node-2"],
    "limit": "413",
}


def _fact(*shown: dict[str, Any]) -> Fact:
    fact = {"id": "f", "sentence": "s", "shown": shown}
    return Fact.model_validate(fact, strict=False)


def test_rows_quote_the_lines_that_show_it() -> None:
    fact = _fact({"rows": [{"match": r"{app}-\w+ .* {node.bad}$", "min": 2}]})
    look = Look(text="web-a x node-3\nweb-b x node-1\nweb-c x node-3\n")

    quote = shows(fact, look, ROLES)

    assert quote is not None
    assert quote.lines == ("web-a x node-3", "web-c x node-3")


def test_name_that_only_begins_like_the_role_does_not_count() -> None:
    fact = _fact({"rows": [{"match": r"\s{node.bad}(?:\s|$)"}]})

    assert shows(fact, Look(text="web-a node-30\n"), ROLES) is None


def test_distinct_counts_values_and_not_lines() -> None:
    fact = _fact({"rows": [{"match": r"^(?P<pod>web-\w+)", "min": 2, "distinct": "pod"}]})

    assert shows(fact, Look(text="web-a 1\nweb-a 2\n"), ROLES) is None
    assert shows(fact, Look(text="web-a 1\nweb-b 2\n"), ROLES)


@pytest.mark.parametrize(("text", "known"), [("412\n", False), ("413\n", True), ("x\n", False)])
def test_numbers_are_compared_with_roles(text: str, known: bool) -> None:
    fact = _fact({"rows": [{"match": r"^(?P<n>\d+)$", "at_least": {"n": "{limit}"}}]})

    assert bool(shows(fact, Look(text=text), ROLES)) is known


def test_max_and_absent_forbid() -> None:
    few = _fact({"rows": [{"match": "^SVC", "min": 0, "max": 1}], "absent": ["REJECT"]})

    assert shows(few, Look(text="head\nSVC\n"), ROLES)
    assert shows(few, Look(text="SVC\nSVC\n"), ROLES) is None
    assert shows(few, Look(text="REJECT\n"), ROLES) is None


def test_node_is_where_the_program_ran() -> None:
    fact = _fact({"node": "node.good", "text": ["ok"]})

    assert shows(fact, Look(text="ok", nodes=("node-2",)), ROLES)
    assert shows(fact, Look(text="ok", nodes=("node-3",)), ROLES) is None
    assert shows(fact, Look(text="ok", command="ssh node-1 true"), ROLES)
    assert shows(fact, Look(text="ok", command="ssh node-10 true"), ROLES) is None


def test_panel_and_terminal_are_different_places() -> None:
    panel = _fact({"on": "panel", "panel": "errors", "text": ["12"]})
    anywhere = _fact({"on": "any", "panel": "errors", "text": ["12"]})

    assert shows(panel, Look(text="12"), ROLES) is None
    assert shows(panel, Look(text="12", on="panel", panel="ready"), ROLES) is None
    assert shows(panel, Look(text="12", on="panel", panel="errors"), ROLES)
    assert shows(anywhere, Look(text="12"), ROLES)


def test_any_one_way_suffices() -> None:
    fact = _fact({"text": ["one"]}, {"text": ["two"]})

    assert shows(fact, Look(text="two"), ROLES)


def test_fill_leaves_foreign_braces_alone() -> None:
    text = "kubectl get -o jsonpath='{.items[*]}' {node.good} a{2} {nobody}"

    assert fill(text, ROLES) == "kubectl get -o jsonpath='{.items[*]}' node-1 node-2 a{2} {nobody}"
    assert fill_pattern(r"^{node.good}\d{2}", ROLES) == r"^(?:node\-1|node\-2)\d{2}"
