"""`describe configmap`."""

from __future__ import annotations

from sim.apimachinery.wire import Obj
from sim.kubectl.describers.common import (
    Looking,
    write_annotations,
    write_events,
    write_head,
    write_labels,
)
from sim.kubectl.describers.writer import Page


def describe_config_map(look: Looking, obj: Obj) -> str:
    """Return the page of one ConfigMap, its data in full."""
    page = Page()
    write_head(page, obj)
    write_labels(page, "Labels", obj["metadata"].get("labels"))
    write_annotations(page, "Annotations", obj["metadata"].get("annotations"))
    page.write(0, "\nData\n====\n")
    data = obj.get("data") or {}
    for key in sorted(data):
        page.write(0, f"{key}:\n----\n{data[key]}\n\n")
    page.write(0, "\nBinaryData\n====\n")
    binary = obj.get("binaryData") or {}
    for key in sorted(binary):
        page.write(0, f"{key}: {_size(binary[key])} bytes\n")
    page.write(0, "\n")
    write_events(page, look, obj)
    return page.render()


def _size(encoded: str) -> int:
    return len(encoded) * 3 // 4 - encoded.count("=")
