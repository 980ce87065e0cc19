"""Events that whoever causes a fault records on what it touches."""

from __future__ import annotations

from sim.apimachinery.wire import Obj
from sim.faults.real.hand import Hand
from sim.kernel import Epoch


def record(hand: Hand, obj: Obj, reason: str, message: str, by: str, at: int, epoch: Epoch) -> None:
    """Record an event on *obj* (with kind and apiVersion), as the component *by*, at *at* (ms)."""
    metadata = obj["metadata"]
    namespace = metadata.get("namespace", "default")
    event: Obj = {
        "apiVersion": "v1",
        "kind": "Event",
        # As clients name them: the object, and the time in nanoseconds.
        "metadata": {
            "name": f"{metadata['name']}.{(epoch.unix_ms + at) * 1_000_000:x}",
            "namespace": namespace,
        },
        "involvedObject": {
            "apiVersion": obj["apiVersion"],
            "kind": obj["kind"],
            "name": metadata["name"],
            "namespace": namespace,
            "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"],
        },
        "reason": reason,
        "message": message,
        "type": "Normal",
        "source": {"component": by},
        "reportingComponent": by,
        "firstTimestamp": epoch.rfc3339(at),
        "lastTimestamp": epoch.rfc3339(at),
        "count": 1,
    }
    hand.ask("POST", f"/api/v1/namespaces/{namespace}/events", event)
