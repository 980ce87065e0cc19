"""A workload's pod template, as `describe` shows it.

It must not know which workload holds it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.apimachinery.labels import format_selector
from sim.apimachinery.wire import Obj
from sim.kubectl.describers.common import write_annotations, write_labels, write_tolerations
from sim.kubectl.describers.containers import write_containers
from sim.kubectl.describers.volumes import write_volumes
from sim.kubectl.describers.writer import Page


def write_template(page: Page, template: Obj | None) -> None:
    """Write the section `Pod Template`."""
    page.write(0, "Pod Template:\n")
    if not template:
        page.write(1, "<unset>")
        return
    metadata, spec = template.get("metadata") or {}, template.get("spec") or {}
    write_labels(page, "  Labels", metadata.get("labels"))
    if metadata.get("annotations"):
        write_annotations(page, "  Annotations", metadata["annotations"])
    if spec.get("serviceAccountName"):
        page.line(1, "Service Account:", spec["serviceAccountName"])
    if spec.get("initContainers"):
        write_containers(page, "Init Containers", spec["initContainers"], space="  ")
    write_containers(page, "Containers", spec.get("containers") or [], space="  ")
    write_volumes(page, spec.get("volumes"), "  ")
    write_spread(page, spec.get("topologySpreadConstraints"), "  ")
    if spec.get("priorityClassName"):
        page.line(1, "Priority Class Name:", spec["priorityClassName"])
    write_labels(page, "  Node-Selectors", spec.get("nodeSelector"))
    write_tolerations(page, "  Tolerations", spec.get("tolerations"))


def write_spread(page: Page, constraints: Sequence[Obj] | None, space: str = "") -> None:
    """Write topology spread constraints, if there are any."""
    ordered = sorted(constraints or [], key=lambda one: str(one.get("topologyKey", "")))
    for index, one in enumerate(ordered):
        lead = f"{space}Topology Spread Constraints:" if index == 0 else space
        text = (
            f"{one.get('topologyKey', '')}:{one.get('whenUnsatisfiable', '')} "
            f"when max skew {one.get('maxSkew', 0)} is exceeded"
        )
        if one.get("labelSelector") is not None:
            text += f" for selector {format_selector(one['labelSelector'])}"
        page.line(0, lead, text)
