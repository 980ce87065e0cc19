"""Who controls what: adopting what matches a selector, releasing what no longer does.

Thanks to this file a pod taken out by its labels is replaced and lives on alone. It must not know
any kind (pkg/controller/controller_ref_manager.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sim.apimachinery.labels import Selector, match_label_selector
from sim.apimachinery.meta import (
    controller_of,
    is_terminating,
    key_of,
    labels_of,
    owner_reference,
    owners_of,
    with_metadata,
)
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer


def orphans(obj: Obj) -> tuple[str, ...]:
    """Index by namespace what has no controlling owner."""
    return () if controller_of(obj) is not None else (obj["metadata"].get("namespace", ""),)


def selector_of(owner: Obj) -> Selector:
    """Return what the pods of *owner* (with kind) carry; of the oldest kind it is plain labels."""
    selector = owner["spec"].get("selector")
    if owner["kind"] == "ReplicationController":
        selector = {"matchLabels": selector or {}}
    return match_label_selector(selector)


def claim(
    api: ApiServer, resource: str, owner: Obj, owned: Sequence[Obj], free: Iterable[Obj]
) -> list[Obj]:
    """Return the objects that *owner* controls after releasing and adopting by its selector.

    *owned* carry its reference, *free* carry none and live in its namespace. An owner that is being
    deleted neither adopts nor releases.
    """
    if is_terminating(owner):
        return list(owned)
    selector = selector_of(owner)
    kept: list[Obj] = []
    for obj in owned:
        if is_terminating(obj) or selector.matches(labels_of(obj)):
            kept.append(obj)
        else:
            _release(api, resource, obj, owner["metadata"]["uid"])
    for obj in free:
        if not is_terminating(obj) and selector.matches(labels_of(obj)):
            adopted = _adopt(api, resource, obj, owner)
            if adopted is not None:
                kept.append(adopted)
    return kept


def _adopt(api: ApiServer, resource: str, obj: Obj, owner: Obj) -> Obj | None:
    return api.modify(
        resource,
        *key_of(obj),
        lambda old: with_metadata(old, ownerReferences=[*owners_of(old), owner_reference(owner)]),
    )


def _release(api: ApiServer, resource: str, obj: Obj, uid: str) -> None:
    def release(old: Obj) -> Obj:
        rest = [reference for reference in owners_of(old) if reference["uid"] != uid]
        return with_metadata(old, ownerReferences=rest or None)

    api.modify(resource, *key_of(obj), release)
