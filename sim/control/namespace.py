"""What a namespace that is ending still waits for, said in its conditions.

Thanks to this file `kubectl get namespace -o yaml` tells which finalizer keeps it. It must not delete
anything: its content has been told to go already
(pkg/controller/namespace/deletion/status_condition_utils.go).
"""

from __future__ import annotations

from collections import Counter
from typing import ClassVar

from sim.apimachinery.meta import Key, is_terminating
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.control.conditions import find
from sim.kernel import Environment, Stream
from sim.reconcile import Change, Controller, Informer

LOOK_AGAIN_MS = 5_000
"""How often the content of an ending namespace is counted anew (ours; the real one backs off)."""

FINE = (
    (
        "NamespaceDeletionDiscoveryFailure",
        "ResourcesDiscovered",
        "All resources successfully discovered",
    ),
    (
        "NamespaceDeletionGroupVersionParsingFailure",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    (
        "NamespaceDeletionContentFailure",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    ("NamespaceContentRemaining", "ContentRemoved", "All content successfully removed"),
    (
        "NamespaceFinalizersRemaining",
        "ContentHasNoFinalizers",
        "All content-preserving finalizers finished",
    ),
)


class NamespaceController(Controller):
    """A key is a namespace."""

    name: ClassVar[str] = "namespace-controller"
    latency_ms = (20, 200)

    def __init__(
        self, env: Environment, api: ApiServer, stream: Stream, *, namespaces: Informer
    ) -> None:
        super().__init__(env, api, stream)
        self._namespaces = namespaces
        namespaces.on_change(self._namespace_changed)

    def _namespace_changed(self, change: Change) -> None:
        begins = change.old is None or not is_terminating(change.old)
        if change.type != "DELETED" and is_terminating(change.new) and begins:
            self.enqueue(change.key)

    def reconcile(self, key: Key) -> None:
        """Write what is left in the namespace *key*."""
        namespace = self._namespaces.get(*key)
        if namespace is None or not is_terminating(namespace):
            return
        self.enqueue_after(key, LOOK_AGAIN_MS)
        remaining, finalizers = self._content(key.name)
        found: dict[str, tuple[str, str]] = {}
        if remaining:
            text = ", ".join(
                f"{what} has {count} resource instances"
                for what, count in sorted(remaining.items())
            )
            found["NamespaceContentRemaining"] = (
                "SomeResourcesRemain",
                f"Some resources are remaining: {text}",
            )
        if finalizers:
            text = ", ".join(
                f"{name} in {count} resource instances"
                for name, count in sorted(finalizers.items())
            )
            found["NamespaceFinalizersRemaining"] = (
                "SomeFinalizersRemain",
                f"Some content in the namespace has finalizers remaining: {text}",
            )
        held = (namespace.get("status") or {}).get("conditions") or []
        listed = [self._condition(held, *one, found) for one in FINE]
        self.api.modify(
            "namespaces",
            *key,
            lambda old: {**old, "status": {**(old.get("status") or {}), "conditions": listed}},
            status=True,
        )

    def _content(self, namespace: str) -> tuple[Counter[str], Counter[str]]:
        """Return how many objects of each resource are left, and what finalizers they carry."""
        remaining: Counter[str] = Counter()
        finalizers: Counter[str] = Counter()
        for info in self.api.registry.resources.infos():
            if not info.namespaced or not info.stored or info.plural == "events":
                continue
            for obj in self.api.list(info.key, namespace):
                remaining[f"{info.plural}.{info.group}"] += 1
                finalizers.update(obj["metadata"].get("finalizers") or ())
        return remaining, finalizers

    def _condition(
        self,
        held: list[Obj],
        type_: str,
        reason: str,
        message: str,
        found: dict[str, tuple[str, str]],
    ) -> Obj:
        status = "True" if type_ in found else "False"
        reason, message = found.get(type_, (reason, message))
        old = find(held, type_)
        same = old is not None and old["status"] == status
        since = (old or {}).get("lastTransitionTime") if same else None
        return {
            "type": type_,
            "status": status,
            "lastTransitionTime": since or self.timestamp(),
            "reason": reason,
            "message": message,
        }
