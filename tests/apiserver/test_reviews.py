"""Reviews and tokens: who am I, may I, whose token is this."""

import pytest

from tests.apiserver.rights import JANE, bind, give, guarded, rule
from tests.apiserver.world import PODS

AUTHZ = "/apis/authorization.k8s.io/v1"
AUTHN = "/apis/authentication.k8s.io/v1"
TOKEN = "/api/v1/namespaces/default/serviceaccounts/robot/token"


@pytest.fixture
def world():
    world = guarded()
    world.api.create("serviceaccounts", {"metadata": {"name": "robot", "namespace": "default"}})
    return world


def may(world, user="trainee", path="selfsubjectaccessreviews", **attributes):
    spec = {"resourceAttributes": {"namespace": "default", **attributes}}
    return world.ok("POST", f"{AUTHZ}/{path}", {"spec": spec}, user=user)["status"]


def token(world, **spec):
    return world.ok("POST", TOKEN, {"spec": spec})["status"]["token"]


def test_who_am_i(world):
    answer = world.ok("POST", f"{AUTHN}/selfsubjectreviews", {})
    assert answer["status"]["userInfo"] == {
        "username": "oncall",
        "groups": ["kubeadm:cluster-admins", "system:authenticated"],
    }
    as_jane = {"impersonate-user": "jane"}
    answer = world.ok("POST", f"{AUTHN}/selfsubjectreviews", {}, headers=as_jane)
    assert answer["status"]["userInfo"]["username"] == "jane"


def test_may_i(world):
    status = may(world, verb="delete", resource="nodes")
    assert status == {
        "allowed": True,
        "reason": 'RBAC: allowed by ClusterRoleBinding "kubeadm:cluster-admins" of ClusterRole '
        '"cluster-admin" to Group "kubeadm:cluster-admins"',
    }
    assert may(world, JANE, verb="get", resource="pods") == {"allowed": False}
    give(world, rule("get", "pods/log"))
    assert may(world, JANE, verb="get", resource="pods", subresource="log") == {
        "allowed": True,
        "reason": 'RBAC: allowed by RoleBinding "some-jane/default" of Role "some" to User "jane"',
    }


def test_may_i_reach_a_path(world):
    body = {"spec": {"nonResourceAttributes": {"path": "/metrics", "verb": "get"}}}
    path = f"{AUTHZ}/selfsubjectaccessreviews"
    assert world.ok("POST", path, body)["status"]["allowed"]
    assert not world.ok("POST", path, body, user=JANE)["status"]["allowed"]


def test_may_they(world):
    bind(world, "ClusterRole", "view", to="devs", kind="Group")
    spec = {"user": "bob", "groups": ["devs"]}
    asked = {"namespace": "default", "verb": "list", "resource": "pods"}
    body = {"spec": {**spec, "resourceAttributes": asked}}
    assert world.ok("POST", f"{AUTHZ}/subjectaccessreviews", body)["status"]["allowed"]
    local = f"{AUTHZ}/namespaces/default/localsubjectaccessreviews"
    assert world.ok("POST", local, body)["status"]["allowed"]
    assert world.send("POST", f"{AUTHZ}/subjectaccessreviews", body, user=JANE).code == 403


def test_review_that_asks_nothing_is_invalid(world):
    status = world.refused("POST", f"{AUTHZ}/selfsubjectaccessreviews", {"spec": {}})
    assert "exactly one of nonResourceAttributes or resourceAttributes" in status["message"]


def test_my_rules_are_listed(world):
    give(world, rule("get list", "pods", resourceNames=["web"]))
    path = f"{AUTHZ}/selfsubjectrulesreviews"
    status = world.ok("POST", path, {"spec": {"namespace": "default"}}, user=JANE)["status"]
    assert status["resourceRules"][-1] == {
        "verbs": ["get", "list"],
        "apiGroups": [""],
        "resources": ["pods"],
        "resourceNames": ["web"],
    }
    assert {
        "verbs": ["get"],
        "nonResourceURLs": ["/healthz", "/livez", "/readyz", "/version", "/version/"],
    } in (status["nonResourceRules"])
    assert status["incomplete"] is False
    bind(world, "Role", "gone")
    status = world.ok("POST", path, {"spec": {"namespace": "default"}}, user=JANE)["status"]
    assert status["evaluationError"] == 'role.rbac.authorization.k8s.io "gone" not found'


def test_token_is_its_accounts_until_it_expires(world):
    held = token(world, expirationSeconds=600)
    user = world.api.authenticate(held)
    assert user.name == "system:serviceaccount:default:robot"
    assert user.groups == (
        "system:serviceaccounts",
        "system:serviceaccounts:default",
        "system:authenticated",
    )
    give(world, rule("list", "pods"), to="robot", kind="ServiceAccount")
    assert world.send("GET", PODS, user=user).code == 200
    world.env.advance(599_000)
    assert world.api.authenticate(held) is not None
    world.env.advance(601_000)
    assert world.api.authenticate(held) is None


def test_tokens_differ_and_foreign_ones_are_nobodys(world):
    first = token(world)
    world.env.advance(1_000)
    second = token(world)
    assert first != second
    for wrong in (first[:-2], f"{first}x", "a.b.c", "", "é"):
        assert world.api.authenticate(wrong) is None
    assert guarded().api.authenticate(first) is None


def test_same_world_gives_the_same_token(world):
    again = guarded()
    again.api.create("serviceaccounts", {"metadata": {"name": "robot", "namespace": "default"}})
    assert token(world) == token(again)


def test_token_dies_with_what_it_is_bound_to(world):
    metadata = {"name": "p", "namespace": "default"}
    spec = {"containers": [{"name": "app", "image": "app"}]}
    world.api.create("pods", {"metadata": metadata, "spec": spec})
    ref = {"kind": "Pod", "apiVersion": "v1", "name": "p"}
    held = token(world, boundObjectRef=ref)
    extra = world.api.authenticate(held).extra
    assert extra["authentication.kubernetes.io/pod-name"] == ("p",)
    world.api.delete("pods", "default", "p", grace_s=0)
    assert world.api.authenticate(held) is None


@pytest.mark.parametrize(
    ("spec", "code", "text"),
    [
        (
            {"expirationSeconds": 60},
            422,
            'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid '
            "value: 60: may not specify a duration less than 10 minutes",
        ),
        ({"boundObjectRef": {"kind": "Pod", "name": "nope"}}, 404, 'pods "nope" not found'),
    ],
)
def test_impossible_tokens_are_refused(world, spec, code, text):
    status = world.refused("POST", TOKEN, {"spec": spec})
    assert (status["code"], status["message"]) == (code, text)


def test_token_review_knows_tokens_and_their_audience(world):
    path = f"{AUTHN}/tokenreviews"
    held = token(world, audiences=["vault"])
    status = world.ok("POST", path, {"spec": {"token": held, "audiences": ["vault"]}})["status"]
    assert status["authenticated"] is True
    assert status["user"]["username"] == "system:serviceaccount:default:robot"
    assert status["audiences"] == ["vault"]
    refused = world.ok("POST", path, {"spec": {"token": held}})["status"]
    assert refused == {"user": {}, "error": "[invalid bearer token, token lookup failed]"}
    assert world.api.authenticate(held) is None
