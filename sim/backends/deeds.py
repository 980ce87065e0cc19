"""What a write on the trainee's behalf did, in one verb and one line for people.

The verb says what it means where the API's verb does not: rolling back and restarting are both a
patch. This file reads two versions of an object and must not know who asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sim.apimachinery.meta import annotations_of, read
from sim.apimachinery.wire import Obj
from sim.evidence import ActionRecord, EvidenceLog

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
HASH_LABEL = "pod-template-hash"
LONGEST = 200
"""Characters of a detail."""

Templates = Callable[[Obj], Sequence[Obj]]
"""From a Deployment to the pod templates of its earlier revisions."""


def keep(
    log: EvidenceLog, at: int, who: tuple[int, int], target: str, verb: str, detail: str
) -> None:
    """Write into *log* what was done by *who*, (input, command)."""
    given, command = who
    log.append(
        ActionRecord(at=at, input=given, command=command, target=target, verb=verb, detail=detail)
    )


def target_of(resource: str, namespace: str, name: str) -> str:
    """Return how evidence names an object: `nodes/n`, `deployments/payments/payment-service`."""
    return "/".join(part for part in (resource, namespace, name) if part)


def deed_of(verb: str, old: Obj | None, new: Obj | None, earlier: Templates) -> tuple[str, str]:
    """Return (verb, detail) of one write."""
    if new is None or old is None:
        return verb, ""
    before, after = read(old, "spec", "template"), read(new, "spec", "template")
    if before is not None and after is not None and before != after:
        return _template_deed(verb, old, new, earlier)
    return verb, _difference(old, new)


def _template_deed(verb: str, old: Obj, new: Obj, earlier: Templates) -> tuple[str, str]:
    before, after = old["spec"]["template"], new["spec"]["template"]
    restarted = annotations_in(after).get(RESTARTED_AT)
    if restarted and restarted != annotations_in(before).get(RESTARTED_AT):
        return "restart", f"restartedAt: {restarted}"
    plain = without_hash(after)
    if any(without_hash(template) == plain for template in earlier(new)):
        return "rollback", _images(before, after)
    return verb, _images(before, after) or _difference(old, new)


def annotations_in(template: Obj) -> dict[str, str]:
    """Return the annotations of a pod template."""
    return (template.get("metadata") or {}).get("annotations") or {}


def without_hash(template: Obj) -> Obj:
    """Return a pod template without the label that names its ReplicaSet, and without empty parts."""
    metadata = template.get("metadata") or {}
    labels = {k: v for k, v in (metadata.get("labels") or {}).items() if k != HASH_LABEL}
    kept = {k: v for k, v in metadata.items() if v and k not in ("labels", "creationTimestamp")}
    return {"metadata": {**kept, "labels": labels}, "spec": template.get("spec")}


def _images(before: Obj, after: Obj) -> str:
    had = [one.get("image", "") for one in read(before, "spec", "containers", default=[])]
    has = [one.get("image", "") for one in read(after, "spec", "containers", default=[])]
    return f"image: {' '.join(had)} -> {' '.join(has)}" if had != has else ""


def _difference(old: Obj, new: Obj) -> str:
    found: list[str] = []
    had, has = old.get("spec") or {}, new.get("spec") or {}
    if bool(had.get("unschedulable")) != bool(has.get("unschedulable")):
        found.append(f"unschedulable: {str(bool(has.get('unschedulable'))).lower()}")
    found += _taints(had.get("taints") or (), has.get("taints") or ())
    for field in sorted({*had, *has} - {"unschedulable", "taints", "template"}):
        if had.get(field) != has.get(field):
            found.append(f"{field}: {_short(had.get(field))} -> {_short(has.get(field))}")
    template = "spec", "template", "spec"
    before, after = read(old, *template), read(new, *template)
    if before is not None and after is not None and before != after:
        found += _fields(before, after)
    for field in ("labels", "annotations", "data"):
        had_, has_ = _part(old, field), _part(new, field)
        for key in sorted({*had_, *has_}):
            if had_.get(key) != has_.get(key) and not key.startswith("deployment.kubernetes.io/"):
                found.append(f"{field} {key}: {_short(has_.get(key))}")
    return "; ".join(found)[:LONGEST]


def _part(obj: Obj, field: str) -> dict[str, Any]:
    if field == "data":
        return obj.get("data") or {}
    if field == "annotations":
        return dict(annotations_of(obj))
    return obj["metadata"].get(field) or {}


def _fields(before: Obj, after: Obj) -> list[str]:
    """Return what changed in a pod template's spec, container by container."""
    found = []
    old = {one["name"]: one for one in before.get("containers") or ()}
    for one in after.get("containers") or ():
        had = old.get(one["name"], {})
        found += [
            f"{one['name']}.{field}: {_short(had.get(field))} -> {_short(one.get(field))}"
            for field in sorted({*had, *one})
            if had.get(field) != one.get(field)
        ]
    found += [
        f"{field}: {_short(before.get(field))} -> {_short(after.get(field))}"
        for field in sorted({*before, *after} - {"containers"})
        if before.get(field) != after.get(field)
    ]
    return found


def _taints(had: Sequence[Obj], has: Sequence[Obj]) -> list[str]:
    def name(taint: Obj) -> str:
        value = f"={taint['value']}" if taint.get("value") else ""
        return f"{taint['key']}{value}:{taint['effect']}"

    # The node controller adds this one by itself after a cordon.
    ours = "node.kubernetes.io/unschedulable"
    before = {name(one) for one in had if one["key"] != ours}
    after = {name(one) for one in has if one["key"] != ours}
    return [f"taints: +{one}" for one in sorted(after - before)] + [
        f"taints: -{one}" for one in sorted(before - after)
    ]


def _short(value: object) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
