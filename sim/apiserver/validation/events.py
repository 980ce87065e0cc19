"""Events: they lie where the object lies that they tell of."""

from __future__ import annotations

from sim.apimachinery.errors import Cause, invalid_value
from sim.apimachinery.wire import Obj

UNPLACED = ("default", "kube-system")
"""Namespaces for events about what lies in none."""


def check_event(event: Obj) -> list[Cause]:
    """Return the causes why an Event is refused (pkg/apis/core/validation/events.go)."""
    about = (event.get("involvedObject") or {}).get("namespace") or ""
    own = event["metadata"].get("namespace", "")
    if own == about or (not about and own in UNPLACED):
        return []
    return [invalid_value("involvedObject.namespace", about, "does not match event.namespace")]
