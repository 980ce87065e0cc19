"""The published JSON Schemas of scenario files, for editors and other tools.

They say what the models say; rules between parts are only in `checks`.
"""

from __future__ import annotations

from typing import Any

from sim.scenario.family import OWN, Family
from sim.scenario.merging import DROP, NAMES
from sim.scenario.playbook import Playbook
from sim.scenario.spec import Scenario

_SET_BY_LOADER = ("players", "family_title", "digest", "texts")
_NIGHT = "night.schema.json"


def scenario_schema() -> dict[str, Any]:
    """Return the JSON Schema of a `scenario.yaml` that stands on its own."""
    return _said(_scenario(), "uncordon scenario")


def night_schema() -> dict[str, Any]:
    """Return the JSON Schema of a part of a scenario: a night of a family, and what they share.

    Nothing is required, and whatever has a name may be dropped.
    """
    schema = _in_part(_scenario())
    assert isinstance(schema, dict), "a schema is a mapping"
    return _said(schema, "uncordon night of a family")


def family_schema() -> dict[str, Any]:
    """Return the JSON Schema of `families/*.yaml`."""
    schema = Family.model_json_schema()
    schema["properties"]["shared"] = {
        "$ref": _NIGHT,
        "not": {"anyOf": [{"required": [name]} for name in OWN]},
    }
    return _said(schema, "uncordon family")


def playbook_schema() -> dict[str, Any]:
    """Return the JSON Schema of `players/*.yaml`."""
    return _said(Playbook.model_json_schema(), "uncordon playbook")


def _scenario() -> dict[str, Any]:
    schema = Scenario.model_json_schema()
    for field in _SET_BY_LOADER:
        schema["properties"].pop(field)
    return schema


def _said(schema: dict[str, Any], title: str) -> dict[str, Any]:
    draft = "https://json-schema.org/draft/2020-12/schema"
    return {**schema, "$schema": draft, "title": title}


def _in_part(node: Any) -> Any:
    """Return a schema to which any part of what meets *node* conforms, too."""
    if isinstance(node, list):
        return [_in_part(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {
        # Without what they are told apart by, several of them may fit.
        ("anyOf" if key == "oneOf" else key): value
        for key, value in node.items()
        if key not in ("required", "discriminator", "minItems")
    }
    made = {key: _in_part(value) for key, value in kept.items()}
    fields = made.get("properties")
    if node.get("type") == "object" and isinstance(fields, dict) and set(NAMES) & set(fields):
        fields[DROP] = {"const": True}
    return made
