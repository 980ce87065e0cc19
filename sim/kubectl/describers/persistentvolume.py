"""`describe persistentvolume`; of the sources, CSI drivers, NFS and host paths are described."""

from __future__ import annotations

from sim.apimachinery.quantity import canonical
from sim.apimachinery.wire import Obj
from sim.kubectl.describers.common import (
    Looking,
    go_bool,
    write_annotations,
    write_events,
    write_labels,
)
from sim.kubectl.describers.persistentvolumeclaim import MODES
from sim.kubectl.describers.writer import Page


def describe_volume(look: Looking, obj: Obj) -> str:
    """Return the page of one PersistentVolume."""
    page = Page()
    metadata, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    page.line(0, "Name:", metadata["name"])
    write_labels(page, "Labels", metadata.get("labels"))
    write_annotations(page, "Annotations", metadata.get("annotations"))
    page.line(0, "Finalizers:", f"[{' '.join(metadata.get('finalizers') or [])}]")
    page.line(0, "StorageClass:", spec.get("storageClassName") or "")
    if metadata.get("deletionTimestamp"):
        page.line(0, "Status:", f"Terminating (lasts {look.age(metadata['deletionTimestamp'])})")
    else:
        page.line(0, "Status:", status.get("phase", ""))
    claim = spec.get("claimRef")
    page.line(0, "Claim:", f"{claim['namespace']}/{claim['name']}" if claim else "")
    page.line(0, "Reclaim Policy:", spec.get("persistentVolumeReclaimPolicy", ""))
    page.line(0, "Access Modes:", ",".join(MODES.get(m, m) for m in spec.get("accessModes") or []))
    if spec.get("volumeMode"):
        page.line(0, "VolumeMode:", spec["volumeMode"])
    page.line(0, "Capacity:", canonical((spec.get("capacity") or {}).get("storage", "0")))
    page.line(0, "Node Affinity:", "<none>")
    page.line(0, "Message:", status.get("message", ""))
    page.line(0, "Source:")
    for title, value in _source(spec):
        page.line(2, title, value)
    write_events(page, look, obj)
    return page.render()


def _source(spec: Obj) -> list[tuple[str, str]]:
    if csi := spec.get("csi"):
        attributes = csi.get("volumeAttributes") or {}
        told = "<none>" if not attributes else ""
        return [
            ("Type:", "CSI (a Container Storage Interface (CSI) volume source)"),
            ("Driver:", csi.get("driver", "")),
            ("FSType:", csi.get("fsType", "")),
            ("VolumeHandle:", csi.get("volumeHandle", "")),
            ("ReadOnly:", go_bool(csi.get("readOnly"))),
            ("VolumeAttributes:", told),
            *((f"  {key}={attributes[key]}", "") for key in sorted(attributes)),
        ]
    if nfs := spec.get("nfs"):
        return [
            ("Type:", "NFS (an NFS mount that lasts the lifetime of a pod)"),
            ("Server:", nfs.get("server", "")),
            ("Path:", nfs.get("path", "")),
            ("ReadOnly:", go_bool(nfs.get("readOnly"))),
        ]
    if path := spec.get("hostPath"):
        return [
            ("Type:", "HostPath (bare host directory volume)"),
            ("Path:", path.get("path", "")),
            ("HostPathType:", path.get("type", "")),
        ]
    return []
