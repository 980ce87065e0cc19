"""Admission webhooks, modelled: who would be called, whether it can be reached, what it says.

A webhook's backend is the pods behind its Service. A reachable one allows, unless a behaviour is
registered for it; one that cannot be reached fails open or closed. This file must not know which
write is admitted for whom.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.apimachinery.errors import ApiError, bad_request, internal_error
from sim.apimachinery.labels import match_label_selector
from sim.apimachinery.patch import json_patch
from sim.apimachinery.wire import Obj
from sim.apiserver.admission.attributes import Attributes

if TYPE_CHECKING:
    from sim.apiserver.store import Store

MUTATING = "mutatingwebhookconfigurations"
VALIDATING = "validatingwebhookconfigurations"
NEVER_CALLED = frozenset(
    {
        MUTATING,
        VALIDATING,
        "validatingadmissionpolicies",
        "validatingadmissionpolicybindings",
    }
)
"""So that a wrong configuration can always be repaired (IsExemptAdmissionConfigurationResource)."""
INTERNAL = frozenset({"events", "leases"})
"""What the model writes in ways of its own; no webhook sees it from components."""
DEFAULT_TIMEOUT_S = 10
DEFAULT_PORT = 443
HARMLESS = ("None", "NoneOnDryRun")

TIMEOUT = "context deadline exceeded"
"""A `failure` of a backend that does not answer in time."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a webhook answers."""

    allowed: bool = True
    message: str = ""
    """Why not."""
    code: int = 403
    reason: str = "Forbidden"
    warnings: tuple[str, ...] = ()
    patch: tuple[Mapping[str, Any], ...] = ()
    """A JSON patch, from a mutating one."""
    failure: str = ""
    """Instead of an answer, the error of calling it: `context deadline exceeded`, `EOF` ..."""


Behaviour = Callable[[Attributes, str], Verdict]
"""(the write, the webhook's name) -> its answer."""


class Webhooks:
    """Calls what the stored configurations say."""

    behaviours: dict[str, Behaviour]
    """`namespace/service` (or a URL) -> how what is behind it answers."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.behaviours = {}

    def mutate(self, attributes: Attributes, warnings: list[str]) -> Obj | None:
        """Return the object as mutating webhooks change it; raises ApiError if one says no."""
        new = attributes.new
        for webhook in self._called(MUTATING, attributes):
            verdict = self._ask(webhook, attributes, warnings)
            if verdict.patch and new is not None:
                new = json_patch(new, [dict(one) for one in verdict.patch])
                attributes = attributes.with_new(new)
        return new

    def validate(self, attributes: Attributes, warnings: list[str]) -> None:
        """Ask validating webhooks; raises ApiError if one says no."""
        for webhook in self._called(VALIDATING, attributes):
            self._ask(webhook, attributes, warnings)

    # -- who is called ---------------------------------------------------------------------------

    def _called(self, resource: str, attributes: Attributes) -> Iterator[Obj]:
        info = attributes.info
        if not self._store.count(resource) or info.plural in NEVER_CALLED:
            return
        if attributes.by_system and info.plural in INTERNAL:
            return
        for configuration in self._store.list(resource):
            for webhook in configuration.get("webhooks") or ():
                if self._matches(webhook, attributes):
                    yield webhook

    def _matches(self, webhook: Obj, attributes: Attributes) -> bool:
        exact = webhook.get("matchPolicy") == "Exact"
        if not any(_rule_matches(one, attributes, exact) for one in webhook.get("rules") or ()):
            return False
        labels = self._namespace_labels(attributes)
        if labels is not None and not _selects(webhook.get("namespaceSelector"), labels):
            return False
        selector = webhook.get("objectSelector")
        return any(
            _selects(selector, (one.get("metadata") or {}).get("labels") or {})
            for one in (attributes.new, attributes.old)
            if one is not None
        )

    def _namespace_labels(self, attributes: Attributes) -> Obj | None:
        """Return the labels that a namespaceSelector looks at, None for what has no namespace."""
        if attributes.info.plural == "namespaces":
            shown = attributes.new or attributes.old or {}
            return (shown.get("metadata") or {}).get("labels") or {}
        if not attributes.info.namespaced:
            return None
        found = self._store.get("namespaces", "", attributes.namespace)
        return {} if found is None else found["metadata"].get("labels") or {}

    # -- the call --------------------------------------------------------------------------------

    def _ask(self, webhook: Obj, attributes: Attributes, warnings: list[str]) -> Verdict:
        name = webhook.get("name", "")
        if attributes.dry_run and webhook.get("sideEffects") not in HARMLESS:
            raise bad_request(f'admission webhook "{name}" does not support dry run')
        verdict = self._verdict(webhook, attributes)
        if verdict.failure:
            if webhook.get("failurePolicy", "Fail") == "Ignore":
                return Verdict()
            raise internal_error(
                f'failed calling webhook "{name}": failed to call webhook: Post '
                f'"{_url(webhook)}": {verdict.failure}'
            )
        warnings += verdict.warnings
        if not verdict.allowed:
            denied = f'admission webhook "{name}" denied the request'
            text = f"{denied}: {verdict.message}" if verdict.message else f"{denied} {_UNEXPLAINED}"
            raise ApiError(verdict.code, verdict.reason, text)
        return verdict

    def _verdict(self, webhook: Obj, attributes: Attributes) -> Verdict:
        client = webhook.get("clientConfig") or {}
        service = client.get("service")
        if service is None:
            behaviour = self.behaviours.get(client.get("url", ""))
            if behaviour is None:
                host = client.get("url", "").partition("://")[2].partition("/")[0].partition(":")[0]
                return Verdict(failure=f"dial tcp: lookup {host}: no such host")
            return behaviour(attributes, webhook.get("name", ""))
        namespace, name = service.get("namespace", ""), service.get("name", "")
        if self._store.get("services", namespace, name) is None:
            return Verdict(failure=f'service "{name}" not found')
        if not self._has_endpoints(namespace, name):
            return Verdict(failure=f'no endpoints available for service "{name}"')
        behaviour = self.behaviours.get(f"{namespace}/{name}")
        return Verdict() if behaviour is None else behaviour(attributes, webhook.get("name", ""))

    def _has_endpoints(self, namespace: str, service: str) -> bool:
        for one in self._store.list("endpointslices", namespace):
            labels = one["metadata"].get("labels") or {}
            if labels.get("kubernetes.io/service-name") != service:
                continue
            for endpoint in one.get("endpoints") or ():
                if (endpoint.get("conditions") or {}).get("ready") is not False:
                    return True
        return False


_UNEXPLAINED = "without explanation"


def _url(webhook: Obj) -> str:
    client = webhook.get("clientConfig") or {}
    timeout = f"?timeout={webhook.get('timeoutSeconds', DEFAULT_TIMEOUT_S)}s"
    service = client.get("service")
    if service is None:
        return f"{client.get('url', '')}{timeout}"
    port = service.get("port", DEFAULT_PORT)
    path = service.get("path", "/")
    return f"https://{service.get('name', '')}.{service.get('namespace', '')}.svc:{port}{path}{timeout}"


def _selects(selector: Obj | None, labels: Obj) -> bool:
    return not selector or match_label_selector(selector).matches(labels)


def _rule_matches(rule: Obj, attributes: Attributes, exact: bool) -> bool:
    info = attributes.info
    operations = rule.get("operations") or ()
    if "*" not in operations and attributes.verb.upper() not in operations:
        return False
    groups, versions = rule.get("apiGroups") or (), rule.get("apiVersions") or ()
    if "*" not in groups and info.group not in groups:
        return False
    # Equivalent: the same resource in another version is the same.
    if exact and "*" not in versions and info.version not in versions:
        return False
    scope = rule.get("scope", "*")
    if scope != "*" and (scope == "Namespaced") != info.namespaced:
        return False
    return any(
        _names(one, info.plural, attributes.subresource) for one in rule.get("resources") or ()
    )


def _names(pattern: str, resource: str, subresource: str) -> bool:
    """True when *pattern* (`pods`, `pods/*`, `*/scale`, `*`, `*/*`) names what is written."""
    first, _, second = pattern.partition("/")
    return first in ("*", resource) and second in (("*", subresource) if subresource else ("", "*"))
