"""Building a directory: gather resources, patch them, transform them, in kustomize's order.

It must not know what is done with the objects.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from typing import Any

from sim.apimachinery.wire import Obj
from sim.bash import FileProblem
from sim.kubectl.documents import parse_documents
from sim.kubectl.errors import CommandError
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Invocation
from sim.kubectl.kustomize.generators import generated
from sim.kubectl.kustomize.ordering import in_order
from sim.kubectl.kustomize.patching import patched
from sim.kubectl.kustomize.references import Renamed, follow
from sim.kubectl.kustomize.transforming import transformed

_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_KNOWN = frozenset(
    {
        *("apiVersion", "kind", "metadata", "resources", "bases", "namespace", "namePrefix"),
        *("nameSuffix", "commonLabels", "labels", "commonAnnotations", "images", "replicas"),
        *("configMapGenerator", "secretGenerator", "generatorOptions", "patches"),
        *("patchesStrategicMerge", "patchesJson6902", "sortOptions"),
    }
)
_DEPRECATED = {
    "bases": "resources",
    "commonLabels": "labels",
    "patchesJson6902": "patches",
    "patchesStrategicMerge": "patches",
}
"""Field -> what stands in its place."""
_DEPTH = 16


def build(call: Invocation, directory: str) -> list[Obj]:
    """Return the objects of *directory*, in the order in which they are applied.

    Raises:
        CommandError: if it cannot be built, or asks for what is not modelled.
    """
    objects, spec = _built(call, directory, 0)
    order = str((spec.get("sortOptions") or {}).get("order", "legacy"))
    found = [one.object for one in objects]
    return found if order == "fifo" else in_order(found)


def _built(call: Invocation, directory: str, depth: int) -> tuple[list[Renamed], Obj]:
    files = call.proc.files
    path = call.proc.path(directory)
    if not directory:
        raise CommandError("must build at directory: directory path cannot be empty")
    if depth > _DEPTH:
        raise CommandError(f"kustomizations are nested deeper than {_DEPTH}")
    if "://" in directory or directory.startswith(("git@", "github.com/")):
        raise CommandError(f"building {quote(directory)} from the web is not supported here")
    if not files.exists(path):
        raise CommandError(
            "must build at directory: not a valid directory: evalsymlink failure on "
            f"'{directory}' : lstat {path}: no such file or directory"
        )
    if not files.is_dir(path):
        raise CommandError(
            f"must build at directory: not a valid directory: '{directory}' is not a directory"
        )
    name = next((one for one in _NAMES if files.exists(f"{path}/{one}")), "")
    if not name:
        listed = "'kustomization.yaml', 'kustomization.yml' or 'Kustomization'"
        raise CommandError(f"unable to find one of {listed} in directory '{path}'")
    spec = _spec(call, f"{path}/{name}")
    objects: list[Renamed] = []
    for entry in [*_list(spec, "bases"), *_list(spec, "resources")]:
        objects += _resource(call, path, str(entry), depth)
    made = generated(spec, lambda source: _read(call, path, source))
    objects += [Renamed(obj, hashed=hashed) for obj, hashed in made]
    objects = patched(objects, spec, lambda source: _read(call, path, source))
    return follow(transformed(call, objects, spec)), spec


def _spec(call: Invocation, path: str) -> Obj:
    documents = list(parse_documents(call.proc.files.read(path), path))
    spec = documents[0] if documents else None
    if not isinstance(spec, dict):
        raise CommandError("kustomization.yaml is empty")
    for key in spec:
        if key not in _KNOWN:
            raise CommandError(
                f"kustomization field {quote(str(key))} is not supported in this simulator"
            )
    for key, instead in _DEPRECATED.items():
        if spec.get(key):
            call.err(
                f"# Warning: '{key}' is deprecated. Please use '{instead}' instead. Run 'kustomize "
                "edit fix' to update your Kustomization automatically.\n"
            )
    return spec


def _list(spec: Mapping[str, Any], key: str) -> Sequence[Any]:
    value = spec.get(key) or []
    if not isinstance(value, list):
        raise CommandError(f"invalid Kustomization: json: cannot unmarshal into field {key}")
    return value


def _resource(call: Invocation, root: str, entry: str, depth: int) -> list[Renamed]:
    path = posixpath.normpath(posixpath.join(root, entry))
    if "://" in entry:
        raise CommandError(
            f"accumulating resources: accumulation err='accumulating resources from '{entry}': "
            "reading from the web is not supported in this simulator'"
        )
    if call.proc.files.is_dir(path):
        return _built(call, path, depth + 1)[0]
    text = _read(call, root, entry)
    found: list[Renamed] = []
    for document in parse_documents(text, path):
        if document is None:
            continue
        if not isinstance(document, dict) or "kind" not in document:
            raise CommandError(
                f"accumulating resources: accumulation err='accumulating resources from '{entry}': "
                "missing Resource metadata'"
            )
        items = document["items"] if document["kind"].endswith("List") else [document]
        found += [Renamed(item) for item in items]
    return found


def _read(call: Invocation, root: str, source: str) -> str:
    path = posixpath.normpath(posixpath.join(root, source))
    try:
        return call.proc.files.read(path)
    except FileProblem:
        raise CommandError(
            f"accumulating resources: accumulation err='accumulating resources from '{source}': "
            f"evalsymlink failure on '{path}' : lstat {path}: no such file or directory': must "
            f"build at directory: not a valid directory: evalsymlink failure on '{path}' : lstat "
            f"{path}: no such file or directory"
        ) from None
