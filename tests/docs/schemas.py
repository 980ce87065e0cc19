"""Writes the published JSON Schemas; a test says when they are out of date."""

import json
from pathlib import Path
from typing import Any

from sim.scenario import family_schema, night_schema, playbook_schema, scenario_schema

DOCS = Path(__file__).resolve().parents[2] / "docs"


def published() -> dict[Path, str]:
    """Return file -> the text that it should have."""
    schemas: dict[str, dict[str, Any]] = {
        "scenario.schema.json": scenario_schema(),
        "night.schema.json": night_schema(),
        "family.schema.json": family_schema(),
        "playbook.schema.json": playbook_schema(),
    }
    return {
        DOCS / name: json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
        for name, schema in schemas.items()
    }


if __name__ == "__main__":
    for path, text in published().items():
        path.write_text(text, encoding="utf-8")
