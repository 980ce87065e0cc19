"""RBAC: rules, references and subjects; a binding keeps its role for life.

It must not know who may do what.
"""

from __future__ import annotations

from sim.apimachinery.errors import Cause, invalid_value, required, unsupported_value
from sim.apimachinery.wire import Obj
from sim.apiserver.validation import spelling
from sim.apiserver.validation.names import check_spelling, check_subdomain
from sim.apiserver.validation.selectors import check_selector
from sim.apiserver.validation.values import structured

GROUP = "rbac.authorization.k8s.io"
_SUBJECTS = ("ServiceAccount", "User", "Group")


def check_role(obj: Obj) -> list[Cause]:
    """Return the causes why a Role is refused."""
    return _check_rules(obj, namespaced=True)


def check_cluster_role(obj: Obj) -> list[Cause]:
    """Return the causes why a ClusterRole is refused."""
    causes = _check_rules(obj, namespaced=False)
    selectors = (obj.get("aggregationRule") or {}).get("clusterRoleSelectors")
    if obj.get("aggregationRule") is not None and not selectors:
        detail = "at least one clusterRoleSelector required if aggregationRule is non-nil"
        causes.append(required("aggregationRule.clusterRoleSelectors", detail))
    for index, one in enumerate(selectors or ()):
        causes += check_selector(f"aggregationRule.clusterRoleSelectors[{index}]", one)
    return causes


def _check_rules(obj: Obj, *, namespaced: bool) -> list[Cause]:
    causes: list[Cause] = []
    for index, rule in enumerate(obj.get("rules") or ()):
        causes += _check_rule(f"rules[{index}]", rule, namespaced=namespaced)
    return causes


def _check_rule(field: str, rule: Obj, *, namespaced: bool) -> list[Cause]:
    causes: list[Cause] = []
    if not rule.get("verbs"):
        causes.append(required(f"{field}.verbs", "verbs must contain at least one value"))
    paths = rule.get("nonResourceURLs") or []
    here = f"{field}.nonResourceURLs"
    if paths:
        if namespaced:
            why = "namespaced rules cannot apply to non-resource URLs"
            causes.append(structured(here, paths, why))
        if any(rule.get(name) for name in ("apiGroups", "resources", "resourceNames")):
            why = "rules cannot apply to both regular resources and non-resource URLs"
            causes.append(structured(here, paths, why))
        return causes
    if not rule.get("apiGroups"):
        detail = "resource rules must supply at least one api group"
        causes.append(required(f"{field}.apiGroups", detail))
    if not rule.get("resources"):
        detail = "resource rules must supply at least one resource"
        causes.append(required(f"{field}.resources", detail))
    return causes


def check_role_binding(obj: Obj) -> list[Cause]:
    """Return the causes why a RoleBinding is refused."""
    return _check_binding(obj, ("Role", "ClusterRole"), namespaced=True)


def check_cluster_role_binding(obj: Obj) -> list[Cause]:
    """Return the causes why a ClusterRoleBinding is refused."""
    return _check_binding(obj, ("ClusterRole",), namespaced=False)


def _check_binding(obj: Obj, kinds: tuple[str, ...], *, namespaced: bool) -> list[Cause]:
    role = obj.get("roleRef") or {}
    causes: list[Cause] = []
    if role.get("apiGroup", GROUP) != GROUP:
        causes.append(unsupported_value("roleRef.apiGroup", role["apiGroup"], (GROUP,)))
    if role.get("kind") not in kinds:
        causes.append(unsupported_value("roleRef.kind", role.get("kind", ""), kinds))
    if not role.get("name"):
        causes.append(required("roleRef.name"))
    else:
        causes += check_spelling("roleRef.name", role["name"], spelling.path_segment)
    for index, subject in enumerate(obj.get("subjects") or ()):
        causes += _check_subject(f"subjects[{index}]", subject, namespaced=namespaced)
    return causes


def _check_subject(field: str, subject: Obj, *, namespaced: bool) -> list[Cause]:
    name, group, kind = subject.get("name", ""), subject.get("apiGroup", ""), subject.get("kind")
    causes = [] if name else [required(f"{field}.name")]
    if kind == "ServiceAccount":
        if name:
            causes += check_subdomain(f"{field}.name", name)
        if group:
            causes.append(unsupported_value(f"{field}.apiGroup", group, ("",)))
        if not namespaced and not subject.get("namespace"):
            causes.append(required(f"{field}.namespace"))
    elif kind in ("User", "Group"):
        if not name:
            why = f"{kind.lower()} name cannot be empty"
            causes.append(invalid_value(f"{field}.name", name, why))
        if group != GROUP:
            causes.append(unsupported_value(f"{field}.apiGroup", group, (GROUP,)))
    else:
        causes.append(unsupported_value(f"{field}.kind", kind or "", _SUBJECTS))
    return causes


def check_binding_kept(new: Obj, old: Obj) -> list[Cause]:
    """Return the cause why a binding may not take another role."""
    if new.get("roleRef") == old.get("roleRef"):
        return []
    # Shown as the server's own type is written, which has no names for JSON.
    role = new.get("roleRef") or {}
    shown = {
        name: role.get(name[:1].lower() + name[1:], "") for name in ("APIGroup", "Kind", "Name")
    }
    shown["APIGroup"] = role.get("apiGroup", "")
    text = "{" + ",".join(f'"{key}":"{value}"' for key, value in shown.items()) + "}"
    return [Cause("FieldValueInvalid", f"Invalid value: {text}: cannot change roleRef", "roleRef")]
