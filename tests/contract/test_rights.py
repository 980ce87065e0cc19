"""Who may do what: roles, bindings, impersonation, and asking about it."""

from __future__ import annotations

from typing import Any

import pytest

from sim.apimachinery.wire import Obj
from tests.contract.place import Place, configmap

RBAC = "rbac.authorization.k8s.io/v1"
JANE = {"impersonate-user": "jane"}


def grant(place: Place, *rules: Obj, subject: Obj | None = None) -> None:
    """Give jane (or *subject*) *rules* in the namespace."""
    place.ok(
        "POST", place.at("roles", group=RBAC), {"metadata": {"name": "r"}, "rules": list(rules)}
    )
    subject = subject or {"kind": "User", "name": "jane", "apiGroup": "rbac.authorization.k8s.io"}
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}
    body = {"metadata": {"name": "b"}, "roleRef": ref, "subjects": [subject]}
    place.ok("POST", place.at("rolebindings", group=RBAC), body)
    place.server.pause(0.3)


def rule(verbs: str, resources: str, groups: str = "", **more: Any) -> Obj:
    return {
        "verbs": verbs.split(),
        "resources": resources.split(),
        "apiGroups": groups.split() or [""],
        **more,
    }


@pytest.mark.parametrize(
    ("method", "path", "who", "verb", "resource"),
    [
        ("GET", "pods", "pods", "list", "pods"),
        ("GET", "pods/x", 'pods "x"', "get", "pods"),
        ("GET", "pods/x/log", 'pods "x"', "get", "pods/log"),
        ("DELETE", "secrets/x", 'secrets "x"', "delete", "secrets"),
        ("DELETE", "secrets", "secrets", "deletecollection", "secrets"),
        ("PATCH", "pods/x", 'pods "x"', "patch", "pods"),
        ("POST", "pods/x/exec", 'pods "x"', "create", "pods/exec"),
    ],
)
def test_nothing_is_allowed_at_first(
    place: Place, method: str, path: str, who: str, verb: str, resource: str
) -> None:
    headers = (
        {**JANE, "content-type": "application/merge-patch+json"} if method == "PATCH" else JANE
    )
    body = {} if method in ("PATCH", "POST") else None
    status = place.no(403, method, place.at(path), body, headers=headers)
    assert status["reason"] == "Forbidden"
    assert status["message"] == (
        f'{who} is forbidden: User "jane" cannot {verb} resource "{resource}" in API group "" '
        f'in the namespace "{place.name}"'
    )


def test_groups_and_scope_are_told(place: Place) -> None:
    status = place.no(403, "GET", place.at("deployments", group="apps/v1"), headers=JANE)
    assert status["message"].startswith(
        'deployments.apps is forbidden: User "jane" cannot list resource "deployments" in API group "apps"'
    )
    assert status["details"] == {"group": "apps", "kind": "deployments"}
    status = place.no(403, "GET", "/api/v1/nodes", headers=JANE)
    assert (
        status["message"]
        == 'nodes is forbidden: User "jane" cannot list resource "nodes" in API group "" at the cluster scope'
    )
    status = place.no(403, "GET", "/metrics", headers=JANE)
    assert status["message"] == 'forbidden: User "jane" cannot get path "/metrics"'


def test_a_role_allows_what_it_says(place: Place) -> None:
    grant(place, rule("get list", "configmaps"))
    place.config("a")
    assert place.send("GET", place.at("configmaps"), headers=JANE).code == 200
    assert place.send("GET", place.at("configmaps", "a"), headers=JANE).code == 200
    place.no(403, "DELETE", place.at("configmaps", "a"), headers=JANE)
    place.no(403, "GET", "/api/v1/configmaps", headers=JANE)
    place.no(403, "GET", place.at("configmaps"), headers=JANE, watch=True)


def test_a_role_for_one_name(place: Place) -> None:
    grant(place, rule("get", "configmaps", resourceNames=["a"]))
    place.config("a")
    place.config("b")
    assert place.send("GET", place.at("configmaps", "a"), headers=JANE).code == 200
    place.no(403, "GET", place.at("configmaps", "b"), headers=JANE)


def test_a_group_is_bound(place: Place) -> None:
    grant(
        place,
        rule("*", "*", "*"),
        subject={"kind": "Group", "name": "devs", "apiGroup": "rbac.authorization.k8s.io"},
    )
    place.no(403, "GET", place.at("pods"), headers=JANE)
    headers = {**JANE, "impersonate-group": "devs"}
    assert place.send("GET", place.at("pods"), headers=headers).code == 200
    assert place.send("POST", place.at("configmaps"), configmap("a"), headers=headers).code == 201


def test_a_service_account_is_bound(place: Place) -> None:
    place.ok("POST", place.at("serviceaccounts"), {"metadata": {"name": "bot"}})
    grant(
        place,
        rule("list", "pods"),
        subject={"kind": "ServiceAccount", "name": "bot", "namespace": place.name},
    )
    headers = {"impersonate-user": f"system:serviceaccount:{place.name}:bot"}
    assert place.send("GET", place.at("pods"), headers=headers).code == 200
    status = place.no(403, "GET", place.at("secrets"), headers=headers)
    assert (
        f'User "system:serviceaccount:{place.name}:bot" cannot list resource "secrets"'
        in status["message"]
    )


def test_built_in_roles(place: Place) -> None:
    for name in ("cluster-admin", "admin", "edit", "view"):
        assert place.ok("GET", f"/apis/{RBAC}/clusterroles/{name}")["rules"]
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
    subject = {"kind": "User", "name": "jane", "apiGroup": "rbac.authorization.k8s.io"}
    body = {"metadata": {"name": "b"}, "roleRef": ref, "subjects": [subject]}
    place.ok("POST", place.at("rolebindings", group=RBAC), body)
    place.server.pause(0.3)
    assert place.send("GET", place.at("deployments", group="apps/v1"), headers=JANE).code == 200
    place.no(403, "GET", place.at("secrets"), headers=JANE)
    place.no(403, "POST", place.at("configmaps"), configmap("a"), headers=JANE)


def test_nobody_gives_more_than_he_has(place: Place) -> None:
    grant(place, rule("create", "roles rolebindings", "rbac.authorization.k8s.io"))
    body = {"metadata": {"name": "more"}, "rules": [rule("get", "secrets")]}
    status = place.no(403, "POST", place.at("roles", group=RBAC), body, headers=JANE)
    assert status["message"].startswith(
        'roles.rbac.authorization.k8s.io "more" is forbidden: user "jane" (groups=["system:authenticated"]) '
        "is attempting to grant RBAC permissions not currently held:\n"
        '{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}'
    )


def ask(place: Place, verb: str, resource: str, headers: dict[str, str], **more: str) -> Obj:
    attributes = {"namespace": place.name, "verb": verb, "resource": resource, **more}
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    answer = place.send(
        "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body, headers=headers
    )
    assert answer.code == 201, answer.body
    found: Obj = answer.body["status"]
    return found


def test_one_may_ask_what_one_may(place: Place) -> None:
    assert ask(place, "delete", "pods", {})["allowed"] is True
    assert ask(place, "list", "pods", JANE)["allowed"] is False
    grant(place, rule("list", "pods"))
    told = ask(place, "list", "pods", JANE)
    assert told["allowed"] is True
    assert (
        told["reason"]
        == f'RBAC: allowed by RoleBinding "b/{place.name}" of Role "r" to User "jane"'
    )
    assert ask(place, "get", "pods", JANE, subresource="log")["allowed"] is False


def test_about_somebody_else(place: Place) -> None:
    spec = {
        "user": "jane",
        "resourceAttributes": {"namespace": place.name, "verb": "get", "resource": "pods"},
    }
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
    answer = place.send("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", body)
    assert (answer.code, answer.body["status"]["allowed"]) == (201, False)


def test_the_rules_one_has(place: Place) -> None:
    grant(place, rule("list", "pods"))
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": place.name},
    }
    answer = place.send(
        "POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", body, headers=JANE
    )
    assert answer.code == 201
    rules = answer.body["status"]["resourceRules"]
    assert {"verbs": ["list"], "apiGroups": [""], "resources": ["pods"]} in rules


@pytest.mark.since("1.28")
def test_who_one_is(place: Place) -> None:
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    headers = {**JANE, "impersonate-group": "devs"}
    answer = place.send(
        "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body, headers=headers
    )
    assert answer.code == 201
    info = answer.body["status"]["userInfo"]
    assert info["username"] == "jane"
    assert info["groups"] == ["devs", "system:authenticated"]


def test_impersonation_is_a_right_too(place: Place) -> None:
    grant(place, rule("get", "pods"))
    # headers of a user who may not impersonate have no effect but a refusal; here jane is impersonated already,
    # so the right is asked about instead
    assert ask(place, "impersonate", "users", JANE)["allowed"] is False
    assert ask(place, "impersonate", "users", {})["allowed"] is True
