"""Registrations of admission webhooks: names, where they are called, for what, and when they fail.

It must not call anybody.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from sim.apimachinery.errors import (
    Cause,
    duplicate_value,
    invalid_value,
    required,
    unsupported_value,
)
from sim.apimachinery.wire import Obj
from sim.apiserver.validation import spelling
from sim.apiserver.validation.selectors import check_selector
from sim.apiserver.validation.values import one_of, port_number

_FAILURE = ("Fail", "Ignore")
_MATCH = ("Equivalent", "Exact")
_EFFECTS = ("None", "NoneOnDryRun")
_OPERATIONS = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
_SCOPES = ("*", "Cluster", "Namespaced")
_REVIEWS = ("v1", "v1beta1")
_REINVOKE = ("IfNeeded", "Never")
_MAX_TIMEOUT = 30
_OTHERS = {
    "operations": "operations",
    "apiGroups": "API groups",
    "apiVersions": "API versions",
    "resources": "resources",
}


def check_webhooks(obj: Obj) -> list[Cause]:
    """Return the causes why a webhook configuration is refused."""
    causes: list[Cause] = []
    seen: dict[str, None] = {}
    for index, hook in enumerate(obj.get("webhooks") or ()):
        here, name = f"webhooks[{index}]", hook.get("name", "")
        causes += _check_name(f"{here}.name", name)
        if name in seen:
            causes.append(duplicate_value(f"{here}.name", name))
        seen[name] = None
        causes += _check_hook(here, hook)
    return causes


def _check_name(field: str, name: str) -> list[Cause]:
    if not name:
        return [required(field)]
    wrong = spelling.subdomain(name)
    if wrong:
        return [invalid_value(field, name, ",".join(wrong))]
    if len(name.split(".")) < 3:
        why = "should be a domain with at least three segments separated by dots"
        return [invalid_value(field, name, why)]
    return []


def _check_hook(field: str, hook: Obj) -> list[Cause]:
    causes: list[Cause] = []
    for index, rule in enumerate(hook.get("rules") or ()):
        causes += _check_rule(f"{field}.rules[{index}]", rule)
    causes += one_of(f"{field}.failurePolicy", hook.get("failurePolicy"), _FAILURE, optional=True)
    causes += one_of(f"{field}.matchPolicy", hook.get("matchPolicy"), _MATCH, optional=True)
    policy = hook.get("reinvocationPolicy")
    causes += one_of(f"{field}.reinvocationPolicy", policy, _REINVOKE, optional=True)
    effects = hook.get("sideEffects")
    if effects not in _EFFECTS:
        known = f"{field}.sideEffects"
        causes.append(
            required(known, 'must specify one of "None", "NoneOnDryRun"')
            if effects is None
            else unsupported_value(known, effects, _EFFECTS)
        )
    timeout = hook.get("timeoutSeconds")
    if timeout is not None and not 1 <= timeout <= _MAX_TIMEOUT:
        why = f"the timeout value must be between 1 and {_MAX_TIMEOUT} seconds"
        causes.append(invalid_value(f"{field}.timeoutSeconds", timeout, why))
    for name in ("namespaceSelector", "objectSelector"):
        causes += check_selector(f"{field}.{name}", hook.get(name))
    reviews = hook.get("admissionReviewVersions") or []
    here = f"{field}.admissionReviewVersions"
    if not reviews:
        causes.append(required(here, "must specify one of v1, v1beta1"))
    elif not any(one in _REVIEWS for one in reviews):
        shown = "[" + ",".join(f'"{one}"' for one in reviews) + "]"
        message = f"Invalid value: {shown}: must include at least one of v1, v1beta1"
        causes.append(Cause("FieldValueInvalid", message, here))
    return causes + _check_client(f"{field}.clientConfig", hook.get("clientConfig") or {})


def _check_rule(field: str, rule: Obj) -> list[Cause]:
    causes: list[Cause] = []
    for name in ("operations", "apiGroups", "apiVersions", "resources"):
        held = rule.get(name) or []
        if not held:
            causes.append(required(f"{field}.{name}"))
        elif len(held) > 1 and "*" in held:
            why = f"if '*' is present, must not specify other {_OTHERS[name]}"
            shown = "[" + ",".join(f'"{one}"' for one in held) + "]"
            message = f"Invalid value: {shown}: {why}"
            causes.append(Cause("FieldValueInvalid", message, f"{field}.{name}"))
    for index, one in enumerate(rule.get("operations") or ()):
        if one not in _OPERATIONS:
            causes.append(unsupported_value(f"{field}.operations[{index}]", one, _OPERATIONS))
    return causes + one_of(f"{field}.scope", rule.get("scope"), _SCOPES, optional=True)


def _check_client(field: str, client: Obj) -> list[Cause]:
    url, service = client.get("url"), client.get("service")
    if (url is None) == (service is None):
        detail = "exactly one of url or service is required"
        return [required(field, detail)]
    if service is not None:
        causes = [
            required(f"{field}.service.{name}")
            for name in ("name", "namespace")
            if not service.get(name)
        ]
        return causes + port_number(f"{field}.service.port", service.get("port", 443))
    parts = urlsplit(str(url))
    here = f"{field}.url"
    causes = []
    if parts.scheme != "https":
        why = "'https' is the only allowed URL scheme; desired format: https://host[/path]"
        causes.append(invalid_value(here, parts.scheme, why))
    if not parts.netloc:
        why = "host must be specified; desired format: https://host[/path]"
        causes.append(invalid_value(here, parts.netloc, why))
    if parts.username:
        why = "user information is not permitted in the URL"
        causes.append(invalid_value(here, parts.username, why))
    if parts.query:
        why = "query parameters are not permitted in the URL"
        causes.append(invalid_value(here, parts.query, why))
    return causes
