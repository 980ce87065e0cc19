"""Reaching a cluster again in which we have changed something: that may be why its API server is away.

It must not know what was changed, nor what the cluster is wanted for.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping

from sim.backends.kind.cluster import KindCluster, NoClusterError, find_cluster
from sim.backends.kind.hold import Hold
from sim.backends.kind.journal import Entry, Journal, NotUndoneError
from sim.backends.kind.places import OWN_CONTEXT
from sim.backends.kind.undo import OnNode
from sim.backends.kind.undoing import NodeUndoer
from sim.client.https import UnreachableError
from sim.client.rest import ApiStatusError

AWAY_S = 90.0
"""How long an API server may be away that we have told to start anew."""
BACK_S = 180.0
"""How long it may take to be back once what kept it away is undone."""
_STARTING = (429, 500, 502, 503, 504)


def reach(
    context: str,
    hold: Hold,
    progress: Callable[[str], None],
    *,
    giving_up: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> KindCluster:
    """Return the cluster; wait for its API server where we have left changes.

    If it stays away, what can be undone on the nodes without it is undone, at once if the cluster is
    being given up: that may be what keeps it away.

    Raises:
        NoClusterError, ToolError, BusyError, JournalError
    """
    journal = Journal(context or OWN_CONTEXT, environ=environ)
    at_once = giving_up and any(map(keeps_away, journal.entries()))
    end = time.monotonic() + (0.0 if at_once else AWAY_S)
    told = freed = False
    while True:
        try:
            return find_cluster(context, environ)
        except NoClusterError as error:
            changed = freed or journal.entries()
            if not (_away(error) and changed):
                raise
            if time.monotonic() >= end:
                if freed or not _free(journal, hold, progress):
                    raise _given_up(context, journal, error) from error
                freed = True
                end = time.monotonic() + BACK_S
        if not told:
            progress("wait for the API server")
            told = True
        time.sleep(1.0)


def keeps_away(entry: Entry) -> bool:
    """Return whether *entry* may keep an API server away, and can be undone without one."""
    return isinstance(entry.undo, OnNode) and bool(entry.undo.container)


def _free(journal: Journal, hold: Hold, progress: Callable[[str], None]) -> bool:
    """Undo what may keep the API server away; return whether anything was."""
    undoer = NodeUndoer(hold.tools)
    freed = False
    for entry in filter(keeps_away, reversed(journal.entries())):
        hold.claim(journal.owner)
        progress(f"undo: {entry.what}")
        try:
            journal.undo(entry.number, undoer)
        except NotUndoneError as error:
            progress(f"note: {error}")
        else:
            freed = True
    return freed


def _away(error: NoClusterError) -> bool:
    """Return whether nobody answers, or a server that has not started to the end."""
    why = error.__cause__
    return isinstance(why, UnreachableError) or (
        isinstance(why, ApiStatusError) and why.code in _STARTING
    )


def _given_up(context: str, journal: Journal, error: NoClusterError) -> NoClusterError:
    left = len(journal.entries())
    if not context or not left:
        return error
    return NoClusterError(
        f"{error}; {left} changes to it are not undone: try again when it answers, or, if it is gone, "
        f"`uncordon kind down --context {context} --forget`"
    )
