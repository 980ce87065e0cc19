"""CustomResourceDefinitions: names, versions, and schemas that must be structural.

Follows apiextensions-apiserver pkg/apis/apiextensions/validation.
"""

from __future__ import annotations

import re
from typing import Any

from sim.apimachinery.errors import (
    Cause,
    duplicate_value,
    forbidden_value,
    invalid_value,
    required,
    unsupported_value,
)
from sim.apimachinery.meta import read
from sim.apimachinery.wire import Obj
from sim.apiserver.customresources.columns import PathError, steps_of
from sim.apiserver.customresources.validation import check_value, is_pattern
from sim.apiserver.validation.names import check_subdomain

Causes = list[Cause]

_LABEL_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?", re.ASCII)
_RULE_1035 = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
    "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', "
    "regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
)
_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")
_APPROVAL = "api-approved.kubernetes.io"
_PROTECTED = ("k8s.io", "kubernetes.io")
_INT_OR_STRING = "x-kubernetes-int-or-string"
_PRESERVE = "x-kubernetes-preserve-unknown-fields"


def check_definition(definition: Obj) -> Causes:
    """Return why *definition* is refused."""
    spec = definition["spec"]
    names, group = spec.get("names") or {}, str(spec.get("group") or "")
    plural = str(names.get("plural") or "")
    causes: Causes = []
    name = definition["metadata"]["name"]
    if name != f"{plural}.{group}":
        rule = 'must be spec.names.plural+"."+spec.group'
        causes.append(invalid_value("metadata.name", name, rule))
    causes += _check_group(group)
    causes += _check_approval(definition, group)
    scope = spec.get("scope")
    if not scope:
        causes.append(required("spec.scope"))
    elif scope not in ("Cluster", "Namespaced"):
        causes.append(unsupported_value("spec.scope", scope, ("Cluster", "Namespaced")))
    if spec.get("preserveUnknownFields"):
        rule = (
            "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in "
            "spec.versions[*].schema instead"
        )
        causes.append(invalid_value("spec.preserveUnknownFields", True, rule))
    causes += _check_versions(spec.get("versions") or [])
    causes += _check_names(names)
    strategy = (spec.get("conversion") or {}).get("strategy")
    if strategy not in ("None", "Webhook"):
        field = "spec.conversion.strategy"
        causes.append(unsupported_value(field, strategy, ("None", "Webhook")))
    elif strategy == "Webhook" and not read(spec, "conversion", "webhook", "clientConfig"):
        field = "spec.conversion.webhook.clientConfig"
        causes.append(required(field, "required when strategy is set to Webhook"))
    return causes


def check_kept(new: Obj, old: Obj) -> Causes:
    """Return why *old* may not become *new*."""
    causes: Causes = []
    established = any(
        one.get("type") == "Established" and one.get("status") == "True"
        for one in read(old, "status", "conditions", default=()) or ()
    )
    fields: list[tuple[str, ...]] = [("spec", "group"), ("spec", "names", "plural")]
    if established:
        fields += [("spec", "scope"), ("spec", "names", "kind")]
    for path in fields:
        value = read(new, *path)
        if value != read(old, *path):
            causes.append(invalid_value(".".join(path), value, "field is immutable"))
    versions = [one.get("name") for one in new["spec"].get("versions") or ()]
    for at, stored in enumerate(read(new, "status", "storedVersions", default=()) or ()):
        if stored not in versions:
            rule = (
                f"missing from spec.versions; {stored} was previously a storage version, and must "
                "remain in spec.versions until a storage migration ensures no data remains "
                f"persisted in {stored} and removes {stored} from status.storedVersions"
            )
            causes.append(invalid_value(f"status.storedVersions[{at}]", stored, rule))
    return causes


def _check_group(group: str) -> Causes:
    if not group:
        return [required("spec.group")]
    causes = check_subdomain("spec.group", group)
    if not causes and "." not in group:
        causes.append(
            invalid_value("spec.group", group, "should be a domain with at least one dot")
        )
    return causes


def _check_approval(definition: Obj, group: str) -> Causes:
    if not any(group == one or group.endswith(f".{one}") for one in _PROTECTED):
        return []
    value = (definition["metadata"].get("annotations") or {}).get(_APPROVAL, "")
    field = f"metadata.annotations[{_APPROVAL}]"
    if not value:
        rule = (
            f'protected groups must have approval annotation "{_APPROVAL}", see '
            "https://github.com/kubernetes/enhancements/pull/1111"
        )
        return [required(field, rule)]
    if value.startswith(("https://", "http://", "unapproved")):
        return []
    rule = (
        f'protected groups must have approval annotation "{_APPROVAL}" with either a URL or a '
        'reason starting with "unapproved", see https://github.com/kubernetes/enhancements/pull/1111'
    )
    return [invalid_value(field, value, rule)]


def _check_names(names: Obj) -> Causes:
    causes: Causes = []
    for field in ("plural", "singular", "kind", "listKind"):
        value, path = str(names.get(field) or ""), f"spec.names.{field}"
        mixed = field in ("kind", "listKind")
        if not value:
            causes.append(required(path))
        elif not _LABEL_1035.fullmatch(value.lower() if mixed else value):
            rule = f"may have mixed case, but should otherwise match: {_RULE_1035}"
            causes.append(invalid_value(path, value, rule if mixed else _RULE_1035))
    for field in ("shortNames", "categories"):
        for at, value in enumerate(names.get(field) or ()):
            if not _LABEL_1035.fullmatch(value):
                causes.append(invalid_value(f"spec.names.{field}[{at}]", value, _RULE_1035))
    kind = names.get("kind")
    if kind and kind == names.get("listKind"):
        rule = "kind and listKind may not be the same"
        causes.append(invalid_value("spec.names.listKind", kind, rule))
    return causes


def _check_versions(versions: list[Obj]) -> Causes:
    causes: Causes = []
    seen: list[str] = []
    for at, version in enumerate(versions):
        field, name = f"spec.versions[{at}]", str(version.get("name") or "")
        if not _LABEL_1035.fullmatch(name):
            causes.append(invalid_value(f"{field}.name", name, _RULE_1035))
        if name in seen:
            causes.append(duplicate_value(f"{field}.name", name))
        seen.append(name)
        causes += _check_version(version, field)
    if sum(bool(one.get("storage")) for one in versions) != 1:
        rule = "must have exactly one version marked as storage version"
        causes.append(invalid_value("spec.versions", versions, rule))
    return causes


def _check_version(version: Obj, field: str) -> Causes:
    causes: Causes = []
    schema = read(version, "schema", "openAPIV3Schema")
    if not isinstance(schema, dict):
        causes.append(required(f"{field}.schema.openAPIV3Schema", "schemas are required"))
    else:
        causes += _check_root(schema, f"{field}.schema.openAPIV3Schema")
    for at, column in enumerate(version.get("additionalPrinterColumns") or ()):
        causes += _check_column(column, f"{field}.additionalPrinterColumns[{at}]")
    scale = read(version, "subresources", "scale")
    if scale is not None:
        causes += _check_scale(scale, f"{field}.subresources.scale")
    if version.get("deprecationWarning") and not version.get("deprecated"):
        rule = "can only be set for deprecated versions"
        text = version["deprecationWarning"]
        causes.append(invalid_value(f"{field}.deprecationWarning", text, rule))
    for at, one in enumerate(version.get("selectableFields") or ()):
        causes += _check_path(one.get("jsonPath"), f"{field}.selectableFields[{at}].jsonPath")
    return causes


def _check_column(column: Obj, field: str) -> Causes:
    causes: Causes = []
    if not column.get("name"):
        causes.append(required(f"{field}.name"))
    type_ = column.get("type")
    if not type_:
        listed = ", ".join(f'"{one}"' for one in _COLUMN_TYPES)
        causes.append(required(f"{field}.type", f"must be one of {listed}".replace('"', "")))
    elif type_ not in _COLUMN_TYPES:
        rule = f"must be one of {','.join(_COLUMN_TYPES)}"
        causes.append(invalid_value(f"{field}.type", type_, rule))
    return causes + _check_path(column.get("jsonPath"), f"{field}.jsonPath")


def _check_scale(scale: Obj, field: str) -> Causes:
    causes: Causes = []
    for name, below in (("specReplicasPath", ".spec."), ("statusReplicasPath", ".status.")):
        path = scale.get(name) or ""
        if not path:
            causes.append(required(f"{field}.{name}"))
        elif not path.startswith(below):
            rule = f"should be a json path under {below.rstrip('.')}"
            causes.append(invalid_value(f"{field}.{name}", path, rule))
    label = scale.get("labelSelectorPath")
    if label and not label.startswith((".spec.", ".status.")):
        rule = "should be a json path under either .spec or .status"
        causes.append(invalid_value(f"{field}.labelSelectorPath", label, rule))
    return causes


def _check_path(path: Any, field: str) -> Causes:
    if not path:
        return [required(field)]
    if not str(path).startswith("."):
        return [invalid_value(field, path, "must be a simple json path starting with .")]
    try:
        steps_of(str(path))
    except PathError as error:
        return [invalid_value(field, path, f"is an invalid path: {error}")]
    return []


# -- structural schemas --------------------------------------------------------------------------


def _check_root(schema: Obj, field: str) -> Causes:
    type_ = schema.get("type")
    if not type_:
        return [required(f"{field}.type", "must not be empty at the root")]
    if type_ != "object":
        return [invalid_value(f"{field}.type", type_, "must be object at the root")]
    return _check_schema(schema, field, "")


def _check_schema(schema: Any, field: str, where: str) -> Causes:
    if not isinstance(schema, dict):
        return []
    causes: Causes = []
    type_ = schema.get("type")
    if not type_ and where and not (schema.get(_INT_OR_STRING) or schema.get(_PRESERVE)):
        causes.append(required(f"{field}.type", f"must not be empty for specified {where}"))
    elif type_ and type_ not in _TYPES:
        causes.append(unsupported_value(f"{field}.type", type_, _TYPES))
    if type_ and schema.get(_INT_OR_STRING):
        rule = f"must be empty if {_INT_OR_STRING} is true"
        causes.append(invalid_value(f"{field}.type", type_, rule))
    if "$ref" in schema:
        causes.append(forbidden_value(f"{field}.$ref", "$ref is not supported"))
    if schema.get("uniqueItems"):
        rule = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        causes.append(forbidden_value(f"{field}.uniqueItems", rule))
    if schema.get("properties") and schema.get("additionalProperties") not in (None, False):
        rule = "additionalProperties and properties are mutual exclusive"
        causes.append(forbidden_value(f"{field}.additionalProperties", rule))
    problem = is_pattern(str(schema.get("pattern") or ""))
    if problem:
        rule = f"must be a valid regular expression, but isn't: error parsing regexp: {problem}"
        causes.append(invalid_value(f"{field}.pattern", schema["pattern"], rule))
    causes += _check_below(schema, field, type_)
    if "default" in schema and not causes:
        causes += check_value(schema["default"], schema, f"{field}.default")
    return causes


def _check_below(schema: Obj, field: str, type_: Any) -> Causes:
    causes: Causes = []
    for key, one in (schema.get("properties") or {}).items():
        causes += _check_schema(one, f"{field}.properties[{key}]", "object fields")
    extra = schema.get("additionalProperties")
    if isinstance(extra, dict):
        causes += _check_schema(extra, f"{field}.additionalProperties", "object fields")
    items = schema.get("items")
    if items is None and type_ == "array":
        causes.append(required(f"{field}.items", "must be specified"))
    causes += _check_schema(items, f"{field}.items", "array items")
    if schema.get("x-kubernetes-list-type") == "map":
        keys = schema.get("x-kubernetes-list-map-keys") or []
        if not keys:
            rule = "must not be empty if x-kubernetes-list-type is map"
            causes.append(required(f"{field}.x-kubernetes-list-map-keys", rule))
        known = read(items, "properties", default={}) or {}
        for at, key in enumerate(keys):
            if key not in known:
                where = f"{field}.x-kubernetes-list-map-keys[{at}]"
                rule = "entries must all be names of item properties"
                causes.append(invalid_value(where, key, rule))
    return causes
