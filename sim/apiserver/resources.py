"""What this server serves: the built-in resources and those that users have defined.

Discovery, paths, garbage collection and the documents of OpenAPI all ask here, so a new definition
is seen by all at once. This file must not know what a definition says beyond names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sim.apimachinery.resources import RESOURCES, ResourceInfo
from sim.apimachinery.wire import Obj
from sim.apiserver.customresources.version import CustomVersion


class Resources:
    """The resources of one server; built-in ones always, custom ones while they are defined."""

    generation: int
    """Raised by every change, for who keeps something that was made from the whole."""

    def __init__(self) -> None:
        self.generation = 0
        self._served: dict[str, tuple[CustomVersion, ...]] = {}
        self._stored: dict[str, CustomVersion] = {}
        self._versions: dict[ResourceInfo, CustomVersion] = {}
        self._infos: list[ResourceInfo] = []
        self._by_key: dict[str, ResourceInfo] = {}
        self._by_path: dict[tuple[str, str, str], ResourceInfo] = {}
        self._by_kind: dict[tuple[str, str], ResourceInfo] = {}
        self._collect()

    # -- asking ----------------------------------------------------------------------------------

    def by_plural(self, key: str) -> ResourceInfo:
        """Return the resource with that internal key as it is stored; raises KeyError."""
        return self._by_key[key]

    def by_path(self, group: str, version: str, plural: str) -> ResourceInfo | None:
        """Return what is served at `/apis/<group>/<version>/<plural>`, or None."""
        return self._by_path.get((group, version, plural))

    def by_kind(self, group_version: str, kind: str) -> ResourceInfo | None:
        """Return the resource of an object's apiVersion and kind, or None."""
        return self._by_kind.get((group_version, kind))

    def infos(self) -> Sequence[ResourceInfo]:
        """Return everything that is served: core first, then groups by name."""
        return self._infos

    def version_of(self, info: ResourceInfo) -> CustomVersion | None:
        """Return what users have said of *info*; None for a built-in resource."""
        return self._versions.get(info) if info.custom else None

    def schema_of(self, info: ResourceInfo) -> Obj | None:
        """Return the openAPIV3Schema of a custom resource; None for a built-in one."""
        found = self.version_of(info)
        return found.schema if found else None

    def group_versions(self) -> list[tuple[str, str]]:
        """Return every (group, version) once, in the order of discovery."""
        return list(dict.fromkeys((info.group, info.version) for info in self._infos))

    # -- changing --------------------------------------------------------------------------------

    def define(self, name: str, stored: CustomVersion, served: Sequence[CustomVersion]) -> None:
        """Serve what the definition *name* adds; *stored* is its storage version."""
        self._stored[name] = stored
        self._served[name] = tuple(served)
        self._collect()

    def forget(self, name: str) -> None:
        """Serve no longer what the definition *name* had added."""
        if self._served.pop(name, None) is not None:
            del self._stored[name]
            self._collect()

    def _collect(self) -> None:
        self.generation += 1
        self._infos = list(RESOURCES)
        versions = [one for _, listed in sorted(self._served.items()) for one in listed]
        self._versions = {one.info: one for one in (*self._stored.values(), *versions)}
        custom = [one.info for one in versions]
        if custom:
            core = [info for info in RESOURCES if not info.group]
            groups = [info for info in RESOURCES if info.group]
            self._infos = core + sorted(groups + custom, key=_group_order)
        self._by_key = {name: one.info for name, one in self._stored.items()}
        self._by_path = {}
        self._by_kind = {}
        for info in self._infos:
            self._by_key.setdefault(info.key, info)
            self._by_path.setdefault((info.group, info.version, info.plural), info)
            self._by_kind.setdefault((info.group_version, info.kind), info)


_VERSION = re.compile(r"v(\d+)(?:(alpha|beta)(\d+))?")
_STAGES = {"alpha": 2, "beta": 1, None: 0}


def version_order(version: str) -> tuple[int, int, int, str]:
    """Return the place of *version* among others: v2, v1, v1beta2, v1beta1, v1alpha1, foo."""
    parsed = _VERSION.fullmatch(version)
    if parsed is None:
        return 3, 0, 0, version
    return _STAGES[parsed[2]], -int(parsed[1]), -int(parsed[3] or 0), version


def _group_order(info: ResourceInfo) -> tuple[str, tuple[int, int, int, str]]:
    return info.group, version_order(info.version)
