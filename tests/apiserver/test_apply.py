"""Server-side apply: who owns which fields, conflicts, and what is given up."""

import pytest

from sim.apimachinery.managedfields import decode_owners
from tests.apiserver.world import DEPLOYMENTS, JSON_PATCH, MERGE, World, deployment

WEB = f"{DEPLOYMENTS}/web"
APPLY = {"content-type": "application/apply-patch+yaml"}
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def manifest(**spec):
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {**deployment()["spec"], **spec},
    }


def bare(**spec):
    """Return a configuration that names nothing but a few fields."""
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {}, "spec": spec}


def apply(world: World, body, manager="me", **query):
    return world.send("PATCH", WEB, body, headers=APPLY, fieldManager=manager, **query)


def owners(world: World, obj=None):
    held = obj or world.api.get("deployments", "default", "web")
    return {
        (owner.manager, owner.operation, owner.subresource): entry.paths
        for owner, entry in decode_owners(held["metadata"].get("managedFields")).items()
    }


REPLICAS = ("f:spec", "f:replicas")


def test_apply_creates_what_is_missing_and_owns_exactly_what_it_names(world):
    made = apply(world, manifest(replicas=2))
    assert made.code == 201
    assert made.body["spec"]["revisionHistoryLimit"] == 10, "defaults belong to nobody"
    (owned,) = owners(world).values()
    assert REPLICAS in owned
    assert ("f:spec", "f:revisionHistoryLimit") not in owned
    assert (
        apply(world, manifest(replicas=2)).body["metadata"]["resourceVersion"]
        == (made.body["metadata"]["resourceVersion"])
    )


def test_an_update_owns_what_it_has_set_and_what_was_filled_in(world):
    made = world.ok("POST", DEPLOYMENTS, deployment(), fieldManager="kubectl-create")
    (entry,) = made["metadata"]["managedFields"]
    assert (entry["manager"], entry["operation"]) == ("kubectl-create", "Update")
    fields = entry["fieldsV1"]["f:spec"]
    assert fields["f:replicas"] == {}
    assert fields["f:selector"] == {}, "a selector is owned as a whole"
    assert "." not in fields
    assert 'k:{"name":"app"}' in fields["f:template"]["f:spec"]["f:containers"]


def test_the_user_agent_names_who_gives_no_name(world):
    agent = {"user-agent": "python-requests/2 (linux)"}
    made = world.ok("POST", DEPLOYMENTS, deployment(), headers=agent)
    assert [one["manager"] for one in made["metadata"]["managedFields"]] == ["python-requests"]


def test_conflict_names_manager_version_and_field(world):
    world.ok("POST", DEPLOYMENTS, deployment(), fieldManager="kubectl-client-side-apply")
    status = apply(world, bare(replicas=9)).body
    assert (status["code"], status["reason"]) == (409, "Conflict")
    assert status["message"] == (
        'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: '
        ".spec.replicas"
    )
    assert status["details"]["causes"] == [
        {
            "reason": "FieldManagerConflict",
            "message": 'conflict with "kubectl-client-side-apply" using apps/v1',
            "field": ".spec.replicas",
        }
    ]


def test_conflicts_are_listed_by_manager_with_their_subresource(world):
    world.ok("POST", DEPLOYMENTS, deployment(), fieldManager="maker")
    world.ok("PATCH", f"{WEB}/scale", {"spec": {"replicas": 4}}, headers=MERGE, fieldManager="hand")
    status = apply(world, bare(replicas=9, paused=True, minReadySeconds=3)).body
    assert status["message"].endswith(
        '"hand" with subresource "scale" using apps/v1: .spec.replicas'
    )
    status = apply(world, bare(replicas=9, revisionHistoryLimit=1)).body
    assert status["message"] == (
        "Apply failed with 2 conflicts: "
        'conflicts with "hand" with subresource "scale" using apps/v1:\n- .spec.replicas\n'
        'conflicts with "maker" using apps/v1:\n- .spec.revisionHistoryLimit'
    )


def test_force_takes_the_field_from_its_owner(world):
    world.ok("POST", DEPLOYMENTS, deployment(), fieldManager="maker")
    assert apply(world, bare(replicas=9), force="true").body["spec"]["replicas"] == 9
    held = owners(world)
    assert REPLICAS in held["me", "Apply", ""]
    assert REPLICAS not in held["maker", "Update", ""]


def test_same_value_is_shared_and_stays_until_the_last_owner_lets_go(world):
    first = manifest(replicas=3)
    apply(world, first, "one")
    apply(world, bare(replicas=3), "two")
    assert apply(world, manifest(), "one").body["spec"]["replicas"] == 3
    assert apply(world, bare(), "two").body["spec"]["replicas"] == 1, "back to the default"


def test_what_is_no_longer_applied_goes_and_what_others_added_stays(world):
    container = {"name": "app", "image": "registry.local/app:v1"}
    side = {"name": "side", "image": "registry.local/side:v1", "env": [{"name": "A", "value": "1"}]}
    template = deployment()["spec"]["template"]

    def with_containers(*containers):
        spec = {**template["spec"], "containers": list(containers)}
        return manifest(template={**template, "spec": spec})

    apply(world, with_containers(container, side))
    env = {"spec": {"template": {"spec": {"containers": [
        {"name": "app", "env": [{"name": "LEVEL", "value": "debug"}]}
    ]}}}}  # fmt: skip
    strategic = {"content-type": "application/strategic-merge-patch+json"}
    world.ok("PATCH", WEB, env, headers=strategic, fieldManager="kubectl-set")
    left = apply(world, with_containers(container)).body["spec"]["template"]["spec"]["containers"]
    assert [one["name"] for one in left] == ["app"]
    assert left[0]["env"] == [{"name": "LEVEL", "value": "debug"}]


def test_object_of_before_has_one_owner_of_everything_at_the_first_apply(world):
    world.api.load("deployments", deployment())
    world.ok("PATCH", WEB, {"spec": {"replicas": 4}}, headers=MERGE, fieldManager="hand")
    assert owners(world) == {}, "nobody's fields are known, so none are noted"
    status = apply(world, bare(replicas=5)).body
    assert 'conflict with "before-first-apply" using apps/v1: .spec.replicas' in status["message"]


def test_status_is_owned_apart(world):
    world.ok("POST", DEPLOYMENTS, deployment(), fieldManager="maker")
    world.ok(
        "PATCH", f"{WEB}/status", {"status": {"replicas": 1}}, headers=MERGE, fieldManager="op"
    )
    assert owners(world)["op", "Update", "status"] == {("f:status", "f:replicas")}


def test_components_writes_move_ownership(world):
    apply(world, manifest(replicas=2))
    scaled = {"replicas": 6}
    world.api.modify(
        "deployments", "default", "web", lambda old: {**old, "spec": {**old["spec"], **scaled}}
    )
    held = owners(world)
    assert REPLICAS in held["kube-controller-manager", "Update", ""]
    assert (
        'conflict with "kube-controller-manager"'
        in (apply(world, manifest(replicas=2)).body["message"])
    )


def test_components_objects_carry_no_owners(world):
    made = world.api.create("deployments", deployment())
    assert "managedFields" not in made["metadata"]


def test_kubectl_takes_over_what_it_had_applied_from_the_client(world):
    body = deployment(replicas=2)
    text = '{"spec":{"replicas":2}}'
    annotated = {**body, "metadata": {**body["metadata"], "annotations": {LAST_APPLIED: text}}}
    world.ok("POST", DEPLOYMENTS, annotated, fieldManager="kubectl-client-side-apply")
    assert apply(world, bare(replicas=3), "me").code == 409
    taken = apply(world, bare(replicas=3), "kubectl")
    assert taken.code == 200
    assert '"replicas":3' in taken.body["metadata"]["annotations"][LAST_APPLIED]


def test_client_may_rewrite_the_entries_itself(world):
    """Kubectl migrates an object from client-side to server-side apply with a JSON patch."""
    made = world.ok("POST", DEPLOYMENTS, deployment(), fieldManager="kubectl-client-side-apply")
    (entry,) = made["metadata"]["managedFields"]
    moved = {**entry, "manager": "kubectl", "operation": "Apply"}
    patch = [{"op": "replace", "path": "/metadata/managedFields", "value": [moved]}]
    world.ok("PATCH", WEB, patch, headers=JSON_PATCH, fieldManager="kubectl")
    assert list(owners(world)) == [("kubectl", "Apply", "")]
    reset = [{"op": "replace", "path": "/metadata/managedFields", "value": [{}]}]
    world.ok("PATCH", WEB, reset, headers=JSON_PATCH, fieldManager="kubectl")
    assert owners(world) == {}


@pytest.mark.parametrize(
    ("body", "query", "code", "message"),
    [
        (
            manifest(),
            {"fieldManager": ""},
            422,
            'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for '
            "apply patch",
        ),
        (
            manifest(foo=1),
            {},
            400,
            "failed to create typed patch object (/web; apps/v1, Kind=Deployment): .spec.foo: field "
            "not declared in schema",
        ),
        (
            {**manifest(), "metadata": {"name": "web", "managedFields": [{"manager": "x"}]}},
            {},
            400,
            "metadata.managedFields must be nil",
        ),
        (
            {**manifest(), "metadata": {"name": "other"}},
            {},
            400,
            "the name of the object (other) does not match the name on the URL (web)",
        ),
    ],
)
def test_what_cannot_be_applied(world, body, query, code, message):
    answer = world.send("PATCH", WEB, body, headers=APPLY, **{"fieldManager": "me", **query})
    assert (answer.code, answer.body["message"]) == (code, message)


def test_yaml_text_is_read(world):
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: '1'}\n"
    path = "/api/v1/namespaces/default/configmaps/a"
    made = world.send("PATCH", path, text, headers=APPLY, fieldManager="me")
    assert (made.code, made.body["data"]) == (201, {"x": "1"})
    broken = world.refused("PATCH", path, "a: [", headers=APPLY, fieldManager="me")
    assert broken["message"].startswith("error decoding YAML: ")


def test_many_updaters_are_joined(world):
    world.ok("POST", DEPLOYMENTS, deployment(), fieldManager="maker")
    for nth in range(14):
        world.env.advance(world.env.now + 1000)
        body = {"metadata": {"labels": {f"l{nth}": "x"}}}
        world.ok("PATCH", WEB, body, headers=MERGE, fieldManager=f"m{nth}")
    managers = [owner[0] for owner in owners(world)]
    assert len(managers) == 10
    assert "ancient-changes" in managers
