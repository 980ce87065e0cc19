"""Which resources a server has, and what `po`, `deploy`, `Pod` or `pods.metrics.k8s.io` mean.

Asked once per client and kept, as kubectl keeps it on disk; it must not know any resource by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from sim.apimachinery.wire import ApiRequest, Obj
from sim.client.doors import Transport

_ACCEPT = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
)


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource as discovery describes it."""

    group: str
    """Empty for the core group, else e.g. `apps`."""
    version: str
    """e.g. `v1`."""
    plural: str
    """e.g. `deployments`."""
    kind: str
    """e.g. `Deployment`."""
    singular: str
    """e.g. `deployment`."""
    namespaced: bool
    short_names: tuple[str, ...] = ()
    """e.g. `("deploy",)`."""
    categories: tuple[str, ...] = ()
    """e.g. `("all",)`."""
    verbs: tuple[str, ...] = ()
    """e.g. `("create", "delete", "get", "list")`."""
    declared_singular: str = ""
    """The same as the server says it, which may be nothing."""
    preferred: bool = True
    """False where a better version of the group has the same resource."""

    @property
    def group_version(self) -> str:
        """Return `apps/v1`, or `v1` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """Return `deployments.apps`, or `pods` for the core group."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def label(self) -> str:
        """Return what stands before the slash in `deployment.apps/web` and `pod/x`."""
        kind = self.kind.lower()
        return f"{kind}.{self.group}" if self.group else kind


class Discovery:
    """The resources of one server, asked for at the first question."""

    def __init__(self, transport: Transport) -> None:
        """Ask through *transport*, which need not record these requests."""
        self._transport = transport
        self._resources: tuple[Resource, ...] = ()
        self._versions: tuple[str, ...] = ()
        self._found: dict[str, Resource | None] = {}

    def resources(self) -> tuple[Resource, ...]:
        """Return every resource (no subresources) in the server's order, all versions."""
        if not self._resources:
            self._read()
        return self._resources

    def preferred(self) -> list[Resource]:
        """Return the resources of each group's preferred version, in the server's order."""
        return [resource for resource in self.resources() if resource.preferred]

    def group_versions(self) -> tuple[str, ...]:
        """Return `apps/v1`, `v1` ... in the server's order."""
        self.resources()
        return self._versions

    def find(self, word: str) -> Resource | None:
        """Return the resource that a user means by *word*: plural, singular, short name or kind.

        `pods.metrics.k8s.io` names the group, `deployments.v1.apps` the version too.
        """
        if word not in self._found:
            found = self._search(word)
            if found is None and self._resources:
                # kubectl asks the server again when its cache does not know a name
                self._read()
                found = self._search(word)
                if found is None:
                    return None
            self._found[word] = found
        return self._found[word]

    def shadowed(self, word: str) -> list[Resource]:
        """Return the resources that share the short name *word* with the one that `find` returns."""
        found = self.find(word)
        if found is None or word not in found.short_names:
            return []
        return [
            other
            for other in self.preferred()
            if word in other.short_names and other.group != found.group
        ]

    def of_kind(self, api_version: str, kind: str) -> Resource | None:
        """Return the resource of an object's `apiVersion` and `kind`, or None if there is none."""
        found = self._kind(api_version, kind)
        if found is None and self._resources:
            self._read()  # it may have been defined since
            found = self._kind(api_version, kind)
        return found

    def _kind(self, api_version: str, kind: str) -> Resource | None:
        for resource in self.resources():
            if resource.kind == kind and resource.group_version == api_version:
                return resource
        return None

    def category(self, name: str) -> list[Resource]:
        """Return the resources of a category, e.g. `all`; empty if there is none."""
        return [
            resource
            for resource in self.preferred()
            if name in resource.categories and "list" in resource.verbs
        ]

    def openapi(self, key: str) -> Obj | None:
        """Return the OpenAPI v3 document of a group version (`api/v1`, `apis/apps/v1`), or None."""
        listed = self._get("/openapi/v3").get("paths", {})
        if key not in listed:
            return None
        path, _, query = str(listed[key]["serverRelativeURL"]).partition("?")
        asked = tuple(parse_qsl(query))
        body = self._transport.send(
            ApiRequest("GET", path, asked, {"accept": "application/json"})
        ).body
        return body if isinstance(body, dict) else None

    def swagger(self) -> Obj:
        """Return the OpenAPI v2 document."""
        return self._get("/openapi/v2")

    def _search(self, word: str) -> Resource | None:
        name, _, rest = word.partition(".")
        version, dot, group = rest.partition(".")
        if dot and (found := self._match(name, group, version)):
            return found
        return self._match(name, rest, "")

    def _match(self, name: str, group: str, version: str) -> Resource | None:
        lower = name.lower()
        for names in (_by_name, _by_short_name, _by_kind):
            for resource in self.resources():
                if version and names is not _by_short_name:
                    fits = resource.version == version and resource.group == group
                elif version:  # a short name brings its own version
                    fits = resource.preferred and resource.group == group
                else:
                    fits = resource.preferred and resource.group.startswith(group)
                if fits and names(resource, lower):
                    return resource
        return None

    def _read(self) -> None:
        resources: list[Resource] = []
        versions: list[str] = []
        for path in ("/api", "/apis"):
            body = self._get(path)
            if body.get("kind") == "APIGroupDiscoveryList":
                for group in body.get("items", []):
                    _read_group(group, resources, versions)
            elif body.get("kind") == "APIVersions":
                versions.append("v1")
                resources += _read_list(self._get("/api/v1"), preferred=True)
            else:
                for group in body.get("groups", []):
                    best = group.get("preferredVersion", {}).get("groupVersion")
                    for version in group.get("versions", []):
                        name = version["groupVersion"]
                        versions.append(name)
                        listed = self._get(f"/apis/{name}")
                        resources += _read_list(listed, preferred=name == best)
        self._resources, self._versions = tuple(_rank(resources)), tuple(versions)
        self._found.clear()

    def _get(self, path: str) -> Obj:
        request = ApiRequest("GET", path, (("timeout", "32s"),), {"accept": _ACCEPT})
        body = self._transport.send(request).body
        return body if isinstance(body, dict) else {}


def _rank(resources: Iterable[Resource]) -> Iterable[Resource]:
    """Mark the best version of each resource: the group's preferred one, else the first."""
    listed = list(resources)
    best: dict[str, Resource] = {}
    for resource in listed:
        held = best.setdefault(resource.qualified, resource)
        if resource.preferred and not held.preferred:
            best[resource.qualified] = resource
    for resource in listed:
        yield replace(resource, preferred=best[resource.qualified] is resource)


def _by_name(resource: Resource, word: str) -> bool:
    return word in (resource.plural, resource.singular)


def _by_short_name(resource: Resource, word: str) -> bool:
    return word in resource.short_names


def _by_kind(resource: Resource, word: str) -> bool:
    return word == resource.kind.lower()


def _read_group(group: Obj, resources: list[Resource], versions: list[str]) -> None:
    name = group.get("metadata", {}).get("name", "")
    for index, version in enumerate(group.get("versions", [])):
        versions.append(f"{name}/{version['version']}" if name else version["version"])
        for entry in version.get("resources", []):
            kind = entry.get("responseKind") or {}
            resources.append(
                _resource(
                    entry,
                    group=name,
                    version=version["version"],
                    plural=entry["resource"],
                    kind=kind.get("kind", ""),
                    singular=entry.get("singularResource", ""),
                    namespaced=entry.get("scope") == "Namespaced",
                    preferred=index == 0,
                )
            )


def _read_list(body: Obj, *, preferred: bool) -> Iterable[Resource]:
    group, _, version = body.get("groupVersion", "").rpartition("/")
    for entry in body.get("resources", []):
        if "/" not in entry["name"]:
            yield _resource(
                entry,
                group=entry.get("group") or group,
                version=entry.get("version") or version,
                plural=entry["name"],
                kind=entry["kind"],
                singular=entry.get("singularName", ""),
                namespaced=bool(entry.get("namespaced")),
                preferred=preferred,
            )


def _resource(entry: Obj, **known: Any) -> Resource:
    declared = known["singular"]
    known["singular"] = declared or known["kind"].lower()
    return Resource(
        declared_singular=declared,
        short_names=tuple(entry.get("shortNames") or ()),
        categories=tuple(entry.get("categories") or ()),
        verbs=tuple(entry.get("verbs") or ()),
        **known,
    )
