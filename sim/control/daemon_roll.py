"""The next step of a DaemonSet's rolling update, as pure arithmetic.

Thanks to this file no more pods are missing, or doubled, than the strategy allows. It must not know
the API server (pkg/controller/daemon/update.go).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sim.apimachinery.meta import labels_of
from sim.apimachinery.wire import Obj
from sim.control.pods import REVISION_LABEL
from sim.control.rollout import resolve


class Stand(NamedTuple):
    """How a roll stands on one node; pods that are being deleted are left out."""

    node: str
    fresh: Sequence[Obj]
    """Pods of the current template."""
    stale: Sequence[Obj]
    """Pods of another template."""
    available: Sequence[str]
    """The uids of those among them that count as available."""

    def is_available(self, pod: Obj) -> bool:
        """True when *pod* is one of the available ones."""
        return pod["metadata"]["uid"] in self.available


class Limits(NamedTuple):
    """maxUnavailable and maxSurge in nodes; one of them is 0."""

    unavailable: int
    surge: int


class Step(NamedTuple):
    """What to do now."""

    delete: Sequence[Obj]
    create: Sequence[str]
    """Nodes that get a second pod."""


def roll_limits(daemonset: Obj, nodes: int) -> Limits:
    """Return the limits for a set that belongs on *nodes* nodes; percentages are rounded up."""
    rolling = (daemonset["spec"].get("updateStrategy") or {}).get("rollingUpdate") or {}
    surge = resolve(rolling.get("maxSurge", 0), nodes, up=True)
    if surge:
        return Limits(0, surge)
    return Limits(resolve(rolling.get("maxUnavailable", 1), nodes, up=True), 0)


def replacing_step(stands: Sequence[Stand], limits: Limits) -> Step:
    """Delete as many outdated pods as may be missing; their nodes get new ones when they have gone.

    An outdated pod that is not available is no loss and goes at once.
    """
    missing = 0
    broken: list[Obj] = []
    candidates: list[Obj] = []
    for stand in stands:
        if len(stand.fresh) + len(stand.stale) != 1:
            missing += 1
        elif stand.fresh:
            missing += not stand.is_available(stand.fresh[0])
        elif stand.is_available(stand.stale[0]):
            candidates.append(stand.stale[0])
        else:
            broken.append(stand.stale[0])
    return Step([*broken, *candidates[: max(0, limits.unavailable - missing)]], ())


def surging_step(stands: Sequence[Stand], limits: Limits) -> Step:
    """Put new pods beside as many old ones as may be doubled; delete the old where the new is up."""
    doubled = 0
    done: list[Obj] = []
    broken: list[str] = []
    candidates: list[str] = []
    for stand in stands:
        if not stand.stale:
            continue
        if not stand.fresh:
            up = stand.is_available(stand.stale[0])
            (candidates if up else broken).append(stand.node)
        elif stand.is_available(stand.fresh[0]):
            done += stand.stale
        else:
            doubled += 1
    return Step(done, [*broken, *candidates[: max(0, limits.surge - doubled)]])


def is_pair(running: Sequence[Obj]) -> bool:
    """True when the first two pods are of different templates."""
    hashes = [labels_of(pod).get(REVISION_LABEL) for pod in running[:2]]
    return len(hashes) == 2 and hashes[0] != hashes[1]
