"""ConfigMaps and Secrets: their keys, their size, and the promise not to change."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from sim.apimachinery.errors import Cause, forbidden_value, invalid_value, required
from sim.apimachinery.wire import Obj
from sim.apiserver.validation import spelling
from sim.apiserver.validation.names import check_spelling, too_long
from sim.apiserver.validation.values import immutable

MAX_DATA = 1024 * 1024
"""Bytes of all values (MaxSecretSize in pkg/apis/core/types.go)."""
_ACCOUNT = "kubernetes.io/service-account.name"
_NEEDED = {
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}
"""Which keys a type of Secret must have."""


def _check_keys(obj: Obj, field: str) -> list[Cause]:
    return [
        cause
        for key in obj.get(field) or ()
        for cause in check_spelling(f"{field}[{key}]", key, spelling.config_key)
    ]


def _size(values: Any, *, encoded: bool) -> int:
    lengths = (len(str(value or "").encode()) for value in (values or {}).values())
    return sum(length * 3 // 4 if encoded else length for length in lengths)


def check_config(obj: Obj) -> list[Cause]:
    """Return the causes why a ConfigMap is refused."""
    causes = _check_keys(obj, "data")
    for key in obj.get("data") or ():
        if key in (obj.get("binaryData") or ()):
            rule = "duplicate of key present in binaryData"
            causes.append(invalid_value(f"data[{key}]", key, rule))
    causes += _check_keys(obj, "binaryData")
    plain, binary = obj.get("data"), obj.get("binaryData")
    if _size(plain, encoded=False) + _size(binary, encoded=True) > MAX_DATA:
        causes.append(too_long("[]", MAX_DATA))
    return causes


def check_secret(obj: Obj) -> list[Cause]:
    """Return the causes why a Secret is refused."""
    causes = _check_keys(obj, "data")
    data, kind = obj.get("data") or {}, obj.get("type", "")
    if _size(data, encoded=True) > MAX_DATA:
        causes.append(too_long("data", MAX_DATA))
    account = (obj["metadata"].get("annotations") or {}).get(_ACCOUNT)
    if kind == "kubernetes.io/service-account-token" and not account:
        causes.append(required(f"metadata.annotations[{_ACCOUNT}]"))
    if kind == "kubernetes.io/basic-auth" and not ("username" in data or "password" in data):
        causes += [required(f"data[{key}]") for key in ("username", "password")]
    causes += [required(f"data[{key}]") for key in _NEEDED.get(kind, ()) if key not in data]
    for key in _NEEDED.get(kind, ()) if "docker" in kind else ():
        if key in data and not _is_json_object(data[key]):
            rule = "invalid character"
            shown = "<secret contents redacted>"
            causes.append(invalid_value(f"data[{key}]", shown, rule))
    return causes


def _is_json_object(encoded: str) -> bool:
    try:
        return isinstance(json.loads(base64.b64decode(encoded)), dict)
    except (ValueError, binascii.Error):
        return False


def check_immutable(new: Obj, old: Obj) -> list[Cause]:
    """Return the causes why a ConfigMap or Secret may not change like that."""
    causes = immutable("type", new.get("type", ""), old["type"]) if "type" in old else []
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
