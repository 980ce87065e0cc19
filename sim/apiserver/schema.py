"""Whether a body decodes: unknown fields and wrong types, in the words of Go's decoder.

The fields are those of the published schemas (`apimachinery/definitions.py`). Like Go's decoder this
reads the document in order: a field that nobody knows is a strict error, which a request may choose
to ignore; of values of a wrong type the first one is reported (sigs.k8s.io/json). This file must not
judge values, only shapes.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sim.apimachinery import definitions as published
from sim.apimachinery.definitions import NEWEST, Definitions, definitions, ref_name
from sim.apimachinery.quantity import parse_quantity
from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.structure import Structure, structure_from_schema
from sim.apimachinery.wire import Obj


class ShapeError(NamedTuple):
    """Something that does not decode."""

    text: str
    strict: bool
    """True for what only strict decoding refuses: an unknown field."""


class _Refused(Exception):  # noqa: N818 - ends the decoding, as an error of a type's own decoder does
    """A type that decodes itself has refused its value."""


@cache
def structure_of(group_version: str, kind: str, version: str = NEWEST) -> Structure | None:
    """Return what objects of a built-in *kind* are made of, or None if it is not published."""
    types = definitions(version)
    name = types.name_of(group_version, kind)
    return None if name is None else structure_from_schema(types.get(name), types.resolve)


def parts_of(info: ResourceInfo, version: str = NEWEST) -> tuple[str, ...]:
    """Return which of `spec` and `status` objects of a built-in kind always have, if empty ones."""
    types = definitions(version)
    name = types.name_of(info.group_version, info.kind)
    if name is None:
        return ()
    fields = types.get(name).get("properties", ())
    return tuple(part for part in ("spec", "status") if part in fields)


def check_shape(info: ResourceInfo, obj: Obj, version: str = NEWEST) -> list[ShapeError]:
    """Return what of *obj* does not decode: unknown fields in order, or what ended the decoding.

    Of a kind whose schema is not published (a custom resource) only the metadata is looked at.
    """
    types = definitions(version)
    name = types.name_of(info.group_version, info.kind)
    if name is None:
        name, obj = published.OBJECT_META, obj.get("metadata") or {}
        decoder = _Decoder(types, info.kind, ("metadata",))
    else:
        decoder = _Decoder(types, info.kind, ())
    return decoder.check(name, obj)


def without_unknown(info: ResourceInfo, obj: Obj, version: str = NEWEST) -> Obj:
    """Return *obj* without the fields that its kind does not have, as decoding leaves it."""
    types = definitions(version)
    name = types.name_of(info.group_version, info.kind)
    if name is None:
        return obj
    known: Obj = _known({"$ref": name}, obj, types)
    return known


def without_empty(info: ResourceInfo, obj: Obj, version: str = NEWEST) -> Obj:
    """Return *obj* without the empty lists and maps that the server does not keep (`omitempty`)."""
    types = definitions(version)
    name = types.name_of(info.group_version, info.kind)
    if not _has_empty(obj):
        return obj
    if name is None:
        kept: Obj = {
            **obj,
            "metadata": _filled({"$ref": published.OBJECT_META}, obj["metadata"], types),
        }
    else:
        kept = _filled({"$ref": name}, obj, types)
    return kept


_KEPT_EMPTY = frozenset({"rules"})
"""Lists that are written even when nobody has to give them: the rules of roles."""


def _has_empty(value: Any) -> bool:
    if isinstance(value, dict):
        return not value or any(_has_empty(one) for one in value.values())
    if isinstance(value, list):
        return not value or any(_has_empty(one) for one in value)
    return False


def _filled(schema: Mapping[str, Any], value: Any, types: Definitions) -> Any:
    name = ref_name(schema)
    if name is not None:
        schema = types.get(name)
    if isinstance(value, list):
        return [_filled(schema.get("items", _ANYTHING), one, types) for one in value]
    if not isinstance(value, dict):
        return value
    properties, extra = schema.get("properties", _ANYTHING), schema.get("additionalProperties")
    if not properties:
        inside = extra if isinstance(extra, dict) else _ANYTHING
        return {key: _filled(inside, one, types) for key, one in value.items()}
    needed = schema.get("required", ())
    return {
        field: _filled(properties.get(field, _ANYTHING), one, types)
        for field, one in value.items()
        if one not in ({}, [])
        or field in needed
        or field in _KEPT_EMPTY
        or not _is_collection(properties.get(field, _ANYTHING))
    }


_ANYTHING: Mapping[str, Any] = {}


def _is_collection(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "array" or "additionalProperties" in schema


def _known(schema: Mapping[str, Any], value: Any, types: Definitions) -> Any:
    name = ref_name(schema)
    if name is not None:
        schema = types.get(name)
    properties = schema.get("properties")
    if isinstance(value, dict):
        if properties:
            return {
                field: _known(properties[field], one, types)
                for field, one in value.items()
                if field in properties
            }
        extra = schema.get("additionalProperties")
        if isinstance(extra, dict):
            return {key: _known(extra, one, types) for key, one in value.items()}
    elif isinstance(value, list) and "items" in schema:
        return [_known(schema["items"], one, types) for one in value]
    return value


# -- types ---------------------------------------------------------------------------------------


class _Type(NamedTuple):
    """A type as Go sees it."""

    go: str
    """`v1.PodSpec`, `[]v1.Container`, `map[string]string`, `int32`"""
    form: str
    """`struct`, `list`, `map`, `any`, `own` (decodes itself) or a JSON type."""
    name: str = ""
    """Of a struct: the full name of its schema. Of `own`: which."""
    schema: Mapping[str, Any] = {}
    """Of a list or map: what is in it."""


_OWN = {
    published.QUANTITY: "quantity",
    published.INT_OR_STRING: "intstr",
    published.TIME: "time",
    published.MICRO_TIME: "time",
}
_ANY = _Type("interface {}", "any")
_GO_NUMBER = {"int32": "int32", "int64": "int64", "double": "float64"}

_GO_NAMES: dict[str, str] = {
    "clusterIPs": "[]string",
    "concurrencyPolicy": "v1.ConcurrencyPolicy",
    "dnsPolicy": "v1.DNSPolicy",
    "effect": "v1.TaintEffect",
    "externalTrafficPolicy": "v1.ServiceExternalTrafficPolicy",
    "hard": "v1.ResourceList",
    "imagePullPolicy": "v1.PullPolicy",
    "internalTrafficPolicy": "v1.ServiceInternalTrafficPolicy",
    "limits": "v1.ResourceList",
    "podManagementPolicy": "v1.PodManagementPolicyType",
    "protocol": "v1.Protocol",
    "requests": "v1.ResourceList",
    "restartPolicy": "v1.RestartPolicy",
    "scheme": "v1.URIScheme",
    "sessionAffinity": "v1.ServiceAffinity",
    "terminationMessagePolicy": "v1.TerminationMessagePolicy",
    "uid": "types.UID",
    "whenUnsatisfiable": "v1.UnsatisfiableConstraintAction",
}
"""Fields whose type has a name of its own in Go, which no schema tells (k8s.io/api core/v1)."""


_LISTS = "v1.ResourceList"


def go_form(go: str) -> str:
    """Return what a type of an error's text is underneath: `slice`, `map`, `struct`, or itself."""
    go = go.removeprefix("*")
    if go.startswith("[]"):
        return "slice"
    if go.startswith("map[") or go == _LISTS:
        return "map"
    if go in _GO_NAMES.values():
        return "string"
    return "struct" if "." in go else go


def _go_struct(name: str) -> str:
    package, _, type_ = name.rpartition(".")
    return f"{package.rpartition('.')[2]}.{type_}"


class _Decoder:
    """Walks one body beside its schema."""

    def __init__(self, types: Definitions, struct: str, path: tuple[str, ...]) -> None:
        self._types = types
        self._struct = struct
        self._path = list(path)
        self._unknown: list[ShapeError] = []
        self._first: str | None = None

    def check(self, name: str, obj: Obj) -> list[ShapeError]:
        """Return what does not decode into the type called *name*."""
        if self._path:
            self._struct = name.rpartition(".")[2]
        try:
            self._fields(name, obj, ".".join(self._path))
        except _Refused as refused:
            return [ShapeError(str(refused), strict=False)]
        if self._first is not None:
            return [ShapeError(self._first, strict=False)]
        return self._unknown

    def _type(self, schema: Mapping[str, Any]) -> _Type:
        name = ref_name(schema)
        if name is not None:
            own = _OWN.get(name)
            if own is not None:
                return _Type(own, "own", own)
            named = self._types.get(name)
            if named.get("properties"):
                return _Type(_go_struct(name), "struct", name)
            if named.get("type") not in (None, "object"):
                return self._type(named)
            return _ANY
        match schema.get("type"):
            case "array":
                return _Type(f"[]{self._type(schema['items']).go}", "list", schema=schema["items"])
            case "object" if "additionalProperties" in schema:
                values = schema["additionalProperties"]
                return _Type(f"map[string]{self._type(values).go}", "map", schema=values)
            case "string" if schema.get("format") == "byte":
                return _Type("[]uint8", "own", "bytes")
            case "integer":
                return _Type(_GO_NUMBER.get(schema.get("format", ""), "int64"), "integer")
            case "number":
                return _Type("float64", "number")
            case "boolean":
                return _Type("bool", "boolean")
            case "string":
                return _Type("string", "string")
        return _ANY

    def _fields(self, name: str, obj: Obj, shown: str) -> None:
        """Check the fields of a struct; *shown* is its path with the numbers of list items."""
        properties = self._types.get(name)["properties"]
        struct, self._struct = self._struct, name.rpartition(".")[2]
        for field, value in obj.items():
            there = f"{shown}.{field}" if shown else field
            schema = properties.get(field)
            if schema is None:
                self._unknown.append(ShapeError(f'unknown field "{there}"', strict=True))
            elif value is not None:
                self._path.append(field)
                type_ = self._type(schema)
                named = _GO_NAMES.get(field)
                if named is not None and type_.form in ("string", "map", "list"):
                    type_ = type_._replace(go=named)
                self._value(type_, value, there)
                self._path.pop()
        self._struct = struct

    def _value(self, type_: _Type, value: Any, shown: str) -> None:
        match type_.form:
            case "any":
                return
            case "own":
                self._own(type_, value)
                return
            case "struct" if isinstance(value, dict):
                self._fields(type_.name, value, shown)
                return
            case "list" if isinstance(value, list):
                item = self._type(type_.schema)
                for index, one in enumerate(value):
                    if one is not None:
                        self._value(item, one, f"{shown}[{index}]")
                return
            case "map" if isinstance(value, dict):
                item = self._type(type_.schema)
                for key, one in value.items():
                    if one is not None:
                        self._value(item, one, f"{shown}.{key}")
                return
            case "string" if isinstance(value, str):
                return
            case "boolean" if isinstance(value, bool):
                return
            case "number" if isinstance(value, int | float) and not isinstance(value, bool):
                return
            case "integer" if _fits(value, type_.go):
                return
        self._refuse(value, type_.go)

    def _refuse(self, value: Any, go: str) -> None:
        if self._first is None:
            self._first = self._mismatch(value, go)

    def _mismatch(self, value: Any, go: str) -> str:
        shown = json_name(value)
        if shown == "number" and go in ("int32", "int64"):
            shown = f"number {value}"
        return (
            f"json: cannot unmarshal {shown} into Go struct field "
            f"{self._struct}.{'.'.join(self._path)} of type {go}"
        )

    def _own(self, type_: _Type, value: Any) -> None:
        """Check a value whose type decodes itself; all but bytes end the decoding at once."""
        match type_.name:
            case "quantity":
                try:
                    parse_quantity(str(value).strip() if _is_plain(value) else "")
                except ValueError as error:
                    raise _Refused(str(error)) from None
            case "intstr":
                if not isinstance(value, str) and not _fits(value, "int32"):
                    raise _Refused(self._mismatch(value, "int32"))
            case "time":
                if not isinstance(value, str):
                    raise _Refused(self._mismatch(value, "string"))
                if value:
                    _check_time(value)
            case "bytes":
                if not isinstance(value, str):
                    self._refuse(value, type_.go)
                elif self._first is None:
                    self._first = _base64_error(value)


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _fits(value: Any, go: str) -> bool:
    if isinstance(value, bool) or not isinstance(value, int):
        return False
    limit = 1 << (31 if go == "int32" else 63)
    return -limit <= value < limit


def json_name(value: Any) -> str:
    """Return what Go's decoder calls a JSON value: `string`, `number`, `bool`, `array`, `object`."""
    match value:
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"


_LAYOUT = "2006-01-02T15:04:05Z07:00"
_RFC3339 = re.compile(
    r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(\.\d+)?(Z|[+-]\d{2}:\d{2})", re.ASCII
)
_LAYOUT_PARTS = (
    (r"\d{4}", "2006"),
    ("-", "-"),
    (r"\d{2}", "01"),
    ("-", "-"),
    (r"\d{2}", "02"),
    ("T", "T"),
    (r"\d{2}", "15"),
    (":", ":"),
    (r"\d{2}", "04"),
    (":", ":"),
    (r"\d{2}(?:\.\d+)?", "05"),
    (r"(?:Z|[+-]\d{2}:\d{2})", "Z07:00"),
)


def _check_time(text: str) -> None:
    """Refuse *text* as Go's time.Parse does where it does not fit RFC 3339."""
    if _RFC3339.fullmatch(text):
        try:
            datetime.fromisoformat(text)
        except ValueError as error:
            field = str(error).partition(" ")[0]
            known = field in ("day", "month", "hour", "minute", "second")
            raise _Refused(
                f'parsing time "{text}": {field if known else "day"} out of range'
            ) from None
        return
    rest = text
    for pattern, layout in _LAYOUT_PARTS:
        match = re.match(pattern, rest, re.ASCII)
        if match is None:
            raise _Refused(
                f'parsing time "{text}" as "{_LAYOUT}": cannot parse "{rest}" as "{layout}"'
            )
        rest = rest[match.end() :]
    raise _Refused(f'parsing time "{text}": extra text: "{rest}"')


_BASE64 = re.compile(r"[A-Za-z0-9+/]*", re.ASCII)


def _base64_error(text: str) -> str | None:
    """Return why *text* is no base64, in the words of Go's encoding/base64, or None."""
    plain = text.replace("\n", "").replace("\r", "")
    try:
        base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError):
        match = _BASE64.match(plain)
        good = match.end() if match else 0
        # Input that stops within a group of four is reported at the group's beginning or at its end.
        at = good if good < len(plain) else len(plain)
        return f"illegal base64 data at input byte {at if good < len(plain) else at - at % 4}"
    return None
