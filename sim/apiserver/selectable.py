"""Which fields each kind offers to field selectors, and their values.

Every kind offers its name and namespace, a few offer more; asking for another is a 400 in the API
server's words. This file must not know requests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sim.apimachinery.errors import bad_request
from sim.apimachinery.fields import FieldTerm, parse_field_selector
from sim.apimachinery.labels import SelectorError, parse_label_selector
from sim.apimachinery.meta import read
from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.wire import Obj

_INVOLVED = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")

_FIELDS: dict[str, tuple[str, ...]] = {
    "certificatesigningrequests": ("spec.signerName",),
    "events": (
        *(f"involvedObject.{field}" for field in _INVOLVED),
        "reason",
        "reportingComponent",
        "source",
        "type",
    ),
    "jobs": ("status.successful",),
    "namespaces": ("status.phase",),
    "nodes": ("spec.unschedulable",),
    "pods": (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.podIPs",
        "status.nominatedNodeName",
    ),
    "replicasets": ("status.replicas",),
    "replicationcontrollers": ("status.replicas",),
    "secrets": ("type",),
    "services": ("spec.clusterIP", "spec.type"),
}
_METADATA = ("metadata.name", "metadata.namespace")
_ALIASES = {("pods", "spec.host"): "spec.nodeName"}
_NEWER_EVENT = {
    "reason": "reason",
    "reportingController": "reportingComponent",
    "source": "source",
    "type": "type",
    **{f"regarding.{field}": f"involvedObject.{field}" for field in _INVOLVED},
}
"""What events.k8s.io calls the fields of a stored Event (pkg/apis/events/v1/conversion.go)."""

Matcher = Callable[[Obj], bool]
_FALSE = frozenset({"spec.unschedulable", "spec.hostNetwork"})
"""Booleans: absent means false."""


def _value(obj: Obj, field: str) -> str:
    if field == "source":
        return str(
            read(obj, "source", "component", default="") or obj.get("reportingComponent", "")
        )
    if field == "status.podIPs":
        return ",".join(one["ip"] for one in read(obj, "status", "podIPs", default=()) or ())
    if field == "status.successful":
        return str(read(obj, "status", "succeeded", default=0))
    found = read(obj, *field.split("."))
    if field in _FALSE:
        return "true" if found else "false"
    if field == "status.replicas":
        return str(found or 0)
    return "" if found is None else str(found)


def _checked(
    info: ResourceInfo, terms: tuple[FieldTerm, ...], extra: Sequence[str]
) -> list[FieldTerm]:
    offered = extra if info.custom else _FIELDS.get(info.plural)
    newer = info.key == "events" and bool(info.group)
    checked = []
    for term in terms:
        field = _ALIASES.get((info.key, term.field), term.field)
        if newer and field not in _METADATA:
            field = _NEWER_EVENT.get(field, "")
        if field not in _METADATA and field not in (offered or ()):
            if newer or info.custom or (offered and not info.group):
                raise bad_request(f"field label not supported: {term.field}")
            if offered:
                kind = f"{info.group.partition('.')[0]}{info.version}.{info.kind}"
                raise bad_request(f'field label "{term.field}" not supported for {kind}')
            known = ", ".join(f'"{one}"' for one in _METADATA)
            raise bad_request(f'"{term.field}" is not a known field selector: only {known}')
        checked.append(FieldTerm(field, term.equal, term.value))
    return checked


def selection(
    info: ResourceInfo, labels: str, fields: str, extra: Sequence[str] = ()
) -> Matcher | None:
    """Return the matcher of a query's labelSelector and fieldSelector; None matches everything.

    *extra* are the fields that a custom resource's definition offers.

    Raises:
        ApiError: BadRequest, if a selector does not parse or names a field that is not offered.
    """
    if not labels and not fields:
        return None
    try:
        selector = parse_label_selector(labels)
        terms = _checked(info, parse_field_selector(fields), extra)
    except SelectorError as error:
        raise bad_request(str(error)) from None
    except ValueError as error:
        raise bad_request(str(error)) from None

    def matches(obj: Obj) -> bool:
        if labels and not selector.matches(obj["metadata"].get("labels") or {}):
            return False
        return all((_value(obj, term.field) == term.value) == term.equal for term in terms)

    return matches


def exact_name(fields: str) -> str:
    """Return the name that a fieldSelector pins (`metadata.name=x`), or ""."""
    for term in parse_field_selector(fields) if fields else ():
        if term.field == "metadata.name" and term.equal:
            return term.value
    return ""
