"""`describe role`, `clusterrole` and their bindings."""

from __future__ import annotations

from sim.apimachinery.wire import Obj
from sim.kubectl.describers.common import Looking, write_annotations, write_labels
from sim.kubectl.describers.writer import Page
from sim.kubectl.policyrules import HEADERS, rule_rows


def describe_role(look: Looking, obj: Obj) -> str:
    """Return the page of one Role or ClusterRole."""
    del look
    page = _headed(obj)
    page.line(0, "PolicyRule:")
    page.line(1, *HEADERS)
    page.line(1, *("-" * len(one) for one in HEADERS))
    for row in rule_rows(obj.get("rules") or ()):
        page.line(1, *row)
    return page.render()


def describe_role_binding(look: Looking, obj: Obj) -> str:
    """Return the page of one RoleBinding or ClusterRoleBinding."""
    del look
    page = _headed(obj)
    ref = obj.get("roleRef") or {}
    page.line(0, "Role:")
    page.line(1, "Kind:", ref.get("kind", ""))
    page.line(1, "Name:", ref.get("name", ""))
    page.line(0, "Subjects:")
    page.line(1, "Kind", "Name", "Namespace")
    page.line(1, "----", "----", "---------")
    for one in obj.get("subjects") or ():
        page.line(1, one.get("kind", ""), one.get("name", ""), one.get("namespace", ""))
    return page.render()


def _headed(obj: Obj) -> Page:
    page = Page()
    metadata = obj["metadata"]
    page.line(0, "Name:", metadata["name"])
    write_labels(page, "Labels", metadata.get("labels"))
    write_annotations(page, "Annotations", metadata.get("annotations"))
    return page
