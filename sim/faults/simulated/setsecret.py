"""Somebody writes a key of a Secret from outside; nothing that runs learns of it by itself."""

from __future__ import annotations

from sim.apimachinery.meta import annotations_of
from sim.apimachinery.wire import Obj
from sim.apiserver.fieldmanagers import Author
from sim.backends.credentials import drawn_value, encoded
from sim.backends.simulated import SimulatedBackend
from sim.backends.simulated.secrets import dated
from sim.scenario.timeline import SetSecret


def set_secret(fault: SetSecret, backend: SimulatedBackend) -> None:
    """Write the key as the fault's manager does, dated back if its time is past; make the Secret."""
    api, plan = backend.api, backend.plan
    at = min(plan.fault_at(fault.id), backend.env.now)
    stamp = backend.epoch.rfc3339(at)
    value = encoded(fault.text or drawn_value(plan, fault.value))
    notes = {name: text.replace("{at}", stamp) for name, text in fault.annotations.items()}
    info = api.resources.by_plural("secrets")

    def owned(new: Obj, old: Obj | None) -> Obj:
        told = api.registry.fields.updated(info, new, old, Author(fault.by, "v1"))
        return dated(told, fault.by, stamp)

    def write(old: Obj) -> Obj:
        new = {**old, "data": {**(old.get("data") or {}), fault.key: value}}
        if notes:
            annotations = {**annotations_of(old), **notes}
            new["metadata"] = {**old["metadata"], "annotations": annotations}
        return owned(new, old)

    secret = api.modify("secrets", fault.namespace, fault.secret, write, owned=False)
    if secret is None:
        metadata: Obj = {"name": fault.secret, "namespace": fault.namespace}
        metadata["creationTimestamp"] = stamp
        if notes:
            metadata["annotations"] = notes
        made = {"metadata": metadata, "type": "Opaque", "data": {fault.key: value}}
        secret = api.registry.create("secrets", made, owned=owned)
    if fault.reason:
        api.event(secret, "Normal", fault.reason, fault.message, component=fault.by, at=at)
