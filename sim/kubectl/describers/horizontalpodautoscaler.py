"""`describe horizontalpodautoscaler`."""

from __future__ import annotations

from sim.apimachinery.quantity import canonical
from sim.apimachinery.wire import Obj
from sim.client.rest import object_path
from sim.kubectl.describers.common import (
    Looking,
    write_annotations,
    write_events,
    write_head,
    write_labels,
    write_time,
)
from sim.kubectl.describers.writer import Page

_UNKNOWN = "<unknown>"


def describe_autoscaler(look: Looking, obj: Obj) -> str:
    """Return the page of one HorizontalPodAutoscaler, whatever version it came in."""
    if obj.get("apiVersion") == "autoscaling/v1":
        obj = _as_v2(look, obj)
    page = Page()
    metadata, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    write_head(page, obj)
    write_labels(page, "Labels", metadata.get("labels"))
    write_annotations(page, "Annotations", metadata.get("annotations"))
    page.line(0, "CreationTimestamp:", write_time(metadata.get("creationTimestamp")))
    target = spec.get("scaleTargetRef") or {}
    page.line(0, "Reference:", f"{target.get('kind', '')}/{target.get('name', '')}")
    page.line(0, "Metrics:", "( current / target )")
    now = status.get("currentMetrics") or []
    for index, metric in enumerate(spec.get("metrics") or []):
        _write_metric(page, metric, now[index] if index < len(now) else {})
    page.line(0, "Min replicas:", spec.get("minReplicas", "<unset>"))
    page.line(0, "Max replicas:", spec.get("maxReplicas", 0))
    if behaviour := spec.get("behavior"):
        page.write(0, "Behavior:\n")
        _write_direction(page, "Scale Up", behaviour.get("scaleUp"))
        _write_direction(page, "Scale Down", behaviour.get("scaleDown"))
    sizes = status.get("currentReplicas", 0), status.get("desiredReplicas", 0)
    page.line(0, f"{target.get('kind', '')} pods:", f"{sizes[0]} current / {sizes[1]} desired")
    if conditions := status.get("conditions"):
        page.write(0, "Conditions:\n")
        page.line(1, "Type", "Status", "Reason", "Message")
        page.line(1, "----", "------", "------", "-------")
        for one in conditions:
            page.line(1, *(one.get(key, "") for key in ("type", "status", "reason", "message")))
    write_events(page, look, obj)
    return page.render()


def _as_v2(look: Looking, obj: Obj) -> Obj:
    resource = look.call.discovery.find("horizontalpodautoscalers.v2.autoscaling")
    if resource is None:
        return obj
    metadata = obj["metadata"]
    found: Obj = look.client.get(object_path(resource, metadata["namespace"], metadata["name"]))
    return found


def _write_metric(page: Page, metric: Obj, held: Obj) -> None:
    kind = str(metric.get("type", ""))
    key = kind[:1].lower() + kind[1:]
    wanted = metric.get(key) or {}
    current = (held.get(key) or {}).get("current") or {}
    target = wanted.get("target") or {}
    if kind == "Resource":
        what = f"resource {wanted.get('name', '')} on pods"
    elif kind == "ContainerResource":
        what = f'resource {wanted.get("name", "")} of container "{wanted.get("container", "")}" on pods'
    elif kind == "Pods":
        what = f'"{(wanted.get("metric") or {}).get("name", "")}" on pods'
    else:
        page.write(1, f'<unknown metric type "{kind}">\n')
        return
    if target.get("averageValue") is not None:
        value = current.get("averageValue")
        shown = canonical(value) if value is not None else _UNKNOWN
        page.line(1, f"{what}:", f"{shown} / {canonical(target['averageValue'])}")
        return
    shown, aim = _UNKNOWN, "<auto>"
    if current.get("averageUtilization") is not None:
        shown = f"{current['averageUtilization']}% ({canonical(current.get('averageValue', '0'))})"
    if target.get("averageUtilization") is not None:
        aim = f"{target['averageUtilization']}%"
    page.line(1, f"{what}  (as a percentage of request):", f"{shown} / {aim}")


def _write_direction(page: Page, title: str, rules: Obj | None) -> None:
    if rules is None:
        return
    page.write(1, f"{title}:\n")
    if rules.get("stabilizationWindowSeconds") is not None:
        page.write(2, f"Stabilization Window: {rules['stabilizationWindowSeconds']} seconds\n")
    policies = rules.get("policies") or []
    if policies:
        page.write(2, f"Select Policy: {rules.get('selectPolicy', 'Max')}\n")
        page.write(2, "Policies:\n")
    for one in policies:
        page.line(
            3,
            f"- Type: {one.get('type', '')}",
            f"Value: {one.get('value', 0)}",
            f"Period: {one.get('periodSeconds', 0)} seconds",
        )
