"""`describe deployment`, with its old and new ReplicaSets."""

from __future__ import annotations

from sim.apimachinery.labels import format_selector
from sim.apimachinery.wire import Obj
from sim.client.rest import ApiStatusError
from sim.kubectl.describers.common import (
    Looking,
    write_annotations,
    write_conditions,
    write_events,
    write_head,
    write_labels,
    write_time,
)
from sim.kubectl.describers.template import write_template
from sim.kubectl.describers.writer import Page
from sim.kubectl.history import replica_sets_of, split_replica_sets


def describe_deployment(look: Looking, obj: Obj) -> str:
    """Return the page of one Deployment."""
    page = Page()
    metadata, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    write_head(page, obj)
    page.line(0, "CreationTimestamp:", write_time(metadata.get("creationTimestamp")))
    write_labels(page, "Labels", metadata.get("labels"))
    write_annotations(page, "Annotations", metadata.get("annotations"))
    page.line(0, "Selector:", format_selector(spec.get("selector")))
    page.line(
        0,
        "Replicas:",
        f"{spec.get('replicas', 0)} desired | {status.get('updatedReplicas', 0)} updated | "
        f"{status.get('replicas', 0)} total | {status.get('availableReplicas', 0)} available | "
        f"{status.get('unavailableReplicas', 0)} unavailable",
    )
    strategy = spec.get("strategy") or {}
    page.line(0, "StrategyType:", strategy.get("type", ""))
    page.line(0, "MinReadySeconds:", spec.get("minReadySeconds", 0))
    if rolling := strategy.get("rollingUpdate"):
        unavailable, surge = rolling.get("maxUnavailable", 0), rolling.get("maxSurge", 0)
        text = f"{unavailable} max unavailable, {surge} max surge"
        page.line(0, "RollingUpdateStrategy:", text)
    write_template(page, spec.get("template"))
    write_conditions(page, status.get("conditions"))
    try:
        old, new = split_replica_sets(obj, replica_sets_of(look.call, obj))
    except ApiStatusError:
        old, new = [], None
    if old or new:
        page.line(0, "OldReplicaSets:", _names(old))
        page.line(0, "NewReplicaSet:", _names([new] if new else []))
    write_events(page, look, obj)
    return page.render()


def _names(replica_sets: list[Obj]) -> str:
    parts = [
        f"{one['metadata']['name']} ({(one.get('status') or {}).get('replicas', 0)}/"
        f"{one['spec'].get('replicas', 0)} replicas created)"
        for one in replica_sets
    ]
    return ", ".join(parts) or "<none>"
