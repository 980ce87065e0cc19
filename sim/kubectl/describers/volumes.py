"""The volumes of a pod or pod template, as `describe` shows them.

It must not know which kind holds them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sim.apimachinery.quantity import canonical, parse_quantity
from sim.apimachinery.wire import Obj
from sim.kubectl.describers.common import go_bool
from sim.kubectl.describers.writer import Page


def write_volumes(page: Page, volumes: Sequence[Obj] | None, space: str = "") -> None:
    """Write *volumes*, *space* deeper for a pod template."""
    if not volumes:
        page.line(0, f"{space}Volumes:", "<none>")
        return
    page.write(0, f"{space}Volumes:\n")
    for volume in volumes:
        page.write(1, f"{' ' if space else ''}{volume['name']}:\n")
        for key, write in _SOURCES.items():
            if key in volume:
                write(page, volume[key] or {})
                break
        else:
            page.write(1, "<unknown>\n")


def _host_path(page: Page, source: Obj) -> None:
    page.line(2, "Type:", "HostPath (bare host directory volume)")
    page.line(2, "Path:", source.get("path", ""))
    page.line(2, "HostPathType:", source["type"] if source.get("type") is not None else "<none>")


def _empty_dir(page: Page, source: Obj) -> None:
    limit = source.get("sizeLimit")
    page.line(2, "Type:", "EmptyDir (a temporary directory that shares a pod's lifetime)")
    page.line(2, "Medium:", source.get("medium", ""))
    sized = limit is not None and parse_quantity(limit) > 0
    page.line(2, "SizeLimit:", canonical(limit) if limit is not None and sized else "<unset>")


def _secret(page: Page, source: Obj) -> None:
    page.line(2, "Type:", "Secret (a volume populated by a Secret)")
    page.line(2, "SecretName:", source.get("secretName", ""))
    page.line(2, "Optional:", go_bool(source.get("optional")))


def _config_map(page: Page, source: Obj) -> None:
    page.line(2, "Type:", "ConfigMap (a volume populated by a ConfigMap)")
    page.line(2, "Name:", source.get("name", ""))
    page.line(2, "Optional:", go_bool(source.get("optional")))


def _claim(page: Page, source: Obj) -> None:
    page.line(
        2,
        "Type:",
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
    )
    page.line(2, "ClaimName:", source.get("claimName", ""))
    page.line(2, "ReadOnly:", go_bool(source.get("readOnly")))


def _downward(page: Page, source: Obj) -> None:
    page.line(2, "Type:", "DownwardAPI (a volume populated by information about the pod)")
    page.write(2, "Items:\n")
    for item in source.get("items") or []:
        if "fieldRef" in item:
            page.write(3, f"{item['fieldRef']['fieldPath']} -> {item['path']}\n")
        if "resourceFieldRef" in item:
            page.write(3, f"{item['resourceFieldRef']['resource']} -> {item['path']}\n")


def _projected(page: Page, source: Obj) -> None:
    page.line(2, "Type:", "Projected (a volume that contains injected data from multiple sources)")
    for one in source.get("sources") or []:
        if "secret" in one:
            page.line(2, "SecretName:", one["secret"].get("name", ""))
            page.line(2, "Optional:", go_bool(one["secret"].get("optional")))
        elif "downwardAPI" in one:
            page.line(2, "DownwardAPI:", "true")
        elif "configMap" in one:
            page.line(2, "ConfigMapName:", one["configMap"].get("name", ""))
            page.line(2, "Optional:", go_bool(one["configMap"].get("optional")))
        elif "serviceAccountToken" in one:
            seconds = one["serviceAccountToken"].get("expirationSeconds", 3600)
            page.line(2, "TokenExpirationSeconds:", seconds)


def _nfs(page: Page, source: Obj) -> None:
    page.line(2, "Type:", "NFS (an NFS mount that lasts the lifetime of a pod)")
    page.line(2, "Server:", source.get("server", ""))
    page.line(2, "Path:", source.get("path", ""))
    page.line(2, "ReadOnly:", go_bool(source.get("readOnly")))


def _image(page: Page, source: Obj) -> None:
    page.line(2, "Type:", "Image (a container image or OCI artifact)")
    page.line(2, "Reference:", source.get("reference", ""))
    page.line(2, "PullPolicy:", source.get("pullPolicy", ""))


_SOURCES: dict[str, Callable[[Page, Obj], None]] = {
    "hostPath": _host_path,
    "emptyDir": _empty_dir,
    "secret": _secret,
    "configMap": _config_map,
    "nfs": _nfs,
    "persistentVolumeClaim": _claim,
    "downwardAPI": _downward,
    "projected": _projected,
    "image": _image,
}
