"""What puts one change to a real cluster right again, as data that outlives the process that made it.

Nothing is done here. Each step may be done twice, and after the thing it names has gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sim.apimachinery.wire import Obj
from sim.client.rest import STRATEGIC_MERGE


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete an object that we made: one without our label is somebody else's and stays."""

    path: str
    """`/api/v1/namespaces/payments`."""


@dataclass(frozen=True, slots=True)
class Put:
    """Put an object back as it was; it is made anew if it has gone."""

    path: str
    """`/api/v1/namespaces/kube-system/configmaps/coredns`."""
    object: Obj
    """As the server gave it before the change."""


@dataclass(frozen=True, slots=True)
class Patch:
    """Patch an object, if it is still there."""

    path: str
    """`/api/v1/nodes/uncordon-worker3`."""
    body: Any
    """`{"metadata": {"labels": {"pool": None}}}`."""
    type: str = STRATEGIC_MERGE
    """Content type."""


@dataclass(frozen=True, slots=True)
class Others:
    """Delete what has come to a collection since: what controllers keep of a change, such as revisions."""

    path: str
    """`/apis/apps/v1/namespaces/kube-system/controllerrevisions`."""
    selector: str
    """Labels of those meant: `k8s-app=kube-proxy`."""
    kept: tuple[str, ...]
    """Names of those that were there before."""


@dataclass(frozen=True, slots=True)
class OnNode:
    """Run a program on a node as root, if the node is still there; it must end with 0."""

    node: str
    """The node's real name, which is its container's."""
    argv: tuple[str, ...]
    """`("sh", "-c", "rm -f /var/lib/filler")`."""
    stdin: str = ""
    """What the program reads: the text of a file to be put back, say."""
    container: str = ""
    """docker's id of the node, which no later one of that name has: with it nobody need ask the API server,
    which may be away because of what is undone here, whether the node is still the one that is meant."""


@dataclass(frozen=True, slots=True)
class Docker:
    """Run `docker` on this machine, unless the container has gone; it must end with 0."""

    argv: tuple[str, ...]
    """`("unpause", "uncordon-worker3")`."""
    fine: tuple[str, ...] = ()
    """Parts of error messages that say that it is so already: `("is not paused",)`."""


Undo = Delete | Put | Patch | Others | OnNode | Docker
_KINDS: Mapping[str, type[Undo]] = {
    one.__name__: one for one in (Delete, Put, Patch, Others, OnNode, Docker)
}
_TUPLES = {"argv", "fine", "kept"}


def encode(undo: Undo) -> dict[str, Any]:
    """Return *undo* as JSON."""
    return {"kind": type(undo).__name__, **asdict(undo)}


def decode(record: Mapping[str, Any]) -> Undo:
    """Return what `encode` was given.

    Raises:
        ValueError: if it is no such record.
    """
    kind = _KINDS.get(str(record.get("kind")))
    if kind is None:
        msg = f"no undo step is called {record.get('kind')!r}"
        raise ValueError(msg)
    values: dict[str, Any] = {key: record[key] for key in record if key != "kind"}
    for key in _TUPLES & values.keys():
        values[key] = tuple(values[key])
    try:
        return kind(**values)
    except TypeError as error:
        raise ValueError(str(error)) from error
