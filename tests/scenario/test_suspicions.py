"""Hypotheses rival, facts weigh them, and a decision point ranks all of its options."""

from __future__ import annotations

from typing import Any

import pytest

from sim.scenario.suspicions import facts_weigh, hypotheses_rival, points_rank
from tests.scenario.texts import FAMILY, line, mistakes, own, shared

HYPOTHESES = (
    {"id": "node", "text": "n", "mitigation": "move"},
    {"id": "release", "text": "r", "mitigation": "rollback"},
    {"id": "alarm", "text": "a", "mitigation": "nothing"},
)


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        ({}, []),
        ({"truth": "node"}, ["there are no hypotheses of which one could be true"]),
        ({"hypotheses": HYPOTHESES, "truth": "node"}, []),
        ({"hypotheses": HYPOTHESES}, ["`truth` says which of them is true, and it is missing"]),
        (
            {"hypotheses": HYPOTHESES, "truth": "nod"},
            ['no hypothesis "nod"; nearest: node'],
        ),
        (
            {"hypotheses": HYPOTHESES[:2], "truth": "node"},
            ["give at least 3: what it is and what else it could be"],
        ),
        (
            {
                "hypotheses": tuple({**one, "mitigation": "m"} for one in HYPOTHESES),
                "truth": "node",
            },
            ["all of them ask for the same mitigation, so nothing is to be told apart"],
        ),
    ],
)
def test_hypotheses_rival(tree: dict[str, Any], told: list[str]) -> None:
    assert [text for _, text in hypotheses_rival(tree)] == told


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        ({"id": "f", "about": ("real",), "likelihood": {"node": 0.9}}, []),
        ({"id": "f", "about": ("recovery",)}, []),
        ({"id": "f", "about": ()}, []),
        (
            {"id": "f", "about": ("scope", "recovery")},
            ["says of no hypothesis how likely it is (`likelihood`)"],
        ),
        (
            {"id": "f", "about": ("real",), "likelihood": {"relase": 0.1}},
            ['no hypothesis "relase"; nearest: release'],
        ),
    ],
)
def test_facts_weigh(fact: dict[str, Any], told: list[str]) -> None:
    tree = {"hypotheses": HYPOTHESES, "facts": (fact,)}

    assert [text for _, text in facts_weigh(tree)] == told


POINT = {
    "id": "p",
    "when": {"fact": "f"},
    "options": ({"id": "cordon", "text": "c"}, {"id": "wait", "text": "w"}),
    "ranking": ("cordon", "wait"),
}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, []),
        ({"when": {"after": "4m"}}, []),
        ({"when": {}}, ["give `fact` or `after`, and only one of them"]),
        (
            {"when": {"fact": "f", "after": "4m"}},
            ["give `fact` or `after`, and only one of them"],
        ),
        ({"when": {"fact": "g"}}, ['no fact "g"; there are: f']),
        ({"ranking": ("cordon",)}, ["leaves out wait"]),
        ({"ranking": ("cordon", "wait", "wait")}, ["names an option twice"]),
        (
            {"ranking": ("cordon", "wait", "cardon")},
            ['no option "cardon"; nearest: cordon'],
        ),
        ({"reasons": {"wat": "x"}}, ['no option "wat"; nearest: wait']),
    ],
)
def test_points_rank(change: dict[str, Any], told: list[str]) -> None:
    tree = {"facts": ({"id": "f"},), "freeze": ({**POINT, **change},)}

    assert [text for _, text in points_rank(tree)] == told


def test_mistakes_of_beliefs_have_their_lines() -> None:
    family = shared().replace("mitigation: rollback\n", "mitigation: roll back\n")
    text = own().replace("truth: node-data-plane", "truth: node-data-plan")
    text = text.replace("rules-sparse\n", "rules-sparse\n").replace(
        "likelihood: {node-data-plane: 0.7, release: 0.03,",
        "likelihood: {node-data-plane: 1.7, relase: 0.03,",
        1,
    )

    told = mistakes(text, family=family)

    at = line(text, "node-data-plane: 1.7")
    assert [one.split(": ", 2)[0] for one in told] == [
        f"{FAMILY}:{line(family, 'roll back')}",
        f"scenario.yaml:{line(text, 'truth: node-data-plan')}",
        f"scenario.yaml:{at}",
        f"scenario.yaml:{at}",
    ]
    assert any('no hypothesis "relase"; nearest: release' in one for one in told)
    assert any("less than or equal to 1" in one for one in told)
