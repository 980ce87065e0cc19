"""ConfigMaps and Secrets: their keys, and the promise not to change."""

from __future__ import annotations

import re

from sim.apimachinery.errors import Cause, forbidden_value, invalid_value
from sim.apimachinery.wire import Obj

_KEY = re.compile(r"[-._a-zA-Z0-9]+", re.ASCII)
_KEY_RULE = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. "
    "'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)


def _check_keys(obj: Obj, field: str) -> list[Cause]:
    return [
        invalid_value(f"{field}[{key}]", key, _KEY_RULE)
        for key in obj.get(field) or ()
        if not _KEY.fullmatch(key)
    ]


def check_config(obj: Obj) -> list[Cause]:
    """Return the causes why a ConfigMap is refused."""
    return _check_keys(obj, "data") + _check_keys(obj, "binaryData")


def check_secret(obj: Obj) -> list[Cause]:
    """Return the causes why a Secret is refused."""
    return _check_keys(obj, "data")


def check_immutable(new: Obj, old: Obj) -> list[Cause]:
    """Return the causes why a ConfigMap or Secret may not change like that."""
    causes = []
    if "type" in old and new.get("type") != old["type"]:
        causes.append(invalid_value("type", new.get("type", ""), "field is immutable"))
    if old.get("immutable"):
        detail = "field is immutable when `immutable` is set"
        if not new.get("immutable"):
            causes.append(forbidden_value("immutable", detail))
        causes += [
            forbidden_value(field, detail)
            for field in ("data", "binaryData")
            if new.get(field) != old.get(field)
        ]
    return causes
