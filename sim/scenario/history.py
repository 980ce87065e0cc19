"""The specs of the past: revisions, the change feed, alerts that fired before.

What they say is data for the trainee to weigh; nothing here marks an entry as guilty or innocent
except `tempting`, which only scoring reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from sim.scenario.fields import Duration, Name, Pattern, Spec
from sim.scenario.patterns import fits


class Break(Spec):
    """A call that a release answers wrongly, on whatever pod of it."""

    call: str
    """One of the calls of the application's `traffic`, e.g. `GET /v1/payments/status`."""
    share: float = Field(default=1.0, gt=0, le=1)
    """Part of these requests that fails."""
    status: int = 500
    log: str = ""
    """What the pod logs each time after the request's line: one or more lines, e.g. a stack."""
    unless: dict[str, Pattern] = Field(default_factory=dict)
    """Environment variable -> pattern: a container that was started with these answers rightly."""

    def spares(self, environ: Mapping[str, str]) -> bool:
        """Return whether a container with these variables answers rightly."""
        return bool(self.unless) and all(
            fits(pattern, environ.get(name, "")) for name, pattern in self.unless.items()
        )


class Revision(Spec):
    """One revision of the application's Deployment."""

    offset: int
    """0 is the newest, -1 the one before ..."""
    version: str
    """Image tag."""
    cause: str
    """Change cause, as `rollout history` prints it."""
    ago: Duration | None = None
    """How long before the start it was rolled out; None for one that the timeline rolls out."""
    env: dict[str, str] = Field(default_factory=dict)
    """What it changed in the environment."""
    breaks: tuple[Break, ...] = ()
    """Calls that pods of this version fail."""


class Change(Spec):
    """One entry of the change feed."""

    id: Name
    category: Literal["deploy", "config", "secret", "node", "scaling", "platform", "external"]
    title: str
    author: str
    target: str
    ago: Duration | None = None
    """How long before the start; or *fault*."""
    fault: str = ""
    """Id of the timeline entry at whose time it appears."""
    detail: str = ""
    """Diff or text that opens with the entry."""
    source: str = ""
    """Id of a document with the application's source, if there is one."""
    version: str = ""
    """Image tag that it left at another team's Deployment, its target."""
    replicas: int = 0
    """How many replicas it left there; the last of them is as old as the change."""


class Onboarding(Spec):
    """A batch of Services that came later than the rest."""

    count: int
    ago: Duration
    spread: Duration
    """From the first to the last of them."""
    namespaces: tuple[Name, ...]
    components: tuple[Name, ...]


class PastAlert(Spec):
    """An alert that fired and resolved before the start."""

    name: str
    ago: Duration
    lasted: Duration
    severity: str
    summary: str


class History(Spec):
    """Everything older than the run."""

    application: Name
    """Whose Deployment the revisions belong to."""
    revision: tuple[int, int]
    """Range of the number of the newest revision."""
    revisions: tuple[Revision, ...]
    onboarding: Onboarding
    changes: tuple[Change, ...]
    alerts: tuple[PastAlert, ...]


class AlertRule(Spec):
    """An alert on a ratio of users' requests."""

    name: str
    application: Name
    severity: str
    metric: Literal["errors", "latency_p99"]
    above: float
    by: Literal["", "route"] = ""
    """`route`: watches the worst route instead of the whole."""
    window: Duration
    """Width of the rate, e.g. 1m."""
    every: Duration
    """Evaluation interval."""
    lasting: Duration
    """How long it must hold before it fires (`for`)."""
    resolve_after: Duration = 0
    page: bool = False
    """Firing pages the on-call."""
    summary: str

    @model_validator(mode="after")
    def _of_routes(self) -> Self:
        if self.by and self.metric != "errors":
            msg = "`by` goes with `metric: errors`"
            raise ValueError(msg)
        return self
