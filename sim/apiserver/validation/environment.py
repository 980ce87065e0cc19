"""A container's environment: variables and where their values come from.

It must not know which ConfigMaps and Secrets exist.
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.apimachinery.errors import Cause, invalid_value, required, unsupported_value
from sim.apimachinery.wire import Obj
from sim.apiserver.validation import spelling
from sim.apiserver.validation.names import check_key, check_spelling, check_subdomain

_FIELDS = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
_AMOUNTS = (
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
)
_ENV_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef")


def check_environment(field: str, env: Obj) -> list[Cause]:
    """Return the causes why an environment variable is refused."""
    if env.get("name"):
        causes = check_spelling(f"{field}.name", env["name"], spelling.environment_name)
    else:
        causes = [required(f"{field}.name")]
    source = env.get("valueFrom")
    if source is None:
        return causes
    here = f"{field}.valueFrom"
    held = [name for name in (*_ENV_SOURCES, "fileKeyRef") if source.get(name) is not None]
    if "fieldRef" in held:
        causes += _check_field_ref(f"{here}.fieldRef", source["fieldRef"], _FIELDS)
    if "resourceFieldRef" in held:
        causes += check_resource_field(f"{here}.resourceFieldRef", source["resourceFieldRef"])
    for name in ("configMapKeyRef", "secretKeyRef"):
        if name in held:
            causes += _check_key_ref(f"{here}.{name}", source[name])
    if not held:
        rule = (
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, "
            "`secretKeyRef` or `fileKeyRef`"
        )
        causes.append(invalid_value(here, "", rule))
    elif env.get("value"):
        causes.append(invalid_value(here, "", "may not be specified when `value` is not empty"))
    elif len(held) > 1:
        rule = "may not have more than one field specified at a time"
        causes.append(invalid_value(here, "", rule))
    return causes


def _check_field_ref(field: str, ref: Obj, known: Sequence[str]) -> list[Cause]:
    path = ref.get("fieldPath", "")
    if not path:
        return [required(f"{field}.fieldPath")]
    base, bracket, rest = path.partition("['")
    if bracket and rest.endswith("']"):
        if base in ("metadata.annotations", "metadata.labels"):
            name = rest[:-2].lower() if base.endswith("annotations") else rest[:-2]
            return check_key(field, name)
        return [invalid_value(field, base, "does not support subscript")]
    if path in ("metadata.annotations", "metadata.labels") or path in known:
        return [] if path in known else [unsupported_value(f"{field}.fieldPath", path, known)]
    rule = f"error converting fieldPath: field label not supported: {path}"
    return [invalid_value(f"{field}.fieldPath", path, rule)]


def check_volume_field(field: str, ref: Obj) -> list[Cause]:
    """Return the causes why a downward API file's fieldRef is refused."""
    known = (
        "metadata.annotations",
        "metadata.labels",
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
    )
    return _check_field_ref(field, ref, known)


def check_resource_field(field: str, ref: Obj) -> list[Cause]:
    """Return the causes why a resourceFieldRef is refused."""
    resource = ref.get("resource", "")
    if not resource:
        return [required(f"{field}.resource")]
    if resource in _AMOUNTS or resource.startswith(("requests.hugepages-", "limits.hugepages-")):
        return []
    return [unsupported_value(f"{field}.resource", resource, _AMOUNTS)]


def _check_key_ref(field: str, ref: Obj) -> list[Cause]:
    causes = check_subdomain(f"{field}.name", ref.get("name", ""))
    if not ref.get("key"):
        return [*causes, required(f"{field}.key")]
    return causes + check_spelling(f"{field}.key", ref["key"], spelling.config_key)


def check_environment_source(field: str, index: int, source: Obj) -> list[Cause]:
    """Return the causes why a whole ConfigMap or Secret cannot be the environment."""
    here = f"{field}[{index}]"
    causes: list[Cause] = []
    if source.get("prefix"):
        causes += check_spelling(f"{here}.prefix", source["prefix"], spelling.environment_name)
    held = [name for name in ("configMapRef", "secretRef") if source.get(name) is not None]
    for name in held:
        if not source[name].get("name"):
            causes.append(required(f"{here}.{name}.name"))
        else:
            causes += check_subdomain(f"{here}.{name}.name", source[name]["name"])
    if not held:
        rule = "must specify one of: `configMapRef` or `secretRef`"
        causes.append(invalid_value(field, "", rule))
    elif len(held) > 1:
        rule = "may not have more than one field specified at a time"
        causes.append(invalid_value(field, "", rule))
    return causes
