"""Finding a real cluster and its machines: ours by its name and mark, another by its context alone.

Nothing is changed here.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.apimachinery.wire import Obj
from sim.backends.kind.aliases import Aliases
from sim.backends.kind.hold import Hold
from sim.backends.kind.journal import Journal
from sim.backends.kind.places import MARK, OWN_CLUSTER, OWN_CONTEXT, state_folder
from sim.backends.kind.tools import FailedToolError, Tools
from sim.client.endpoint import Endpoint, KubeconfigError
from sim.client.https import HttpsTransport, UnreachableError
from sim.client.rest import ApiStatusError, RestClient
from sim.kernel import Environment

CONTROL_PLANE_LABELS = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
KIND_LABEL = "io.x-k8s.kind.cluster"
"""The docker label in which kind writes a cluster's name, on each of its containers."""
WORKERS = 3


class NoClusterError(Exception):
    """There is no cluster that can be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class KindCluster:
    """A real cluster whose nodes are containers on this machine, each called like its node."""

    context: str
    """`kind-uncordon`, or what `--context` said."""
    endpoint: Endpoint
    """Where its API server is, and how to show who asks."""
    made_by_us: bool
    """Whether the cluster itself may be deleted."""
    aliases: Aliases
    """Every node, by the scenario's name and by its own."""
    uid: str
    """The uid of kube-system, which no other cluster has."""
    version: str
    """`v1.20.2`."""
    addresses: Mapping[str, str]
    """Real node name -> InternalIP."""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    @property
    def state(self) -> Path:
        """The folder of what must outlive us."""
        return state_folder(self.context, self.environ)

    @property
    def journal(self) -> Journal:
        """What has been done to it and not undone: `cluster.journal.did(...)` before every change."""
        return Journal(self.context, cluster=self.uid, environ=self.environ)

    @property
    def tools(self) -> Tools:
        """`docker` and `kind`."""
        return Tools(self.environ)

    def hold(self, what: str) -> Hold:
        """Return its exclusive use for *what*, to be entered: `with cluster.hold("run 7f3a"): ...`."""
        return Hold(self.context, what, self.environ)

    def transport(self, env: Environment | None = None) -> HttpsTransport:
        """Return a door to its API server; who only sends needs no *env*."""
        return HttpsTransport(self.endpoint, env or Environment())


def own_containers(tools: Tools) -> dict[str, bool]:
    """Return the containers of kind's cluster `uncordon`, running or not: name -> whether we made it."""
    filter_ = f"label={KIND_LABEL}={OWN_CLUSTER}"
    names = tools.docker("ps", "--all", "--quiet", "--no-trunc", "--filter", filter_).out.split()
    return (
        {}
        if not names
        else {one["Name"].lstrip("/"): _marked(one) for one in _inspect(tools, names)}
    )


def find_cluster(context: str = "", environ: Mapping[str, str] = os.environ) -> KindCluster:
    """Return the cluster that we made, or with *context* the one that a kubeconfig calls so.

    Raises:
        NoClusterError: if it is not there or cannot be used.
        ToolError: if docker cannot be asked.
    """
    tools = Tools(environ)
    ours = False
    if context in ("", OWN_CONTEXT):
        containers = own_containers(tools)
        ours = bool(containers) and all(containers.values())
        if not ours and not context:
            raise NoClusterError(
                f"kind's cluster {OWN_CLUSTER} was not made by uncordon: name it with --context "
                f"{OWN_CONTEXT} if it may be used"
                if containers
                else "there is no cluster: `uncordon kind up` makes one, --context NAME takes one of yours"
            )
    endpoint = own_endpoint(environ) if ours else _foreign_endpoint(context, environ)
    return _look(context or OWN_CONTEXT, endpoint, ours, tools)


def own_endpoint(environ: Mapping[str, str]) -> Endpoint:
    """Return where the API server of our cluster is, as kind wrote it down."""
    path = state_folder(OWN_CONTEXT, environ) / "kubeconfig"
    try:
        return Endpoint.of(path, OWN_CONTEXT)
    except (OSError, KubeconfigError, ValueError) as error:
        msg = (
            f"cannot use {path} ({_reason(error)}): the cluster is not complete; "
            "`uncordon kind down` removes it, `uncordon kind up` makes it anew"
        )
        raise NoClusterError(msg) from error


def _foreign_endpoint(context: str, environ: Mapping[str, str]) -> Endpoint:
    try:
        return Endpoint.find(context, environ)
    except (OSError, KubeconfigError, ValueError) as error:
        msg = (
            f"cannot use --context {context}: {_reason(error)}; `kubectl config get-contexts` lists those "
            "that there are, KUBECONFIG says in which file"
        )
        raise NoClusterError(msg) from error


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", "") or error)


def _look(context: str, endpoint: Endpoint, ours: bool, tools: Tools) -> KindCluster:
    rest = RestClient(HttpsTransport(endpoint, Environment()))
    try:
        version = rest.get("/version")["gitVersion"]
        uid = rest.get("/api/v1/namespaces/kube-system")["metadata"]["uid"]
        nodes = rest.items("/api/v1/nodes")
    except UnreachableError as error:
        advice = (
            "`uncordon kind up` starts nodes that stand still"
            if ours
            else f"see to it that `kubectl --context {context} get nodes` is answered"
        )
        msg = f"the API server of {context} at {endpoint.server} does not answer: {error}; {advice}"
        raise NoClusterError(msg) from error
    except ApiStatusError as error:
        msg = f"the API server of {context} refuses: {error.message}"
        raise NoClusterError(msg) from error
    addresses = {node["metadata"]["name"]: _address(node) for node in nodes}
    planes = [name for name, node in zip(addresses, nodes, strict=True) if _is_control_plane(node)]
    workers = [name for name in addresses if name not in planes]
    if not planes or len(workers) < WORKERS:
        msg = (
            f"{context} has {len(planes)} control planes and {len(workers)} workers; "
            f"at least 1 and {WORKERS} are needed: add workers, or take another cluster"
        )
        raise NoClusterError(msg)
    _check_containers(context, addresses, tools)
    return KindCluster(
        context, endpoint, ours, Aliases.of(planes, workers), uid, version, addresses, tools.environ
    )


def _is_control_plane(node: Obj) -> bool:
    labels = node["metadata"].get("labels") or {}
    return any(label in labels for label in CONTROL_PLANE_LABELS)


def _address(node: Obj) -> str:
    for one in node["status"].get("addresses") or ():
        if one["type"] == "InternalIP":
            return str(one["address"])
    return ""


def _check_containers(context: str, addresses: Mapping[str, str], tools: Tools) -> None:
    """See to it that the containers called like the nodes are the nodes.

    Raises:
        NoClusterError: naming the first node for which that is not so.
    """
    try:
        containers = _inspect(tools, list(addresses))
    except FailedToolError as error:
        lost = re.search(r"[Nn]o such container: (\S+)", error.complaint)
        if lost is None:
            raise
        msg = (
            f"node {lost[1]} of {context} is no container of this "
            "machine's docker; only clusters whose nodes are can be used"
        )
        raise NoClusterError(msg) from error
    for container, (name, address) in zip(containers, addresses.items(), strict=True):
        networks = (container.get("NetworkSettings") or {}).get("Networks") or {}
        held = {
            one.get(key) for one in networks.values() for key in ("IPAddress", "GlobalIPv6Address")
        }
        if address not in held:
            msg = (
                f"the container {name} is not the node {name} of {context}: "
                f"it has not the node's address {address}"
            )
            raise NoClusterError(msg)


def _inspect(tools: Tools, names: list[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(tools.docker("container", "inspect", *names).out)
    return found


def _marked(container: dict[str, Any]) -> bool:
    """Return whether a container has the mount that our configuration, and no other, gives it."""
    return any(one.get("Destination") == MARK for one in container.get("Mounts") or ())
