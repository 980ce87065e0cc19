"""Objects with new names, and the fields of others that name them.

Which field names which kind is kustomize's own table, as far as it is used. It must not know why a
name changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.apimachinery.wire import Obj
from sim.kubectl.kustomize.generators import name_hash

_BY_PARENT = {
    "configMap": ("name", "ConfigMap"),
    "configMapRef": ("name", "ConfigMap"),
    "configMapKeyRef": ("name", "ConfigMap"),
    "secretRef": ("name", "Secret"),
    "secretKeyRef": ("name", "Secret"),
    "imagePullSecrets": ("name", "Secret"),
    "tls": ("secretName", "Secret"),
    "persistentVolumeClaim": ("claimName", "PersistentVolumeClaim"),
}
"""The key that holds a reference -> its field, and the kind that it names."""
_BY_FIELD = {"serviceAccountName": "ServiceAccount", "serviceName": "Service"}
_SELF_DESCRIBED = ("scaleTargetRef", "roleRef", "subjects", "targetRef")


@dataclass(frozen=True)
class Renamed:
    """An object on its way through a build."""

    object: Obj
    original: str = ""
    """Its name in its file, if that has changed."""
    hashed: bool = False
    """Its name is to end in a hash."""

    @property
    def kind(self) -> str:
        """Return the object's kind."""
        return str(self.object.get("kind", ""))

    @property
    def name(self) -> str:
        """Return the object's name now."""
        return str((self.object.get("metadata") or {}).get("name", ""))

    @property
    def known_as(self) -> str:
        """Return the name that references use."""
        return self.original or self.name


def renamed(one: Renamed, name: str) -> Renamed:
    """Return *one* under another name."""
    metadata = {**(one.object.get("metadata") or {}), "name": name}
    obj = {**one.object, "metadata": metadata}
    return Renamed(obj, one.known_as, one.hashed)


def follow(objects: Sequence[Renamed]) -> list[Renamed]:
    """Give generated objects their hashes, and let every reference follow to the new names."""
    final = []
    for one in objects:
        held = one
        if one.hashed:
            held = renamed(one, f"{one.name}-{name_hash(one.object)}")
            held = Renamed(held.object, held.original)
        final.append(held)
    names = {
        (one.kind, one.original): one.name
        for one in final
        if one.original and one.original != one.name
    }
    if not names:
        return final
    return [Renamed(_followed(one.object, "", names), one.original) for one in final]


def _followed(value: Any, parent: str, names: Mapping[tuple[str, str], str]) -> Any:
    if isinstance(value, list):
        return [_followed(item, parent, names) for item in value]
    if not isinstance(value, dict):
        return value
    made = {key: _followed(item, key, names) for key, item in value.items()}
    if parent in _BY_PARENT:
        field, kind = _BY_PARENT[parent]
        _replace(made, field, kind, names)
    if parent == "secret":
        _replace(made, "secretName" if "secretName" in made else "name", "Secret", names)
    if parent in _SELF_DESCRIBED:
        _replace(made, "name", str(made.get("kind", "")), names)
    if parent == "service" and "port" in made:
        _replace(made, "name", "Service", names)
    for field, kind in _BY_FIELD.items():
        _replace(made, field, kind, names)
    return made


def _replace(
    made: dict[str, Any], field: str, kind: str, names: Mapping[tuple[str, str], str]
) -> None:
    new = names.get((kind, str(made.get(field, ""))))
    if new is not None:
        made[field] = new
