"""What the query of a LIST or WATCH asks for, read and checked as ListOptions are.

After k8s.io/apimachinery pkg/apis/meta/internalversion/validation. This file must not know what is stored.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.apimachinery.errors import (
    ApiError,
    Cause,
    bad_request,
    forbidden_value,
    invalid,
    unsupported_value,
)
from sim.apimachinery.wire import ApiRequest

EXACT = "Exact"
NOT_OLDER_THAN = "NotOlderThan"

_FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})

MOST_DIGITS = 40
"""Of a number that is worth reading."""


@dataclass(frozen=True, slots=True)
class ListOptions:
    """The query parameters of a LIST or WATCH."""

    labels: str
    fields: str
    limit: int
    """0: no limit."""
    token: str
    """`continue`"""
    version: str
    """`resourceVersion` as given: "" is the newest, "0" any."""
    match: str
    """`resourceVersionMatch`"""
    initial: bool | None
    """`sendInitialEvents`; None where it is not said."""
    bookmarks: bool
    timeout_s: int
    """0: none."""

    @classmethod
    def of(cls, request: ApiRequest, *, watch: bool = False) -> ListOptions:
        """Read the query of *request*.

        Raises:
            ApiError: BadRequest for what does not parse, Invalid for what does not go together.
        """
        initial = request.param("sendInitialEvents")
        options = cls(
            labels=request.param("labelSelector"),
            fields=request.param("fieldSelector"),
            limit=_number(request.param("limit")),
            token=request.param("continue"),
            version=request.param("resourceVersion"),
            match=request.param("resourceVersionMatch"),
            initial=_flag(initial) if initial else None,
            bookmarks=_flag(request.param("allowWatchBookmarks")),
            timeout_s=_number(request.param("timeoutSeconds")),
        )
        causes = _watch_causes(options) if watch else _list_causes(options)
        if causes:
            raise invalid("ListOptions", "", causes, "meta.k8s.io")
        return options

    @property
    def revision(self) -> int:
        """Return the resourceVersion as a number; "" and "0" mean any.

        Raises:
            ApiError: if it is not a number.
        """
        text = self.version
        if not text:
            return 0
        if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS:
            return int(text)
        message = (
            f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": '
            "invalid syntax"
        )
        raise ApiError(500, "", message)

    @property
    def exact_revision(self) -> int:
        """Return the one revision that a LIST must show, or 0; a limit alone asks for it too."""
        revision = self.revision
        exact = self.match == EXACT or (not self.match and self.limit > 0)
        return revision if exact else 0

    @property
    def page(self) -> int:
        """Return the limit that counts; lists at "0" come from the cache, which has no pages."""
        return 0 if self.version == "0" and not self.token else self.limit


def _flag(text: str) -> bool:
    """Return a boolean as Go reads query parameters: whatever is not false is true."""
    return bool(text) and text not in _FALSE


def _number(text: str) -> int:
    if not text:
        return 0
    digits = text.removeprefix("-").removeprefix("+")
    if not (digits.isascii() and digits.isdecimal()):
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    if len(digits) > MOST_DIGITS or not -(1 << 63) <= int(text) < 1 << 63:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": value out of range')
    return max(0, int(text))


def _list_causes(options: ListOptions) -> list[Cause]:
    field, match, causes = "resourceVersionMatch", options.match, []
    if match:
        if not options.version:
            why = "resourceVersionMatch is forbidden unless resourceVersion is provided"
            causes.append(forbidden_value(field, why))
        if options.token:
            why = "resourceVersionMatch is forbidden when continue is provided"
            causes.append(forbidden_value(field, why))
        if match not in (EXACT, NOT_OLDER_THAN):
            causes.append(unsupported_value(field, match, (EXACT, NOT_OLDER_THAN, "")))
        if match == EXACT and options.version == "0":
            why = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
            causes.append(forbidden_value(field, why))
    if options.initial is not None:
        why = "sendInitialEvents is forbidden for list"
        causes.append(forbidden_value("sendInitialEvents", why))
    return causes


def _watch_causes(options: ListOptions) -> list[Cause]:
    field, match, causes = "resourceVersionMatch", options.match, []
    if options.initial is not None and match != NOT_OLDER_THAN:
        why = f"sendInitialEvents requires setting resourceVersionMatch to {NOT_OLDER_THAN}"
        causes.append(forbidden_value(field, why))
    if match:
        if options.initial is None:
            why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
            causes.append(forbidden_value(field, why))
        if match != NOT_OLDER_THAN:
            causes.append(unsupported_value(field, match, (NOT_OLDER_THAN,)))
        if options.token:
            why = "resourceVersionMatch is forbidden when continue is provided"
            causes.append(forbidden_value(field, why))
    return causes
