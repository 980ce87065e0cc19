"""Nodes: taints."""

from __future__ import annotations

from sim.apimachinery.errors import Cause, duplicate_value, required, unsupported_value
from sim.apimachinery.wire import Obj
from sim.apiserver.validation.names import check_labels
from sim.apiserver.validation.pods import EFFECTS


def check_node(node: Obj) -> list[Cause]:
    """Return the causes why a node is refused."""
    causes: list[Cause] = []
    seen: dict[tuple[str, str], None] = {}
    for index, taint in enumerate((node.get("spec") or {}).get("taints") or ()):
        here = f"spec.taints[{index}]"
        key, effect = taint.get("key", ""), taint.get("effect", "")
        if not key:
            causes.append(required(f"{here}.key"))
        else:
            causes += check_labels(f"{here}.key", {key: taint.get("value", "")})
        if effect not in EFFECTS:
            causes.append(unsupported_value(f"{here}.effect", effect, EFFECTS))
        if (key, effect) in seen:
            causes.append(duplicate_value(here, f"{key}:{effect}"))
        seen[key, effect] = None
    return causes
