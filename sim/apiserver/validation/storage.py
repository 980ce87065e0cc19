"""Storage: persistent volumes, claims and classes, and what may change of them later.

It must not know which volume a claim gets.
"""

from __future__ import annotations

from typing import Any

from sim.apimachinery.errors import (
    Cause,
    forbidden_value,
    invalid_value,
    required,
    unsupported_value,
)
from sim.apimachinery.quantity import parse_quantity
from sim.apimachinery.wire import Obj
from sim.apiserver.validation.godiff import go_diff
from sim.apiserver.validation.names import check_key, check_subdomain
from sim.apiserver.validation.selectors import check_node_selector, check_selector
from sim.apiserver.validation.values import amount, immutable, one_of, positive_amount

_ACCESS = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
_MODES = ("Block", "Filesystem")
_RECLAIM = ("Delete", "Recycle", "Retain")
_BINDING = ("Immediate", "WaitForFirstConsumer")
_ALONE = "may not use ReadWriteOncePod with other access modes"
_OWN_FIELDS = frozenset(
    {
        "accessModes",
        "capacity",
        "claimRef",
        "mountOptions",
        "nodeAffinity",
        "persistentVolumeReclaimPolicy",
        "storageClassName",
        "volumeAttributesClassName",
        "volumeMode",
    }
)
"""Fields of a volume's spec that are not its source."""


def _check_access(field: str, modes: list[str]) -> list[Cause]:
    if not modes:
        return [required(f"{field}.accessModes", "at least 1 access mode is required")]
    causes = [
        unsupported_value(f"{field}.accessModes", mode, _ACCESS)
        for mode in modes
        if mode not in _ACCESS
    ]
    known = [mode for mode in modes if mode in _ACCESS]
    if "ReadWriteOncePod" in known and any(mode != "ReadWriteOncePod" for mode in known):
        causes.append(forbidden_value(f"{field}.accessModes", _ALONE))
    return causes


def check_claim_spec(field: str, spec: Obj) -> list[Cause]:
    """Return the causes why a claim's spec is refused."""
    causes = _check_access(field, spec.get("accessModes") or [])
    causes += check_selector(f"{field}.selector", spec.get("selector"))
    size = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    here = f"{field}.resources[storage]"
    if size is None:
        causes.append(required(here))
    else:
        causes += positive_amount(here, size) or amount(here, size, whole=False)
    for name in ("storageClassName", "volumeAttributesClassName"):
        if spec.get(name):
            causes += check_subdomain(f"{field}.{name}", spec[name])
    causes += one_of(f"{field}.volumeMode", spec.get("volumeMode"), _MODES, optional=True)
    source = spec.get("dataSource")
    if source:
        causes += [
            required(f"{field}.dataSource.{name}")
            for name in ("name", "kind")
            if not source.get(name)
        ]
        if not source.get("apiGroup") and source.get("kind") != "PersistentVolumeClaim":
            rule = "must be 'PersistentVolumeClaim' when referencing the default apiGroup"
            causes.append(invalid_value(f"{field}.dataSource", source.get("kind", ""), rule))
    return causes


def check_claim(claim: Obj) -> list[Cause]:
    """Return the causes why a PersistentVolumeClaim is refused."""
    return check_claim_spec("spec", claim.get("spec") or {})


def _size(spec: Obj) -> Any:
    return ((spec.get("resources") or {}).get("requests") or {}).get("storage", 0)


def _settled(spec: Obj, held: Obj, *, bound: bool) -> Obj:
    """Return *spec* with what may change set to what stands."""
    same = dict(spec)
    if not held.get("volumeName") and "volumeName" in spec:
        same.pop("volumeName")
    if held.get("storageClassName") is None and spec.get("storageClassName") is not None:
        same.pop("storageClassName")
    if bound:
        same["resources"] = held.get("resources")
        if spec.get("volumeAttributesClassName") is not None:
            same["volumeAttributesClassName"] = held.get("volumeAttributesClassName")
    return {key: value for key, value in same.items() if value is not None}


def check_claim_kept(new: Obj, old: Obj) -> list[Cause]:
    """Return the causes why a claim may not change like that: only a bound one may ask for more."""
    given, held = new.get("spec") or {}, old.get("spec") or {}
    causes: list[Cause] = []
    bound = (new.get("status") or {}).get("phase") == "Bound"
    settled = _settled(given, held, bound=bound)
    if settled != {key: value for key, value in held.items() if value is not None}:
        detail = (
            "spec is immutable after creation except resources.requests and "
            "volumeAttributesClassName for bound claims\n"
        )
        shown = go_diff("core.PersistentVolumeClaimSpec", CLAIM_FIELDS, held, settled)
        causes.append(forbidden_value("spec", detail + shown))
    before, after = parse_quantity(_size(held)), parse_quantity(_size(given))
    capacity = ((old.get("status") or {}).get("capacity") or {}).get("storage", 0)
    if after < before and after <= parse_quantity(capacity):
        detail = "field can not be less than status.capacity"
        causes.append(forbidden_value("spec.resources.requests.storage", detail))
    return causes + immutable("volumeMode", given.get("volumeMode"), held.get("volumeMode"))


CLAIM_FIELDS = (
    "accessModes",
    "selector",
    "resources",
    "volumeName",
    "storageClassName",
    "volumeMode",
    "dataSource",
    "dataSourceRef",
    "volumeAttributesClassName",
)
"""In the order of the server's own type (pkg/apis/core/types.go)."""


def check_volume(volume: Obj) -> list[Cause]:
    """Return the causes why a PersistentVolume is refused."""
    spec = volume.get("spec") or {}
    modes = spec.get("accessModes") or []
    causes: list[Cause] = [] if modes else [required("spec.accessModes")]
    causes += [
        unsupported_value("spec.accessModes", mode, _ACCESS)
        for mode in modes
        if mode not in _ACCESS
    ]
    if "ReadWriteOncePod" in modes and len(modes) > 1:
        causes.append(forbidden_value("spec.accessModes", _ALONE))
    capacity = spec.get("capacity") or {}
    if not capacity:
        causes.append(required("spec.capacity"))
    elif "storage" not in capacity or len(capacity) > 1:
        shown = unsupported_value("spec.capacity", "", ("storage",))
        keys = "{" + ",".join(f'"{key}":"{value}"' for key, value in capacity.items()) + "}"
        causes.append(shown._replace(message=shown.message.replace('""', keys, 1)))
    for name, quantity in capacity.items():
        causes += positive_amount(f"spec.capacity[{name}]", quantity)
    policy = spec.get("persistentVolumeReclaimPolicy")
    causes += one_of("spec.persistentVolumeReclaimPolicy", policy, _RECLAIM, optional=True)
    affinity = (spec.get("nodeAffinity") or {}).get("required")
    if affinity is not None:
        causes += check_node_selector("spec.nodeAffinity.required", affinity)
    sources = [key for key in spec if key not in _OWN_FIELDS and isinstance(spec[key], dict)]
    if not sources:
        causes.append(required("spec", "must specify a volume type"))
    detail = "may not specify more than 1 volume type"
    causes += [forbidden_value(f"spec.{name}", detail) for name in sources[1:]]
    causes += _check_source(spec, affinity)
    if spec.get("storageClassName"):
        causes += check_subdomain("spec.storageClassName", spec["storageClassName"])
    return causes + one_of("spec.volumeMode", spec.get("volumeMode"), _MODES, optional=True)


def _check_source(spec: Obj, affinity: Obj | None) -> list[Cause]:
    causes: list[Cause] = []
    host, local, nfs = spec.get("hostPath"), spec.get("local"), spec.get("nfs")
    if host is not None and not host.get("path"):
        causes.append(required("spec.hostPath.path"))
    if local is not None:
        if not local.get("path"):
            causes.append(required("spec.local.path"))
        if affinity is None:
            detail = "Local volume requires node affinity"
            causes.append(required("spec.nodeAffinity", detail))
    if nfs is not None:
        causes += [required(f"spec.nfs.{name}") for name in ("server", "path") if not nfs.get(name)]
    csi = spec.get("csi")
    if csi is not None:
        wanted = ("driver", "volumeHandle")
        causes += [required(f"spec.csi.{name}") for name in wanted if not csi.get(name)]
    return causes


def _source(spec: Obj) -> Obj:
    return {key: value for key, value in spec.items() if key not in _OWN_FIELDS}


def check_volume_kept(new: Obj, old: Obj) -> list[Cause]:
    """Return the causes why a PersistentVolume may not change like that."""
    given, held = new.get("spec") or {}, old.get("spec") or {}
    causes: list[Cause] = []
    if _source(given) != _source(held):
        names = tuple(dict.fromkeys([*_source(held), *_source(given)]))
        shown = go_diff("core.PersistentVolumeSource", names, _source(held), _source(given))
        detail = f"spec.persistentvolumesource is immutable after creation\n{shown}"
        causes.append(forbidden_value("spec.persistentvolumesource", detail))
    causes += immutable("volumeMode", given.get("volumeMode"), held.get("volumeMode"))
    if held.get("nodeAffinity") is not None:
        causes += immutable("nodeAffinity", given.get("nodeAffinity"), held["nodeAffinity"])
    return causes


def check_class(obj: Obj) -> list[Cause]:
    """Return the causes why a StorageClass is refused."""
    provisioner = obj.get("provisioner", "")
    causes = (
        [
            invalid_value("provisioner", provisioner, cause.message.split(": ", 2)[2])
            for cause in check_key("provisioner", provisioner.lower())
        ]
        if provisioner
        else [required("provisioner")]
    )
    causes += one_of("reclaimPolicy", obj.get("reclaimPolicy"), ("Delete", "Retain"), optional=True)
    mode = obj.get("volumeBindingMode")
    return causes + one_of("volumeBindingMode", mode, _BINDING)


def check_class_kept(new: Obj, old: Obj) -> list[Cause]:
    """Return the causes why a StorageClass may not change like that."""
    causes: list[Cause] = []
    if (new.get("parameters") or {}) != (old.get("parameters") or {}):
        causes.append(forbidden_value("parameters", "updates to parameters are forbidden."))
    if new.get("provisioner") != old.get("provisioner"):
        causes.append(forbidden_value("provisioner", "updates to provisioner are forbidden."))
    if new.get("reclaimPolicy") != old.get("reclaimPolicy"):
        causes.append(forbidden_value("reclaimPolicy", "updates to reclaimPolicy are forbidden."))
    mode = "volumeBindingMode"
    return causes + immutable(mode, new.get(mode), old.get(mode))
