"""Objects from files and standard input: YAML or JSON, several to a file, lists taken apart.

It reads the workstation's own files only and must not know what is done with the objects.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import simpy
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from sim.apimachinery.wire import Obj
from sim.kubectl.errors import CommandError
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Invocation

_EXTENSIONS = (".json", ".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object and where it was read."""

    object: Obj
    source: str
    """The file's name as it was typed, or `STDIN`."""


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
    """Return the objects in *text*; `kind: List` is taken apart."""
    found: list[Manifest] = []
    for document in parse_documents(text, source):
        if document is None:
            continue
        if not isinstance(document, dict):
            raise CommandError(
                f"error validating {quote(source)}: error validating data: invalid object to "
                "validate; if you choose to ignore these errors, turn validation off with "
                "--validate=false"
            )
        items = document.get("items")
        if isinstance(items, list) and str(document.get("kind", "")).endswith("List"):
            found += [Manifest(item, source) for item in items]
        else:
            found.append(Manifest(document, source))
    return found


def parse_documents(text: str, source: str) -> list[Any]:
    """Return the documents of a YAML or JSON stream as JSON values."""
    if text.lstrip().startswith("{"):
        try:
            return [json.loads(text)]
        except ValueError:
            pass
    try:
        return [_as_json(document) for document in _load(text)]
    except MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        problem = str(error.problem or error).splitlines()[0]
        raise CommandError(
            f"error parsing {source}: error converting YAML to JSON: yaml: {line}{problem}"
        ) from None
    except YAMLError as error:
        problem = str(error).splitlines()[0]
        raise CommandError(
            f"error parsing {source}: error converting YAML to JSON: yaml: {problem}"
        ) from None


def _load(text: str) -> Iterable[Any]:
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 1)  # go-yaml v2, which kubectl uses, reads `yes` and `on` as booleans
    return list(yaml.load_all(text))


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
