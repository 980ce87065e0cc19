"""namespace, namePrefix, nameSuffix, labels, annotations, images and replicas.

It must not know where the objects came from.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sim.apimachinery.wire import Obj
from sim.kubectl.invocation import Invocation
from sim.kubectl.kustomize.references import Renamed, renamed

_UNPREFIXED = ("Namespace", "CustomResourceDefinition", "APIService")
_SELECTED = ("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "ReplicationController")
_SCALED = ("Deployment", "ReplicaSet", "StatefulSet", "ReplicationController")


def transformed(
    call: Invocation, objects: Sequence[Renamed], spec: Mapping[str, Any]
) -> list[Renamed]:
    """Return *objects* as the transformers of *spec* leave them."""
    held = list(objects)
    if namespace := spec.get("namespace"):
        accounts = {one.known_as for one in held if one.kind == "ServiceAccount"} | {"default"}
        held = [
            replace(one, object=_moved(call, one.object, str(namespace), accounts)) for one in held
        ]
    prefix, suffix = str(spec.get("namePrefix") or ""), str(spec.get("nameSuffix") or "")
    if prefix or suffix:
        held = [
            one if one.kind in _UNPREFIXED else renamed(one, f"{prefix}{one.name}{suffix}")
            for one in held
        ]
    for entry in spec.get("labels") or []:
        selectors = bool(entry.get("includeSelectors"))
        templates = selectors or bool(entry.get("includeTemplates"))
        pairs = _texts(entry.get("pairs"))
        held = [_labelled(one, pairs, selectors=selectors, templates=templates) for one in held]
    if pairs := _texts(spec.get("commonLabels")):
        held = [_labelled(one, pairs, selectors=True, templates=True) for one in held]
    if marks := _texts(spec.get("commonAnnotations")):
        held = [replace(one, object=_annotated(one.object, marks)) for one in held]
    for image in spec.get("images") or []:
        held = [replace(one, object=_with_image(one.object, image)) for one in held]
    for entry in spec.get("replicas") or []:
        held = [
            replace(one, object=_set(one.object, ("spec", "replicas"), int(entry["count"])))
            if one.kind in _SCALED and one.known_as == entry.get("name")
            else one
            for one in held
        ]
    return held


def _texts(pairs: Any) -> dict[str, str]:
    return {str(key): str(value) for key, value in (pairs or {}).items()}


def _set(obj: Obj, path: Sequence[str], value: Any) -> Obj:
    """Return *obj* with *value* at *path*."""
    if not path:
        return value  # type: ignore[no-any-return]
    return {**obj, path[0]: _set(obj.get(path[0]) or {}, path[1:], value)}


def _merged(obj: Obj, path: Sequence[str], pairs: Mapping[str, str]) -> Obj:
    held: Any = obj
    for key in path:
        held = (held or {}).get(key)
    return _set(obj, path, {**(held or {}), **pairs})


def _moved(call: Invocation, obj: Obj, namespace: str, accounts: Collection[str]) -> Obj:
    kind = str(obj.get("kind", ""))
    if kind == "Namespace":
        return _set(obj, ("metadata", "name"), namespace)
    resource = call.discovery.of_kind(str(obj.get("apiVersion", "")), kind)
    if resource is None or resource.namespaced:
        obj = _set(obj, ("metadata", "namespace"), namespace)
    if kind in ("RoleBinding", "ClusterRoleBinding"):
        subjects = [
            {**one, "namespace": namespace}
            if one.get("kind") == "ServiceAccount" and one.get("name") in accounts
            else one
            for one in obj.get("subjects") or []
        ]
        obj = {**obj, "subjects": subjects} if subjects else obj
    return obj


def _template_path(kind: str) -> tuple[str, ...]:
    if kind == "CronJob":
        return ("spec", "jobTemplate", "spec", "template")
    return ("spec", "template") if kind in (*_SELECTED, "Job") else ()


def _labelled(
    one: Renamed, pairs: Mapping[str, str], *, selectors: bool, templates: bool
) -> Renamed:
    obj = _merged(one.object, ("metadata", "labels"), pairs)
    path = _template_path(one.kind)
    if templates and path:
        obj = _merged(obj, (*path, "metadata", "labels"), pairs)
        if one.kind == "CronJob":
            obj = _merged(obj, ("spec", "jobTemplate", "metadata", "labels"), pairs)
    if selectors and one.kind in _SELECTED:
        below = () if one.kind == "ReplicationController" else ("matchLabels",)
        obj = _merged(obj, ("spec", "selector", *below), pairs)
    spec = obj.get("spec") or {}
    if selectors and one.kind == "Service" and spec.get("selector"):
        obj = _merged(obj, ("spec", "selector"), pairs)
    if selectors and one.kind == "PodDisruptionBudget" and spec.get("selector"):
        obj = _merged(obj, ("spec", "selector", "matchLabels"), pairs)
    return replace(one, object=obj)


def _annotated(obj: Obj, marks: Mapping[str, str]) -> Obj:
    kind = str(obj.get("kind", ""))
    obj = _merged(obj, ("metadata", "annotations"), marks)
    path = _template_path(kind)
    if path:
        obj = _merged(obj, (*path, "metadata", "annotations"), marks)
    if kind == "CronJob":
        obj = _merged(obj, ("spec", "jobTemplate", "metadata", "annotations"), marks)
    return obj


def _with_image(obj: Obj, image: Mapping[str, Any]) -> Obj:
    def changed(container: Obj) -> Obj:
        text = str(container.get("image", ""))
        name, tag = _split(text)
        if name != image.get("name"):
            return container
        name = str(image.get("newName") or name)
        if image.get("digest"):
            tag = f"@{image['digest']}"
        elif image.get("newTag") is not None:
            tag = f":{image['newTag']}"
        return {**container, "image": name + tag}

    return _each_container(obj, changed)  # type: ignore[no-any-return]


def _split(image: str) -> tuple[str, str]:
    if "@" in image:
        name, _, digest = image.partition("@")
        return name, f"@{digest}"
    at = image.rfind(":")
    if at > image.rfind("/"):
        return image[:at], image[at:]
    return image, ""


def _each_container(value: Any, change: Callable[[Obj], Obj]) -> Any:
    if isinstance(value, list):
        return [_each_container(item, change) for item in value]
    if not isinstance(value, dict):
        return value
    made = {}
    for key, item in value.items():
        if key in ("containers", "initContainers") and isinstance(item, list):
            made[key] = [change(one) if isinstance(one, dict) else one for one in item]
        else:
            made[key] = _each_container(item, change)
    return made
