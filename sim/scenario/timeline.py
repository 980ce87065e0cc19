"""The specs of faults: what the scenario does to the cluster, and when.

One class a family; what carries it out lives in the fault families, found by `fault`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.fields import Duration, DurationRange, Name, Spec


class _Timed(Spec):
    id: Name
    at: Duration
    """Time since the start on seed 0; a credential may have been changed before it, e.g. `-13m`."""
    shift: DurationRange = (0, 0)
    """What other seeds add to *at*."""


class Rollout(_Timed):
    """Roll the newest revision of an application's history out."""

    fault: Literal["rollout"]
    application: Name


class _Eviction(_Timed):
    by: str
    """Component that records the event, e.g. `descheduler`."""
    reason: str
    """Reason of the event object on the pod."""
    message: str
    grace: Duration


class ReplacePod(_Eviction):
    """Delete a pod of an application, as a descheduler or an operator does."""

    fault: Literal["replace-pod"]
    application: Name


class ReplaceOthers(_Eviction):
    """Delete pods of teams that the scenario is not about, one a namespace; nobody is hurt."""

    fault: Literal["replace-others"]
    count: int = Field(ge=1)
    apart: DurationRange
    """From one to the next."""


class _Credential(_Timed):
    value: str = ""
    """Name of a drawn value, the same wherever it is named, e.g. `next-password`; with slashes,
    `namespace/secret/key`: what that key held at the start."""
    text: str = ""
    """A literal instead."""


class SetSecret(_Credential):
    """Write one key of a Secret, as somebody or something outside the cluster does."""

    fault: Literal["set-secret"]
    namespace: Name
    secret: Name
    """Made if it is not there."""
    key: str
    by: str
    """Manager of the fields in `managedFields`, e.g. `vault-rotate`."""
    annotations: dict[str, str] = Field(default_factory=dict)
    """Set at the same time; `{at}` in a value stands for the instant, `2026-11-20T01:27:04Z`."""
    reason: str = ""
    """Reason of an event on the Secret; empty: nobody records one, which is usual."""
    message: str = ""
    """Message of that event."""


class SetPassword(_Credential):
    """Give a database's user another password; the one before ends for new connections."""

    fault: Literal["set-password"]
    application: Name
    """The database."""
    user: str
    plain: bool = False
    """It was sent as plain text, and a log of statements shows it; else as a SCRAM verifier."""


Fault = Annotated[
    Rollout | ReplacePod | ReplaceOthers | SetSecret | SetPassword, Field(discriminator="fault")
]
