"""Objects from files and standard input: YAML or JSON, several to a file, lists taken apart.

It reads the workstation's own files only and must not know what is done with the objects.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import simpy

from sim.apimachinery.wire import Obj
from sim.kubectl.documents import parse_documents
from sim.kubectl.errors import CommandError, raise_all
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Invocation
from sim.kubectl.kustomize import build
from sim.kubectl.nowhere import dialling

_EXTENSIONS = (".json", ".yaml", ".yml")
_WEB = ("http://", "https://")
STDIN = "STDIN"
"""The source of what was typed or piped."""
KUSTOMIZE = "kustomize:"
"""Stands before a directory that is built, not read."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object and where it was read."""

    object: Obj
    source: str
    """The file's name as it was typed, or `STDIN`."""
    problem: CommandError | None = None
    """Why there is no object."""
    listed: bool = False
    """It stood in a list."""


def sources(call: Invocation) -> list[str]:
    """Return what `-f` and `-k` name, for `load_manifests`.

    Raises:
        CommandError: if both were given.
    """
    names = call.flags.many("filename")
    if "kustomize" not in call.flags.known or not call.flags.text("kustomize"):
        return names
    if names:
        raise CommandError("only one of -f or -k can be specified")
    return [KUSTOMIZE + call.flags.text("kustomize")]


def load_manifests(
    call: Invocation, names: Sequence[str]
) -> Generator[simpy.Event, Any, list[Manifest]]:
    """Return the objects of files, directories and `-` (standard input), in order.

    Raises:
        CommandError: if a file is missing or does not parse.
    """
    missing = [
        CommandError(f"the path {quote(name)} does not exist", bare=len(names) > 1)
        for name in names
        if name != "-"
        and not name.startswith((KUSTOMIZE, *_WEB))
        and not call.proc.files.exists(call.proc.path(name))
    ]
    raise_all(missing)
    found: list[Manifest] = []
    for name in names:
        if name == "-":
            text = call.typed
            if text is None:
                text = yield from call.proc.stdin.read_all()
            found += parse_manifests(text, STDIN)
            continue
        if name.startswith(KUSTOMIZE):
            found += [Manifest(obj, name) for obj in build(call, name.removeprefix(KUSTOMIZE))]
            continue
        for path in _files(call, name):
            try:
                text = call.read_file(path)
            except OSError as error:
                raise CommandError(str(error)) from None
            found += parse_manifests(text, path)
    return found


def load_now(call: Invocation) -> list[Manifest] | None:
    """Return the objects that `-f` and `-k` name, None without either; standard input is read."""
    names = sources(call) if "filename" in call.flags.known else []
    if not names:
        return None
    loading = load_manifests(call, names)
    try:
        while True:
            next(loading)
    except StopIteration as end:
        found: list[Manifest] = end.value
        return found


def _files(call: Invocation, name: str) -> list[str]:
    files = call.proc.files
    path = call.proc.path(name)
    if name.startswith(_WEB):
        url = urlsplit(name)
        port = url.port or (443 if url.scheme == "https" else 80)
        why = dialling(url.hostname or "", port)
        if why.endswith("refused"):
            raise CommandError(
                f"The connection to the server {url.netloc} was refused - did you specify the "
                "right host or port?",
                bare=True,
            )
        raise CommandError(f"Unable to connect to the server: {why}", bare=True)
    if not files.is_dir(path):
        return [name]
    found = _inside(call, name)
    if not found:
        raise CommandError(
            f"error reading [{name}]: recognized file extensions are [{' '.join(_EXTENSIONS)}]"
        )
    return found


def _inside(call: Invocation, folder: str) -> list[str]:
    found: list[str] = []
    deep = "recursive" in call.flags.known and call.flags.on("recursive")
    for one in call.proc.files.listdir(call.proc.path(folder)):
        inside = f"{folder.rstrip('/')}/{one}"
        if call.proc.files.is_dir(call.proc.path(inside)):
            found += _inside(call, inside) if deep else []
        elif one.endswith(_EXTENSIONS):
            found.append(inside)
    return found


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


def _of_list(item: Any, document: Obj) -> Any:
    """Return an item of a list; one without a kind has that of the list: `PodList` holds Pods."""
    kind = str(document["kind"]).removesuffix("List")
    if not kind or not isinstance(item, dict) or item.get("kind") or item.get("apiVersion"):
        return item
    return {"apiVersion": document.get("apiVersion"), "kind": kind, **item}


def _objects(document: Any, source: str) -> Iterable[Manifest]:
    if document is None:
        return []
    objects = [document]
    listed = False
    if isinstance(document, dict) and str(document.get("kind", "")).endswith("List"):
        items = document.get("items")
        listed = isinstance(items, list)
        objects = [_of_list(one, document) for one in items] if isinstance(items, list) else objects
    if not all(isinstance(obj, dict) for obj in objects):
        raise CommandError(
            f"error validating {quote(source)}: error validating data: invalid object to "
            "validate; if you choose to ignore these errors, turn validation off with "
            "--validate=false"
        )
    return [Manifest(obj, source, listed=listed) for obj in objects]
