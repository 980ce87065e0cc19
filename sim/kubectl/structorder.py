"""Objects that kubectl holds in Go's structs print their fields in the structs' order.

Most commands hold plain JSON, whose keys are sorted; `create`, `expose`, `set` and a few others do not:
there a field that the struct lacks is lost, and one that has no `omitempty` is always shown. It must
not know what the fields mean.
"""

from __future__ import annotations

from typing import Any

from sim.apimachinery.protobuf.messages import Field, Message, fields_of, find_message
from sim.apimachinery.quantity import canonical
from sim.apimachinery.wire import Obj

_SCALARS: dict[str, Any] = {"string": "", "int": 0, "bool": False, "double": 0}
_ZEROS: dict[str, Any] = {**_SCALARS, "Quantity": "0", "IntOrString": 0}
"""What an unset field shows; `null` where it is none of these."""


class Typed(dict[str, Any]):
    """An object whose keys stand in the order in which they print."""


def typed(obj: Obj) -> Obj:
    """Return *obj* as Go prints it out of its struct; as it is if there is none for its kind."""
    if isinstance(obj.get("items"), list):
        items = [_sorted(item) if (made := typed(item)) is item else made for item in obj["items"]]
        names = {"kind": obj.get("kind"), "apiVersion": obj.get("apiVersion")}
        return Typed(names, metadata=obj.get("metadata") or {}, items=items)
    message = _message(obj)
    return Typed(_struct(message, obj)) if message else obj


def listed(objects: list[Obj]) -> Typed:
    """Return the one List in which kubectl prints several objects of plain JSON."""
    items = [_sorted(one) for one in objects]
    return Typed(kind="List", apiVersion="v1", metadata={}, items=items)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(one) for one in value] if isinstance(value, list) else value


def is_typed(obj: Obj) -> bool:
    """Return whether there is a struct for the kind of *obj*."""
    return _message(obj) is not None


def _message(obj: Obj) -> Message | None:
    return find_message(str(obj.get("apiVersion")), str(obj.get("kind")))


def _struct(message: Message, value: Obj) -> Any:
    fields = fields_of(message).values()
    made: Obj = {}
    if any(field.name == "metadata" for field in fields):  # a kind of its own, inside another
        made = {name: value[name] for name in ("kind", "apiVersion") if value.get(name)}
    for field in fields:
        if field.message and field.card == "embedded":
            made |= _struct(field.message, value)
        elif not field.name:
            return value
        elif value.get(field.name) is not None:
            held = _field(field, value[field.name])
            if held or field.always or not _is_zero(field, held):
                made[field.name] = held
        elif field.always:
            made[field.name] = _unset(field)
    return made


def _is_zero(field: Field, held: Any) -> bool:
    if field.card in ("list", "map"):
        return True
    return field.drops_empty or (not field.keeps_zero and held == _SCALARS.get(field.type))


def _unset(field: Field) -> Any:
    if field.card != "one":
        return None
    return _struct(field.message, {}) if field.message else _ZEROS.get(field.type)


def _field(field: Field, value: Any) -> Any:
    if field.card == "list" and isinstance(value, list):
        return [_one(field, item) for item in value]
    if field.card == "map" and isinstance(value, dict):
        return {key: _one(field, value[key]) for key in sorted(value)}
    return _one(field, value)


def _one(field: Field, value: Any) -> Any:
    if field.message and isinstance(value, dict):
        return _struct(field.message, value)
    if field.type == "Quantity":
        try:
            return canonical(str(value))
        except ValueError:
            return value
    return value
