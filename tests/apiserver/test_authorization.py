"""RBAC: who may do what, and the words of a refusal."""

import pytest

from sim.apimachinery.wire import ExecRequest, ForwardRequest
from sim.apiserver.users import ANONYMOUS, MASTERS, UNAUTHENTICATED, User
from tests.apiserver.rights import (
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    GROUP,
    JANE,
    ROLE_BINDINGS,
    ROLES,
    bind,
    give,
    guarded,
    rule,
)
from tests.apiserver.world import DEPLOYMENTS, MERGE, PODS, pod

TEAM = "/api/v1/namespaces/team/pods"


@pytest.fixture
def world():
    return guarded()


@pytest.mark.parametrize(
    ("method", "path", "text"),
    [
        (
            "GET",
            f"{PODS}/x",
            'pods "x" is forbidden: User "jane" cannot get resource "pods" in API group "" in the '
            'namespace "default"',
        ),
        (
            "GET",
            "/api/v1/pods",
            'pods is forbidden: User "jane" cannot list resource "pods" in API group "" at the '
            "cluster scope",
        ),
        (
            "GET",
            f"{PODS}/x/log",
            'pods "x" is forbidden: User "jane" cannot get resource "pods/log" in API group "" in '
            'the namespace "default"',
        ),
        (
            "DELETE",
            DEPLOYMENTS,
            'deployments.apps is forbidden: User "jane" cannot deletecollection resource '
            '"deployments" in API group "apps" in the namespace "default"',
        ),
        ("GET", "/metrics", 'forbidden: User "jane" cannot get path "/metrics"'),
        (
            "GET",
            "/api/v1/namespaces/team",
            'namespaces "team" is forbidden: User "jane" cannot get resource "namespaces" in API '
            'group "" in the namespace "team"',
        ),
    ],
)
def test_who_has_no_rights_is_told_what_they_lack(world, method, path, text):
    status = world.refused(method, path, user=JANE)
    assert (status["code"], status["reason"], status["message"]) == (403, "Forbidden", text)


def test_what_everybody_may_see_stays_open(world):
    for path in ("/api", "/apis", "/version", "/healthz", "/openapi/v3"):
        assert world.send("GET", path, user=JANE).code != 403
    nobody = User(ANONYMOUS, (UNAUTHENTICATED,))
    assert world.send("GET", "/version", user=nobody).code == 200
    assert world.send("GET", "/apis", user=nobody).code == 403


@pytest.mark.parametrize(
    ("held", "method", "path", "may"),
    [
        (rule("get", "pods"), "GET", f"{PODS}/p", True),
        (rule("get", "pods"), "GET", f"{PODS}/p/log", False),
        (rule("get", "pods/log"), "GET", f"{PODS}/p/log", True),
        (rule("get", "*/log"), "GET", f"{PODS}/p/log", True),
        (rule("*", "*"), "GET", f"{PODS}/p/log", True),
        (rule("get", "pods", resourceNames=["p"]), "GET", f"{PODS}/p", True),
        (rule("get", "pods", resourceNames=["q"]), "GET", f"{PODS}/p", False),
        (rule("list", "pods", resourceNames=["p"]), "GET", PODS, False),
        (rule("get", "pods", "apps"), "GET", f"{PODS}/p", False),
        (rule("get", "pods"), "GET", "/api/v1/namespaces/team/pods/p", False),
    ],
)
def test_rules_allow_what_they_name(world, held, method, path, may):
    world.api.create("pods", pod(nodeName="n1"))
    give(world, held)
    assert (world.send(method, path, user=JANE).code != 403) is may


def test_a_list_of_one_name_needs_the_right_to_that_name_only(world):
    give(world, rule("list watch", "pods", resourceNames=["p"]))
    assert world.send("GET", PODS, user=JANE, fieldSelector="metadata.name=p").code == 200
    assert world.send("GET", PODS, user=JANE, fieldSelector="metadata.name=q").code == 403


@pytest.mark.parametrize(
    ("kind", "to", "user"),
    [
        ("User", "jane", JANE),
        ("Group", "devs", User("bob", ("devs",))),
        ("ServiceAccount", "robot", User("system:serviceaccount:default:robot")),
    ],
)
def test_subjects_are_users_groups_and_accounts(world, kind, to, user):
    give(world, rule("list", "pods"), to=to, kind=kind)
    assert world.send("GET", PODS, user=user).code == 200
    assert world.send("GET", PODS, user=User("other")).code == 403


def test_cluster_role_bound_in_a_namespace_holds_there(world):
    bind(world, "ClusterRole", "view", namespace="team")
    assert world.send("GET", TEAM, user=JANE).code == 200
    assert world.send("GET", PODS, user=JANE).code == 403
    assert world.send("GET", "/api/v1/namespaces/team/secrets", user=JANE).code == 403


def test_missing_role_is_named_in_the_refusal(world):
    bind(world, "ClusterRole", "nope", namespace="")
    status = world.refused("GET", PODS, user=JANE)
    assert status["message"].endswith(
        'in the namespace "default": RBAC: clusterrole.rbac.authorization.k8s.io "nope" not found'
    )
    bind(world, "Role", "nada")
    status = world.refused("GET", PODS, user=JANE)
    assert status["message"].endswith(
        'RBAC: [clusterrole.rbac.authorization.k8s.io "nope" not found, '
        'role.rbac.authorization.k8s.io "nada" not found]'
    )


def test_rights_follow_the_stored_objects_at_once(world):
    assert world.send("GET", PODS, user=JANE).code == 403
    give(world, rule("list", "pods"))
    assert world.send("GET", PODS, user=JANE).code == 200
    world.api.modify("roles", "default", "some", lambda old: {**old, "rules": []})
    assert world.send("GET", PODS, user=JANE).code == 403


def test_administrators_may_do_everything(world):
    assert world.send("GET", PODS).code == 200
    assert world.send("GET", "/metrics", user=User("root", (MASTERS,))).code != 403
    world.ok("DELETE", f"{CLUSTER_ROLE_BINDINGS}/kubeadm:cluster-admins")
    assert world.send("GET", PODS).code == 403
    assert world.send("GET", PODS, user=User("root", (MASTERS,))).code == 200


def test_exec_and_forwarding_are_rights_of_their_own(world):
    world.api.create("pods", pod(nodeName="n1"))
    give(world, rule("create get", "pods/exec"))
    program = ExecRequest("default", "p", "", ("sh",))
    assert world.api.exec(program, JANE).code == 503
    assert world.api.exec(ExecRequest("default", "p", "", ()), JANE).body["message"] == (
        'pods "p" is forbidden: User "jane" cannot create resource "pods/attach" in API group "" '
        'in the namespace "default"'
    )
    assert world.api.forward(ForwardRequest("default", "p", 80), JANE).code == 403


def test_nobody_grants_more_than_they_have(world):
    give(world, rule("create patch", "roles", GROUP), rule("get", "pods"))
    role = {"metadata": {"name": "mine"}, "rules": [rule("get", "pods")]}
    world.ok("POST", ROLES, role, user=JANE)
    more = {"rules": [rule("get list delete", "pods"), rule("get", "secrets")]}
    status = world.refused("PATCH", f"{ROLES}/mine", more, headers=MERGE, user=JANE)
    assert status["message"] == (
        'roles.rbac.authorization.k8s.io "mine" is forbidden: user "jane" '
        '(groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently '
        "held:\n"
        '{APIGroups:[""], Resources:["pods"], Verbs:["list" "delete"]}\n'
        '{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}'
    )


def test_binding_needs_the_rights_of_the_role_or_the_verb_bind(world):
    give(world, rule("*", "rolebindings", GROUP))
    binding = {
        "metadata": {"name": "mine"},
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": "view"},
        "subjects": [{"kind": "User", "name": "bob", "apiGroup": GROUP}],
    }
    status = world.refused("POST", ROLE_BINDINGS, binding, user=JANE)
    assert "is attempting to grant RBAC permissions not currently held:\n{" in status["message"]
    give(world, rule("bind", "clusterroles", GROUP, resourceNames=["view"]), name="binder")
    world.ok("POST", ROLE_BINDINGS, binding, user=JANE)


def test_escalate_lifts_the_check(world):
    everything = {"metadata": {"name": "all"}, "rules": [rule("*", "*", "*")]}
    give(world, rule("create", "clusterroles", GROUP), namespace="")
    assert world.send("POST", CLUSTER_ROLES, everything, user=JANE).code == 403
    give(world, rule("escalate", "clusterroles", GROUP), namespace="", name="up")
    assert world.send("POST", CLUSTER_ROLES, everything, user=JANE).code == 201


@pytest.mark.parametrize(
    ("headers", "code", "lists"),
    [
        ({"impersonate-user": "jane"}, 403, 0),
        ({"impersonate-user": "bob", "impersonate-group": "devs"}, 200, 0),
        ({"impersonate-user": "system:serviceaccount:default:robot"}, 200, 0),
    ],
)
def test_administrators_may_be_anybody(world, headers, code, lists):
    give(world, rule("list", "pods"), to="devs", kind="Group")
    give(world, rule("list", "pods"), to="robot", kind="ServiceAccount", name="robots")
    answer = world.send("GET", PODS, headers=headers)
    assert answer.code == code
    assert len(answer.body.get("items", ())) == lists


def test_impersonation_is_a_right(world):
    status = world.refused("GET", PODS, headers={"impersonate-user": "bob"}, user=JANE)
    assert status["message"] == (
        'users "bob" is forbidden: User "jane" cannot impersonate resource "users" in API group '
        '"" at the cluster scope'
    )
    give(world, rule("impersonate", "serviceaccounts"))
    robot = {"impersonate-user": "system:serviceaccount:default:robot"}
    assert (
        'User "system:serviceaccount:default:robot"'
        in (world.refused("GET", PODS, headers=robot, user=JANE)["message"])
    )


def test_policy_is_the_one_that_people_know(world):
    names = [one["metadata"]["name"] for one in world.api.list("clusterroles")]
    assert {"admin", "cluster-admin", "edit", "system:discovery", "view"} <= set(names)
    assert len(names) > 50
    held = world.api.list("clusterrolebindings") + world.api.list("rolebindings")
    rules_of = world.api.registry.authorizer.rules_of
    for one in held:
        assert rules_of(one["roleRef"], one["metadata"].get("namespace", "")) is not None, one
