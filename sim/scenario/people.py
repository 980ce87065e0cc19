"""The specs of what a trainee can read and whom they can ask.

People may be wrong, on purpose; documents are Markdown. Nothing here knows how either is shown.
"""

from __future__ import annotations

from typing import Literal

from sim.scenario.fields import Duration, Name, Pattern, Spec


class Briefing(Spec):
    """What the trainee reads before the run starts."""

    you: str
    service: str
    access: str
    slo: str
    documents: str


class Document(Spec):
    """A page of the team's wiki."""

    id: Name
    kind: Literal["runbook", "incident", "source", "map"]
    title: str
    text: str


class Reply(Spec):
    """What somebody answers when a message matches."""

    when: Pattern
    """Searched in the message, whatever its case."""
    delay: Duration
    text: str
    right: bool = True
    """False when the person is mistaken."""


class Remark(Spec):
    """What somebody says without being asked."""

    after: Literal["page", "mitigated", "start"]
    delay: Duration
    text: str
    right: bool = True
    unless_updated: bool = False
    """Stay silent when the trainee has already written an update."""
    unless_asked: bool = False
    """Stay silent when the trainee has already written to them."""
    unless_mitigated: bool = False
    """Stay silent when the alert has resolved by then."""


class Person(Spec):
    """Somebody in the incident channel."""

    id: Name
    name: str
    role: str
    asleep: bool = False
    """Asking wakes them."""
    needed: bool = False
    """Waking them tonight is justified."""
    knows: str
    """One line for the directory."""
    replies: tuple[Reply, ...] = ()
    otherwise: str
    """Answer to anything else."""
    otherwise_delay: Duration
    remarks: tuple[Remark, ...] = ()
