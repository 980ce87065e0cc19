"""The scale subresource: one number of replicas to read and write, whatever the kind calls it.

Built-in kinds have it in spec.replicas; a custom resource says where. This file must not know who
asked.
"""

from __future__ import annotations

from typing import Any

from sim.apimachinery.errors import bad_request, conflict, internal_error, invalid, invalid_value
from sim.apimachinery.labels import match_label_selector
from sim.apimachinery.meta import read, replace
from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.wire import Obj
from sim.apiserver.decoding import json_name

_KEPT = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
_REPLICAS = ".spec.replicas"


def scale_of(obj: Obj, paths: Obj | None = None, *, needed: bool = False) -> Obj:
    """Return the Scale of an object; *paths* are those that a custom resource's definition gives.

    Raises:
        ApiError: InternalError, if a number is *needed* and a custom object has none.
    """
    metadata, status = obj["metadata"], obj.get("status") or {}
    if paths:
        wanted = _at(obj, paths.get("specReplicasPath"))
        current = _at(obj, paths.get("statusReplicasPath"))
        selector = _at(obj, paths.get("labelSelectorPath"))
        if wanted is None and needed:
            path = paths.get("specReplicasPath")
            raise internal_error(f'the spec replicas field "{path}" does not exist')
    else:
        spec = obj["spec"]
        wanted, current = spec.get("replicas", 0), status.get("replicas", 0)
        selector = _selector(spec.get("selector"))
    scale_status: dict[str, Any] = {"replicas": current or 0}
    if selector:
        scale_status["selector"] = selector
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: metadata[key] for key in _KEPT if key in metadata},
        "spec": {"replicas": wanted} if wanted else {},
        "status": scale_status,
    }


def scaled(info: ResourceInfo, obj: Obj, wanted: Any, paths: Obj | None = None) -> Obj:
    """Return *obj* with the replicas of *wanted*, a Scale.

    Raises:
        ApiError: BadRequest, Invalid or Conflict.
    """
    if not isinstance(wanted, dict) or not isinstance(wanted.get("spec") or {}, dict):
        raise bad_request(
            'Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal '
            f"{json_name(wanted)} into Go value of type v1.Scale"
        )
    replicas = read(wanted, "spec", "replicas")
    replicas = 0 if replicas is None else replicas
    whole = isinstance(replicas, int) and not isinstance(replicas, bool)
    if not whole or not -(1 << 31) <= replicas < 1 << 31:
        found = f"number {replicas}" if whole else json_name(replicas)
        raise bad_request(
            f'Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal '
            f"{found} into Go struct field ScaleSpec.spec.replicas of type int32"
        )
    name = obj["metadata"]["name"]
    if replicas < 0:
        text = "must be greater than or equal to 0"
        cause = invalid_value("spec.replicas", replicas, text)
        raise invalid("Scale", name, [cause], "autoscaling")
    version = read(wanted, "metadata", "resourceVersion")
    if version and version != obj["metadata"]["resourceVersion"]:
        raise conflict(info.plural, name, info.group)
    path = str((paths or {}).get("specReplicasPath") or _REPLICAS)
    return replace(obj, *path.strip(".").split("."), value=replicas)


def _at(obj: Obj, path: Any) -> Any:
    return read(obj, *str(path).strip(".").split(".")) if path else None


def _selector(selector: Any) -> str:
    """Return a LabelSelector, or the plain map of old kinds, as text."""
    if not selector:
        return ""
    if "matchLabels" in selector or "matchExpressions" in selector:
        return str(match_label_selector(selector))
    return ",".join(f"{key}={value}" for key, value in sorted(selector.items()))
