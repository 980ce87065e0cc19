"""Nights of a family are the same in everything that stands before a look."""

from __future__ import annotations

from sim.scenario import load_scenario
from sim.scenario.alike import differences
from tests.scenario.texts import SEED

NIGHT = load_scenario(SEED)


def test_nights_of_this_repository_are_alike() -> None:
    other = NIGHT.model_copy(update={"slug": "other", "title": "Other", "truth": "release"})

    assert differences([NIGHT, other]) == []


def test_the_one_that_stands_out_is_named() -> None:
    alike = [NIGHT.model_copy(update={"slug": slug}) for slug in ("a", "b")]
    odd = NIGHT.model_copy(update={"slug": "c", "difficulty": 4, "documents": NIGHT.documents[1:]})

    found = differences([odd, *alike])

    assert [(slug, where) for slug, where, _ in found] == [
        ("c", ("difficulty",)),
        ("c", ("documents",)),
    ]
