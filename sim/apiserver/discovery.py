"""What the server says of itself: groups, resources, version, health.

Everything is made from the table of resources, that of users' definitions included. This file must
not know objects.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.wire import ApiRequest, ApiResponse, Obj
from sim.apiserver.resources import Resources

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"
NOT_FOUND = "404 page not found\n"
TEXT = "text/plain; charset=utf-8"
HEALTH = ("healthz", "livez", "readyz")

_SUB_KINDS: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "approval": ("", "", "", ("get", "patch", "update")),
    "attach": ("", "v1", "PodAttachOptions", ("create", "get")),
    "binding": ("", "v1", "Binding", ("create",)),
    "ephemeralcontainers": ("", "", "", ("get", "patch", "update")),
    "eviction": ("policy", "v1", "Eviction", ("create",)),
    "exec": ("", "v1", "PodExecOptions", ("create", "get")),
    "finalize": ("", "", "", ("update",)),
    "log": ("", "", "", ("get",)),
    "portforward": ("", "v1", "PodPortForwardOptions", ("create", "get")),
    "proxy": ("", "v1", "", ("create", "delete", "get", "patch", "update")),
    "resize": ("", "", "", ("get", "patch", "update")),
    "scale": ("autoscaling", "v1", "Scale", ("get", "patch", "update")),
    "status": ("", "", "", ("get", "patch", "update")),
    "token": ("authentication.k8s.io", "v1", "TokenRequest", ("create",)),
}
"""Subresource -> (group, version, kind, verbs); empty: those of the resource itself."""

_CHECKS = (
    "ping",
    "log",
    "etcd",
    "poststarthook/start-apiserver-admission-initializer",
    "poststarthook/generic-apiserver-start-informers",
    "poststarthook/start-apiextensions-informers",
    "poststarthook/start-apiextensions-controllers",
    "poststarthook/crd-informer-synced",
    "poststarthook/bootstrap-controller",
    "poststarthook/rbac/bootstrap-roles",
    "poststarthook/scheduling/bootstrap-system-priority-classes",
    "poststarthook/apiservice-registration-controller",
    "autoregister-completion",
)
_MORE_CHECKS = {"readyz": ("informer-sync",)}
_LAST_CHECKS = {"readyz": ("shutdown",)}

_COMPATIBILITY_SINCE = 33
"""The minor version that began to report what it emulates (KEP-4330)."""


def sub_kind(info: ResourceInfo, name: str) -> tuple[str, str, str, tuple[str, ...]]:
    """Return (group, version, kind, verbs) of a subresource."""
    group, version, kind, verbs = _SUB_KINDS[name]
    if not kind:
        kind = {
            "nodes": "NodeProxyOptions",
            "pods": "PodProxyOptions",
            "services": "ServiceProxyOptions",
        }.get(info.plural, info.kind)
        if name != "proxy":
            group, version, kind = info.group, info.version, info.kind
    return group, version, kind, verbs


def _plain_resource(info: ResourceInfo) -> list[Obj]:
    made: Obj = {
        "name": info.plural,
        "singularName": info.singular,
        "namespaced": info.namespaced,
        "kind": info.kind,
        "verbs": list(info.verbs),
    }
    if info.short_names:
        made["shortNames"] = list(info.short_names)
    if info.categories:
        made["categories"] = list(info.categories)
    listed = [made]
    for name in info.subresources:
        group, version, kind, verbs = sub_kind(info, name)
        sub: Obj = {
            "name": f"{info.plural}/{name}",
            "singularName": "",
            "namespaced": info.namespaced,
        }
        if (group, version) != (info.group, info.version):
            sub |= {"group": group, "version": version}
        listed.append({**sub, "kind": kind, "verbs": list(verbs)})
    return listed


def _aggregated_resource(info: ResourceInfo) -> Obj:
    made: Obj = {
        "resource": info.plural,
        "responseKind": {"group": info.group, "version": info.version, "kind": info.kind},
        "scope": "Namespaced" if info.namespaced else "Cluster",
        "singularResource": info.singular,
    }
    if info.short_names:
        made["shortNames"] = list(info.short_names)
    if info.categories:
        made["categories"] = list(info.categories)
    made["verbs"] = list(info.verbs)
    if info.subresources:
        made["subresources"] = []
        for name in info.subresources:
            group, version, kind, verbs = sub_kind(info, name)
            made["subresources"].append(
                {
                    "subresource": name,
                    "responseKind": {"group": group, "version": version, "kind": kind},
                    "verbs": list(verbs),
                }
            )
    return made


def _wanted(headers: Mapping[str, str]) -> str:
    """Return the version of the aggregated form that the client reads first; "" for the plain one."""
    for clause in headers.get("accept", "").split(","):
        parts = {part.strip() for part in clause.split(";")}
        if "as=APIGroupDiscoveryList" in parts and "g=apidiscovery.k8s.io" in parts:
            for version in ("v2", "v2beta1"):
                if f"v={version}" in parts:
                    return version
        elif parts & {"application/json", "*/*"}:
            return ""
    return ""


def _version(git_version: str) -> Obj:
    major, minor, *_ = git_version.lstrip("v").split(".")
    told: Obj = {"major": major, "minor": minor}
    if int(minor) >= _COMPATIBILITY_SINCE:
        told |= {
            "emulationMajor": major,
            "emulationMinor": minor,
            "minCompatibilityMajor": major,
            "minCompatibilityMinor": str(int(minor) - 1),
        }
    return told | {
        "gitVersion": git_version,
        "gitCommit": "1f5e7a3b9d204c86e0f1a7c4b82d6390e5a41c7f",
        "gitTreeState": "clean",
        "buildDate": "2026-08-26T15:20:41Z",
        "goVersion": "go1.26.8",
        "compiler": "gc",
        "platform": "linux/amd64",
    }


def _health(path: str, request: ApiRequest) -> ApiResponse | None:
    """Answer /healthz, /livez and /readyz, the whole of it or one check below it."""
    which, _, one = path.partition("/")
    checks = (*_CHECKS, *_MORE_CHECKS.get(which, ()), *_LAST_CHECKS.get(which, ()))
    if one:
        return ApiResponse(200, "ok", TEXT) if one in checks else None
    if not any(key == "verbose" for key, _ in request.query):
        return ApiResponse(200, "ok", TEXT)
    excluded = set(request.params("exclude"))
    lines = [
        f"[+]{check} excluded: ok" if check in excluded else f"[+]{check} ok" for check in checks
    ]
    unknown = sorted(excluded - set(checks))
    if unknown:
        named = ", ".join(f'"{name}"' for name in unknown)
        lines.append(f"warn: some health checks cannot be excluded: no matches for {named}")
    lines.append(f"{which} check passed\n")
    return ApiResponse(200, "\n".join(lines), TEXT)


class Discovery:
    """Answers questions about the server itself; made anew whenever what is served changes."""

    def __init__(self, resources: Resources, git_version: str) -> None:
        self._resources = resources
        self._git_version = git_version
        self._generation = -1
        self._made: dict[tuple[str, str], tuple[Obj, str]] = {}

    def answer(self, request: ApiRequest) -> ApiResponse | None:
        """Return the answer to a question about the server itself, or None if it is another."""
        path = request.path.strip("/")
        if path.partition("/")[0] in HEALTH:
            return _health(path, request)
        if path == "version":
            return ApiResponse(200, _version(self._git_version))
        if self._generation != self._resources.generation:
            self._generation = self._resources.generation
            self._made.clear()
        form = _wanted(request.headers) if path in ("api", "apis") else ""
        made = self._made.get((path, form))
        if made is None:
            body = self._aggregated(path == "api", form) if form else self._plain(path)
            if body is None:
                return None
            digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
            made = self._made[path, form] = (body, f'"{digest.upper()}"')
        body, etag = made
        if not form:
            return ApiResponse(200, body)
        content_type, headers = AGGREGATED.format(form), {"etag": etag, "vary": "Accept"}
        if etag in request.headers.get("if-none-match", ""):
            return ApiResponse(304, "", content_type, headers=headers)
        return ApiResponse(200, body, content_type, headers=headers)

    def _plain(self, path: str) -> Obj | None:
        parts = path.split("/")
        versions = self._resources.group_versions()
        match parts:
            case [""]:
                return self._root()
            case ["api"]:
                address = {"clientCIDR": "0.0.0.0/0", "serverAddress": "10.0.0.10:6443"}
                return {
                    "kind": "APIVersions",
                    "versions": ["v1"],
                    "serverAddressByClientCIDRs": [address],
                }
            case ["apis"]:
                groups = [self._group(group) for group in self._groups()]
                return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
            case ["api", "v1"]:
                return self._resource_list("", "v1")
            case ["apis", group] if group in self._groups():
                return {"kind": "APIGroup", "apiVersion": "v1", **self._group(group)}
            case ["apis", group, version] if (group, version) in versions:
                return self._resource_list(group, version)
        return None

    def _groups(self) -> list[str]:
        return list(dict.fromkeys(group for group, _ in self._resources.group_versions() if group))

    def _group(self, group: str) -> Obj:
        versions = [
            {"groupVersion": f"{group}/{version}", "version": version}
            for name, version in self._resources.group_versions()
            if name == group
        ]
        return {"name": group, "versions": versions, "preferredVersion": versions[0]}

    def _resource_list(self, group: str, version: str) -> Obj:
        listed = [one for info in self._served(group, version) for one in _plain_resource(info)]
        return {
            "kind": "APIResourceList",
            "apiVersion": "v1",
            "groupVersion": f"{group}/{version}" if group else version,
            "resources": listed,
        }

    def _served(self, group: str, version: str) -> list[ResourceInfo]:
        return [
            info
            for info in self._resources.infos()
            if (info.group, info.version) == (group, version)
        ]

    def _aggregated(self, core: bool, form: str) -> Obj:
        items = []
        for group in [""] if core else self._groups():
            versions = [
                {
                    "version": version,
                    "resources": [
                        _aggregated_resource(info) for info in self._served(group, version)
                    ],
                    "freshness": "Current",
                }
                for name, version in self._resources.group_versions()
                if name == group
            ]
            metadata: Obj = {"name": group, "creationTimestamp": None} if group else {}
            items.append({"metadata": metadata, "versions": versions})
        return {
            "kind": "APIGroupDiscoveryList",
            "apiVersion": f"apidiscovery.k8s.io/{form}",
            "metadata": {},
            "items": items,
        }

    def _root(self) -> Obj:
        paths = ["/.well-known/openid-configuration", "/api", "/api/v1", "/apis", "/apis/"]
        for group, version in self._resources.group_versions():
            if group:
                paths += [f"/apis/{group}", f"/apis/{group}/{version}"]
        for name in HEALTH:
            paths += [f"/{name}", *(f"/{name}/{check}" for check in _CHECKS)]
        paths += ["/openapi/v2", "/openapi/v3", "/openapi/v3/", "/openid/v1/jwks", "/version"]
        return {"paths": sorted(dict.fromkeys(paths))}
