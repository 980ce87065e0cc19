"""LimitRanger: what a namespace's LimitRanges give to containers that ask for nothing, and forbid.

As plugin/pkg/admission/limitranger does. This file must not know who creates pods.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sim.apimachinery.quantity import canonical, format_quantity, parse_quantity
from sim.apimachinery.wire import Obj
from sim.apiserver.admission.attributes import Attributes

if TYPE_CHECKING:
    from sim.apiserver.store import Store

ANNOTATION = "kubernetes.io/limit-ranger"
Amounts = Mapping[str, str]


def give_limits(store: Store, attributes: Attributes) -> Obj | None:
    """Return the pod with the defaults of its namespace's LimitRanges, None if there are none."""
    pod = attributes.new
    ranges = store.list("limitranges", attributes.namespace)
    if pod is None or not ranges:
        return None
    given: list[str] = []
    spec: Obj = dict(pod["spec"])
    for limit_range in ranges:
        requests, limits = _defaults(limit_range)
        for field, prefix in (("containers", "container"), ("initContainers", "init container")):
            if spec.get(field):
                spec[field] = [_merged(one, requests, limits, prefix, given) for one in spec[field]]
    if not given:
        return None
    metadata = pod["metadata"]
    told = f"LimitRanger plugin set: {'; '.join(given)}"
    annotations = {**(metadata.get("annotations") or {}), ANNOTATION: told}
    return {**pod, "metadata": {**metadata, "annotations": annotations}, "spec": spec}


def check_pod_limits(store: Store, attributes: Attributes) -> None:
    """Refuse a pod outside the bounds of its namespace; raises ApiError Forbidden."""
    pod = attributes.new
    ranges = store.list("limitranges", attributes.namespace)
    if pod is None or not ranges:
        return
    for limit_range in ranges:
        errors = [
            text
            for item in (limit_range.get("spec") or {}).get("limits") or ()
            for text in _pod_errors(item, pod["spec"])
        ]
        _refuse(attributes, errors)


def check_claim_limits(store: Store, attributes: Attributes) -> None:
    """Refuse a claim outside the bounds of its namespace; raises ApiError Forbidden."""
    claim = attributes.new
    if claim is None:
        return
    requests = _amounts(claim.get("spec") or {}, "requests")
    for limit_range in store.list("limitranges", attributes.namespace):
        errors: list[str] = []
        for item in (limit_range.get("spec") or {}).get("limits") or ():
            if item.get("type") != "PersistentVolumeClaim":
                continue
            for resource, least in _sorted(item, "min"):
                errors += _below(resource, "PersistentVolumeClaim", least, requests, None)
            for resource, most in _sorted(item, "max"):
                found = requests.get(resource)
                if found is not None and parse_quantity(found) > parse_quantity(most):
                    errors.append(
                        f"maximum {resource} usage per PersistentVolumeClaim is {most}, but request "
                        f"is {found}"
                    )
        _refuse(attributes, errors)


def _refuse(attributes: Attributes, errors: list[str]) -> None:
    distinct = list(dict.fromkeys(errors))
    if distinct:
        raise attributes.refused(distinct[0] if len(distinct) == 1 else f"[{', '.join(distinct)}]")


def _defaults(limit_range: Obj) -> tuple[Amounts, Amounts]:
    """Return (requests, limits) that a container gets; what is left out follows from the rest."""
    requests: dict[str, str] = {}
    limits: dict[str, str] = {}
    for item in (limit_range.get("spec") or {}).get("limits") or ():
        if item.get("type") != "Container":
            continue
        given = {**(item.get("max") or {}), **(item.get("default") or {})}
        limits |= given
        requests |= {**(item.get("min") or {}), **given, **(item.get("defaultRequest") or {})}
    return requests, limits


def _merged(
    container: Obj, requests: Amounts, limits: Amounts, prefix: str, given: list[str]
) -> Obj:
    resources = container.get("resources") or {}
    made: dict[str, Any] = dict(resources)
    for field, word, defaults in (("requests", "request", requests), ("limits", "limit", limits)):
        held = resources.get(field) or {}
        missing = {key: canonical(value) for key, value in defaults.items() if key not in held}
        if missing:
            made[field] = {**held, **missing}
            listed = ", ".join(sorted(missing))
            given.append(f"{listed} {word} for {prefix} {container.get('name', '')}")
    return {**container, "resources": made} if made != resources else container


def _pod_errors(item: Obj, spec: Obj) -> Iterator[str]:
    type_ = item.get("type", "")
    if type_ == "Container":
        for field in ("containers", "initContainers"):
            for container in spec.get(field) or ():
                resources = container.get("resources") or {}
                requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
                yield from _bound_errors(item, type_, requests, limits)
    elif type_ == "Pod":
        yield from _bound_errors(item, type_, _summed(spec, "requests"), _summed(spec, "limits"))


def _bound_errors(item: Obj, type_: str, requests: Amounts, limits: Amounts) -> Iterator[str]:
    for resource, least in _sorted(item, "min"):
        yield from _below(resource, type_, least, requests, limits)
    for resource, most in _sorted(item, "max"):
        yield from _above(resource, type_, most, requests, limits)
    for resource, ratio in _sorted(item, "maxLimitRequestRatio"):
        yield from _too_wide(resource, type_, ratio, requests, limits)


def _below(
    resource: str, type_: str, least: str, requests: Amounts, limits: Amounts | None
) -> Iterator[str]:
    text = f"minimum {resource} usage per {type_} is {least}"
    request, limit = requests.get(resource), (limits or {}).get(resource)
    if request is None:
        yield f"{text}.  No request is specified"
    elif parse_quantity(request) < parse_quantity(least):
        yield f"{text}, but request is {request}"
    elif limit is not None and parse_quantity(limit) < parse_quantity(least):
        yield f"{text}, but limit is {limit}"


def _above(
    resource: str, type_: str, most: str, requests: Amounts, limits: Amounts
) -> Iterator[str]:
    text = f"maximum {resource} usage per {type_} is {most}"
    request, limit = requests.get(resource), limits.get(resource)
    if limit is None:
        yield f"{text}.  No limit is specified"
    elif parse_quantity(limit) > parse_quantity(most):
        yield f"{text}, but limit is {limit}"
    elif request is not None and parse_quantity(request) > parse_quantity(most):
        yield f"{text}, but request is {request}"


def _too_wide(
    resource: str, type_: str, ratio: str, requests: Amounts, limits: Amounts
) -> Iterator[str]:
    text = f"{resource} max limit to request ratio per {type_} is {ratio}"
    request = parse_quantity(requests.get(resource, "0"))
    limit = parse_quantity(limits.get(resource, "0"))
    if not request:
        yield f"{text}, but no request is specified or request is 0"
    elif not limit:
        yield f"{text}, but no limit is specified or limit is 0"
    elif limit / request > parse_quantity(ratio):
        yield f"{text}, but provided ratio is {float(limit / request):f}"


def _sorted(item: Obj, field: str) -> list[tuple[str, str]]:
    return [(key, canonical(value)) for key, value in sorted((item.get(field) or {}).items())]


def _amounts(spec: Obj, field: str) -> Amounts:
    found = (spec.get("resources") or {}).get(field) or {}
    return {key: canonical(value) for key, value in found.items()}


def _summed(spec: Obj, field: str) -> Amounts:
    """Return a pod's sum of requests or limits: its containers together, or its largest init."""
    sums: dict[str, Fraction] = {}
    for container in spec.get("containers") or ():
        for key, value in _amounts(container, field).items():
            sums[key] = sums.get(key, Fraction()) + parse_quantity(value)
    for container in spec.get("initContainers") or ():
        for key, value in _amounts(container, field).items():
            sums[key] = max(sums.get(key, Fraction()), parse_quantity(value))
    return {key: format_quantity(value, binary=is_binary(key)) for key, value in sums.items()}


def is_binary(resource: str) -> bool:
    """True for resources that are counted in bytes."""
    return resource.endswith(("memory", "storage"))
