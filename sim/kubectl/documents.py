"""YAML and JSON texts as JSON values, read as kubectl reads them.

It must not know what the values describe.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sim.kubectl.errors import CommandError
from sim.kubectl.yamlproblem import yaml_problem

_SEPARATOR = re.compile(r"^---.*(?:\n|\Z)", re.MULTILINE)


def parse_documents(text: str, source: str) -> Iterator[Any]:
    """Return the documents of a YAML or JSON stream as JSON values, one after the other.

    Raises:
        CommandError: at the first that does not parse.
    """
    if text.lstrip().startswith("{"):
        try:
            yield json.loads(text)
        except ValueError:
            pass
        else:
            return
    for document in _SEPARATOR.split(text):
        try:
            yield _as_json(_load(document))
        except YAMLError as error:
            raise CommandError(
                f"error parsing {source}: error converting YAML to JSON: {yaml_problem(error, document)}"
            ) from None


def _load(text: str) -> Any:
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 1)  # go-yaml v2, which kubectl uses, reads `yes` and `on` as booleans
    return yaml.load(text)


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {_key(key): _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def _key(key: Any) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    return "null" if key is None else str(key)
