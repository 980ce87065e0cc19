"""`describe statefulset`."""

from __future__ import annotations

from sim.apimachinery.labels import format_selector
from sim.apimachinery.quantity import canonical
from sim.apimachinery.wire import Obj
from sim.kubectl.describers.common import (
    Looking,
    pod_phases,
    write_annotations,
    write_events,
    write_head,
    write_labels,
    write_time,
)
from sim.kubectl.describers.template import write_template
from sim.kubectl.describers.writer import Page


def describe_stateful_set(look: Looking, obj: Obj) -> str:
    """Return the page of one StatefulSet."""
    page = Page()
    metadata, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    selector = format_selector(spec.get("selector"))
    write_head(page, obj)
    page.line(0, "CreationTimestamp:", write_time(metadata.get("creationTimestamp")))
    page.line(0, "Selector:", selector)
    write_labels(page, "Labels", metadata.get("labels"))
    write_annotations(page, "Annotations", metadata.get("annotations"))
    for title, key in (
        ("Service Name", "serviceName"),
        ("Pod Management Policy", "podManagementPolicy"),
    ):
        if spec.get(key):
            page.line(0, f"{title}:", spec[key])
    replicas = f"{spec.get('replicas', 0)} desired | {status.get('replicas', 0)} total"
    page.line(0, "Replicas:", replicas)
    strategy = spec.get("updateStrategy") or {}
    page.line(0, "Update Strategy:", strategy.get("type", ""))
    rolling = strategy.get("rollingUpdate") or {}
    if rolling.get("partition") is not None:
        page.line(1, "Partition:", rolling["partition"])
        if rolling.get("maxUnavailable") is not None:
            page.line(1, "MaxUnavailable:", rolling["maxUnavailable"])
    if retention := spec.get("persistentVolumeClaimRetentionPolicy"):
        page.write(0, "Persistent Volume Claim Retention Policy:\n")
        page.line(1, "WhenDeleted:", retention.get("whenDeleted", ""))
        page.line(1, "WhenScaled:", retention.get("whenScaled", ""))
    page.line(0, "Pods Status:", pod_phases(look, obj, selector))
    write_template(page, spec.get("template"))
    _write_claims(page, spec.get("volumeClaimTemplates") or [])
    write_events(page, look, obj)
    return page.render()


def _write_claims(page: Page, claims: list[Obj]) -> None:
    if not claims:
        page.line(0, "Volume Claims:", "<none>")
        return
    page.write(0, "Volume Claims:\n")
    for claim in claims:
        metadata, spec = claim["metadata"], claim.get("spec") or {}
        page.line(1, "Name:", metadata.get("name", ""))
        page.line(1, "StorageClass:", spec.get("storageClassName") or "")
        write_labels(page, "  Labels", metadata.get("labels"))
        write_labels(page, "  Annotations", metadata.get("annotations"))
        storage = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
        page.line(1, "Capacity:", canonical(storage) if storage else "<default>")
        page.line(1, "Access Modes:", f"[{' '.join(spec.get('accessModes') or [])}]")
