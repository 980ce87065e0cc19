"""Errands: one kind of call by one kind of client, the finest thing that users are divided into.

Thanks to this file whoever asks "which route" and "whose" asks the same list; it must not know rates
in time, pods or fates.
"""

from __future__ import annotations

from typing import NamedTuple

from sim.traffic.spec import Application, Call, ClientClass


class Errand(NamedTuple):
    """A call by a client class; its place in the list of errands is its number."""

    call: Call
    client: ClientClass

    @property
    def route(self) -> str:
        """Return the call's name, e.g. `POST /v1/payments`."""
        return self.call.name

    @property
    def share(self) -> float:
        """Return the part of the call's requests that are this client's, 0 for a robot."""
        return self.client.share

    @property
    def agent(self) -> str:
        """Return the user agent in logs."""
        return self.client.agent or self.client.name


class ErrandFlow(NamedTuple):
    """How an errand fares, in requests per second."""

    completed: float = 0.0
    """Come to an end, good or bad."""
    errors: float = 0.0
    """Those of them that fail (5xx or no answer)."""
    slow: float = 0.0
    """Answered well, but too late for the user."""
    broken: float = 0.0
    """Those of *errors* that the pod's version is to blame for."""
    starved: float = 0.0
    """Those of *errors* that met a slot of the pool without a connection."""
    own: float = 0.0
    """Those of *errors* that fail by themselves."""

    def plus(self, other: ErrandFlow) -> ErrandFlow:
        """Return both together."""
        return ErrandFlow(
            self.completed + other.completed,
            self.errors + other.errors,
            self.slow + other.slow,
            self.broken + other.broken,
            self.starved + other.starved,
            self.own + other.own,
        )


def errands_of(application: Application) -> tuple[Errand, ...]:
    """Return the application's errands: call by call, in each the classes that make it."""
    return tuple(
        Errand(call, client)
        for call in application.calls
        for client in application.classes
        if client.robot is None or client.robot.call == call.name
    )


class Mix(NamedTuple):
    """Of what errands a flow of requests consists; each tuple adds up to 1, or is all 0."""

    all: tuple[float, ...]
    """Of all requests."""
    database: tuple[float, ...]
    """Of those that need the database."""
    other: tuple[float, ...]
    """Of those that do not."""
    needing: float
    """Share of all requests that need the database."""
    needs: tuple[float, ...]
    """Share of each errand that needs the database."""


def mix_of(errands: tuple[Errand, ...], rates: tuple[float, ...]) -> Mix:
    """Return what requests at these *rates* consist of."""
    total = sum(rates)
    needs = tuple(errand.call.database_share for errand in errands)
    shares = tuple(rate / total if total > 0 else 0.0 for rate in rates)
    needing = sum(share * need for share, need in zip(shares, needs, strict=True))
    database = tuple(
        share * need / needing if needing > 0 else 0.0
        for share, need in zip(shares, needs, strict=True)
    )
    other = tuple(
        share * (1.0 - need) / (1.0 - needing) if needing < 1.0 else 0.0
        for share, need in zip(shares, needs, strict=True)
    )
    return Mix(shares, database, other, needing, needs)
