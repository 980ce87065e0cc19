"""Names, labels and annotations of objects: the causes why they are refused.

What is spelled well is in `spelling.py`; this file knows which field follows which spelling.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sim.apimachinery.errors import (
    Cause,
    duplicate_value,
    forbidden_value,
    invalid_value,
    required,
)
from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.wire import Obj
from sim.apiserver.validation import spelling

Spelling = Callable[[str], list[str]]

_PATH_SEGMENTS = frozenset({"clusterrolebindings", "clusterroles", "rolebindings", "roles"})
"""RBAC's names may hold colons; anything goes that fits into a URL path."""
_DNS_LABELS = frozenset({"namespaces", "services"})
_MAX_CRONJOB = 52
"""A CronJob's Jobs are named after it with 11 more characters."""
MAX_ANNOTATIONS = 256 * 1024
"""Bytes of all annotations of an object, keys included."""


def check_spelling(field: str, text: str, rule: Spelling) -> list[Cause]:
    """Return the causes why *text* breaks *rule*."""
    return [invalid_value(field, text, why) for why in rule(text)]


def check_label_name(field: str, name: str) -> list[Cause]:
    """Return the causes why *name* is no RFC 1123 label."""
    return check_spelling(field, name, spelling.label)


def check_subdomain(field: str, name: str) -> list[Cause]:
    """Return the causes why *name* is no RFC 1123 subdomain."""
    return check_spelling(field, name, spelling.subdomain)


def check_key(field: str, name: str) -> list[Cause]:
    """Return the causes why *name* is no label key."""
    return check_spelling(field, name, spelling.key)


def check_labels(field: str, labels: Any) -> list[Cause]:
    """Return the causes why *labels* cannot be an object's labels."""
    causes: list[Cause] = []
    for key, value in (labels or {}).items():
        causes += check_key(field, key)
        causes += check_spelling(field, value or "", spelling.value)
    return causes


def check_annotations(field: str, annotations: Any) -> list[Cause]:
    """Return the causes why *annotations* cannot be an object's annotations."""
    held: dict[str, Any] = annotations or {}
    causes = [invalid_value(field, key, why) for key in held for why in spelling.key(key.lower())]
    size = sum(len(key.encode()) + len(str(value or "").encode()) for key, value in held.items())
    if size > MAX_ANNOTATIONS:
        causes.append(too_long(field, MAX_ANNOTATIONS))
    return causes


def too_long(field: str, limit: int) -> Cause:
    """Return the cause of a value of more than *limit* bytes."""
    return Cause("FieldValueTooLong", f"Too long: may not be more than {limit} bytes", field)


def spelling_of(info: ResourceInfo) -> Spelling:
    """Return which spelling the names of a resource follow."""
    if info.plural in _PATH_SEGMENTS:
        return spelling.path_segment
    return spelling.label if info.plural in _DNS_LABELS else spelling.subdomain


def _prefix(name: str) -> str:
    """Return *name* as it is judged when something is appended to it."""
    return f"{name[:-2]}a" if len(name) > 1 and name.endswith("-") else name


def check_metadata(info: ResourceInfo, obj: Obj) -> list[Cause]:
    """Return the causes why a new object's metadata is refused."""
    metadata = obj["metadata"]
    rule, field = spelling_of(info), "metadata.name"
    causes: list[Cause] = []
    generated = metadata.get("generateName")
    if generated:
        causes += [
            invalid_value("metadata.generateName", generated, why)
            for why in rule(_prefix(generated))
        ]
    causes += check_spelling(field, metadata["name"], rule)
    causes += _check_rest(metadata)
    causes += [
        invalid_value("metadata.finalizers", one, why)
        for one in metadata.get("finalizers") or ()
        for why in spelling.key(one)
    ]
    if info.plural == "cronjobs" and len(metadata["name"]) > _MAX_CRONJOB:
        why = spelling.too_long(_MAX_CRONJOB)
        causes.append(invalid_value(field, metadata["name"], why))
    return causes


def check_metadata_kept(new: Obj, old: Obj) -> list[Cause]:
    """Return the causes why an object's metadata may not change like that."""
    given, held = new["metadata"], old["metadata"]
    causes: list[Cause] = []
    if "deletionTimestamp" in held:
        known = held.get("finalizers") or ()
        extra = sorted(one for one in given.get("finalizers") or () if one not in known)
        if extra:
            listed = ", ".join(f'"{one}"' for one in extra)
            detail = (
                "no new finalizers can be added if the object is being deleted, found new "
                f"finalizers []string{{{listed}}}"
            )
            causes.append(forbidden_value("metadata.finalizers", detail))
    return causes + _check_rest(given)


def _check_rest(metadata: Obj) -> list[Cause]:
    causes = check_labels("metadata.labels", metadata.get("labels"))
    causes += check_annotations("metadata.annotations", metadata.get("annotations"))
    return causes + _check_owners(metadata.get("ownerReferences") or [])


def _check_owners(owners: list[Obj]) -> list[Cause]:
    causes: list[Cause] = []
    controller = ""
    for index, one in enumerate(owners):
        here = f"metadata.ownerReferences[{index}]"
        causes += [
            required(f"{here}.{field}", "must not be empty")
            for field in ("apiVersion", "kind", "name", "uid")
            if not one.get(field)
        ]
        if one.get("controller"):
            name = f"{one.get('kind')}/{one.get('name')}"
            if controller:
                detail = (
                    'Only one reference can have Controller set to true. Found "true" in '
                    f"references for {controller} and {name}"
                )
                causes.append(invalid_value("metadata.ownerReferences", owners, detail))
            controller = controller or name
    return causes


def check_unique(field: str, items: Iterable[Obj], key: str) -> list[Cause]:
    """Return a cause for each item that repeats an earlier one's *key*, or lacks it."""
    causes: list[Cause] = []
    seen: dict[Any, None] = {}
    for index, one in enumerate(items):
        value = one.get(key)
        if not value:
            causes.append(required(f"{field}[{index}].{key}"))
        elif value in seen:
            causes.append(duplicate_value(f"{field}[{index}].{key}", value))
        seen[value] = None
    return causes
