"""Kind mode for the command line and the web: plain data and sentences, never the cluster itself.

The cluster's side is imported when it is asked for: most who play never do.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.backends.kind.cluster import KindCluster

Progress = Callable[[str], None]


class NoKindClusterError(Exception):
    """It cannot be done; the message is for people and says what to do next."""


@dataclass(frozen=True, slots=True)
class State:
    """How a cluster stands."""

    up: bool
    """Whether a run may be played on it now: it answers and every node is Ready."""
    sentence: str
    """`kind-uncordon is up: v1.35.0, 4 nodes Ready`."""
    context: str
    made_by_us: bool = False
    server: str = ""
    """Its API server's address."""
    kubeconfig: str = ""
    """A file for your own kubectl, for a cluster that we made."""
    nodes: tuple[tuple[str, str], ...] = ()
    """(the scenario's name, the node's own)."""
    user: str = ""
    """Who uses it now: `run 7f3a, process 4711`."""
    left: tuple[str, ...] = ()
    """Changes that were not put back: `kube-proxy of uncordon-worker3 limited to 24Mi`."""


def up(
    progress: Progress,
    *,
    context: str = "",
    node_image: str = "",
    own_python: bool = False,
    audit: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> State:
    """Make our cluster, or get the one that *context* names ready; return how it stands.

    Raises:
        NoKindClusterError: if that fails.
    """
    from sim.backends.kind import lifecycle  # noqa: PLC0415

    with told():
        wishes = lifecycle.Wishes(node_image, own_python, audit)
        lifecycle.up(progress, context=context, wishes=wishes, environ=environ)
    return state(context, environ=environ)


def down(
    progress: Progress,
    *,
    context: str = "",
    with_images: bool = False,
    forget: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> None:
    """Delete our cluster, or undo and delete what is ours in the one that *context* names.

    *forget* leaves the cluster alone, because it is gone, and drops what is remembered of it.

    Raises:
        NoKindClusterError: if something stays.
    """
    from sim.backends.kind import lifecycle  # noqa: PLC0415

    with told():
        lifecycle.down(
            progress, context=context, with_images=with_images, forget=forget, environ=environ
        )


def restore(
    progress: Progress,
    *,
    context: str = "",
    forget: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> int:
    """Undo what was changed in a cluster and not put back; return how many changes that were.

    Raises:
        NoKindClusterError: if one could not be undone.
    """
    from sim.backends.kind import lifecycle  # noqa: PLC0415

    with told():
        return lifecycle.restore(progress, context=context, forget=forget, environ=environ)


def cluster(context: str = "", *, environ: Mapping[str, str] = os.environ) -> KindCluster:
    """Return our cluster, or the one that *context* names, for a run to be played on.

    Raises:
        NoKindClusterError: if there is none that can be used.
    """
    from sim.backends.kind.cluster import find_cluster  # noqa: PLC0415

    with told():
        return find_cluster(context, environ)


def state(context: str = "", *, environ: Mapping[str, str] = os.environ) -> State:
    """Return how our cluster stands, or the one that *context* names; nothing is changed."""
    from sim.backends.kind.hold import user_of  # noqa: PLC0415
    from sim.backends.kind.journal import Journal, JournalError  # noqa: PLC0415
    from sim.backends.kind.lifecycle import stale, unready  # noqa: PLC0415
    from sim.backends.kind.places import OWN_CONTEXT, state_folder  # noqa: PLC0415
    from sim.backends.kind.reaching import keeps_away  # noqa: PLC0415
    from sim.client.rest import RestClient  # noqa: PLC0415

    name = context or OWN_CONTEXT
    user = user_of(name, environ)
    try:
        held = Journal(name, environ=environ).entries()
    except JournalError as error:
        return State(up=False, sentence=str(error), context=name, user=user)
    left = tuple(one.what for one in held if not one.lasting)
    try:
        found = cluster(context, environ=environ)
        waiting = unready(RestClient(found.transport()))
    except (NoKindClusterError, OSError) as error:
        left = tuple(one.what for one in held if not one.lasting or keeps_away(one))
        return State(up=False, sentence=str(error), context=name, user=user, left=left)
    if why := stale(found):
        return State(up=False, sentence=why, context=name, user=user)
    nodes = tuple(found.aliases.nodes.items())
    sentence = f"{name} is up: {found.version}, {len(nodes)} nodes Ready"
    if waiting:
        again = "" if found.made_by_us else f" --context {name}"
        sentence = (
            f"{name} answers ({found.version}), but not Ready: {', '.join(waiting)}; "
            f"`uncordon kind up{again}` waits for them"
        )
    return State(
        up=not waiting,
        sentence=sentence,
        context=name,
        made_by_us=found.made_by_us,
        server=found.endpoint.server,
        kubeconfig=str(state_folder(name, environ) / "kubeconfig") if found.made_by_us else "",
        nodes=nodes,
        user=user,
        left=left,
    )


@contextmanager
def told() -> Iterator[None]:
    """Turn what may go wrong with a cluster into NoKindClusterError; our own mistakes pass."""
    from sim.backends.kind.auditsetup import AuditError  # noqa: PLC0415
    from sim.backends.kind.cluster import NoClusterError  # noqa: PLC0415
    from sim.backends.kind.hold import BusyError  # noqa: PLC0415
    from sim.backends.kind.journal import JournalError  # noqa: PLC0415
    from sim.backends.kind.lifecycle import LifecycleError  # noqa: PLC0415
    from sim.backends.kind.preflight import PACKAGES, PreflightError, sentence_of  # noqa: PLC0415
    from sim.backends.kind.tools import ToolError  # noqa: PLC0415
    from sim.client.https import UnreachableError  # noqa: PLC0415
    from sim.client.rest import ApiStatusError  # noqa: PLC0415

    try:
        yield
    except (
        *(NoClusterError, BusyError, JournalError, LifecycleError, PreflightError, ToolError),
        *(UnreachableError, ApiStatusError, AuditError),
    ) as error:
        said = sentence_of(error) if isinstance(error, ToolError) else str(error)
        raise NoKindClusterError(said) from error
    except ModuleNotFoundError as error:
        if error.name not in PACKAGES:
            raise
        msg = f"{error.name} is not installed: pip install 'uncordon[kind]', then try again"
        raise NoKindClusterError(msg) from error
