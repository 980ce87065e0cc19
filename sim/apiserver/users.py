"""Who asks: users with their groups, service accounts, and whom one may pretend to be.

Thanks to this file every request has one identity, by name, by token or by impersonation. It must not
know what anybody may do, except whether they may impersonate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sim.apimachinery.errors import internal_error

if TYPE_CHECKING:
    from sim.apiserver.authorization import Authorizer

AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"
ANONYMOUS = "system:anonymous"
MASTERS = "system:masters"
"""The group whose members no authorizer is asked about."""
CLUSTER_ADMINS = "kubeadm:cluster-admins"
"""The group of kubeadm's admin.conf, bound to cluster-admin."""
ACCOUNT_PREFIX = "system:serviceaccount:"


@dataclass(frozen=True, slots=True)
class User:
    """An identity as authentication hands it on."""

    name: str
    """`jane`, `system:serviceaccount:payments:api`"""
    groups: tuple[str, ...] = ()
    """`("system:authenticated",)`"""
    uid: str = ""
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """`{"authentication.kubernetes.io/pod-name": ("web-0",)}`"""


def service_account_name(namespace: str, name: str) -> str:
    """Return the user name of a service account."""
    return f"{ACCOUNT_PREFIX}{namespace}:{name}"


def service_account_groups(namespace: str) -> tuple[str, ...]:
    """Return the groups that every service account of *namespace* is in."""
    return ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")


def split_service_account(user: str) -> tuple[str, str] | None:
    """Return (namespace, name) if *user* is a service account's name."""
    if not user.startswith(ACCOUNT_PREFIX):
        return None
    namespace, _, name = user[len(ACCOUNT_PREFIX) :].partition(":")
    return (namespace, name) if namespace and name and ":" not in name else None


class Users:
    """Knows the identities behind the names that callers in the process use."""

    trainee: User
    """Who "trainee" is in this cluster; a scenario that takes rights away sets another."""

    def __init__(self, authorizer: Authorizer) -> None:
        self._authorizer = authorizer
        self.trainee = User("oncall", (CLUSTER_ADMINS, AUTHENTICATED))
        self._system = User("system:apiserver", (MASTERS,))

    def identify(self, user: str | User, headers: Mapping[str, str]) -> User:
        """Return who *user* is, or whom the request's headers impersonate.

        Raises:
            ApiError: Forbidden, if they may not be impersonated.
        """
        who = self.of(user)
        return self._impersonated(who, headers) if _is_impersonating(headers) else who

    def of(self, user: str | User) -> User:
        """Return the identity of a caller: one of the process's two names, or a user of that name."""
        if isinstance(user, User):
            return user
        if user == "trainee":
            return self.trainee
        if user == "system":
            return self._system
        return User(user, (AUTHENTICATED,))

    def _impersonated(self, who: User, headers: Mapping[str, str]) -> User:
        name = headers.get("impersonate-user", "")
        groups = [one for one in headers.get("impersonate-group", "").split(",") if one]
        uid = headers.get("impersonate-uid", "")
        extra = {
            header.removeprefix("impersonate-extra-"): tuple(value.split(","))
            for header, value in headers.items()
            if header.startswith("impersonate-extra-")
        }
        if not name:
            raise internal_error("requested impersonation without impersonating a user")
        may = self._authorizer.demand
        account = split_service_account(name)
        if account is not None:
            may(who, "impersonate", "", "serviceaccounts", account[0], account[1])
        else:
            may(who, "impersonate", "", "users", "", name)
        for group in groups:
            may(who, "impersonate", "", "groups", "", group)
        if uid:
            may(who, "impersonate", "authentication.k8s.io", "uids", "", uid)
        for key, values in extra.items():
            for value in values:
                may(
                    who,
                    "impersonate",
                    "authentication.k8s.io",
                    "userextras",
                    "",
                    value,
                    subresource=key,
                )
        return User(name, _groups_of(name, account, groups), uid, extra)


def _is_impersonating(headers: Mapping[str, str]) -> bool:
    return "impersonate-user" in headers or any(one.startswith("impersonate-") for one in headers)


def _groups_of(name: str, account: tuple[str, str] | None, asked: list[str]) -> tuple[str, ...]:
    """Return the groups of somebody impersonated (apiserver filters/impersonation.go)."""
    groups = list(asked)
    if account is not None and not groups:
        groups = list(service_account_groups(account[0]))
    if name == ANONYMOUS:
        return (*groups, UNAUTHENTICATED) if UNAUTHENTICATED not in groups else tuple(groups)
    if not {AUTHENTICATED, UNAUTHENTICATED} & set(groups):
        groups.append(AUTHENTICATED)
    return tuple(groups)
