"""Nobody hands out more than they have: the checks on writing roles and bindings.

As pkg/registry/rbac's policybased storages do before they store. This file must not know requests.
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.apimachinery.errors import forbidden, not_found
from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.wire import Obj
from sim.apiserver.authorization import ALWAYS_ALLOW, GROUP, RBAC, Authorizer
from sim.apiserver.authorization.rules import describe_missing, go_quoted, not_covered
from sim.apiserver.users import MASTERS, User

ROLES = ("roles", "clusterroles")
BINDINGS = ("rolebindings", "clusterrolebindings")
FULL_AUTHORITY: tuple[Obj, ...] = (
    {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
    {"verbs": ["*"], "nonResourceURLs": ["*"]},
)


def check_escalation(
    authorizer: Authorizer, user: User, info: ResourceInfo, new: Obj, old: Obj | None
) -> None:
    """Let *user* write the role or binding *new*.

    Raises:
        ApiError: Forbidden, or NotFound where a binding names a role that does not exist.
    """
    if authorizer.mode == ALWAYS_ALLOW or MASTERS in user.groups or info.group != GROUP:
        return
    if authorizer.grants(user, "").everything and authorizer.grants(user, "").every_path:
        return
    if info.plural in ROLES:
        _check_role(authorizer, user, info, new, old)
    elif info.plural in BINDINGS:
        _check_binding(authorizer, user, info, new, old)


def _check_role(
    authorizer: Authorizer, user: User, info: ResourceInfo, new: Obj, old: Obj | None
) -> None:
    name, namespace = new["metadata"]["name"], new["metadata"].get("namespace", "")
    rules = new.get("rules") or ()
    if authorizer.decide(user, "escalate", GROUP, info.plural, namespace, name).allowed:
        return
    if old is None or rules != (old.get("rules") or ()):
        _confirm(authorizer, user, info, name, namespace, rules)
    aggregation = new.get("aggregationRule")
    if aggregation and (old is None or aggregation != old.get("aggregationRule")):
        _confirm(authorizer, user, info, name, namespace, FULL_AUTHORITY)


def _check_binding(
    authorizer: Authorizer, user: User, info: ResourceInfo, new: Obj, old: Obj | None
) -> None:
    ref = new.get("roleRef") or {}
    same = old is not None and (old.get("roleRef"), old.get("subjects")) == (
        ref,
        new.get("subjects"),
    )
    if same:
        return
    name, namespace = new["metadata"]["name"], new["metadata"].get("namespace", "")
    cluster_wide = ref.get("kind") == "ClusterRole"
    role = ref.get("name", "")
    resource = "clusterroles" if cluster_wide else "roles"
    where = "" if cluster_wide else namespace
    if authorizer.decide(user, "bind", GROUP, resource, where, role).allowed:
        return
    if namespace and authorizer.decide(user, "bind", GROUP, resource, namespace, role).allowed:
        return
    rules = authorizer.rules_of(ref, namespace)
    if rules is None:
        raise not_found("clusterrole" if cluster_wide else "role", role, GROUP)
    _confirm(authorizer, user, info, name, namespace, rules)


def _confirm(
    authorizer: Authorizer,
    user: User,
    info: ResourceInfo,
    name: str,
    namespace: str,
    rules: Sequence[Obj],
) -> None:
    held, missing_roles = authorizer.rules_for(user, namespace)
    missing = not_covered(held, rules)
    if not missing:
        return
    why = (
        f'user "{user.name}" (groups={go_quoted(user.groups)}) is attempting to grant {RBAC} '
        f"permissions not currently held:\n{describe_missing(missing)}"
    )
    if missing_roles:
        errors = ", ".join(missing_roles)
        why += f"; resolution errors: [{errors}]"
    raise forbidden(info.plural, name, why, GROUP)
