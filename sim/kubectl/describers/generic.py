"""`describe` for kinds without a page of their own: every field, with readable names."""

from __future__ import annotations

import re
from typing import Any

from sim.apimachinery.wire import Obj
from sim.kubectl.describers.common import (
    Looking,
    write_annotations,
    write_events,
    write_head,
    write_labels,
)
from sim.kubectl.describers.writer import Page
from sim.kubectl.goformat import to_text

_SKIPPED = (
    ".metadata.managedFields",
    ".metadata.name",
    ".metadata.namespace",
    ".metadata.labels",
    ".metadata.annotations",
)
_PARTS = re.compile(r"TLS[A-Z][a-z]+|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|-")
_ACRONYMS = ("API", "URL", "UID", "GUID")


def describe_generic(look: Looking, obj: Obj) -> str:
    """Return the page of any object."""
    page = Page()
    write_head(page, obj)
    write_labels(page, "Labels", obj["metadata"].get("labels"))
    write_annotations(page, "Annotations", obj["metadata"].get("annotations"))
    _write_fields(page, 0, obj, "")
    write_events(page, look, obj)
    return page.render()


def _write_fields(page: Page, level: int, content: dict[str, Any], prefix: str) -> None:
    for field in sorted(content):
        value, path = content[field], f"{prefix}.{field}"
        if path in _SKIPPED:
            continue
        if isinstance(value, dict):
            page.write(level, f"{label_for(field)}:\n")
            _write_fields(page, level + 1, value, path)
        elif isinstance(value, list):
            page.write(level, f"{label_for(field)}:\n")
            for item in value:
                if isinstance(item, dict):
                    _write_fields(page, level + 1, item, path)
                else:
                    page.write(level + 1, f"{to_text(item)}\n")
        else:
            page.line(level, f"{label_for(field)}:", to_text(value))


def label_for(field: str) -> str:
    """Return `Creation Timestamp` for `creationTimestamp`; fields with other signs stay."""
    if not re.fullmatch(r"[A-Za-z-]+", field):
        return field
    words = []
    for part in _PARTS.findall(field):
        if part.upper() in _ACRONYMS:
            words.append(part.upper())
        elif part.islower():
            words.append(part.capitalize())
        else:
            words.append(part)
    return " ".join(words)
