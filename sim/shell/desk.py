"""The on-call's desk as the `incident` command needs it: page, dashboards, channel, notes, closing.

A run implements it and records what was done; this file says only what can be asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Desk(Protocol):
    """What the trainee can do beside the terminal.

    Whatever cannot be done raises ValueError with a message for the trainee. Answers are text to
    show; `look` and what it shows are recorded by the desk itself, with the number of the command.
    """

    def acknowledge(self) -> str:
        """Take the page."""

    def status(self) -> str:
        """Return the one-glance lines: page, error rate, users lost."""

    def look(self, panel: str, by: str = "") -> str:
        """Return what a panel shows now, and record that it was on screen.

        Panels: charts (`errors`, `requests`, `latency`, `ready` ...), `alerts`, `changes`,
        `change:<id>`, `page`, `people`, `document:<id>`. *by* splits a chart.
        """

    def document(self, id_: str) -> str:
        """Return a page of the wiki, or with an empty id the list of pages."""

    def people(self) -> str:
        """Return who can be asked."""

    def update(self, text: str, to: str = "", fields: dict[str, str] | None = None) -> str:
        """Write in the incident channel, or to one person; fields: impact, scope, action, next.

        The answer says what was read in it, and what is missing.
        """

    def update_template(self) -> str:
        """Return the four lines of an update, to be filled in."""

    def think(self, text: str) -> str:
        """Keep a thought for the debrief."""

    def bet(self, text: str, by: str = "", sure: int | None = None) -> str:
        """Bet on what a dashboard will show, e.g. `errors < 1% in 2m`, so many per cent sure."""

    def rank(self, ranking: list[str]) -> str:
        """Rank the options of the decision point at which a run in practice mode stands."""

    def note(self, text: str) -> str:
        """Write a line in the incident's timeline."""

    def ticket(self, origin: str, fix: str, owner: str, text: str = "") -> str:
        """File a follow-up ticket from the scenario's lists."""

    def remind(self, due: str, text: str = "") -> str:
        """Set a reminder: `tomorrow`, `next-week`, `03:05`, `in 10m` or an RFC 3339 instant.

        *due* may go on in *text*.
        """

    def silence(self, alert: str, duration_ms: int) -> str:
        """Silence an alert."""

    def close(
        self, picks: dict[str, str], citations: dict[str, list[str]], handover: str = ""
    ) -> str:
        """Close the incident with picks, what proves them, and words for whoever takes over."""

    def lists(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        """Return the choices of the closing form and the ticket: question -> (id, text)."""
