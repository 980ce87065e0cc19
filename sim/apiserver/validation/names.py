"""Names, labels and annotations: which spellings Kubernetes accepts, and how it says no."""

from __future__ import annotations

import re
from typing import Any

from sim.apimachinery.errors import Cause, duplicate_value, invalid_value, required
from sim.apimachinery.labels import NAME_RULE, VALUE_RULE, is_label_name
from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.wire import Obj

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", re.ASCII)
_SUBDOMAIN = re.compile(
    r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*", re.ASCII
)
_MAX_LABEL = 63
_MAX_SUBDOMAIN = 253

SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
LABEL_RULE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_PATH_SEGMENTS = frozenset({"clusterrolebindings", "clusterroles", "rolebindings", "roles"})
"""RBAC's names may hold colons; anything goes that fits into a URL path."""
_DNS_LABELS = frozenset({"namespaces", "services"})


def check_label_name(field: str, name: str) -> list[Cause]:
    """Return the causes why *name* is no RFC 1123 label."""
    if len(name) > _MAX_LABEL:
        return [invalid_value(field, name, f"must be no more than {_MAX_LABEL} characters")]
    return [] if _LABEL.fullmatch(name) else [invalid_value(field, name, LABEL_RULE)]


def check_subdomain(field: str, name: str) -> list[Cause]:
    """Return the causes why *name* is no RFC 1123 subdomain."""
    if len(name) > _MAX_SUBDOMAIN:
        return [invalid_value(field, name, f"must be no more than {_MAX_SUBDOMAIN} characters")]
    return [] if _SUBDOMAIN.fullmatch(name) else [invalid_value(field, name, SUBDOMAIN_RULE)]


def check_labels(field: str, labels: Any) -> list[Cause]:
    """Return the causes why *labels* cannot be an object's labels."""
    causes: list[Cause] = []
    for key, value in (labels or {}).items():
        causes += _check_key(field, key)
        if value and not is_label_name(value):
            causes.append(invalid_value(field, value, VALUE_RULE))
    return causes


def _check_key(field: str, key: str) -> list[Cause]:
    prefix, slash, name = key.rpartition("/")
    if slash and not _SUBDOMAIN.fullmatch(prefix):
        return [invalid_value(field, key, f"prefix part {SUBDOMAIN_RULE}")]
    return [] if is_label_name(name) else [invalid_value(field, key, NAME_RULE)]


def check_metadata(info: ResourceInfo, obj: Obj) -> list[Cause]:
    """Return the causes why *obj*'s metadata is refused."""
    metadata = obj["metadata"]
    name, field = metadata["name"], "metadata.name"
    if info.plural in _PATH_SEGMENTS:
        causes = [] if "/" not in name else [invalid_value(field, name, "may not contain '/'")]
    elif info.plural in _DNS_LABELS:
        causes = check_label_name(field, name)
    else:
        causes = check_subdomain(field, name)
    causes += check_labels("metadata.labels", metadata.get("labels"))
    for key in metadata.get("annotations") or {}:
        causes += _check_key("metadata.annotations", key.lower())
    return causes


def check_unique(field: str, items: list[Obj], key: str) -> list[Cause]:
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
