"""The specs of users: what they call, who they are, and the robots among them.

Rates and shares only; how users fare is worked out elsewhere.
"""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from sim.scenario.fields import Duration, Name, Spec

_EXACT = 1e-6


class Call(Spec):
    """One kind of request: a route."""

    call: str
    """Method and path, e.g. `POST /v1/payments`; dashboards, alerts and logs call the route so."""
    share: float | None = Field(default=None, ge=0, le=1)
    """Part of the application's `rate`, 0-1; or *rate*."""
    rate: float | None = Field(default=None, ge=0)
    """Requests per second of its own, beside what the shares divide, e.g. 0.23 for a rare route."""
    status: int
    """Of a success."""
    database: float = Field(default=1.0, ge=0, le=1)
    """Part of these requests that needs a database connection at once; the rest never waits."""
    order: bool = False
    """A success is what the business counts (the `orders` panel)."""

    @model_validator(mode="after")
    def _one_amount(self) -> Self:
        if (self.share is None) == (self.rate is None):
            msg = f'"{self.call}": give `share` or `rate`, and only one of them'
            raise ValueError(msg)
        return self


class Spell(Spec):
    """When a robot works: from *at* on for a while, again and again."""

    at: Duration
    """Time since the start; moves with the night, as the timeline does."""
    lasting: Duration
    every: Duration = 0
    """From the beginning of one spell to the next."""
    times: int = Field(default=1, ge=1, le=500)
    """How many spells there are."""

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.times > 1 and self.every <= self.lasting:
            msg = "`every` must be longer than `lasting`, or the spells run into each other"
            raise ValueError(msg)
        return self


class OwnFailure(Spec):
    """Requests that fail by themselves, whatever the service does: expired test data."""

    share: float = Field(default=1.0, ge=0, le=1)
    """Part of the requests that the service would have answered well."""
    status: int
    """What they get, e.g. 502."""
    text: str = ""
    """Ends their line in the pod's log, e.g. `card issuer: test card expired`."""
    at: Duration | None = None
    """From when on; moves with the night. Or *fault*; neither: all the time."""
    fault: str = ""
    """Id of the timeline entry with which it begins."""

    @model_validator(mode="after")
    def _one_beginning(self) -> Self:
        if self.at is not None and self.fault:
            msg = "give `at` or `fault`, and only one of them"
            raise ValueError(msg)
        return self


class ClientClass(Spec):
    """A kind of client: users (*share*) or a robot (*rate* and *call*)."""

    name: Name
    """What dashboards split by."""
    weight: float = Field(default=1.0, ge=0)
    """Weight of its failures in the users' loss; a robot's is 0."""
    agent: str = ""
    """User agent in access logs; the name if it is left out."""
    share: float | None = Field(default=None, ge=0, le=1)
    """Users: part of every call, 0-1."""
    retries: int = Field(default=0, ge=0, le=10)
    """Users: how often a failed request is tried again at once."""
    rate: float | None = Field(default=None, ge=0)
    """Robot: requests per second while it works."""
    call: str = ""
    """Robot: the one call that it makes, one of `calls`."""
    on: tuple[Spell, ...] = ()
    """Robot: when it works; left out, always."""
    fails: OwnFailure | None = None
    """Robot: its requests fail by themselves."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.share is None) == (self.rate is None):
            msg = f'"{self.name}": give `share` (users) or `rate` (a robot), and only one of them'
            raise ValueError(msg)
        if self.rate is None and (self.call or self.on or self.fails is not None):
            msg = f'"{self.name}": only a robot (`rate`) has `call`, `on` and `fails`'
            raise ValueError(msg)
        if self.rate is not None and (self.weight or self.retries or not self.call):
            msg = f'"{self.name}": a robot has a `call`, weight 0 and no `retries`'
            raise ValueError(msg)
        return self


class Traffic(Spec):
    """Users of one application."""

    application: Name
    gateway: Name
    rate: float
    """Requests per second at the scenario's hour."""
    wobble: float
    """Relative size of the drawn steps, e.g. 0.02."""
    base_errors: float
    """Share of 5xx on a good day, e.g. 0.001."""
    slow_after: Duration
    """A request slower than this counts as failed for users."""
    p50: Duration
    """Median of an idle pod."""
    p99: Duration
    request_timeout: Duration
    """How long the gateway waits for an answer."""
    calls: tuple[Call, ...] = Field(min_length=1)
    classes: tuple[ClientClass, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        names = [one.call for one in self.calls]
        if len(set(names)) < len(names):
            msg = "each of `calls` stands there once"
            raise ValueError(msg)
        for what, shares in (
            ("calls", [one.share for one in self.calls if one.share is not None]),
            ("classes", [one.share for one in self.classes if one.share is not None]),
        ):
            if abs(sum(shares) - 1.0) > _EXACT:
                msg = f"the shares of `{what}` add up to {sum(shares):g}, not to 1"
                raise ValueError(msg)
        for robot in self.classes:
            if robot.call and robot.call not in names:
                msg = (
                    f'"{robot.name}" calls "{robot.call}", which is not one of: {", ".join(names)}'
                )
                raise ValueError(msg)
        return self
