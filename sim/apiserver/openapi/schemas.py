"""The schemas of one OpenAPI v3 document: those of its kinds and all that they refer to.

The published definitions are in the form of the second format; here they take that of the third, as
a server gives them (kube-openapi pkg/builder3). This file must not know paths.
"""

from __future__ import annotations

from typing import Any

from sim.apimachinery import definitions as published
from sim.apimachinery.definitions import definitions, ref_name
from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.wire import Obj

PREFIX = "#/components/schemas/"
_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
STATUS = f"{_META}Status"
PATCH = f"{_META}Patch"
DELETE_OPTIONS = f"{_META}DeleteOptions"

_API_VERSION = (
    "APIVersion defines the versioned schema of this representation of an object. Servers should "
    "convert recognized schemas to the latest internal value, and may reject unrecognized values. "
    "More info: "
    "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources"
)
_KIND = (
    "Kind is a string value representing the REST resource this object represents. Servers may "
    "infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. "
    "More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md"
    "#types-kinds"
)
_METADATA = (
    "Standard object's metadata. More info: "
    "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata"
)
_LIST_METADATA = (
    "Standard list metadata. More info: "
    "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds"
)
_ZERO: dict[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False}


class Schemas:
    """Gathers the schemas of a document while its paths are written."""

    def __init__(self, version: str) -> None:
        self._types = definitions(version)
        self._named: dict[str, Obj] = {}

    def components(self) -> dict[str, Obj]:
        """Return every schema gathered so far, by name."""
        return dict(sorted(self._named.items()))

    def name_of(self, info: ResourceInfo) -> str:
        """Return the name of a kind's schema."""
        known = self._types.name_of(info.group_version, info.kind)
        if known is not None and not info.custom:
            return known
        return ".".join([*reversed(info.group.split(".")), info.version, info.kind])

    def named(self, group_version: str, kind: str) -> str | None:
        """Return the name of a published kind's schema, gathered too, or None."""
        name = self._types.name_of(group_version, kind)
        if name is not None:
            self.gather(name)
        return name

    def gather(self, name: str) -> str:
        """Add a published schema and all that it refers to; return *name*."""
        if name not in self._named:
            self._named[name] = {}
            self._named[name] = self._converted(self._types.get(name))
        return name

    def define(self, info: ResourceInfo, schema: Obj | None) -> None:
        """Add the schemas of a kind and of its list; *schema* is that of a custom resource."""
        name, kind = self.name_of(info), _gvk(info, info.kind)
        if schema is None:
            self.gather(name)
        else:
            self._named[name] = {
                **_published_custom(schema, self._ref(published.OBJECT_META, _METADATA)),
                "x-kubernetes-group-version-kind": [kind],
            }
        if "list" not in info.verbs or info.kind == "ComponentStatus":
            self.named(info.group_version, f"{info.kind}List")
            return
        if self.named(info.group_version, f"{info.kind}List") is None:
            self._named[f"{name}List"] = {
                "description": f"{info.kind}List is a list of {info.kind}",
                "type": "object",
                "required": ["items"],
                "properties": {
                    "apiVersion": {"description": _API_VERSION, "type": "string"},
                    "items": {
                        "description": f"List of {info.plural}. More info: https://git.k8s.io/"
                        "community/contributors/devel/sig-architecture/api-conventions.md",
                        "type": "array",
                        "items": {"$ref": PREFIX + name},
                    },
                    "kind": {"description": _KIND, "type": "string"},
                    "metadata": self._ref(published.LIST_META, _LIST_METADATA),
                },
                "x-kubernetes-group-version-kind": [_gvk(info, f"{info.kind}List")],
            }

    def list_of(self, info: ResourceInfo) -> str:
        """Return the name of the schema of a kind's list."""
        known = self._types.name_of(info.group_version, f"{info.kind}List")
        return f"{self.name_of(info)}List" if known is None or info.custom else known

    def _ref(self, name: str, description: str) -> Obj:
        self.gather(name)
        return {"allOf": [{"$ref": PREFIX + name}], "description": description}

    def _converted(self, schema: Obj) -> Obj:
        """Return a published schema in the third format, with what it refers to gathered."""
        made = {key: value for key, value in schema.items() if key != "properties"}
        if "items" in schema:
            made["items"] = self._held(schema["items"], required=True)
        extra = schema.get("additionalProperties")
        if isinstance(extra, dict):
            made["additionalProperties"] = self._held(extra, required=True)
        if "properties" in schema:
            required = schema.get("required") or ()
            made["properties"] = {
                field: self._held(one, required=field in required)
                for field, one in schema["properties"].items()
            }
        return made

    def _held(self, schema: Obj, *, required: bool) -> Obj:
        """Return the schema of a field or item; what cannot be absent has its zero as default."""
        name = ref_name(schema)
        if name is None:
            made = self._converted(schema)
            zero = _ZERO.get(schema.get("type", ""))
            if required and zero is not None and "default" not in made:
                made["default"] = zero
            return made
        self.gather(name)
        ref = {"$ref": PREFIX + name}
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        target = self._types.get(name)
        if target.get("properties"):
            beside["default"] = {}
        return {"allOf": [ref], **beside} if beside else ref


def _gvk(info: ResourceInfo, kind: str) -> dict[str, str]:
    return {"group": info.group, "kind": kind, "version": info.version}


def _published_custom(schema: Obj, metadata: Obj) -> Obj:
    """Return a custom resource's schema with the fields that every object has."""
    properties = {
        **(schema.get("properties") or {}),
        "apiVersion": {"description": _API_VERSION, "type": "string"},
        "kind": {"description": _KIND, "type": "string"},
        "metadata": metadata,
    }
    if schema.get("x-kubernetes-preserve-unknown-fields") and not schema.get("properties"):
        return {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {**schema, "type": "object", "properties": dict(sorted(properties.items()))}
