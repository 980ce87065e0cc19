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
    BetRecord,
    CloseRecord,
    CommandRecord,
    ExitRecord,
    FreezeRecord,
    ImpactRecord,
    MessageRecord,
    NodeCommandRecord,
    NoteRecord,
    OutcomeRecord,
    OutputRecord,
    PanelRecord,
    Record,
    ReminderRecord,
    RequestRecord,
    RunRecord,
    ThinkRecord,
    TicketRecord,
    TimeRecord,
    UpdateRecord,
)

__all__ = [
    "SCHEMA_VERSION",
    "AcknowledgeRecord",
    "ActionRecord",
    "AlertRecord",
    "BetRecord",
    "CloseRecord",
    "CommandRecord",
    "EvidenceLog",
    "ExitRecord",
    "FreezeRecord",
    "ImpactRecord",
    "MessageRecord",
    "NodeCommandRecord",
    "NoteRecord",
    "OutcomeRecord",
    "OutputRecord",
    "PanelRecord",
    "Record",
    "ReminderRecord",
    "RequestRecord",
    "RunRecord",
    "ThinkRecord",
    "TicketRecord",
    "TimeRecord",
    "UpdateRecord",
    "plain_text",
]
