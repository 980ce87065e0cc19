"""What the server says of itself: groups, resources, version, health.

Everything is made from the table of resources. This file must not know objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sim.apimachinery.resources import RESOURCES, ResourceInfo, group_versions
from sim.apimachinery.wire import ApiRequest, ApiResponse, Obj

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
NOT_FOUND = "404 page not found\n"

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


def _sub(info: ResourceInfo, name: str) -> tuple[str, str, str, tuple[str, ...]]:
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
        group, version, kind, verbs = _sub(info, name)
        sub: Obj = {
            "name": f"{info.plural}/{name}",
            "singularName": "",
            "namespaced": info.namespaced,
        }
        if (group, version) != (info.group, info.version):
            sub |= {"group": group, "version": version}
        listed.append({**sub, "kind": kind, "verbs": list(verbs)})
    return listed


@lru_cache(maxsize=64)
def resource_list(group: str, version: str) -> Obj:
    """Return the APIResourceList of one group and version."""
    listed = [
        one
        for info in RESOURCES
        if (info.group, info.version) == (group, version)
        for one in _plain_resource(info)
    ]
    name = f"{group}/{version}" if group else version
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": name,
        "resources": listed,
    }


def _group(group: str) -> Obj:
    versions = [
        {"groupVersion": f"{group}/{version}", "version": version}
        for name, version in group_versions()
        if name == group
    ]
    return {"name": group, "versions": versions, "preferredVersion": versions[0]}


def _group_names() -> list[str]:
    return list(dict.fromkeys(group for group, _ in group_versions() if group))


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
            group, version, kind, verbs = _sub(info, name)
            made["subresources"].append(
                {
                    "subresource": name,
                    "responseKind": {"group": group, "version": version, "kind": kind},
                    "verbs": list(verbs),
                }
            )
    return made


@lru_cache(maxsize=2)
def _aggregated(core: bool) -> Obj:
    items = []
    for group in [""] if core else _group_names():
        versions = [
            {
                "version": version,
                "resources": [
                    _aggregated_resource(info)
                    for info in RESOURCES
                    if (info.group, info.version) == (group, version)
                ],
                "freshness": "Current",
            }
            for name, version in group_versions()
            if name == group
        ]
        metadata: Obj = {"name": group, "creationTimestamp": None} if group else {}
        items.append({"metadata": metadata, "versions": versions})
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    }


def _wants_aggregated(headers: Mapping[str, str]) -> bool:
    accept = headers.get("accept", "")
    return any(
        "as=APIGroupDiscoveryList" in clause and "v=v2" in clause and "v2beta1" not in clause
        for clause in accept.split(",")
    )


def _version(git_version: str) -> Obj:
    major, minor, *_ = git_version.lstrip("v").split(".")
    return {
        "major": major,
        "minor": minor,
        "emulationMajor": major,
        "emulationMinor": minor,
        "minCompatibilityMajor": major,
        "minCompatibilityMinor": str(int(minor) - 1),
        "gitVersion": git_version,
        "gitCommit": "1f5e7a3b9d204c86e0f1a7c4b82d6390e5a41c7f",
        "gitTreeState": "clean",
        "buildDate": "2026-08-26T15:20:41Z",
        "goVersion": "go1.26.8",
        "compiler": "gc",
        "platform": "linux/amd64",
    }


def _health(path: str, request: ApiRequest) -> ApiResponse:
    if not any(key == "verbose" for key, _ in request.query):
        return ApiResponse(200, "ok", "text/plain; charset=utf-8")
    lines = [f"[+]{check} ok" for check in _CHECKS]
    lines.append(f"{path.strip('/')} check passed\n")
    return ApiResponse(200, "\n".join(lines), "text/plain; charset=utf-8")


def _root() -> Obj:
    paths = ["/api", "/api/v1", "/apis"]
    for group, version in group_versions():
        if group:
            paths += [f"/apis/{group}", f"/apis/{group}/{version}"]
    paths += ["/healthz", "/livez", "/readyz", "/version"]
    return {"paths": list(dict.fromkeys(paths))}


def discover(path: str, request: ApiRequest, git_version: str) -> ApiResponse | None:
    """Return the answer to a question about the server itself, or None if *path* is another."""
    trimmed = path.rstrip("/") or "/"
    aggregated = _wants_aggregated(request.headers)
    body: Any
    match trimmed:
        case "/healthz" | "/livez" | "/readyz":
            return _health(trimmed, request)
        case "/":
            return ApiResponse(200, _root())
        case "/version":
            return ApiResponse(200, _version(git_version))
        case "/api" | "/apis" if aggregated:
            return ApiResponse(200, _aggregated(trimmed == "/api"), AGGREGATED)
        case "/api":
            body = {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
            return ApiResponse(200, body)
        case "/apis":
            groups = [_group(group) for group in _group_names()]
            return ApiResponse(200, {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
    parts = trimmed.strip("/").split("/")
    if parts[0] == "api" and len(parts) == 2 and parts[1] == "v1":
        return ApiResponse(200, resource_list("", "v1"))
    if parts[0] == "apis" and len(parts) == 2 and parts[1] in _group_names():
        return ApiResponse(200, {"kind": "APIGroup", "apiVersion": "v1", **_group(parts[1])})
    if parts[0] == "apis" and len(parts) == 3 and (parts[1], parts[2]) in group_versions():
        return ApiResponse(200, resource_list(parts[1], parts[2]))
    return None
