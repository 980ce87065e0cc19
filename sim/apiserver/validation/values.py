"""Numbers, quantities, shares and choices: rules that many fields share.

It must not know which fields they are.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sim.apimachinery.errors import Cause, invalid_value, required, unsupported_value
from sim.apimachinery.quantity import canonical, parse_quantity
from sim.apimachinery.wire import Obj
from sim.apiserver.validation import spelling

NOT_NEGATIVE = "must be greater than or equal to 0"
POSITIVE = "must be greater than zero"
IMMUTABLE = "field is immutable"
PROTOCOLS = ("SCTP", "TCP", "UDP")


_SELECTOR = ("matchLabels", "matchExpressions")


def _ordered(value: Any) -> Any:
    """Return *value* with maps of texts sorted and a selector's parts in the order of their type."""
    if isinstance(value, list):
        return [_ordered(one) for one in value]
    if not isinstance(value, dict):
        return value
    keys = list(value)
    if all(isinstance(one, str) for one in value.values()):
        keys.sort()
    elif all(key in _SELECTOR for key in keys):
        keys.sort(key=_SELECTOR.index)
    return {key: _ordered(value[key]) for key in keys}


def structured(field: str, value: Any, detail: str) -> Cause:
    """Return the cause for a structured value, which is shown as JSON."""
    shown = json.dumps(_ordered(value), separators=(",", ":"), ensure_ascii=False)
    return Cause("FieldValueInvalid", f"Invalid value: {shown}: {detail}", field)


def immutable(field: str, new: Any, old: Any) -> list[Cause]:
    """Return the cause why *new* may not take the place of *old*."""
    if new == old or (not new and not old and new is not False and old is not False):
        return []
    if isinstance(new, dict | list):
        return [structured(field, new, IMMUTABLE)]
    return [invalid_value(field, new, IMMUTABLE)]


def not_negative(held: Obj, field: str, *names: str) -> list[Cause]:
    """Return the causes why numbers below *field* may not be negative."""
    return [
        invalid_value(f"{field}.{name}", held[name], NOT_NEGATIVE)
        for name in names
        if isinstance(held.get(name), int) and held[name] < 0
    ]


def one_of(field: str, value: Any, known: Sequence[str], *, optional: bool = False) -> list[Cause]:
    """Return the cause why *value* is none of *known*; missing is refused unless *optional*."""
    if not value:
        return [] if optional else [required(field)]
    return [] if value in known else [unsupported_value(field, value, known)]


def port_number(field: str, port: Any) -> list[Cause]:
    """Return the cause why *port* is no port number."""
    if isinstance(port, int) and 1 <= port <= 65535:
        return []
    return [invalid_value(field, port, "must be between 1 and 65535, inclusive")]


def port_of_any_kind(field: str, port: Any) -> list[Cause]:
    """Return the causes why *port* is neither a number nor a name of a port."""
    if isinstance(port, str):
        return [invalid_value(field, port, why) for why in spelling.port_name(port)]
    return port_number(field, port or 0)


def share(field: str, value: Any) -> list[Cause]:
    """Return the causes why *value* is neither a count nor a percentage."""
    if isinstance(value, str):
        return [invalid_value(field, value, why) for why in spelling.percent(value)]
    if isinstance(value, int) and value < 0:
        return [invalid_value(field, value, NOT_NEGATIVE)]
    return []


def at_most_all(field: str, value: Any) -> list[Cause]:
    """Return the cause why a percentage is more than 100%."""
    if isinstance(value, str) and not spelling.percent(value) and int(value[:-1]) > 100:
        return [invalid_value(field, value, "must not be greater than 100%")]
    return []


def is_zero(value: Any) -> bool:
    """Return whether a count or percentage is nothing."""
    if isinstance(value, str):
        return not spelling.percent(value) and int(value[:-1]) == 0
    return not value


def amount(field: str, quantity: Any, *, whole: bool = False) -> list[Cause]:
    """Return the causes why *quantity* is negative or, if it must be *whole*, a fraction."""
    causes: list[Cause] = []
    value = parse_quantity(quantity)
    if value < 0:
        causes.append(invalid_value(field, canonical(quantity), NOT_NEGATIVE))
    if whole and value.denominator != 1:
        causes.append(invalid_value(field, canonical(quantity), "must be an integer"))
    return causes


def positive_amount(field: str, quantity: Any) -> list[Cause]:
    """Return the cause why *quantity* is not more than nothing."""
    if parse_quantity(quantity) > 0:
        return []
    return [invalid_value(field, canonical(quantity), POSITIVE)]
