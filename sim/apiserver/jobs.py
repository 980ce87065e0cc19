"""The labels by which a Job finds its pods, filled in by the server at creation.

Thanks to this file no two Jobs ever count each other's pods. It must not know what counts them
(pkg/registry/batch/job/strategy.go generateSelector).
"""

from __future__ import annotations

from sim.apimachinery.wire import Obj

UID_LABEL = "batch.kubernetes.io/controller-uid"
NAME_LABEL = "batch.kubernetes.io/job-name"


def with_own_labels(job: Obj) -> Obj:
    """Return a new *job* (with uid) whose template carries its labels and whose selector asks for them.

    With `manualSelector` both are the user's. A Job without labels gets those of its template.
    """
    spec = job["spec"]
    template = spec.get("template") or {}
    metadata = template.get("metadata") or {}
    labels = metadata.get("labels") or {}
    if not spec.get("manualSelector"):
        name, uid = job["metadata"]["name"], job["metadata"]["uid"]
        own = {UID_LABEL: uid, NAME_LABEL: name, "controller-uid": uid, "job-name": name}
        labels = {**labels, **own}
        selector = spec.get("selector") or {}
        matched = {**(selector.get("matchLabels") or {}), UID_LABEL: uid}
        job = {
            **job,
            "spec": {
                **spec,
                "selector": {**selector, "matchLabels": matched},
                "template": {**template, "metadata": {**metadata, "labels": labels}},
            },
        }
    if labels and not job["metadata"].get("labels"):
        job = {**job, "metadata": {**job["metadata"], "labels": labels}}
    return job
