"""What `apply` and `diff` share: what was applied last, and the patch that brings it up to date.

It must not know which of the two asks.
"""

from __future__ import annotations

import json
from typing import Any

from sim.apimachinery.wire import Obj
from sim.client.rest import MERGE, STRATEGIC_MERGE
from sim.kubectl.builder import Info
from sim.kubectl.goformat import to_json
from sim.kubectl.threeway import is_known, three_way_merge, three_way_patch

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def remembered(obj: Obj) -> tuple[Obj, str]:
    """Return *obj* with the annotation that remembers it, and that annotation's text."""
    plain = unmarked(obj)
    metadata = plain["metadata"]
    text = to_json(plain) + "\n"
    marked = {**metadata["annotations"], LAST_APPLIED: text}
    return {**obj, "metadata": {**metadata, "annotations": marked}}, text


def unmarked(obj: Obj) -> Obj:
    """Return *obj* without the annotation; it has annotations then, if only none."""
    metadata = obj.get("metadata") or {}
    annotations = {
        key: value
        for key, value in (metadata.get("annotations") or {}).items()
        if key != LAST_APPLIED
    }
    return {**obj, "metadata": {**metadata, "annotations": annotations}}


def applied_before(obj: Obj) -> Any:
    """Return what was applied last time; None if nothing says so."""
    text = (obj.get("metadata", {}).get("annotations") or {}).get(LAST_APPLIED)
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def change_of(info: Info, wanted: Obj, current: Obj) -> tuple[Obj, str]:
    """Return the patch from *current* to *wanted*, and its content type."""
    before = applied_before(current)
    if is_known(info.resource.group):
        return three_way_patch(before, wanted, current), STRATEGIC_MERGE
    return three_way_merge(before, wanted, current), MERGE
