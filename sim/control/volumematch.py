"""Which volume a claim may have: class, mode, size, labels, and where it can be reached from.

Thanks to this file the smallest volume that is enough is taken. It must not write
(pkg/controller/volume/persistentvolume/index.go, pkg/volume/util).
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from sim.apimachinery.labels import match_label_selector
from sim.apimachinery.meta import annotations_of, is_terminating, labels_of
from sim.apimachinery.quantity import parse_quantity
from sim.apimachinery.wire import Obj
from sim.control.placement import matches_term

CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"
SELECTED_NODE = "volume.kubernetes.io/selected-node"
BIND_COMPLETED = "pv.kubernetes.io/bind-completed"
BOUND_BY = "pv.kubernetes.io/bound-by-controller"


def class_of(obj: Obj) -> str:
    """Return the storage class of a claim or volume, "" for none."""
    annotated = annotations_of(obj).get(CLASS_ANNOTATION)
    return str(annotated or obj["spec"].get("storageClassName") or "")


def size_asked(claim: Obj) -> Fraction:
    """Return the bytes that *claim* asks for."""
    requests = (claim["spec"].get("resources") or {}).get("requests") or {}
    return parse_quantity(str(requests.get("storage", "0")))


def size_of(volume: Obj) -> Fraction:
    """Return the bytes of *volume*."""
    return parse_quantity(str((volume["spec"].get("capacity") or {}).get("storage", "0")))


def phase(obj: Obj) -> str:
    """Return status.phase of a claim or volume."""
    return str((obj.get("status") or {}).get("phase", "Pending"))


def is_bound(claim: Obj) -> bool:
    """True when claim and volume have found each other for good."""
    return bool(claim["spec"].get("volumeName")) and BIND_COMPLETED in annotations_of(claim)


def is_claimed_by(volume: Obj, claim: Obj) -> bool:
    """True when *volume* is reserved for *claim*, by name at least."""
    reference = volume["spec"].get("claimRef")
    metadata = claim["metadata"]
    if not reference:
        return False
    if (reference.get("namespace"), reference.get("name")) != (
        metadata["namespace"],
        metadata["name"],
    ):
        return False
    return reference.get("uid", "") in ("", metadata["uid"])


def mismatch(volume: Obj, claim: Obj) -> str:
    """Return why *volume*, asked for by name, does not satisfy *claim*; "" if it does."""
    if size_of(volume) < size_asked(claim):
        return "requested PV is too small"
    if class_of(volume) != class_of(claim):
        return "storageClassName does not match"
    if _mode(volume) != _mode(claim):
        return "incompatible volumeMode"
    if not _has_modes(volume, claim):
        return "incompatible accessMode"
    return ""


def best_match(
    claim: Obj, volumes: Iterable[Obj], *, node: Obj | None = None, delayed: bool = False
) -> Obj | None:
    """Return the volume for *claim*: one reserved for it, else the smallest free one that will do.

    With *node* it must be reachable from there. A *delayed* claim without a node gets only a volume
    that was reserved for it.
    """
    selector = claim["spec"].get("selector")
    matches = match_label_selector(selector) if selector else None
    best: Obj | None = None
    for volume in sorted(volumes, key=lambda one: (size_of(one), one["metadata"]["name"])):
        if is_terminating(volume):
            continue
        if is_claimed_by(volume, claim):
            return volume if not mismatch(volume, claim) else None
        if volume["spec"].get("claimRef") or phase(volume) != "Available" or best is not None:
            continue
        if delayed and node is None:
            continue
        if mismatch(volume, claim) or (matches and not matches.matches(labels_of(volume))):
            continue
        if node is None or reaches(volume, node):
            best = volume
    return best


def reaches(volume: Obj, node: Obj) -> bool:
    """True when *volume* can be used on *node*, by its node affinity."""
    required = (volume["spec"].get("nodeAffinity") or {}).get("required") or {}
    terms = required.get("nodeSelectorTerms") or ()
    return not terms or any(matches_term(term, node) for term in terms)


def _mode(obj: Obj) -> str:
    return str(obj["spec"].get("volumeMode") or "Filesystem")


def _has_modes(volume: Obj, claim: Obj) -> bool:
    offered = volume["spec"].get("accessModes") or ()
    return all(mode in offered for mode in claim["spec"].get("accessModes") or ())
