"""What a write through a subresource may change: its part of the object and nothing else.

Follows the update strategies of pkg/registry/core/pod. This file must not know requests.
"""

from __future__ import annotations

from sim.apimachinery.errors import invalid
from sim.apimachinery.wire import Obj
from sim.apiserver.defaults import apply_defaults
from sim.apiserver.paths import Target
from sim.apiserver.validation.pods import check_ephemeral_update

EPHEMERAL = "ephemeralContainers"


def part_of(target: Target, body: Obj, old: Obj) -> Obj:
    """Return *body* with everything that its subresource does not reach as *old* has it.

    Raises:
        ApiError: Invalid, if an ephemeral container is changed or taken away.
    """
    if target.subresource == "ephemeralcontainers":
        return _ephemeral(target, body, old)
    if target.subresource == "resize":
        return _resized(body, old)
    return body


def _ephemeral(target: Target, body: Obj, old: Obj) -> Obj:
    given = (body.get("spec") or {}).get(EPHEMERAL) or []
    new = apply_defaults("pods", _kept(body, old, {EPHEMERAL: given}))
    causes = check_ephemeral_update(new, old)
    if causes:
        raise invalid(target.info.kind, target.name, causes, target.info.group)
    return new if given else _kept(body, old, {})


def _resized(body: Obj, old: Obj) -> Obj:
    given = (body.get("spec") or {}).get("containers") or []
    sizes = {one.get("name"): one for one in given}
    containers = [
        {**held, **{k: v for k, v in sizes.get(held["name"], {}).items() if k.startswith("res")}}
        for held in old["spec"]["containers"]
    ]
    return _kept(body, old, {"containers": containers})


def _kept(body: Obj, old: Obj, changed: Obj) -> Obj:
    versions = {k: v for k, v in body["metadata"].items() if k in ("resourceVersion", "uid")}
    metadata = {**old["metadata"], **versions}
    return {**old, "metadata": metadata, "spec": {**old["spec"], **changed}}
