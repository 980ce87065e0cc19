"""Objects from files and standard input: YAML or JSON, several to a file, lists taken apart.

It reads the workstation's own files only and must not know what is done with the objects.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import simpy
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sim.apimachinery.wire import Obj
from sim.kubectl.errors import CommandError
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Invocation
from sim.kubectl.yamlproblem import yaml_problem

_SEPARATOR = re.compile(r"^---.*(?:\n|\Z)", re.MULTILINE)
_EXTENSIONS = (".json", ".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object and where it was read."""

    object: Obj
    source: str
    """The file's name as it was typed, or `STDIN`."""
    problem: CommandError | None = None
    """Why there is no object."""


def load_manifests(
    call: Invocation, names: Sequence[str]
) -> Generator[simpy.Event, Any, list[Manifest]]:
    """Return the objects of files, directories and `-` (standard input), in order.

    Raises:
        CommandError: if a file is missing or does not parse.
    """
    found: list[Manifest] = []
    for name in names:
        if name == "-":
            text = yield from call.proc.stdin.read_all()
            found += parse_manifests(text, "STDIN")
            continue
        for path in _files(call, name):
            try:
                text = call.read_file(path)
            except OSError as error:
                raise CommandError(str(error)) from None
            found += parse_manifests(text, path)
    return found


def _files(call: Invocation, name: str) -> list[str]:
    files = call.proc.files
    path = call.proc.path(name)
    if name.startswith(("http://", "https://")):
        raise CommandError(f"reading {name} is not supported in this simulator: there is no web")
    if not files.exists(path):
        raise CommandError(f"the path {quote(name)} does not exist")
    if not files.is_dir(path):
        return [name]
    inside = [one for one in files.listdir(path) if one.endswith(_EXTENSIONS)]
    if not inside:
        raise CommandError(
            f"error reading [{name}]: recognized file extensions are [{' '.join(_EXTENSIONS)}]"
        )
    return [f"{name.rstrip('/')}/{one}" for one in inside]


def parse_manifests(text: str, source: str) -> list[Manifest]:
    """Return the objects in *text*; `kind: List` is taken apart.

    A document that does not parse is the last one: its manifest carries the problem.
    """
    found: list[Manifest] = []
    try:
        for document in parse_documents(text, source):
            found += _objects(document, source)
    except CommandError as problem:
        found.append(Manifest({}, source, problem))
    return found


def _objects(document: Any, source: str) -> Iterable[Manifest]:
    if document is None:
        return []
    objects = [document]
    if isinstance(document, dict) and str(document.get("kind", "")).endswith("List"):
        items = document.get("items")
        objects = items if isinstance(items, list) else objects
    if not all(isinstance(obj, dict) for obj in objects):
        raise CommandError(
            f"error validating {quote(source)}: error validating data: invalid object to "
            "validate; if you choose to ignore these errors, turn validation off with "
            "--validate=false"
        )
    return [Manifest(obj, source) for obj in objects]


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
