"""The same stored EventObjects in the shape of events.k8s.io/v1.

Both groups read one store, as in a real cluster. This file must not change what is stored.
"""

from __future__ import annotations

from sim.apimachinery.wire import Obj

_RENAMED = {
    "involvedObject": "regarding",
    "message": "note",
    "reportingComponent": "reportingController",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
}


def newer_event(event: Obj) -> Obj:
    """Return a core EventObject as events.k8s.io/v1 names its fields."""
    renamed = {_RENAMED.get(field, field): value for field, value in event.items()}
    return {**renamed, "apiVersion": "events.k8s.io/v1"}


_OLDER = {newer: older for older, newer in _RENAMED.items()}


def older_event(event: Obj) -> Obj:
    """Return an EventObject of events.k8s.io/v1 as the core group names its fields."""
    renamed = {_OLDER.get(field, field): value for field, value in event.items()}
    return {**renamed, "apiVersion": "v1"}
