"""`describe pod`."""

from __future__ import annotations

from sim.apimachinery.quantity import parse_quantity
from sim.apimachinery.wire import Obj
from sim.kubectl.describers.common import (
    Looking,
    controlled_by,
    pod_events,
    write_annotations,
    write_events,
    write_head,
    write_labels,
    write_time,
    write_tolerations,
)
from sim.kubectl.describers.containers import write_containers, write_resources
from sim.kubectl.describers.template import write_spread
from sim.kubectl.describers.volumes import write_volumes
from sim.kubectl.describers.writer import Page


def describe_pod(look: Looking, pod: Obj) -> str:
    """Return the page of one pod."""
    page = Page()
    metadata, spec, status = pod["metadata"], pod.get("spec") or {}, pod.get("status") or {}
    write_head(page, pod)
    _write_identity(page, spec, status)
    write_labels(page, "Labels", metadata.get("labels"))
    write_annotations(page, "Annotations", metadata.get("annotations"))
    _write_status(page, look, metadata, spec, status)
    if owner := controlled_by(pod):
        page.line(0, "Controlled By:", owner)
    if status.get("nominatedNodeName"):
        page.line(0, "NominatedNodeName:", status["nominatedNodeName"])
    if spec.get("resources"):
        page.write(0, "Resources:\n")
        write_resources(page, spec["resources"], 1)
    for title, key, statuses in (
        ("Init Containers", "initContainers", "initContainerStatuses"),
        ("Containers", "containers", "containerStatuses"),
        ("Ephemeral Containers", "ephemeralContainers", "ephemeralContainerStatuses"),
    ):
        containers = spec.get(key) or []
        if containers or key == "containers":
            write_containers(page, title, containers, statuses=status.get(statuses) or (), pod=pod)
    _write_gates(page, spec, status)
    if status.get("conditions"):
        page.write(0, "Conditions:\n  Type\tStatus\n")
        for one in status["conditions"]:
            page.line(1, f"{one['type']} ", f"{one['status']} ")
    write_volumes(page, spec.get("volumes"))
    page.line(0, "QoS Class:", status.get("qosClass") or qos_class(spec))
    write_labels(page, "Node-Selectors", spec.get("nodeSelector"))
    write_tolerations(page, "Tolerations", spec.get("tolerations"))
    write_spread(page, spec.get("topologySpreadConstraints"))
    if look.show_events:
        write_events(page, look, pod, pod_events(look, pod))
    return page.render()


def _write_identity(page: Page, spec: Obj, status: Obj) -> None:
    if spec.get("priority") is not None:
        page.line(0, "Priority:", spec["priority"])
    for title, key in (
        ("Priority Class Name", "priorityClassName"),
        ("Runtime Class Name", "runtimeClassName"),
        ("Service Account", "serviceAccountName"),
    ):
        if spec.get(key):
            page.line(0, f"{title}:", spec[key])
    node = spec.get("nodeName")
    page.line(0, "Node:", f"{node}/{status.get('hostIP', '')}" if node else "<none>")
    if status.get("startTime"):
        page.line(0, "Start Time:", write_time(status["startTime"]))


def _write_status(page: Page, look: Looking, metadata: Obj, spec: Obj, status: Obj) -> None:
    phase = status.get("phase", "")
    if metadata.get("deletionTimestamp") and phase not in ("Failed", "Succeeded"):
        lasts = look.age(metadata["deletionTimestamp"])
        page.line(0, "Status:", f"Terminating (lasts {lasts})")
        grace = metadata.get("deletionGracePeriodSeconds", 0)
        page.line(0, "Termination Grace Period:", f"{grace}s")
    else:
        page.line(0, "Status:", phase)
    for title, key in (("Reason", "reason"), ("Message", "message")):
        if status.get(key):
            page.line(0, f"{title}:", status[key])
    seccomp = (spec.get("securityContext") or {}).get("seccompProfile")
    if seccomp:
        page.line(0, "SeccompProfile:", seccomp.get("type", ""))
        if seccomp.get("type") == "Localhost":
            page.line(0, "LocalhostProfile:", seccomp.get("localhostProfile", ""))
    page.line(0, "IP:", status.get("podIP", ""))
    if not status.get("podIPs"):
        page.line(0, "IPs:", "<none>")
        return
    page.write(0, "IPs:\n")
    for ip in status["podIPs"]:
        page.line(1, "IP:", ip.get("ip", ""))


def _write_gates(page: Page, spec: Obj, status: Obj) -> None:
    if not spec.get("readinessGates"):
        return
    known = {one["type"]: one["status"] for one in status.get("conditions") or []}
    page.write(0, "Readiness Gates:\n  Type\tStatus\n")
    for gate in spec["readinessGates"]:
        kind = gate["conditionType"]
        page.line(1, f"{kind} ", f"{known.get(kind, '<none>')} ")


def qos_class(spec: Obj) -> str:
    """Return the quality of service that the containers' requests and limits earn."""
    containers = [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]
    any_set, guaranteed = False, True
    for container in containers:
        resources = container.get("resources") or {}
        limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
        any_set = any_set or any(name in ("cpu", "memory") for name in (*limits, *requests))
        for name in ("cpu", "memory"):
            if name not in limits or parse_quantity(limits[name]) != parse_quantity(
                requests.get(name, limits[name])
            ):
                guaranteed = False
    if not any_set:
        return "BestEffort"
    return "Guaranteed" if guaranteed else "Burstable"
