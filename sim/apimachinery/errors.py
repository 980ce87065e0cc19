"""Status errors exactly as an API server words them, carried by one exception.

Who raises one has decided code, reason and text; this file must not know which request was asked.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from sim.apimachinery.wire import Obj

Details = dict[str, Any]


class Cause(NamedTuple):
    """One reason among several why an object is invalid."""

    reason: str
    """`FieldValueRequired`, `FieldValueInvalid`, `FieldValueForbidden` ..."""
    message: str
    """`Required value`, `Invalid value: "x": must be y` ..."""
    field: str
    """`spec.containers[0].image`"""


def required(field: str, detail: str = "") -> Cause:
    """Return the cause of a missing field."""
    return Cause("FieldValueRequired", f"Required value{': ' + detail if detail else ''}", field)


def invalid_value(field: str, value: object, detail: str) -> Cause:
    """Return the cause of a value that breaks a rule; strings are quoted as Go's %q does."""
    return Cause("FieldValueInvalid", f"Invalid value: {go_value(value)}: {detail}", field)


def unsupported_value(field: str, value: object, supported: Sequence[str]) -> Cause:
    """Return the cause of a value outside a closed set."""
    listed = ", ".join(f'"{one}"' for one in supported)
    message = f"Unsupported value: {go_value(value)}: supported values: {listed}"
    return Cause("FieldValueNotSupported", message, field)


def duplicate_value(field: str, value: object) -> Cause:
    """Return the cause of a list item that repeats another's key."""
    return Cause("FieldValueDuplicate", f"Duplicate value: {go_value(value)}", field)


def forbidden_value(field: str, detail: str) -> Cause:
    """Return the cause of a field that may not be set or changed."""
    return Cause("FieldValueForbidden", f"Forbidden: {detail}", field)


def missing_value(field: str, value: object) -> Cause:
    """Return the cause of a reference to something that does not exist."""
    return Cause("FieldValueNotFound", f"Not found: {go_value(value)}", field)


def go_value(value: object) -> str:
    """Return *value* as field.Error prints it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    if value is None:
        return "null"
    if isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"))
    return str(value)


class ApiError(Exception):
    """A request was refused; `status` is the body that says so."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        details: Details | None = None,
        *,
        token: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.token = token

    @property
    def status(self) -> Obj:
        """Return the Status object."""
        body: Obj = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {"continue": self.token} if self.token else {},
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            body["reason"] = self.reason
        if self.details is not None:
            body["details"] = self.details
        body["code"] = self.code
        return body


def qualified(resource: str, group: str = "") -> str:
    """Return `pods` or `deployments.apps`, as messages name a resource."""
    return f"{resource}.{group}" if group else resource


def _details(resource: str, name: str, group: str) -> Details:
    details: Details = {}
    if name:
        details["name"] = name
    if group:
        details["group"] = group
    details["kind"] = resource
    return details


def not_found(resource: str, name: str, group: str = "") -> ApiError:
    """Return 404: no object of that name."""
    message = f'{qualified(resource, group)} "{name}" not found'
    return ApiError(404, "NotFound", message, _details(resource, name, group))


def no_such_path() -> ApiError:
    """Return 404: nothing is served at that path within a known group."""
    return ApiError(404, "NotFound", "the server could not find the requested resource", {})


def already_exists(resource: str, name: str, group: str = "") -> ApiError:
    """Return 409: the name is taken."""
    message = f'{qualified(resource, group)} "{name}" already exists'
    return ApiError(409, "AlreadyExists", message, _details(resource, name, group))


MODIFIED = (
    "the object has been modified; please apply your changes to the latest version and try again"
)


def conflict(resource: str, name: str, group: str = "", why: str = MODIFIED) -> ApiError:
    """Return 409: somebody else has written in between."""
    message = f'Operation cannot be fulfilled on {qualified(resource, group)} "{name}": {why}'
    return ApiError(409, "Conflict", message, _details(resource, name, group))


def invalid(kind: str, name: str, causes: Sequence[Cause], group: str = "") -> ApiError:
    """Return 422 with every cause; *kind* is the Kind, not the resource."""
    parts = [f"{cause.field}: {cause.message}" for cause in causes]
    joined = parts[0] if len(parts) == 1 else f"[{', '.join(parts)}]"
    details = _details(kind, name, group)
    details["causes"] = [
        {"reason": cause.reason, "message": cause.message, "field": cause.field} for cause in causes
    ]
    full_kind = f"{kind}.{group}" if group else kind
    return ApiError(422, "Invalid", f'{full_kind} "{name}" is invalid: {joined}', details)


def bad_request(message: str) -> ApiError:
    """Return 400 with *message*."""
    return ApiError(400, "BadRequest", message)


def forbidden(resource: str, name: str, why: str, group: str = "") -> ApiError:
    """Return 403: `pods "x" is forbidden: why`."""
    quoted = f' "{name}"' if name else ""
    message = f"{qualified(resource, group)}{quoted} is forbidden: {why}"
    return ApiError(403, "Forbidden", message, _details(resource, name, group))


def method_not_allowed() -> ApiError:
    """Return 405."""
    message = "the server does not allow this method on the requested resource"
    return ApiError(405, "MethodNotAllowed", message, {})


def method_not_allowed_with(message: str) -> ApiError:
    """Return 405 with *message*."""
    return ApiError(405, "MethodNotAllowed", message, {})


def unsupported_media_type(message: str = "415: Unsupported Media Type") -> ApiError:
    """Return 415."""
    return ApiError(415, "UnsupportedMediaType", message, {})


def expired(message: str, token: str = "") -> ApiError:
    """Return 410: the history does not reach back that far; *token* continues a list all the same."""
    return ApiError(410, "Expired", message, token=token)


def too_many_requests(message: str, causes: Sequence[tuple[str, str]]) -> ApiError:
    """Return 429 with causes as (reason, message), as an eviction against a budget gets."""
    listed = [{"reason": reason, "message": text} for reason, text in causes]
    return ApiError(429, "TooManyRequests", message, {"causes": listed})


def internal_error(message: str) -> ApiError:
    """Return 500."""
    details = {"causes": [{"message": message}]}
    return ApiError(500, "InternalError", f"Internal error occurred: {message}", details)


def service_unavailable() -> ApiError:
    """Return 503, as an aggregated API without a backend answers."""
    message = "the server is currently unable to handle the request"
    return ApiError(503, "ServiceUnavailable", message)


def too_large_resource_version(asked: int, current: int) -> ApiError:
    """Return 504: the client has seen a future that this server has not."""
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    message = f"Timeout: Too large resource version: {asked}, current: {current}"
    return ApiError(504, "Timeout", message, {"causes": [cause], "retryAfterSeconds": 1})
