"""`patches`, `patchesStrategicMerge` and `patchesJson6902`.

It must not know how a patch came to be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sim.apimachinery.labels import parse_label_selector
from sim.apimachinery.patch import json_patch
from sim.apimachinery.strategic import strategic_merge_patch
from sim.apimachinery.wire import Obj
from sim.kubectl.documents import parse_documents
from sim.kubectl.errors import CommandError
from sim.kubectl.kustomize.references import Renamed

Read = Callable[[str], str]


def patched(objects: Sequence[Renamed], spec: Mapping[str, Any], read: Read) -> list[Renamed]:
    """Return *objects* after the patches of *spec*; *read* gives files."""
    held = list(objects)
    for entry in spec.get("patchesStrategicMerge") or []:
        text = str(entry) if "\n" in str(entry) else read(str(entry))
        for patch in parse_documents(text, "patch"):
            held = _merged(held, patch, None)
    for entry in [*(spec.get("patches") or []), *(spec.get("patchesJson6902") or [])]:
        text = str(entry["patch"]) if entry.get("patch") else read(str(entry.get("path", "")))
        target = entry.get("target")
        for patch in parse_documents(text, "patch"):
            if isinstance(patch, list):
                held = _operated(held, patch, target)
            elif patch is not None:
                held = _merged(held, patch, target)
    return held


def _operated(objects: list[Renamed], operations: list[Any], target: Any) -> list[Renamed]:
    if not target:
        raise CommandError("must specify a target for JSON patch")
    made = []
    for one in objects:
        if not _meant(one, target):
            made.append(one)
            continue
        try:
            made.append(replace(one, object=json_patch(one.object, operations)))
        except (ValueError, KeyError, TypeError) as error:
            raise CommandError(f"replace operation does not apply: {error}") from None
    return made


def _merged(objects: list[Renamed], patch: Any, target: Any) -> list[Renamed]:
    if not isinstance(patch, dict):
        raise CommandError("unable to parse SM or JSON patch")
    metadata = patch.get("metadata") or {}
    wanted = target or {
        "kind": f"^{re.escape(str(patch.get('kind', '')))}$",
        "name": f"^{re.escape(str(metadata.get('name', '')))}$",
    }
    deletes = patch.get("$patch") == "delete"
    made, found = [], False
    for one in objects:
        if not _meant(one, wanted):
            made.append(one)
            continue
        found = True
        if deletes:
            continue
        # what names the object in the patch does not rename it
        rest = {key: value for key, value in metadata.items() if key not in ("name", "namespace")}
        body = {key: value for key, value in patch.items() if key not in ("apiVersion", "kind")}
        body["metadata"] = rest
        changed: Obj = strategic_merge_patch(one.object, body, one.kind)
        made.append(replace(one, object=changed))
    if not found and not target:
        group, _, version = str(patch.get("apiVersion", "")).rpartition("/")
        shown = ".".join(part for part in (patch.get("kind", ""), version, group) if part)
        name, namespace = metadata.get("name", ""), metadata.get("namespace", "[noNs]")
        raise CommandError(
            f"no resource matches strategic merge patch {quoted(f'{shown}/{name}.{namespace}')}: no "
            f"matches for Id {shown}/{name}.{namespace}; failed to find unique target for patch "
            f"{shown}/{name}.{namespace}"
        )
    return made


def quoted(text: str) -> str:
    """Return *text* in double quotes."""
    return f'"{text}"'


def _meant(one: Renamed, target: Mapping[str, Any]) -> bool:
    obj = one.object
    metadata = obj.get("metadata") or {}
    group, _, version = str(obj.get("apiVersion", "")).rpartition("/")
    facts = {
        "group": group,
        "version": version,
        "kind": one.kind,
        "name": one.known_as,
        "namespace": str(metadata.get("namespace", "")),
    }
    for key, value in facts.items():
        wanted = target.get(key)
        if wanted and not re.fullmatch(str(wanted).strip("^$"), value):
            return False
    for key, field in (("labelSelector", "labels"), ("annotationSelector", "annotations")):
        if target.get(key) and not parse_label_selector(str(target[key])).matches(
            metadata.get(field) or {}
        ):
            return False
    return True
