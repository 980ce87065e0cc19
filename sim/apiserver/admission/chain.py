"""The plugins in their order: first those that change an object, then those that only judge it.

Called by the registry inside each write that somebody asked for, and when components create. This
file must not know what a plugin does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sim.apimachinery.wire import Obj
from sim.apiserver.admission.attributes import Attributes
from sim.apiserver.admission.limits import check_claim_limits, check_pod_limits, give_limits
from sim.apiserver.admission.pods import (
    admit_pod,
    check_account,
    check_default_class,
    check_priority,
    give_runtime,
)
from sim.apiserver.admission.podsecurity import (
    TEMPLATED,
    check_pod_security,
    warn_of_namespace,
)
from sim.apiserver.admission.quota import check_quota
from sim.apiserver.admission.storage import check_resize, give_class, give_ingress_class, protect
from sim.apiserver.admission.webhooks import MUTATING, VALIDATING, Webhooks
from sim.apiserver.authorization.escalation import check_escalation
from sim.apiserver.users import User

if TYPE_CHECKING:
    from sim.apiserver.registry import Registry


@dataclass(slots=True)
class Scope:
    """The request at hand: who asks, and what they are to be warned of."""

    user: User
    warnings: list[str] = field(default_factory=list)


class Admission:
    """Lets writes in."""

    scope: Scope | None
    """None while the cluster's own components write between requests."""
    webhooks: Webhooks

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self.scope = None
        self.webhooks = Webhooks(registry.store)

    @contextmanager
    def request(self, user: User) -> Iterator[Scope]:
        """Let what is written meanwhile be admitted as *user*'s request."""
        before, self.scope = self.scope, Scope(user)
        try:
            yield self.scope
        finally:
            self.scope = before

    def admit(self, attributes: Attributes) -> Obj | None:
        """Return the object as the plugins that change things let it in; before validation.

        Raises:
            ApiError: usually Forbidden.
        """
        if attributes.verb == "create" and not attributes.subresource:
            attributes = self._completed(attributes)
        if self._registry.store.count(MUTATING):
            return self.webhooks.mutate(attributes, self._warnings())
        return attributes.new

    def review(self, attributes: Attributes) -> None:
        """Ask the plugins that only judge; after validation, before storing.

        Raises:
            ApiError: usually Forbidden.
        """
        if attributes.subresource:
            self._ask_webhooks(attributes)
            return
        verb, resource = attributes.verb, attributes.info.key
        if verb == "delete":
            _check_end(attributes)
        elif self.scope is not None and not attributes.by_system and attributes.new is not None:
            check_escalation(
                self._registry.authorizer,
                self.scope.user,
                attributes.info,
                attributes.new,
                attributes.old,
            )
        for check in JUDGING.get((verb, resource), ()):
            check(self._registry, attributes)
        if verb != "delete":
            self._check_security(attributes)
        self._ask_webhooks(attributes)
        # The quota stands last, so that nothing is refused for room that another plugin forbids.
        if verb != "delete" and attributes.info.namespaced:
            charged = check_quota(self._registry.store, attributes)
            if charged and not attributes.dry_run:
                self._charge(attributes.namespace, charged)

    # -- inside ----------------------------------------------------------------------------------

    def _charge(self, namespace: str, charged: Mapping[str, dict[str, str]]) -> None:
        """Note what quotas have in use now; the controller counts anew when something goes."""
        for name, used in charged.items():

            def change(quota: Obj, used: dict[str, str] = used) -> Obj:
                status = quota.get("status") or {}
                if "used" not in status:
                    return quota
                return {**quota, "status": {**status, "used": {**status["used"], **used}}}

            self._registry.modify("resourcequotas", namespace, name, change, status=True)

    def _completed(self, attributes: Attributes) -> Attributes:
        for complete in COMPLETING.get(attributes.info.key, ()):
            new = complete(self._registry, attributes)
            if new is not None:
                attributes = attributes.with_new(new)
        return attributes

    def _check_security(self, attributes: Attributes) -> None:
        resource, store = attributes.info.key, self._registry.store
        if resource == "namespaces":
            told = warn_of_namespace(store, attributes)
        elif resource == "pods" or resource in TEMPLATED:
            if attributes.old is not None and not _changes_pods(attributes):
                return
            told = check_pod_security(store, attributes)
        else:
            return
        self._warnings().extend(told)

    def _ask_webhooks(self, attributes: Attributes) -> None:
        if self._registry.store.count(VALIDATING):
            self.webhooks.validate(attributes, self._warnings())

    def _warnings(self) -> list[str]:
        return self.scope.warnings if self.scope is not None else []


def _pod_defaults(registry: Registry, attributes: Attributes) -> Obj | None:
    return None if attributes.new is None else admit_pod(registry, attributes.new)


def _account(registry: Registry, attributes: Attributes) -> Obj | None:
    check_account(registry, attributes)
    if not attributes.by_system:
        check_priority(registry, attributes)
    return None


def _check_end(attributes: Attributes) -> None:
    if attributes.info.key == "namespaces" and attributes.name in IMMORTAL:
        raise attributes.refused("this namespace may not be deleted")


def _changes_pods(attributes: Attributes) -> bool:
    new, old = attributes.new or {}, attributes.old or {}
    return bool(new.get("spec") != old.get("spec"))


Completing = Callable[["Registry", Attributes], Obj | None]
Judging = Callable[["Registry", Attributes], None]

IMMORTAL = ("default", "kube-system", "kube-public")
COMPLETING: dict[str, tuple[Completing, ...]] = {
    "ingresses": (lambda registry, asked: give_ingress_class(registry.store, asked),),
    "persistentvolumeclaims": (
        lambda registry, asked: give_class(registry.store, asked),
        lambda _registry, asked: protect(asked),
    ),
    "persistentvolumes": (lambda _registry, asked: protect(asked),),
    "pods": (
        lambda registry, asked: give_limits(registry.store, asked),
        _account,
        give_runtime,
        _pod_defaults,
    ),
}
"""What completes a new object of a resource, in the order of kube-apiserver's plugins."""
JUDGING: dict[tuple[str, str], tuple[Judging, ...]] = {
    ("create", "persistentvolumeclaims"): (
        lambda registry, asked: check_claim_limits(registry.store, asked),
    ),
    ("update", "persistentvolumeclaims"): (
        lambda registry, asked: check_claim_limits(registry.store, asked),
        lambda registry, asked: check_resize(registry.store, asked),
    ),
    ("create", "pods"): (lambda registry, asked: check_pod_limits(registry.store, asked),),
    ("create", "priorityclasses"): (check_default_class,),
    ("update", "priorityclasses"): (check_default_class,),
}
"""What may refuse a write of a resource."""
