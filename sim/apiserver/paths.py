"""From a URL path to the resource, namespace, name and subresource that it means.

Only paths that discovery lists mean something. This file must not know what is stored.
"""

from __future__ import annotations

from typing import NamedTuple

from sim.apimachinery.resources import ResourceInfo
from sim.apiserver.resources import Resources

_NAMESPACE_SUBRESOURCES = frozenset({"status", "finalize"})
_REMEMBERED = 4096


class Target(NamedTuple):
    """What a path means."""

    info: ResourceInfo
    namespace: str | None
    """None: every namespace, or a cluster-scoped resource."""
    name: str
    """Empty for the collection."""
    subresource: str

    @property
    def space(self) -> str:
        """Return the namespace as the store has it: "" for what is cluster-scoped."""
        return self.namespace or ""


class Paths:
    """Reads paths by what is served at the moment; what it has read once it knows."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._generation = resources.generation
        self._known: dict[str, Target | None] = {}

    def resolve(self, path: str) -> Target | None:
        """Return what *path* means, or None if no resource is served there."""
        if self._generation != self._resources.generation or len(self._known) > _REMEMBERED:
            self._generation = self._resources.generation
            self._known.clear()
        try:
            return self._known[path]
        except KeyError:
            found = self._known[path] = self._read(path)
            return found

    def _read(self, path: str) -> Target | None:
        parts = [part for part in path.split("/") if part]
        if len(parts) < 3:
            return None
        if parts[0] == "api":
            group, version, rest = "", parts[1], parts[2:]
        elif parts[0] == "apis" and len(parts) > 3:
            group, version, rest = parts[1], parts[2], parts[3:]
        else:
            return None
        namespace: str | None = None
        inside = len(rest) >= 3 and rest[0] == "namespaces"
        if inside and (rest[2] not in _NAMESPACE_SUBRESOURCES or group):
            namespace, rest = rest[1], rest[2:]
        info = self._resources.by_path(group, version, rest[0])
        if info is None or len(rest) > 3 or (namespace is not None and not info.namespaced):
            return None
        name = rest[1] if len(rest) > 1 else ""
        if name and info.namespaced and namespace is None:
            return None
        subresource = rest[2] if len(rest) > 2 else ""
        if subresource and subresource not in info.subresources:
            return None
        return Target(info, namespace, name, subresource)

    def is_known_group(self, path: str) -> bool:
        """True when *path* lies below an API group and version that is served."""
        parts = [part for part in path.split("/") if part]
        if len(parts) >= 2 and parts[0] == "api":
            return ("", parts[1]) in self._resources.group_versions()
        if len(parts) >= 3 and parts[0] == "apis":
            return (parts[1], parts[2]) in self._resources.group_versions()
        return False
