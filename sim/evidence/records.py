"""The closed union of evidence records; every field is JSON, `at` is simulated ms.

`input` names the input (0, 1, 2 ... in the run's log) that caused a record, or -1 for the world.
`command` is the number of the command line that it belongs to, or -1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

SCHEMA_VERSION = 3
"""3 has the backend, how a real cluster stood and what its prober found; 2 thoughts, bets, decision points,
loss by call.

What an older version wrote is read as before.
"""
READABLE = (1, 2, SCHEMA_VERSION)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    at: int
    """Simulated ms since the scenario's start."""
    input: int = -1
    """The run's input that caused this, or -1: the world did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord(_Base):
    """The run's identity and the world's names, written once at its start; never shown to the trainee."""

    kind: ClassVar[str] = "run"
    scenario: str
    digest: str
    seed: int
    engine: str
    epoch: str
    """RFC 3339 of at=0, e.g. `2026-11-20T01:40:00Z`."""
    roles: dict[str, Any] = field(default_factory=dict)
    """Role -> name or list of names in this run, e.g. `{"node.bad": "node-worker-3"}`."""
    fault_at: int = 0
    """When the first users began to fail (ms), as the scenario's timeline has it."""
    backend: str = "simulated"
    """What the cluster was: `simulated`, or `kind` for a real one, whose figures are measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRecord(_Base):
    """A command line was entered in a terminal."""

    kind: ClassVar[str] = "command"
    command: int
    """0, 1, 2 ... in order of entry."""
    terminal: str
    """`t1`, `t2` ...; empty for a client outside."""
    line: str
    who: str = "trainee"
    """`trainee` or the player's name."""
    place: str = ""
    """Where it ran: empty for the workstation, else e.g. `ssh node-worker-3` or `your kubectl`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord(_Base):
    """A request crossed the API door on the trainee's behalf."""

    kind: ClassVar[str] = "request"
    command: int = -1
    method: str
    path: str
    """Path with its query, e.g. `/api/v1/namespaces/payments/pods?labelSelector=app%3Dweb`."""
    code: int
    verb: str = ""
    """Kubernetes verb: get list watch create update patch delete exec log."""
    resource: str = ""
    """`pods`, `nodes`, `deployments.apps` ..., with subresource as `pods/log`."""
    namespace: str = ""
    name: str = ""
    client: str = ""
    """The program outside that sent it, e.g. `kubectl/v1.37.1`; empty: the workstation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeCommandRecord(_Base):
    """A command line ran on a node or in a container."""

    kind: ClassVar[str] = "node-command"
    command: int = -1
    node: str
    line: str
    pod: str = ""
    """`namespace/name` when it ran in a container."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRecord(_Base):
    """Something changed on the trainee's behalf: an object, a node, an alert rule, a silence."""

    kind: ClassVar[str] = "action"
    command: int = -1
    target: str
    """`nodes/node-worker-3`, `pods/payments/payment-service-..`, `node:node-worker-3`, `alert:...`."""
    verb: str
    """create update patch delete evict exec systemctl iptables kill silence ..."""
    detail: str = ""
    """One line for people, e.g. `spec.unschedulable: true`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputRecord(_Base):
    """Text reached the trainee's screen."""

    kind: ClassVar[str] = "output"
    command: int
    stream: str
    """`stdout` or `stderr`."""
    text: str
    asked: bool = True
    """The command had asked the cluster, a node or telemetry; `echo` and `cat` of own files had not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitRecord(_Base):
    """A command line ended."""

    kind: ClassVar[str] = "exit"
    command: int
    code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelRecord(_Base):
    """A dashboard panel, change feed, page or document was on screen; *text* is what it showed."""

    kind: ClassVar[str] = "panel"
    panel: str
    """`errors`, `requests`, `latency`, `ready`, `changes`, `change:<id>`, `alerts`, `document:<id>` ..."""
    by: str = ""
    """The split: empty, `node`, `zone`, `version`."""
    text: str
    command: int = -1
    """Set when the terminal showed it (`incident dashboard`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRecord(_Base):
    """An alert changed state, or its page reached the on-call."""

    kind: ClassVar[str] = "alert"
    alert: str
    state: str
    """`pending`, `firing`, `resolved` or `paged`."""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactRecord(_Base):
    """From *at* on, until the next one, users of *application* fare like this."""

    kind: ClassVar[str] = "impact"
    application: str
    arrivals: float
    """Requests per second that users want."""
    failed: float
    """Requests per second that fail or are too slow, weighted by client class: I(t)."""
    errors: float
    """Requests per second answered 5xx or not at all (unweighted)."""
    by: dict[str, float] = field(default_factory=dict)
    """*failed* split by client class."""
    by_call: dict[str, float] = field(default_factory=dict)
    """*failed* split by call, e.g. `POST /v1/payments`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRecord(_Base):
    """How a real cluster stood, which no replay can tell; only what differs from the record before."""

    kind: ClassVar[str] = "cluster"
    nodes: list[dict[str, Any]] = field(default_factory=list)
    """All of them, `{name, zone, ready, schedulable}`, when one has changed; empty: none has."""
    pods: dict[str, Any] = field(default_factory=dict)
    """`namespace/name` -> `{namespace, name, node, version, status, ready: "1/1", restarts}` or None: gone."""
    events: list[dict[str, Any]] = field(default_factory=list)
    """Kubernetes' events as they were listed then, `{kind, name, reason, first}` each; empty: nobody listed them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeRecord(_Base):
    """What a real cluster's prober has done since the record before; it is no user and nobody's loss."""

    kind: ClassVar[str] = "probe"
    application: str
    probes: int
    failed: int
    """Those of them that were answered badly, too late or not at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRecord(_Base):
    """Somebody in the scenario wrote in the incident channel."""

    kind: ClassVar[str] = "message"
    who: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateRecord(_Base):
    """The trainee wrote in the incident channel."""

    kind: ClassVar[str] = "update"
    text: str
    to: str = ""
    """A person or role asked, or empty for the channel."""
    fields: dict[str, str] = field(default_factory=dict)
    """Parsed template: impact, scope, action, next (each may be missing)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRecord(_Base):
    """A line in the incident's timeline, written by the trainee."""

    kind: ClassVar[str] = "note"
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinkRecord(_Base):
    """The trainee thought aloud; nobody in the scenario hears it and no point depends on it."""

    kind: ClassVar[str] = "think"
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BetRecord(_Base):
    """The trainee said what a figure will be, and how sure they are; calibration is reported only."""

    kind: ClassVar[str] = "bet"
    text: str
    """As it was written, e.g. `errors < 1% in 2m`."""
    metric: str
    """What the dashboards call it, e.g. `errors`, `latency_p99`."""
    by: str = ""
    """The split; with one, every line of it has to do so."""
    below: float | None = None
    """In the metric's own unit; a share is 0 to 1."""
    above: float | None = None
    within_ms: int
    """The figure is read this long after *at*."""
    sure: int
    """Per cent, 0 to 100."""
    counts: bool = True
    """False if it says only that a figure goes on as it was for the whole hour before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRecord(_Base):
    """A bet's time had come; *input* is that of the bet."""

    kind: ClassVar[str] = "outcome"
    value: float | None
    """The figure then; of a split the line that decided. None: there was none."""
    right: bool | None
    """Whether the bet came true; None without a figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeRecord(_Base):
    """At a decision point of practice mode the trainee ranked what could be done next."""

    kind: ClassVar[str] = "freeze"
    point: str
    ranking: list[str]
    """Ids of the options, the best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRecord(_Base):
    """A follow-up ticket: picks from the scenario's lists plus free text (never graded)."""

    kind: ClassVar[str] = "ticket"
    origin: str
    """Id of the pick."""
    fix: str
    owner: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderRecord(_Base):
    """A reminder set by the trainee."""

    kind: ClassVar[str] = "reminder"
    due: str
    """`tomorrow`, `next-week` or an RFC 3339 instant."""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgeRecord(_Base):
    """The page was acknowledged."""

    kind: ClassVar[str] = "acknowledge"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRecord(_Base):
    """The run's pace changed: `paused`, `resumed`, `skipped`, `horizon`, `interrupted`.

    `unheard` comes before the end of a real cluster's run if not all may be known that others did just before.
    """

    kind: ClassVar[str] = "time"
    what: str
    amount_ms: int = 0
    point: str = ""
    """The decision point of practice mode at which time stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseRecord(_Base):
    """The closing form: structured picks with citations (ids of commands or panels on screen)."""

    kind: ClassVar[str] = "close"
    picks: dict[str, str] = field(default_factory=dict)
    """`component`, `failure`, `trigger`, `mechanism`, `scope` -> id from the scenario's lists."""
    citations: dict[str, list[str]] = field(default_factory=dict)
    """Pick -> what proves it: `command:12` or `panel:3` (n-th PanelRecord)."""
    handover: str = ""


Record = (
    RunRecord
    | CommandRecord
    | RequestRecord
    | NodeCommandRecord
    | ActionRecord
    | OutputRecord
    | ExitRecord
    | PanelRecord
    | AlertRecord
    | ImpactRecord
    | ClusterRecord
    | ProbeRecord
    | MessageRecord
    | UpdateRecord
    | NoteRecord
    | ThinkRecord
    | BetRecord
    | OutcomeRecord
    | FreezeRecord
    | TicketRecord
    | ReminderRecord
    | AcknowledgeRecord
    | TimeRecord
    | CloseRecord
)
