"""The order in which kustomize prints objects: what others need comes first.

It must not know what the objects hold.
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.apimachinery.wire import Obj

_FIRST = (
    "Namespace", "ResourceQuota", "StorageClass", "CustomResourceDefinition", "ServiceAccount",
    "PodSecurityPolicy", "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ConfigMap",
    "Secret", "Endpoints", "Service", "LimitRange", "PriorityClass", "PersistentVolume",
    "PersistentVolumeClaim", "Deployment", "StatefulSet", "CronJob", "PodDisruptionBudget",
)  # fmt: skip
_LAST = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
"""Kinds of the legacy order (kustomize, api/internal/builtins/SortOrderTransformer)."""


def in_order(objects: Sequence[Obj]) -> list[Obj]:
    """Return *objects* in kustomize's legacy order."""
    return sorted(objects, key=_place)


def _place(obj: Obj) -> tuple[int, str, str, str, str, str]:
    kind = str(obj.get("kind", ""))
    group, _, version = str(obj.get("apiVersion", "")).rpartition("/")
    metadata = obj.get("metadata") or {}
    rank = 0
    if kind in _FIRST:
        rank = _FIRST.index(kind) - len(_FIRST)
    elif kind in _LAST:
        rank = 1 + _LAST.index(kind)
    return (
        rank, group, version, kind, str(metadata.get("namespace", "")), str(metadata.get("name", ""))
    )  # fmt: skip
