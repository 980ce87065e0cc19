"""The specs of faults: what the scenario does to the cluster, and when.

One class a family; what carries it out lives in the fault families, found by `fault`. Each names
the backends that can do it.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field

from sim.scenario.fields import Duration, DurationRange, Name, RoleName, Size, Spec

SIMULATED = "simulated"
KIND = "kind"
BACKENDS = (SIMULATED, KIND)
"""Where a scenario can be played, by the names of its backends."""


class _Timed(Spec):
    BACKENDS: ClassVar[tuple[str, ...]] = BACKENDS
    """Those that can do it."""
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

    BACKENDS: ClassVar[tuple[str, ...]] = (SIMULATED,)  # nobody else has pods on a real cluster
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


class _Real(_Timed):
    """What only a real cluster can have; in the model it comes of itself, from laws."""

    BACKENDS: ClassVar[tuple[str, ...]] = (KIND,)
    lasting: DurationRange | None = None
    """How long until it is taken back by itself; left out: until the run is over."""


class StarveProxy(_Real):
    """Start kube-proxy anew on one node with too little memory to write its rules; then flush them.

    The node stays Ready. Who is connected stays so; new connections to Service addresses fail.
    """

    fault: Literal["starve-proxy"]
    node: RoleName
    """The role of the node, e.g. `node.bad`."""
    limit: Size
    """Memory limit in kube-proxy's DaemonSet; below what it needs for this number of Services."""
    flush_after: Duration = 25_000
    """From the restart, which leaves the rules as they were, to the flush."""


class DenyNetwork(_Real):
    """Let nobody reach an application any more, by a NetworkPolicy; the CNI has to enforce it."""

    fault: Literal["deny-network"]
    application: Name
    name: Name = "default-deny"
    """Name of the NetworkPolicy."""
    direction: Literal["in", "out"] = "in"
    """`in`: nobody reaches it; `out`: it reaches nobody, not even DNS."""
    allow: tuple[Name, ...] = ()
    """Namespaces that still reach it, or that it still reaches."""


class BreakProbe(_Real):
    """Have the kubelet probe an application in a way that cannot succeed: in time all pods fail."""

    fault: Literal["break-probe"]
    application: Name
    probe: Literal["readiness", "liveness"] = "readiness"
    path: str = ""
    """What it asks for from now on; left out: as before."""
    timeout: Duration | None = None
    """How long an answer may take; whole seconds."""
    period: Duration | None = None
    failures: int | None = Field(default=None, ge=1)


class FillDisk(_Real):
    """Leave a large file on a node, with which its kubelet reports DiskPressure and evicts pods.

    Nodes that are containers share this machine's disk and take no notice of it, so the kubelet is
    given a threshold that lies between what is free before and after.
    """

    fault: Literal["fill-disk"]
    node: RoleName
    size: Size = 2 << 30
    path: str = Field(default="/var/lib/kubelet/core.1842", pattern=r"^/var/[\w./-]+$")


class BreakDns(_Real):
    """Spoil the cluster's DNS by its configuration, as a careless change of the Corefile does."""

    fault: Literal["break-dns"]
    zone: str = "cluster.local"
    """Names below it are answered as follows."""
    answer: Literal["NXDOMAIN", "SERVFAIL", "REFUSED"] = "SERVFAIL"


Fault = Annotated[
    Rollout
    | ReplacePod
    | ReplaceOthers
    | SetSecret
    | SetPassword
    | StarveProxy
    | DenyNetwork
    | BreakProbe
    | FillDisk
    | BreakDns,
    Field(discriminator="fault"),
]

DONE_BY: dict[str, tuple[str, ...]] = {
    get_args(spec.model_fields["fault"].annotation)[0]: spec.BACKENDS
    for spec in get_args(get_args(Fault)[0])
}
"""Family -> the backends that can do it."""
