"""The quota controller: `status.used` of each ResourceQuota, kept as objects come and go.

Thanks to this file `kubectl describe quota` says what is left. It must not know how much is allowed
to whom; admission refuses (pkg/controller/resourcequota).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import partial
from typing import ClassVar

from sim.apimachinery.meta import Key
from sim.apimachinery.wire import Obj
from sim.apiserver.admission.quota import count_usage, hard_of, show, shown_hard
from sim.apiserver.server import ApiServer
from sim.kernel import Environment, Stream
from sim.reconcile import Change, Controller, Informer
from sim.reconcile.informer import by_namespace


class ResourceQuotaController(Controller):
    """Keeps the status of ResourceQuotas."""

    name: ClassVar[str] = "resourcequota-controller"

    def __init__(
        self,
        env: Environment,
        api: ApiServer,
        stream: Stream,
        *,
        quotas: Informer,
        informers: Mapping[str, Informer],
    ) -> None:
        super().__init__(env, api, stream)
        self._quotas = quotas
        self._by_namespace = quotas.index(by_namespace)
        quotas.on_change(self._quota_changed)
        for resource, informer in informers.items():
            if api.resources.by_plural(resource).namespaced and resource != "resourcequotas":
                informer.on_change(partial(self._used, resource))

    def adopt(self) -> None:
        """Queue the quotas that nobody has counted."""
        for key, quota in self._quotas.objects.items():
            if "used" not in (quota.get("status") or {}):
                self.enqueue(key)

    def _quota_changed(self, change: Change) -> None:
        if change.type == "DELETED":
            self.queue.forget(change.key)
        elif change.old is None or change.new.get("spec") != change.old.get("spec"):
            self.enqueue(change.key)

    def _used(self, resource: str, change: Change) -> None:
        keys = self._by_namespace.keys(change.key.namespace)
        if not keys or (change.type == "MODIFIED" and not _counts_differently(resource, change)):
            return
        for key in keys:
            self.enqueue(key)

    def reconcile(self, key: Key) -> None:
        """Count what the quota *key* is about."""
        quota = self._quotas.get(*key)
        if quota is None:
            return
        infos = {info.key: info for info in self.api.resources.infos() if info.stored}
        used = count_usage(self.api.list, quota, infos)
        hard = shown_hard(quota)
        counted = {name: show(name, used.get(name, Fraction())) for name in hard_of(quota)}

        def change(old: Obj) -> Obj:
            return {**old, "status": {**(old.get("status") or {}), "hard": hard, "used": counted}}

        self.api.modify("resourcequotas", *key, change, status=True)


def _counts_differently(resource: str, change: Change) -> bool:
    """True when a change of an object can change what it counts for."""
    new, old = change.new, change.old
    if old is None:
        return True
    if resource == "pods":
        return bool(
            (new.get("status") or {}).get("phase") != (old.get("status") or {}).get("phase")
            or new["spec"] is not old["spec"]
        )
    return resource in ("persistentvolumeclaims", "services") and new["spec"] != old["spec"]
