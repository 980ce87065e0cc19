"""`describe persistentvolumeclaim`, with the pods that use it."""

from __future__ import annotations

from sim.apimachinery.quantity import canonical
from sim.apimachinery.wire import Obj
from sim.kubectl.describers.common import (
    Looking,
    write_annotations,
    write_events,
    write_head,
    write_labels,
    write_list,
)
from sim.kubectl.describers.writer import Page

MODES = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}
"""Access modes as tables and pages abbreviate them."""


def describe_claim(look: Looking, obj: Obj) -> str:
    """Return the page of one PersistentVolumeClaim."""
    page = Page()
    metadata, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    write_head(page, obj)
    page.line(0, "StorageClass:", spec.get("storageClassName") or "")
    if metadata.get("deletionTimestamp"):
        page.line(0, "Status:", f"Terminating (lasts {look.age(metadata['deletionTimestamp'])})")
    else:
        page.line(0, "Status:", status.get("phase", ""))
    volume = spec.get("volumeName", "")
    page.line(0, "Volume:", volume)
    write_labels(page, "Labels", metadata.get("labels"))
    write_annotations(page, "Annotations", metadata.get("annotations"))
    page.line(0, "Finalizers:", f"[{' '.join(metadata.get('finalizers') or [])}]")
    capacity = (status.get("capacity") or {}).get("storage", "0")
    modes = ",".join(MODES.get(mode, mode) for mode in status.get("accessModes") or [])
    page.line(0, "Capacity:", canonical(capacity) if volume else "")
    page.line(0, "Access Modes:", modes if volume else "")
    if spec.get("volumeMode"):
        page.line(0, "VolumeMode:", spec["volumeMode"])
    pods = look.items("pods", metadata["namespace"])
    users = [pod["metadata"]["name"] for pod in pods if _uses(pod, metadata["name"])]
    write_list(page, "Used By", sorted(users))
    write_events(page, look, obj)
    return page.render()


def _uses(pod: Obj, claim: str) -> bool:
    return any(
        (volume.get("persistentVolumeClaim") or {}).get("claimName") == claim
        for volume in (pod.get("spec") or {}).get("volumes") or []
    )
