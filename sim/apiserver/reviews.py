"""Reviews: who am I, may I; answered on the spot and never stored.

The trainee is the cluster's administrator, as an engineer on call is. This file must not know objects.
"""

from __future__ import annotations

from typing import Any

from sim.apimachinery.errors import bad_request
from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.wire import Obj

USERNAMES = {"trainee": "oncall"}
"""The name in the cluster of who works through the door."""
GROUPS = ["kubeadm:cluster-admins", "system:authenticated"]

_EVERYTHING = {
    "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
    "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
    "incomplete": False,
}


def review(info: ResourceInfo, body: Any, user: str) -> Obj:
    """Return *body*, a review, with its status filled in.

    Raises:
        ApiError: BadRequest, if the body is no object.
    """
    if not isinstance(body, dict):
        raise bad_request(f"the object provided is unrecognized (must be of type {info.kind})")
    status: Obj
    match info.kind:
        case "SelfSubjectReview":
            name = USERNAMES.get(user, user)
            status = {"userInfo": {"username": name, "groups": GROUPS}}
        case "SelfSubjectRulesReview":
            status = _EVERYTHING
        case "TokenReview":
            status = {"authenticated": False, "error": "invalid bearer token"}
        case _:
            status = {
                "allowed": True,
                "reason": (
                    'RBAC: allowed by ClusterRoleBinding "kubeadm:cluster-admins" of ClusterRole '
                    '"cluster-admin" to Group "kubeadm:cluster-admins"'
                ),
            }
    return {
        "kind": info.kind,
        "apiVersion": info.group_version,
        "metadata": {},
        "spec": body.get("spec") or {},
        "status": status,
    }
