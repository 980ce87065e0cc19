"""Pod Security: a namespace's labels say which pods it takes, warns of, or notes.

The standards baseline and restricted, in the words of k8s.io/pod-security-admission. This file must
not know who creates pods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.apimachinery.wire import Obj
from sim.apiserver.admission.attributes import Attributes
from sim.apiserver.admission.podstandards import BASELINE, RESTRICTED, Violation

if TYPE_CHECKING:
    from sim.apiserver.store import Store

LABEL = "pod-security.kubernetes.io/"
LEVELS = ("privileged", "baseline", "restricted")
TEMPLATED = {
    "cronjobs": ("spec", "jobTemplate", "spec", "template"),
    "daemonsets": ("spec", "template"),
    "deployments": ("spec", "template"),
    "jobs": ("spec", "template"),
    "replicasets": ("spec", "template"),
    "replicationcontrollers": ("spec", "template"),
    "statefulsets": ("spec", "template"),
}
"""Where the kinds that make pods have their template."""


def check_pod_security(store: Store, attributes: Attributes) -> list[str]:
    """Refuse a pod that the namespace does not take; return warnings.

    Raises:
        ApiError: Forbidden.
    """
    new = attributes.new
    labels = _labels(store, attributes.namespace)
    if new is None or not labels:
        return []
    metadata, spec = _pod_of(attributes.info.plural, new)
    if spec is None:
        return []
    is_pod = attributes.info.plural == "pods"
    if is_pod:
        level, version = _policy(labels, "enforce")
        violations = violations_of(level, metadata, spec)
        if violations:
            raise attributes.refused(
                f'violates PodSecurity "{level}:{version}": {_listed(violations)}'
            )
    level, version = _policy(labels, "warn")
    violations = violations_of(level, metadata, spec)
    if not violations:
        return []
    return [f'would violate PodSecurity "{level}:{version}": {_listed(violations)}']


def warn_of_namespace(store: Store, attributes: Attributes) -> list[str]:
    """Return the warnings about pods that a namespace's new enforced level would not take."""
    new, old = attributes.new, attributes.old
    if new is None or old is None:
        return []
    level, version = _policy(new["metadata"].get("labels") or {}, "enforce")
    before = _policy(old["metadata"].get("labels") or {}, "enforce")
    if (level, version) == before or level == "privileged":
        return []
    grouped: dict[str, list[str]] = {}
    for pod in store.list("pods", attributes.name):
        violations = violations_of(level, pod["metadata"], pod["spec"])
        if violations:
            text = ", ".join(one.reason for one in violations)
            grouped.setdefault(text, []).append(pod["metadata"]["name"])
    if not grouped:
        return []
    head = (
        f'existing pods in namespace "{attributes.name}" violate the new PodSecurity enforce level '
        f'"{level}:{version}"'
    )
    lines = []
    for text, names in sorted(grouped.items(), key=lambda one: one[1][0]):
        others = len(names) - 1
        more = f" (and {others} other pod{'s' if others > 1 else ''})" if others else ""
        lines.append(f"{names[0]}{more}: {text}")
    return [head, *lines]


def violations_of(level: str, metadata: Obj, spec: Obj) -> list[Violation]:
    """Return what of a pod breaks the standard *level*."""
    if level not in ("baseline", "restricted"):
        return []
    checks = BASELINE if level == "baseline" else RESTRICTED
    found = [check(metadata, spec) for check in checks]
    return [one for one in found if one is not None]


def _pod_of(resource: str, obj: Obj) -> tuple[Obj, Obj | None]:
    if resource == "pods":
        return obj["metadata"], obj["spec"]
    held: Obj = obj
    for step in TEMPLATED.get(resource, ()):
        held = held.get(step) or {}
    spec = held.get("spec") if resource in TEMPLATED else None
    return held.get("metadata") or {}, spec


def _labels(store: Store, namespace: str) -> Obj:
    found = store.get("namespaces", "", namespace)
    if found is None:
        return {}
    labels = found["metadata"].get("labels") or {}
    return {key: value for key, value in labels.items() if key.startswith(LABEL)}


def _policy(labels: Obj, mode: str) -> tuple[str, str]:
    """Return (level, version) of a mode; a level that is none counts as the strictest."""
    level = labels.get(f"{LABEL}{mode}", "privileged")
    if level not in LEVELS:
        level = "restricted"
    return level, labels.get(f"{LABEL}{mode}-version", "latest")


def _listed(violations: list[Violation]) -> str:
    return ", ".join(
        f"{one.reason} ({one.detail})" if one.detail else one.reason for one in violations
    )
