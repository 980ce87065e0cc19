"""The volume claims of a StatefulSet's pods: made before the pod, kept or given up after it.

Thanks to this file `db-1` finds its data again. It must not know volumes
(pkg/controller/statefulset/stateful_set_utils.go, updateClaimOwnerRefForSetAndPod).
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.apimachinery.meta import (
    Key,
    key_of,
    owner_reference,
    owners_of,
    with_metadata,
)
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer

CLAIMS = "persistentvolumeclaims"


def claims_of(statefulset: Obj, pod_name: str) -> Iterator[Obj]:
    """Yield the claims that the pod *pod_name* mounts, as they are made."""
    selector = (statefulset["spec"].get("selector") or {}).get("matchLabels") or {}
    for template in statefulset["spec"].get("volumeClaimTemplates") or ():
        metadata = {
            **template["metadata"],
            "name": f"{template['metadata']['name']}-{pod_name}",
            "namespace": statefulset["metadata"]["namespace"],
        }
        labels = {**(metadata.get("labels") or {}), **selector}
        if labels:
            metadata["labels"] = labels
        claim = {field: value for field, value in template.items() if field != "status"}
        yield {**claim, "metadata": metadata}


def keep_owners(api: ApiServer, statefulset: Obj, pod: Obj, *, scaled_down: bool) -> None:
    """Let the claims of *pod* end with what the retention policy says: the set, the pod, nothing."""
    policy = statefulset["spec"].get("persistentVolumeClaimRetentionPolicy") or {}
    with_pod = scaled_down and policy.get("whenScaled") == "Delete"
    with_set = not with_pod and policy.get("whenDeleted") == "Delete"
    namespace = statefulset["metadata"]["namespace"]
    ours = {statefulset["metadata"]["uid"], pod["metadata"]["uid"]}
    for claim in claims_of(statefulset, pod["metadata"]["name"]):
        held = api.get(CLAIMS, namespace, claim["metadata"]["name"])
        if held is None:
            continue
        wanted = [one for one in owners_of(held) if one["uid"] not in ours]
        if with_pod or with_set:
            wanted.append(owner_reference(pod if with_pod else statefulset))
        if wanted != owners_of(held):
            _set_owners(api, key_of(held), wanted)


def _set_owners(api: ApiServer, key: Key, owners: list[Obj]) -> None:
    api.modify(CLAIMS, *key, lambda old: with_metadata(old, ownerReferences=owners or None))
