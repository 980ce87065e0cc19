"""What of the evidence a trainee may see while the run goes on; ground truth stays on the server."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sim.evidence import (
    AcknowledgeRecord,
    AlertRecord,
    BetRecord,
    CloseRecord,
    CommandRecord,
    ExitRecord,
    FreezeRecord,
    MessageRecord,
    NoteRecord,
    OutputRecord,
    PanelRecord,
    Record,
    ReminderRecord,
    ThinkRecord,
    TicketRecord,
    TimeRecord,
    UpdateRecord,
)

VISIBLE = (
    AcknowledgeRecord,
    AlertRecord,
    BetRecord,
    CloseRecord,
    CommandRecord,
    ExitRecord,
    FreezeRecord,
    MessageRecord,
    NoteRecord,
    OutputRecord,
    PanelRecord,
    ReminderRecord,
    ThinkRecord,
    TicketRecord,
    TimeRecord,
    UpdateRecord,
)
"""Requests and node commands are left out because the terminal shows them; impact, actions and the
run's roles because they are the answer."""


def visible(records: list[Record]) -> list[dict[str, Any]]:
    """Return what may be shown, as JSON."""
    return [
        {"kind": record.kind, **asdict(record)} for record in records if isinstance(record, VISIBLE)
    ]
