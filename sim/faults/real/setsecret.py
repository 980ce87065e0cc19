"""Somebody writes a key of a Secret from outside; nothing that runs learns of it by itself."""

from __future__ import annotations

from sim.apimachinery.meta import annotations_of
from sim.apimachinery.wire import Obj
from sim.backends.credentials import drawn_value, encoded
from sim.faults.real.events import record
from sim.faults.real.hand import Hand, RealBackend, Steps
from sim.scenario.timeline import SetSecret


def set_secret(fault: SetSecret, backend: RealBackend, hand: Hand) -> Steps:
    """Write the key as the fault's manager does; make the Secret. The server dates it itself."""
    plan = backend.plan
    at = min(plan.fault_at(fault.id), backend.env.now)
    stamp = backend.epoch.rfc3339(at)
    value = encoded(fault.text or drawn_value(plan, fault.value))
    notes = {name: text.replace("{at}", stamp) for name, text in fault.annotations.items()}

    def write(old: Obj) -> Obj:
        metadata = old["metadata"]
        if notes:
            metadata = {**metadata, "annotations": {**annotations_of(old), **notes}}
        return {**old, "metadata": metadata, "data": {**(old.get("data") or {}), fault.key: value}}

    collection = f"/api/v1/namespaces/{fault.namespace}/secrets"
    path, what = f"{collection}/{fault.secret}", f"key {fault.key} of Secret {fault.secret}"
    if hand.find(path) is not None:
        hand.change(what, path, write, manager=fault.by)
    else:
        bare = {"name": fault.secret, "namespace": fault.namespace}
        made = {"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": bare}
        hand.create(f"Secret {fault.secret}", collection, write(made))
    if fault.reason:
        secret = {**hand.get(path), "kind": "Secret", "apiVersion": "v1"}
        record(hand, secret, fault.reason, fault.message, fault.by, at, backend.epoch)
    yield from ()
