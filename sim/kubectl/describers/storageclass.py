"""`describe storageclass`."""

from __future__ import annotations

from sim.apimachinery.wire import Obj
from sim.kubectl.describers.common import Looking, plain_labels, true_or_false, write_events
from sim.kubectl.describers.writer import Page

_DEFAULT = "storageclass.kubernetes.io/is-default-class"


def describe_storage_class(look: Looking, obj: Obj) -> str:
    """Return the page of one StorageClass."""
    page = Page()
    metadata = obj["metadata"]
    annotations = metadata.get("annotations") or {}
    page.line(0, "Name:", metadata["name"])
    page.line(0, "IsDefaultClass:", "Yes" if annotations.get(_DEFAULT) == "true" else "No")
    page.line(0, "Annotations:", plain_labels(annotations))
    page.line(0, "Provisioner:", obj.get("provisioner", ""))
    page.line(0, "Parameters:", plain_labels(obj.get("parameters")))
    expands = obj.get("allowVolumeExpansion")
    page.line(0, "AllowVolumeExpansion:", "<unset>" if expands is None else true_or_false(expands))
    options = obj.get("mountOptions") or []
    if options:
        page.line(0, "MountOptions:")
        for option in options:
            page.line(1, option)
    else:
        page.line(0, "MountOptions:", "<none>")
    if obj.get("reclaimPolicy"):
        page.line(0, "ReclaimPolicy:", obj["reclaimPolicy"])
    if obj.get("volumeBindingMode"):
        page.line(0, "VolumeBindingMode:", obj["volumeBindingMode"])
    write_events(page, look, obj)
    return page.render()
