"""Nights of a family are the same in everything that stands before a look."""

from __future__ import annotations

from sim.scenario import load_scenario
from sim.scenario.alike import differences
from sim.scenario.traffic import OwnFailure
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


def test_users_who_try_again_would_tell_a_night_before_its_fault() -> None:
    (users,) = NIGHT.traffic
    shop, *others = users.classes
    nights = [NIGHT.model_copy(update={"slug": slug}) for slug in ("a", "b")]
    for update in ({"retries": 1}, {"agent": "another"}, {"share": 0.9}):
        classes = (shop.model_copy(update=update), *others)
        odd = users.model_copy(update={"classes": classes})
        night = NIGHT.model_copy(update={"slug": "c", "traffic": (odd,)})

        assert [(slug, where) for slug, where, _ in differences([*nights, night])] == [
            ("c", ("traffic",))
        ]


def test_what_fails_by_itself_may_be_what_a_night_is_about() -> None:
    (users,) = NIGHT.traffic
    *people, robot = users.classes
    fails = OwnFailure(status=502, at=0)
    odd = users.model_copy(update={"classes": (*people, robot.model_copy(update={"fails": fails}))})
    night = NIGHT.model_copy(update={"slug": "c", "traffic": (odd,)})

    assert differences([NIGHT, night]) == []
