"""What a pod's volumes need before they can be mounted, in the kubelet's own words.

Pure; this file must not know when mounting is tried again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sim.apimachinery.wire import Obj

if TYPE_CHECKING:
    from sim.apiserver import ApiServer

TOKEN_VOLUME = "kube-api-access-"
"""What admission mounts into every pod; the cluster sees to what is in it."""


def missing_volume(api: ApiServer, pod: Obj) -> str | None:
    """Return the message of FailedMount for the first volume of *pod* that lacks something."""
    namespace = pod["metadata"]["namespace"]
    for volume in pod["spec"].get("volumes") or ():
        if volume["name"].startswith(TOKEN_VOLUME):
            continue
        for field, resource, key in (
            ("configMap", "configmaps", "name"),
            ("secret", "secrets", "secretName"),
        ):
            for source in _sources(volume, field):
                name = source.get(key) or source.get("name") or ""
                why = _missing(api, resource, namespace, name, source)
                if why:
                    return f'MountVolume.SetUp failed for volume "{volume["name"]}" : {why}'
    return None


def _sources(volume: Obj, field: str) -> Iterator[Obj]:
    """Yield what *volume* takes from objects of the kind *field*, alone or projected with others."""
    if volume.get(field):
        yield volume[field]
    for one in (volume.get("projected") or {}).get("sources") or ():
        if one.get(field):
            yield one[field]


def _missing(api: ApiServer, resource: str, namespace: str, name: str, source: Obj) -> str:
    """Return what *source* asks for and is not there; "" if nothing is missing."""
    if source.get("optional"):
        return ""
    found = api.get(resource, namespace, name)
    if found is None:
        return f'{resource.removesuffix("s")} "{name}" not found'
    held = {**(found.get("data") or {}), **(found.get("binaryData") or {})}
    of_config = resource == "configmaps"
    for item in source.get("items") or ():
        if item["key"] not in held:
            what = (
                "configmap references non-existent config"
                if of_config
                else ("references non-existent secret")
            )
            return f"{what} key: {item['key']}"
    return ""
