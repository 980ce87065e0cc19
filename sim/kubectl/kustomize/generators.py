"""configMapGenerator and secretGenerator, and the hash that ends the names of what they make.

It must not know who uses it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import posixpath
from collections.abc import Callable, Mapping
from typing import Any

from sim.apimachinery.wire import Obj
from sim.kubectl.errors import CommandError

_LETTERS = str.maketrans("013ae", "ghkmt")
"""A hash has no vowels, and no digits that look like letters (kustomize, api/hasher)."""
Read = Callable[[str], str]


def generated(spec: Mapping[str, Any], read: Read) -> list[tuple[Obj, bool]]:
    """Return (object, whether its name ends in a hash) of each generator; *read* gives files."""
    made: list[tuple[Obj, bool]] = []
    common = spec.get("generatorOptions") or {}
    for key, kind in (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")):
        for entry in spec.get(key) or []:
            if entry.get("behavior", "create") not in ("create", "unspecified"):
                raise CommandError(
                    f"{key} with behavior: {entry['behavior']} is not supported in this simulator"
                )
            made.append(_one(kind, entry, common, read))
    return made


def _one(
    kind: str, entry: Mapping[str, Any], common: Mapping[str, Any], read: Read
) -> tuple[Obj, bool]:
    options = entry.get("options") or {}
    data = _data(entry, read)
    if kind == "Secret":
        data = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    metadata: Obj = {"name": entry.get("name", "")}
    if entry.get("namespace"):
        metadata["namespace"] = entry["namespace"]
    for field in ("labels", "annotations"):
        merged = {**(common.get(field) or {}), **(options.get(field) or {})}
        if merged:
            metadata[field] = merged
    obj: Obj = {"apiVersion": "v1", "kind": kind, "metadata": metadata}
    if data:
        obj["data"] = data
    if kind == "Secret":
        obj["type"] = entry.get("type") or "Opaque"
    if options.get("immutable") or common.get("immutable"):
        obj["immutable"] = True
    plain = options.get("disableNameSuffixHash", common.get("disableNameSuffixHash", False))
    return obj, not plain


def _data(entry: Mapping[str, Any], read: Read) -> dict[str, str]:
    data: dict[str, str] = {}
    envs = [*(entry.get("envs") or []), *([entry["env"]] if entry.get("env") else [])]
    for source in envs:
        for line in read(source).splitlines():
            if line.strip() and not line.lstrip().startswith("#"):
                key, _, value = line.strip().partition("=")
                data[key] = value
    for source in entry.get("files") or []:
        key, equals, path = source.partition("=")
        path = path if equals else source
        data[key if equals else posixpath.basename(path)] = read(path)
    for literal in entry.get("literals") or []:
        key, equals, value = literal.partition("=")
        if not equals:
            raise CommandError(f"invalid literal source {literal}, expected key=value")
        if value[:1] in "'\"" and value[:1] == value[-1:] and len(value) > 1:
            value = value[1:-1]
        data[key] = value
    return data


def name_hash(obj: Obj, name: str = "") -> str:
    """Return the hash that an object's name ends in: of its content, and *name* if given.

    kustomize leaves the name out, `kubectl create --append-hash` does not.
    """
    held: Obj = {"data": obj.get("data", {} if name else ""), "kind": obj["kind"], "name": name}
    if obj["kind"] == "Secret":
        held["type"] = obj.get("type", "")
    elif "binaryData" in obj:
        held["binaryData"] = obj["binaryData"]
    text = json.dumps(held, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for char, escaped in (("&", "\\u0026"), ("<", "\\u003c"), (">", "\\u003e")):
        text = text.replace(char, escaped)  # as Go's JSON writes them
    return hashlib.sha256(text.encode()).hexdigest()[:10].translate(_LETTERS)
