"""What a look shows of a night, and what it does not: its facts, through the terminal and the room's panels."""

from __future__ import annotations

from types import ModuleType

import pytest

from sim.scenario import Catalogue

from . import test_payments_heron, test_payments_swift, test_payments_wren
from .keyboard import looks

NIGHTS = {one.SLUG: one for one in (test_payments_heron, test_payments_swift, test_payments_wren)}


@pytest.fixture(params=list(NIGHTS))
def night(request: pytest.FixtureRequest) -> ModuleType:
    return NIGHTS[request.param]


def test_each_look_shows_its_facts_and_no_others(night: ModuleType) -> None:
    for seed in night.SEEDS:
        shown = looks(night.SLUG, seed, [line for line, _ in night.LOOKS])

        found = [
            (line, " ".join(sorted(facts)))
            for line, where, facts in shown
            if where == "command" or line.startswith("incident runbook")
        ]
        wanted = [(line, facts) for line, facts in night.LOOKS if not line.startswith("+")]
        assert [one for one in found if one[1]] == [one for one in wanted if one[1]], seed


def test_a_panel_of_the_room_shows_what_its_table_shows(night: ModuleType) -> None:
    lines = [line for line, _ in night.LOOKS if line.startswith("incident dash")]
    shown = looks(night.SLUG, night.SEEDS[-1], lines)

    tables = [(line, facts) for line, where, facts in shown if where == "command"]
    panels = [(line, facts) for line, where, facts in shown if where == "panel"]
    assert tables
    assert tables == panels


def test_every_fact_is_shown_by_something_and_not_by_everything(night: ModuleType) -> None:
    shown = {fact for _, facts in night.LOOKS for fact in facts.split()}

    assert shown == {fact.id for fact in Catalogue()[night.SLUG].facts}
