"""What admission does to claims and volumes: default class, finalizers, no growth without consent.

The plugins DefaultStorageClass, StorageObjectInUseProtection and PersistentVolumeClaimResize. This
file must not know where data lie.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from sim.apimachinery.quantity import parse_quantity
from sim.apimachinery.wire import Obj
from sim.apiserver.admission.attributes import Attributes

if TYPE_CHECKING:
    from sim.apiserver.store import Store

DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
DEFAULT_INGRESS_CLASS = "ingressclass.kubernetes.io/is-default-class"
CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"
PROTECTION = {
    "persistentvolumeclaims": "kubernetes.io/pvc-protection",
    "persistentvolumes": "kubernetes.io/pv-protection",
}


def give_class(store: Store, attributes: Attributes) -> Obj | None:
    """Return the claim with the default storage class, None if it needs none or there is none."""
    claim = attributes.new
    if claim is None:
        return None
    spec = claim.get("spec") or {}
    annotations = claim["metadata"].get("annotations") or {}
    if "storageClassName" in spec or CLASS_ANNOTATION in annotations:
        return None
    name = default_class(store, "storageclasses", DEFAULT_CLASS)
    return {**claim, "spec": {**spec, "storageClassName": name}} if name else None


def give_ingress_class(store: Store, attributes: Attributes) -> Obj | None:
    """Return the ingress with the default class, None if it needs none or there is none."""
    ingress = attributes.new
    if ingress is None:
        return None
    spec = ingress.get("spec") or {}
    annotations = ingress["metadata"].get("annotations") or {}
    if "ingressClassName" in spec or "kubernetes.io/ingress.class" in annotations:
        return None
    name = default_class(store, "ingressclasses", DEFAULT_INGRESS_CLASS)
    return {**ingress, "spec": {**spec, "ingressClassName": name}} if name else None


def default_class(store: Store, resource: str, annotation: str) -> str:
    """Return the name of the newest class that is marked as default, or ""."""
    marked = [
        one["metadata"]
        for one in store.list(resource)
        if (one["metadata"].get("annotations") or {}).get(annotation) == "true"
    ]
    if not marked:
        return ""
    newest = max(one.get("creationTimestamp", "") for one in marked)
    return str(next(one["name"] for one in marked if one.get("creationTimestamp", "") == newest))


def protect(attributes: Attributes) -> Obj | None:
    """Return the claim or volume with the finalizer that keeps it while it is in use."""
    obj = attributes.new
    if obj is None:
        return None
    metadata = obj["metadata"]
    held = metadata.get("finalizers") or []
    finalizer = PROTECTION[attributes.info.plural]
    if finalizer in held:
        return None
    return {**obj, "metadata": {**metadata, "finalizers": [*held, finalizer]}}


def check_resize(store: Store, attributes: Attributes) -> None:
    """Refuse the growth of a claim whose class does not allow it; raises ApiError Forbidden."""
    new, old = attributes.new, attributes.old
    if new is None or old is None or _size(new) <= _size(old):
        return
    if (old.get("status") or {}).get("phase") != "Bound":
        raise attributes.refused("Only bound persistent volume claims can be expanded")
    name = (old.get("spec") or {}).get("storageClassName", "")
    found = store.get("storageclasses", "", name) if name else None
    if found is None or not found.get("allowVolumeExpansion"):
        raise attributes.refused(
            "only dynamically provisioned pvc can be resized and the storageclass that provisions "
            "the pvc must support resize"
        )


def _size(claim: Obj) -> Fraction:
    requests = ((claim.get("spec") or {}).get("resources") or {}).get("requests") or {}
    return parse_quantity(requests.get("storage", "0"))
