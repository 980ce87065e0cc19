"""What happened and what was shown: a closed union of records and an append-only log.

Scoring reads this and nothing else; so it knows neither the cluster nor the operator's tools.
"""

from sim.evidence.log import EvidenceLog
from sim.evidence.plain import plain_text
from sim.evidence.records import (
    SCHEMA_VERSION,
    AcknowledgeRecord,
    ActionRecord,
    AlertRecord,
    CloseRecord,
    CommandRecord,
    ExitRecord,
    ImpactRecord,
    MessageRecord,
    NodeCommandRecord,
    NoteRecord,
    OutputRecord,
    PanelRecord,
    Record,
    ReminderRecord,
    RequestRecord,
    RunRecord,
    TicketRecord,
    TimeRecord,
    UpdateRecord,
)

__all__ = [
    "SCHEMA_VERSION",
    "AcknowledgeRecord",
    "ActionRecord",
    "AlertRecord",
    "CloseRecord",
    "CommandRecord",
    "EvidenceLog",
    "ExitRecord",
    "ImpactRecord",
    "MessageRecord",
    "NodeCommandRecord",
    "NoteRecord",
    "OutputRecord",
    "PanelRecord",
    "Record",
    "ReminderRecord",
    "RequestRecord",
    "RunRecord",
    "TicketRecord",
    "TimeRecord",
    "UpdateRecord",
    "plain_text",
]
