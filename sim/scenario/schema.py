"""The published JSON Schema of scenario files, for editors and other tools.

It says what the models say; rules between parts are only in `checks`.
"""

from __future__ import annotations

from typing import Any

from sim.scenario.playbook import Playbook
from sim.scenario.spec import Scenario

_SET_BY_LOADER = ("players", "digest")


def scenario_schema() -> dict[str, Any]:
    """Return the JSON Schema of `scenario.yaml`."""
    schema = Scenario.model_json_schema()
    for field in _SET_BY_LOADER:
        schema["properties"].pop(field)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "uncordon scenario"
    return schema


def playbook_schema() -> dict[str, Any]:
    """Return the JSON Schema of `players/*.yaml`."""
    schema = Playbook.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "uncordon playbook"
    return schema
