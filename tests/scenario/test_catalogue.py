"""The catalogue lists what there is, also what is broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim.scenario import (
    Catalogue,
    family_schema,
    night_schema,
    playbook_schema,
    scenario_schema,
)


def test_catalogue_lists_this_repositorys_scenarios() -> None:
    entries = {entry.slug: entry for entry in Catalogue()}

    assert entries["payments-0247"].scenario is not None
    assert all(entry.error is None for entry in entries.values())


def test_titles_and_slugs_do_not_name_the_cause() -> None:
    telling = ("proxy", "oom", "memory", "iptables", "node", "limit")
    for entry in Catalogue():
        assert entry.scenario is not None
        shown = f"{entry.slug} {entry.scenario.title} {entry.scenario.summary}".lower()
        assert not any(word in shown for word in telling)


def test_broken_scenario_is_listed_with_its_mistakes(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "scenario.yaml").write_text("format: 2\n", encoding="utf-8")

    (entry,) = Catalogue(tmp_path)

    assert entry.scenario is None
    assert entry.error is not None
    assert "scenario.yaml:1: format: 2 is not one of 1" in str(entry.error)


def test_unknown_slug_names_the_nearest() -> None:
    with pytest.raises(KeyError, match="nearest: payments-0247"):
        Catalogue()["payments-0248"]


def test_schemas_are_json_and_forbid_unknown_fields() -> None:
    for schema in (scenario_schema(), night_schema(), family_schema(), playbook_schema()):
        assert json.loads(json.dumps(schema)) == schema
        assert schema["additionalProperties"] is False
    assert not {"digest", "texts", "family_title"} & set(scenario_schema()["properties"])
