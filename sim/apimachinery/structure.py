"""What a value of a type is made of, as far as merging and ownership need it.

Follows how structured-merge-diff reads a schema (kube-openapi pkg/schemaconv/openapi.go). Built
lazily, so that a type as large as a Pod costs only what is walked; this file must not know kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as _field
from typing import Any

from sim.apimachinery.wire import Obj

Lazy = Callable[[], "Structure"]

_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """What a value of a type is made of, as far as merging and ownership need it."""

    form: str
    """`struct`, `map`, `set`, `keyed` (a list of items with keys), `atomic` or `scalar`."""
    fields: Mapping[str, Structure | Lazy] = _field(default_factory=dict)
    """Of a struct: by field name; ask `field`, which resolves."""
    of: Structure | Lazy | None = None
    """Of a map or list, or of a struct's unknown fields: what is in it; ask `item`."""
    keys: tuple[str, ...] = ()
    """Of a keyed list: `("containerPort", "protocol")`."""
    defaults: Mapping[str, Any] = _field(default_factory=dict)
    """Of a keyed list: what a key is where an item lacks it, e.g. `{"protocol": "TCP"}`."""

    @property
    def item(self) -> Structure | None:
        """Return what a map's values or a list's items are; None where nothing is said."""
        return _resolved(self.of)

    def field(self, name: str) -> Structure | None:
        """Return what is in a field of a struct or map; None if it has no such field."""
        if self.form == "map":
            return self.item
        known = self.fields.get(name)
        return self.item if known is None else _resolved(known)


def _resolved(held: Structure | Lazy | None) -> Structure | None:
    return held() if callable(held) else held


def _deduced() -> Structure:
    return DEDUCED


DEDUCED = Structure("map", of=_deduced)
"""A value that no schema describes: objects merge by field, everything else is one leaf."""
SCALAR = Structure("scalar")
ATOMIC = Structure("atomic")

Refs = Callable[[str], Obj]
"""From a `$ref` to the schema it names."""


def structure_from_schema(openapi_v3_schema: Obj, refs: Refs | None = None) -> Structure:
    """Return the structure of what *openapi_v3_schema* describes.

    *refs* resolves `$ref`; the schemas of custom resources have none.
    """
    return _Builder(refs or _no_refs).build(openapi_v3_schema)


def _no_refs(ref: str) -> Obj:
    raise KeyError(ref)


class _Builder:
    """Builds structures on demand and remembers those of named types, which may be recursive."""

    def __init__(self, refs: Refs) -> None:
        self._refs = refs
        self._named: dict[str, Structure] = {}

    def lazily(self, schema: Obj) -> Lazy:
        built: list[Structure] = []

        def resolve() -> Structure:
            if not built:
                built.append(self.build(schema))
            return built[0]

        return resolve

    def build(self, schema: Obj) -> Structure:
        ref = reference(schema)
        if ref is None:
            return self._shape(schema)
        # What stands beside a reference (`x-kubernetes-map-type: atomic`) holds for this field only.
        if any(key.startswith("x-kubernetes-") and key.endswith("-type") for key in schema):
            beside = {key: value for key, value in schema.items() if key.startswith("x-")}
            return self._shape({**self._refs(ref), **beside})
        known = self._named.get(ref)
        if known is None:
            known = self._named[ref] = self._shape(self._refs(ref))
        return known

    def _shape(self, schema: Obj) -> Structure:
        if schema.get("x-kubernetes-int-or-string"):
            return SCALAR
        match schema.get("type", ""):
            case "array":
                return self._list(schema)
            case "object":
                return self._object(schema)
            case "":
                open_ = schema.get("properties") or schema.get(
                    "x-kubernetes-preserve-unknown-fields"
                )
                if open_:
                    return self._object(schema)
                return SCALAR if "oneOf" in schema or "anyOf" in schema else DEDUCED
        return SCALAR

    def _object(self, schema: Obj) -> Structure:
        if schema.get("x-kubernetes-map-type") == "atomic":
            return ATOMIC
        properties: Obj = schema.get("properties") or {}
        if schema.get("x-kubernetes-embedded-resource"):
            text = {"type": "string"}
            properties = {
                "apiVersion": text,
                "kind": text,
                "metadata": {"type": "object"},
                **properties,
            }
        extra = schema.get("additionalProperties")
        if isinstance(extra, dict) and not properties:
            return Structure("map", of=self.lazily(extra))
        if not properties:
            return DEDUCED
        unknown: Structure | Lazy | None = None
        if isinstance(extra, dict):
            unknown = self.lazily(extra)
        elif extra is True or schema.get("x-kubernetes-preserve-unknown-fields"):
            unknown = DEDUCED
        fields = {name: self.lazily(one) for name, one in properties.items()}
        return Structure("struct", fields=fields, of=unknown)

    def _list(self, schema: Obj) -> Structure:
        items: Obj = schema.get("items") or {}
        match schema.get("x-kubernetes-list-type"):
            case "set":
                return Structure("set", of=self.lazily(items))
            case "map":
                keys = tuple(schema.get("x-kubernetes-list-map-keys") or ())
                return Structure(
                    "keyed", of=self.lazily(items), keys=keys, defaults=self._defaults(items, keys)
                )
        return ATOMIC

    def _defaults(self, items: Obj, keys: tuple[str, ...]) -> Mapping[str, Any]:
        ref = reference(items)
        properties = (self._refs(ref) if ref else items).get("properties") or {}
        found = {
            key: properties[key]["default"]
            for key in keys
            if "default" in properties.get(key, _NOTHING)
        }
        return found or _NOTHING


def reference(schema: Obj) -> str | None:
    """Return the `$ref` of a schema, alone or as its one `allOf`, or None."""
    ref = schema.get("$ref")
    if ref is None and len(schema.get("allOf") or ()) == 1:
        ref = schema["allOf"][0].get("$ref")
    return ref
