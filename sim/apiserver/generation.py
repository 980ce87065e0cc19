"""metadata.generation: which kinds count it, and what counts as asking for something else.

A write of the status alone is no new generation. This file must not know requests.
"""

from __future__ import annotations

from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.wire import Obj

GENERATED = frozenset(
    {
        "controllerrevisions",
        "cronjobs",
        "customresourcedefinitions",
        "daemonsets",
        "deployments",
        "endpointslices",
        "flowschemas",
        "ingressclasses",
        "ingresses",
        "jobs",
        "mutatingwebhookconfigurations",
        "networkpolicies",
        "poddisruptionbudgets",
        "pods",
        "priorityclasses",
        "prioritylevelconfigurations",
        "replicasets",
        "replicationcontrollers",
        "statefulsets",
        "validatingwebhookconfigurations",
    }
)
"""Built-in resources whose metadata.generation counts changes of what was asked for."""


def has_generation(info: ResourceInfo) -> bool:
    """Return whether objects of *info* count their generations; custom ones always do."""
    return info.custom or info.plural in GENERATED


TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
"""Annotation in which apps/v1 keeps what extensions/v1beta1 had as spec.templateGeneration."""


def with_template_generation(new: Obj, old: Obj | None) -> Obj:
    """Return a DaemonSet that counts the changes of its template (pkg/apis/apps/v1/conversion.go)."""
    metadata = new["metadata"]
    annotations = metadata.get("annotations") or {}
    if old is None:
        count = "1"
    else:
        count = (old["metadata"].get("annotations") or {}).get(TEMPLATE_GENERATION, "1")
        held, given = old["spec"].get("template"), new["spec"].get("template")
        if given is not held and given != held:
            count = str(int(count) + 1) if count.isdecimal() else "1"
    if annotations.get(TEMPLATE_GENERATION) == count:
        return new
    annotations = {**annotations, TEMPLATE_GENERATION: count}
    return {**new, "metadata": {**metadata, "annotations": annotations}}


def asks_differently(info: ResourceInfo, new: Obj, old: Obj, *, outside: bool) -> bool:
    """Return whether what was asked for (spec, or all but metadata and status) has changed.

    Of Deployments the annotations count too (pkg/registry/apps/deployment/strategy.go), though not
    what the cluster's own controller notes there: that comes with the status.
    """
    if outside and info.key == "deployments":
        given, noted = new["metadata"].get("annotations"), old["metadata"].get("annotations")
        if (given or {}) != (noted or {}):
            return True
    if ("spec" in new or "spec" in old) and not info.custom:
        asked, held = new.get("spec"), old.get("spec")
        return asked is not held and asked != held
    ignored = ["metadata"]
    if not info.custom or "status" in info.subresources:
        ignored.append("status")
    return {k: v for k, v in new.items() if k not in ignored} != {
        k: v for k, v in old.items() if k not in ignored
    }
