"""What a writing request asks for beside its body: dry runs, managers, checks, how to delete.

Every option is checked as apimachinery's meta/v1/validation does. This file must not know objects.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sim.apimachinery.errors import (
    Cause,
    bad_request,
    forbidden_value,
    invalid,
    invalid_value,
    required,
    unsupported_value,
)
from sim.apimachinery.wire import ApiRequest
from sim.apiserver.decoding import IGNORE, STRICT, WARN, json_name

META = "meta.k8s.io"
CREATE, UPDATE, PATCH, DELETE = "CreateOptions", "UpdateOptions", "PatchOptions", "DeleteOptions"
_ALL = "All"
_LONGEST_MANAGER = 128
_POLICIES = ("Foreground", "Background", "Orphan")
_OWN_CLIENT = "kubectl"
"""Who writes without a name: the kubectl that comes with us sends no User-Agent."""


class WriteOptions(NamedTuple):
    """The options of a create, update or patch."""

    dry_run: bool
    validation: str
    """`Strict`, `Warn` or `Ignore`."""
    manager: str
    """Who writes: the parameter, or the first word of the User-Agent."""
    force: bool


def write_options(request: ApiRequest, kind: str, *, applies: bool = False) -> WriteOptions:
    """Return the options of *request*, which are called *kind*.

    Raises:
        ApiError: Invalid.
    """
    causes: list[Cause] = []
    manager, force = request.param("fieldManager"), request.param("force")
    if applies and not manager:
        causes.append(required("fieldManager", "is required for apply patch"))
    if kind == PATCH and force and not applies:
        causes.append(forbidden_value("force", "may not be specified for non-apply patch"))
    if len(manager) > _LONGEST_MANAGER:
        text = f"Too long: may not be more than {_LONGEST_MANAGER} bytes"
        causes.append(Cause("FieldValueTooLong", text, "fieldManager"))
    for at, one in enumerate(manager):
        if not one.isprintable():
            text = f"should only contain printable characters (invalid character at position {at})"
            causes.append(invalid_value("fieldManager", manager, text))
            break
    causes += _check_dry_run(request.params("dryRun"))
    validation = request.param("fieldValidation", WARN) or WARN
    if validation not in (IGNORE, STRICT, WARN):
        causes.append(unsupported_value("fieldValidation", validation, (IGNORE, STRICT, WARN)))
    if causes:
        raise invalid(kind, "", causes, META)
    agent = request.headers.get("user-agent", "").partition("/")[0][:_LONGEST_MANAGER]
    return WriteOptions(
        bool(request.params("dryRun")),
        validation,
        manager or agent or _OWN_CLIENT,
        force in ("true", "1"),
    )


def _check_dry_run(asked: list[Any]) -> list[Cause]:
    if any(one != _ALL for one in asked):
        return [unsupported_value("dryRun", asked[0] if len(asked) == 1 else asked, (_ALL,))]
    return []


class DeleteOptions(NamedTuple):
    """How something is to be deleted."""

    dry_run: bool
    grace_s: int | None
    propagation: str
    """`Foreground`, `Background`, `Orphan` or empty for the kind's own way."""
    preconditions: dict[str, Any]


def delete_options(request: ApiRequest) -> DeleteOptions:
    """Return the options of a deletion, from its body and query.

    Raises:
        ApiError: BadRequest or Invalid.
    """
    body = request.body if isinstance(request.body, dict) else {}
    options = {key: value for key, value in body.items() if value is not None}
    grace_text, policy_text = (
        request.param("gracePeriodSeconds"),
        request.param("propagationPolicy"),
    )
    if grace_text:
        if not grace_text.lstrip("-").isdecimal() or not grace_text.isascii():
            raise bad_request(f'strconv.ParseInt: parsing "{grace_text}": invalid syntax')
        options.setdefault("gracePeriodSeconds", int(grace_text))
    if policy_text:
        options.setdefault("propagationPolicy", policy_text)
    if request.param("orphanDependents"):
        options.setdefault("orphanDependents", request.param("orphanDependents") == "true")
    dry_run = options.get("dryRun") or request.params("dryRun")
    dry_run = dry_run if isinstance(dry_run, list) else [dry_run]
    grace, policy = options.get("gracePeriodSeconds"), options.get("propagationPolicy")
    orphan, conditions = options.get("orphanDependents"), options.get("preconditions") or {}
    for value, field, type_, fits in (
        (grace, "gracePeriodSeconds", "int64", _is_int(grace)),
        (policy, "propagationPolicy", "v1.DeletionPropagation", isinstance(policy, str)),
        (orphan, "orphanDependents", "bool", isinstance(orphan, bool)),
        (conditions, "preconditions", "v1.Preconditions", isinstance(conditions, dict)),
    ):
        if value is not None and not fits:
            raise bad_request(
                f"json: cannot unmarshal {json_name(value)} into Go struct field "
                f"DeleteOptions.{field} of type {type_}"
            )
    causes: list[Cause] = []
    if orphan is not None and policy is not None:
        text = "orphanDependents and deletionPropagation cannot be both set"
        causes.append(invalid_value("propagationPolicy", policy, text))
    if policy is not None and policy not in _POLICIES:
        causes.append(unsupported_value("propagationPolicy", policy, (*_POLICIES, "nil")))
    causes += _check_dry_run(dry_run)
    if causes:
        raise invalid(DELETE, "", causes, META)
    if orphan is not None:
        policy = "Orphan" if orphan else "Background"
    return DeleteOptions(bool(dry_run), grace, policy or "", conditions)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
