"""ClusterRoles made of others: those with an aggregationRule hold the rules of all they select.

It must not know who is bound to them (pkg/controller/clusterroleaggregation).
"""

from __future__ import annotations

from typing import ClassVar

from sim.apimachinery.labels import match_label_selector
from sim.apimachinery.meta import Key, labels_of
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.kernel import Environment, Stream
from sim.reconcile import Change, Controller, Informer


class ClusterRoleAggregationController(Controller):
    """Keeps the rules of aggregated ClusterRoles."""

    name: ClassVar[str] = "clusterrole-aggregation-controller"

    def __init__(
        self, env: Environment, api: ApiServer, stream: Stream, *, roles: Informer
    ) -> None:
        super().__init__(env, api, stream)
        self._roles = roles
        self._aggregated = roles.index(_aggregates)
        roles.on_change(self._changed)

    def _changed(self, change: Change) -> None:
        for key in self._aggregated.keys("true"):
            self.enqueue(key)

    def reconcile(self, key: Key) -> None:
        """Gather the rules of the role *key*, selector by selector, roles in order of name."""
        role = self._roles.get(*key)
        if role is None or not _aggregates(role):
            return
        rules: list[Obj] = []
        for selector in role["aggregationRule"].get("clusterRoleSelectors") or ():
            matcher = match_label_selector(selector)
            for other in sorted(self._roles.objects):
                found = self._roles.objects[other]
                if other != key and matcher.matches(labels_of(found)):
                    rules += [one for one in found.get("rules") or () if one not in rules]
        if rules != (role.get("rules") or []):
            self.api.modify("clusterroles", *key, lambda old: {**old, "rules": rules})


def _aggregates(role: Obj) -> tuple[str, ...]:
    return ("true",) if role.get("aggregationRule") else ()
