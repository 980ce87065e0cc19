"""RBAC: who may do what, evaluated from the roles and bindings that are stored.

What one user may do is worked out once and kept until a role or binding changes. This file must not
know requests, nor what the objects behind a resource are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from sim.apimachinery.errors import ApiError, forbidden
from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.wire import Obj
from sim.apiserver.authorization.rules import allows, allows_path, is_every_path, is_everything
from sim.apiserver.users import MASTERS, User, split_service_account

if TYPE_CHECKING:
    from sim.apiserver.registry import Registry

ALWAYS_ALLOW = "AlwaysAllow"
"""kube-apiserver's own default mode: nobody is asked for anything."""
RBAC = "RBAC"
GROUP = "rbac.authorization.k8s.io"
WATCHED = ("clusterroles", "clusterrolebindings", "roles", "rolebindings")
REMEMBERED = 512
"""How many users' rights are kept at a time."""


class Decision(NamedTuple):
    """An answer with its reason."""

    allowed: bool
    reason: str = ""
    """`RBAC: allowed by ...`, or what went wrong while evaluating."""


class Grant(NamedTuple):
    """The rules of one role as one binding gives them to a user."""

    rules: Sequence[Obj]
    because: str
    """`ClusterRoleBinding "x" of ClusterRole "y" to Group "z"`"""


class Grants(NamedTuple):
    """What a user has been given at one scope."""

    given: tuple[Grant, ...]
    missing: tuple[str, ...]
    """Texts of the roles that bindings name and nobody has made."""
    everything: str
    """Why every verb on every resource is allowed, or ""."""
    every_path: str
    """Likewise for paths that are no resource."""


NOTHING = Grants((), (), "", "")


class Authorizer:
    """Answers what users may do."""

    mode: str
    """`AlwaysAllow`, or `RBAC` once the cluster's policy has been loaded."""

    def __init__(self, registry: Registry) -> None:
        self.mode = ALWAYS_ALLOW
        self._store = registry.store
        self._cache: dict[tuple[str, tuple[str, ...], str], Grants] = {}
        for resource in WATCHED:
            registry.subscribe(resource, self._forget)

    def check(
        self,
        user: User,
        verb: str,
        info: ResourceInfo,
        subresource: str,
        namespace: str,
        name: str,
    ) -> None:
        """Let *user* pass if they may.

        Raises:
            ApiError: Forbidden.
        """
        if self.mode == ALWAYS_ALLOW or self.grants(user, "").everything:
            return
        self.demand(user, verb, info.group, info.plural, namespace, name, subresource=subresource)

    def check_path(self, user: User, verb: str, path: str) -> None:
        """Let *user* pass to a path that is no resource, if they may.

        Raises:
            ApiError: Forbidden.
        """
        if self.mode == ALWAYS_ALLOW or self.grants(user, "").every_path:
            return
        decision = self.decide_path(user, verb, path)
        if not decision.allowed:
            why = f'forbidden: User "{user.name}" cannot {verb} path "{path}"'
            raise ApiError(403, "Forbidden", _with_reason(why, decision.reason), {})

    def demand(
        self,
        user: User,
        verb: str,
        group: str,
        resource: str,
        namespace: str,
        name: str,
        *,
        subresource: str = "",
    ) -> None:
        """Like `check`, for any resource by name, such as the `users` that one impersonates."""
        decision = self.decide(
            user, verb, group, resource, namespace, name, subresource=subresource
        )
        if decision.allowed:
            return
        full = f"{resource}/{subresource}" if subresource else resource
        where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
        why = f'User "{user.name}" cannot {verb} resource "{full}" in API group "{group}" {where}'
        raise forbidden(resource, name, _with_reason(why, decision.reason), group)

    def decide(
        self,
        user: User,
        verb: str,
        group: str,
        resource: str,
        namespace: str,
        name: str,
        *,
        subresource: str = "",
    ) -> Decision:
        """Return whether *user* may, and why."""
        if self.mode == ALWAYS_ALLOW or MASTERS in user.groups:
            return Decision(allowed=True)
        missing: list[str] = []
        for grants in self._scopes(user, namespace):
            for rules, because in grants.given:
                if any(allows(one, verb, group, resource, subresource, name) for one in rules):
                    return Decision(allowed=True, reason=f"RBAC: allowed by {because}")
            missing += grants.missing
        return Decision(allowed=False, reason=_rbac_errors(missing))

    def decide_path(self, user: User, verb: str, path: str) -> Decision:
        """Return whether *user* may use *verb* on a path that is no resource, and why."""
        if self.mode == ALWAYS_ALLOW or MASTERS in user.groups:
            return Decision(allowed=True)
        grants = self.grants(user, "")
        for rules, because in grants.given:
            if any(allows_path(one, verb, path) for one in rules):
                return Decision(allowed=True, reason=f"RBAC: allowed by {because}")
        return Decision(allowed=False, reason=_rbac_errors(list(grants.missing)))

    def rules_for(self, user: User, namespace: str) -> tuple[list[Obj], list[str]]:
        """Return every rule that holds for *user* in *namespace*, and the roles that are missing."""
        if self.mode == ALWAYS_ALLOW or MASTERS in user.groups:
            return [
                {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
                {"verbs": ["*"], "nonResourceURLs": ["*"]},
            ], []
        rules: list[Obj] = []
        missing: list[str] = []
        for grants in self._scopes(user, namespace):
            rules += [one for grant in grants.given for one in grant.rules]
            missing += grants.missing
        return rules, missing

    def rules_of(self, role_ref: Obj, namespace: str) -> Sequence[Obj] | None:
        """Return the rules of the role that a binding refers to, or None if it does not exist."""
        if role_ref.get("kind") == "ClusterRole":
            role = self._store.get("clusterroles", "", role_ref.get("name", ""))
        else:
            role = self._store.get("roles", namespace, role_ref.get("name", ""))
        return None if role is None else role.get("rules") or ()

    def grants(self, user: User, namespace: str) -> Grants:
        """Return what the bindings of *namespace* (cluster-wide ones: "") give to *user*."""
        key = (user.name, user.groups, namespace)
        found = self._cache.get(key)
        if found is None:
            if len(self._cache) >= REMEMBERED:
                self._cache.clear()
            found = self._cache[key] = self._grants(user, namespace)
        return found

    # -- inside ----------------------------------------------------------------------------------

    def _forget(self, type_: str, new: Obj, old: Obj | None) -> None:
        del type_, new, old
        self._cache.clear()

    def _scopes(self, user: User, namespace: str) -> Iterator[Grants]:
        yield self.grants(user, "")
        if namespace:
            yield self.grants(user, namespace)

    def _grants(self, user: User, namespace: str) -> Grants:
        if not namespace and MASTERS in user.groups:
            return Grants((), (), "system:masters", "system:masters")
        resource = "rolebindings" if namespace else "clusterrolebindings"
        given: list[Grant] = []
        missing: list[str] = []
        for binding in self._store.list(resource, namespace):
            subject = _subject_of(binding, user, namespace)
            if subject is None:
                continue
            ref = binding["roleRef"]
            rules = self.rules_of(ref, namespace)
            if rules is None:
                missing.append(f'{ref["kind"].lower()}.{GROUP} "{ref["name"]}" not found')
                continue
            given.append(Grant(rules, _because(binding, subject, namespace)))
        if not given and not missing:
            return NOTHING
        everything = every_path = ""
        if not namespace:
            for rules, because in given:
                if any(map(is_everything, rules)):
                    everything = everything or because
                if any(map(is_every_path, rules)):
                    every_path = every_path or because
        return Grants(tuple(given), tuple(missing), everything, every_path)


def _subject_of(binding: Obj, user: User, namespace: str) -> Obj | None:
    """Return the first subject of *binding* that *user* is."""
    account = split_service_account(user.name)
    for subject in binding.get("subjects") or ():
        name = subject.get("name", "")
        match subject.get("kind"):
            case "User":
                is_meant = name == user.name
            case "Group":
                is_meant = name in user.groups
            case "ServiceAccount":
                is_meant = account == (subject.get("namespace") or namespace, name)
            case _:
                is_meant = False
        if is_meant:
            found: Obj = subject
            return found
    return None


def _because(binding: Obj, subject: Obj, namespace: str) -> str:
    """Return which binding allows, in the words of an access review's reason."""
    ref, name = binding["roleRef"], subject.get("name", "")
    if subject["kind"] == "ServiceAccount":
        name = f"{name}/{subject.get('namespace') or namespace}"
    bound = f'of {ref["kind"]} "{ref["name"]}" to {subject["kind"]} "{name}"'
    own = binding["metadata"]["name"]
    if namespace:
        return f'RoleBinding "{own}/{namespace}" {bound}'
    return f'ClusterRoleBinding "{own}" {bound}'


def _rbac_errors(errors: list[str]) -> str:
    """Return the texts as Go's aggregate prints them."""
    distinct = list(dict.fromkeys(errors))
    if not distinct:
        return ""
    text = distinct[0] if len(distinct) == 1 else f"[{', '.join(distinct)}]"
    return f"RBAC: {text}"


def _with_reason(text: str, reason: str) -> str:
    return f"{text}: {reason}" if reason else text
