"""Whether a body decodes: unknown fields and wrong types, in the words of Go's decoder.

Which fields there are is in `gotypes.py`; this file must not judge values, only shapes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sim.apimachinery.quantity import parse_quantity
from sim.apimachinery.wire import Obj
from sim.apiserver.gotypes import TYPES


def _parsed(text: str) -> dict[str, str]:
    return dict(field.partition(":")[::2] for field in text.split())


SCHEMA: dict[str, dict[str, str]] = {name: _parsed(text) for name, text in TYPES.items()}
_ANY_KIND = _parsed("metadata:ObjectMeta spec:object status:object *")

_PYTHON: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "int32": (int,),
    "int64": (int,),
    "bool": (bool,),
    "intstr": (int, str),
}
_GO = {
    "map": "map[string]string",
    "amounts": "v1.ResourceList",
    "object": "map[string]interface {}",
}
_OPEN = "*"
"""In a list of fields: others may stand there too."""


def has_spec(kind: str) -> bool:
    """True for kinds whose objects always have a spec, if an empty one."""
    return "spec" in SCHEMA.get(kind, ())


class ShapeError(NamedTuple):
    """Something that does not decode."""

    text: str
    strict: bool
    """True for what only strict decoding refuses: an unknown field."""


def _json_name(value: Any) -> str:
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


def _go_type(type_: str) -> str:
    if type_.startswith("["):
        return f"[]{_go_type(type_[1:-1])}"
    return _GO.get(type_) or (type_ if type_ in _PYTHON else f"v1.{type_}")


def check_shape(kind: str, obj: Obj) -> list[ShapeError]:
    """Return what does not decode into *kind*, in document order."""
    found: list[ShapeError] = []
    known = {**SCHEMA.get(kind, _ANY_KIND), "apiVersion": "string", "kind": "string"}
    _check_fields(kind, known, obj, "", "", found)
    return found


def _check_fields(
    struct: str, known: dict[str, str], obj: Obj, path: str, shown: str, found: list[ShapeError]
) -> None:
    for field, value in obj.items():
        here = f"{path}.{field}" if path else field
        there = f"{shown}.{field}" if shown else field
        type_ = known.get(field)
        if type_ is None and _OPEN not in known:
            found.append(ShapeError(f'unknown field "{there}"', strict=True))
        elif value is not None and type_ is not None:
            _check_value(struct, type_, value, here, there, found)


def _check_value(
    struct: str, type_: str, value: Any, path: str, shown: str, found: list[ShapeError]
) -> None:
    """Check one value; *path* is Go's (without indices), *shown* names the list item too."""
    if type_ == "any":
        return
    if type_.startswith("["):
        if isinstance(value, list):
            for index, one in enumerate(value):
                _check_value(struct, type_[1:-1], one, path, f"{shown}[{index}]", found)
            return
    elif type_ in ("map", "amounts"):
        if isinstance(value, dict):
            check = _check_amount if type_ == "amounts" else _check_text
            for one in value.values():
                check(struct, one, path, found)
            return
    elif type_ in _PYTHON:
        is_bool = isinstance(value, bool)
        if isinstance(value, _PYTHON[type_]) and is_bool == (type_ == "bool"):
            return
    elif isinstance(value, dict):
        if type_ == "object":
            return
        _check_fields(type_, SCHEMA[type_], value, path, shown, found)
        return
    _refuse(struct, _go_type(type_), value, path, found)


def _check_text(struct: str, value: Any, path: str, found: list[ShapeError]) -> None:
    if value is not None and not isinstance(value, str):
        _refuse(struct, "string", value, path, found)


def _check_amount(struct: str, value: Any, path: str, found: list[ShapeError]) -> None:
    del struct, path
    try:
        parse_quantity("" if isinstance(value, bool | dict | list) else value or 0)
    except ValueError as error:
        found.append(ShapeError(str(error), strict=False))


def _refuse(struct: str, go_type: str, value: Any, path: str, found: list[ShapeError]) -> None:
    text = (
        f"json: cannot unmarshal {_json_name(value)} into Go struct field "
        f"{struct}.{path} of type {go_type}"
    )
    found.append(ShapeError(text, strict=False))
