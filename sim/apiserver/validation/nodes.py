"""Nodes: taints, and the addresses of pods that a node keeps for life."""

from __future__ import annotations

from sim.apimachinery.errors import Cause, forbidden_value
from sim.apimachinery.wire import Obj
from sim.apiserver.validation import spelling
from sim.apiserver.validation.names import check_spelling
from sim.apiserver.validation.scheduling import check_taints

_ONCE = 'node updates may not change {} except from "" to valid'


def check_node(node: Obj) -> list[Cause]:
    """Return the causes why a node is refused."""
    spec = node.get("spec") or {}
    # The server names taints as if they stood in the metadata (ValidateNode).
    causes = check_taints("metadata.taints", spec.get("taints") or [])
    for index, one in enumerate(spec.get("podCIDRs") or ()):
        causes += check_spelling(f"spec.podCIDRs[{index}]", one, spelling.network)
    return causes


def check_node_kept(new: Obj, old: Obj) -> list[Cause]:
    """Return the causes why a node may not change like that."""
    given, held = new.get("spec") or {}, old.get("spec") or {}
    causes: list[Cause] = []
    if held.get("podCIDRs") and given.get("podCIDRs") != held["podCIDRs"]:
        causes.append(forbidden_value("spec.podCIDRs", _ONCE.format("podCIDR")))
    if held.get("providerID") and given.get("providerID") != held["providerID"]:
        causes.append(forbidden_value("spec.providerID", _ONCE.format("providerID")))
    return causes
