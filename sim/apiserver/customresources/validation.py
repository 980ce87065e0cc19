"""Whether an object fits the schema of its custom resource, in the words of the real validator.

Follows kube-openapi pkg/validation and apiextensions-apiserver pkg/apiserver/validation. Patterns
are RE2's, as in Go. This file must not change objects; rules in CEL are not evaluated.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache
from typing import Any

import re2

from sim.apimachinery.errors import Cause, duplicate_value, invalid_value, required
from sim.apimachinery.errors import unsupported_value as unsupported
from sim.apimachinery.wire import Obj

_INT_OR_STRING = "x-kubernetes-int-or-string"


def check_value(value: Any, schema: Obj, path: str = "") -> list[Cause]:
    """Return why *value* does not fit *schema*, in document order; *path* is its field."""
    return list(_check(value, schema, path))


def _type_name(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "integer" if value.is_integer() else "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"


def _fits(given: str, wanted: str) -> bool:
    return given == wanted or (given == "integer" and wanted == "number")


def _check(value: Any, schema: Obj, path: str) -> Iterator[Cause]:
    if value is None and schema.get("nullable"):
        return
    given = _type_name(value)
    wanted = ["integer", "string"] if schema.get(_INT_OR_STRING) else _listed(schema.get("type"))
    if wanted and not any(_fits(given, one) for one in wanted):
        yield _wrong_type(path, given, ",".join(wanted))
        return
    if "enum" in schema and not any(_same(value, one) for one in schema["enum"] or ()):
        allowed = [one if isinstance(one, str) else json.dumps(one) for one in schema["enum"] or ()]
        yield unsupported(path, value, allowed)
    match value:
        case bool() | None:
            pass
        case int() | float():
            yield from _check_number(value, schema, path)
        case str():
            yield from _check_text(value, schema, path)
        case list():
            yield from _check_list(value, schema, path)
        case dict():
            yield from _check_object(value, schema, path)
    yield from _check_combinations(value, schema, path)


def _listed(type_: Any) -> list[str]:
    if isinstance(type_, list):
        return [str(one) for one in type_]
    return [str(type_)] if type_ else []


def _same(value: Any, other: Any) -> bool:
    return type(value) is type(other) and bool(value == other)


def _wrong_type(path: str, given: str, wanted: str) -> Cause:
    text = f"{_body(path)} must be of type {wanted}: {json.dumps(given)}"
    return Cause("FieldValueTypeInvalid", f"Invalid value: {json.dumps(given)}: {text}", path)


def _body(path: str) -> str:
    return f"{path} in body"


def _invalid(path: str, value: object, text: str) -> Cause:
    return invalid_value(path, value, f"{_body(path)} {text}")


def _number(value: float) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _check_number(value: float, schema: Obj, path: str) -> Iterator[Cause]:
    most, least, step = (schema.get(key) for key in ("maximum", "minimum", "multipleOf"))
    if most is not None:
        strict = bool(schema.get("exclusiveMaximum"))
        if value > most or (strict and value == most):
            text = "should be less than " + ("" if strict else "or equal to ")
            yield _invalid(path, value, text + _number(most))
    if least is not None:
        strict = bool(schema.get("exclusiveMinimum"))
        if value < least or (strict and value == least):
            text = "should be greater than " + ("" if strict else "or equal to ")
            yield _invalid(path, value, text + _number(least))
    if step and value % step:
        yield _invalid(path, value, f"should be a multiple of {_number(step)}")


def _check_text(value: str, schema: Obj, path: str) -> Iterator[Cause]:
    most, least, pattern = (schema.get(key) for key in ("maxLength", "minLength", "pattern"))
    if most is not None and len(value) > most:
        text = f"Too long: may not be more than {most} bytes"
        yield Cause("FieldValueTooLong", text, path)
    if least is not None and len(value) < least:
        yield _invalid(path, value, f"should be at least {least} chars long")
    if pattern and not _matches(pattern, value):
        yield _invalid(path, value, f"should match '{pattern}'")
    form = schema.get("format", "")
    known = _FORMATS.get(form)
    if known is not None and not known(value):
        text = f"{_body(path)} must be of type {form}: {json.dumps(value)}"
        yield Cause("FieldValueTypeInvalid", f"Invalid value: {json.dumps(value)}: {text}", path)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


def _matches(pattern: str, value: str) -> bool:
    return _compiled(pattern).search(value) is not None


def is_pattern(pattern: str) -> str:
    """Return why *pattern* is no regular expression, or ""."""
    try:
        _compiled(pattern)
    except re2.error as error:
        return error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
    return ""


def _check_list(value: list[Any], schema: Obj, path: str) -> Iterator[Cause]:
    most, least, items = (schema.get(key) for key in ("maxItems", "minItems", "items"))
    if least is not None and len(value) < least:
        yield _invalid(path, len(value), f"should have at least {least} items")
    if most is not None and len(value) > most:
        text = f"Too many: {len(value)}: must have at most {most} items"
        yield Cause("FieldValueTooMany", text, path)
    if isinstance(items, dict):
        for at, one in enumerate(value):
            yield from _check(one, items, f"{path}[{at}]")
    yield from _check_keys(value, schema, path)


def _check_keys(value: list[Any], schema: Obj, path: str) -> Iterator[Cause]:
    """Refuse a second item of a set, or with the same keys in a list that is a map."""
    kind = schema.get("x-kubernetes-list-type")
    if kind not in ("set", "map"):
        return
    keys = schema.get("x-kubernetes-list-map-keys") or []
    seen: list[str] = []
    for at, one in enumerate(value):
        if kind == "map":
            if not isinstance(one, dict):
                continue
            shown: Any = {key: one[key] for key in keys if key in one}
        else:
            shown = one
        identity = json.dumps(shown, sort_keys=True)
        if identity in seen:
            yield duplicate_value(f"{path}[{at}]", shown)
        seen.append(identity)


def _check_object(value: Obj, schema: Obj, path: str) -> Iterator[Cause]:
    properties: Obj = schema.get("properties") or {}
    extra = schema.get("additionalProperties")
    most, least = schema.get("maxProperties"), schema.get("minProperties")
    for name in schema.get("required") or ():
        if name not in value:
            yield required(_child(path, name))
    if least is not None and len(value) < least:
        yield _invalid(path, len(value), f"should have at least {least} properties")
    if most is not None and len(value) > most:
        text = f"Too many: {len(value)}: must have at most {most} items"
        yield Cause("FieldValueTooMany", text, path)
    for key, one in value.items():
        if key in properties:
            yield from _check(one, properties[key], _child(path, key))
        elif isinstance(extra, dict):
            yield from _check(one, extra, _child(path, key))


def _child(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _check_combinations(value: Any, schema: Obj, path: str) -> Iterator[Cause]:
    shown = f'"{path}"'
    fitting = [not any(_check(value, one, path)) for one in schema.get("oneOf") or ()]
    if fitting and sum(fitting) != 1:
        found = "none" if not any(fitting) else str(sum(fitting))
        tail = f"Found {found} valid" if found == "none" else f"Found {found} valid alternatives"
        yield invalid_value(
            path, "", f"{shown} must validate one and only one schema (oneOf). {tail}"
        )
    some = schema.get("anyOf") or ()
    if some and not any(not any(_check(value, one, path)) for one in some):
        yield invalid_value(path, "", f"{shown} must validate at least one schema (anyOf)")
    for one in schema.get("allOf") or ():
        causes = list(_check(value, one, path))
        if causes:
            yield invalid_value(path, "", f"{shown} must validate all the schemas (allOf)")
            yield from causes
            break
    negated = schema.get("not")
    if isinstance(negated, dict) and not any(_check(value, negated, path)):
        yield invalid_value(path, "", f"{shown} must not validate the schema (not)")


# -- formats -------------------------------------------------------------------------------------

_DATE_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_UUID = re.compile(r"(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_HOSTNAME = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9-]+)*", re.ASCII)
_DURATION = re.compile(r"([-+]?\d+(\.\d*)?\s*(ns|us|µs|ms|s|m|h|d|w))+")


def _is_ip(version: int) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            return ipaddress.ip_address(text).version == version
        except ValueError:
            return False

    return check


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return "/" in text


def _is_bytes(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


_FORMATS: dict[str, Callable[[str], bool]] = {
    "byte": _is_bytes,
    "cidr": _is_network,
    "date": _is_date,
    "date-time": lambda text: _DATE_TIME.fullmatch(text) is not None,
    "datetime": lambda text: _DATE_TIME.fullmatch(text) is not None,
    "duration": lambda text: _DURATION.fullmatch(text) is not None,
    "email": lambda text: _EMAIL.fullmatch(text) is not None,
    "hostname": lambda text: _HOSTNAME.fullmatch(text) is not None,
    "ipv4": _is_ip(4),
    "ipv6": _is_ip(6),
    "uuid": lambda text: _UUID.fullmatch(text) is not None,
}
"""The formats that are checked; others say nothing (apiextensions-apiserver schema/unsupported)."""
