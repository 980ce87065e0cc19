"""`describe secret`: sizes, never values."""

from __future__ import annotations

import base64
import binascii

from sim.apimachinery.wire import Obj
from sim.kubectl.describers.common import Looking, write_annotations, write_head, write_labels
from sim.kubectl.describers.writer import Page

_TOKEN_TYPE = "kubernetes.io/service-account-token"


def describe_secret(look: Looking, obj: Obj) -> str:
    """Return the page of one Secret."""
    page = Page()
    write_head(page, obj)
    write_labels(page, "Labels", obj["metadata"].get("labels"))
    write_annotations(page, "Annotations", obj["metadata"].get("annotations"))
    page.write(0, f"\nType:\t{obj.get('type', '')}\n\nData\n====\n")
    data = obj.get("data") or {}
    for key in sorted(data):
        value = _decode(data[key])
        if key == "token" and obj.get("type") == _TOKEN_TYPE:
            page.line(0, f"{key}:", value.decode(errors="replace"))
        else:
            page.line(0, f"{key}:", f"{len(value)} bytes")
    return page.render()


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        return text.encode()
