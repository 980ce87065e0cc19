"""The quota controller keeps status.used; aggregated roles keep their rules."""

import pytest

from tests.control.world import SECOND, World, service


@pytest.fixture
def world():
    world = World()
    world.node("n1")
    world.start()
    return world


def quota(world, **hard):
    metadata = {"name": "team", "namespace": "shop"}
    spec = {"hard": {key.replace("_", "."): value for key, value in hard.items()}}
    world.api.create("resourcequotas", {"metadata": metadata, "spec": spec})
    world.run(SECOND)


def used(world):
    return world.get("resourcequotas", "team")["status"]["used"]


def test_use_is_counted_from_the_start_and_follows(world):
    world.deployment("web", 2)
    world.run(10 * SECOND)
    quota(world, pods="10", requests_cpu="2", requests_memory="1Gi", services="1")
    expected = {"pods": "2", "requests.cpu": "200m", "requests.memory": "256Mi", "services": "0"}
    assert used(world) == expected
    assert world.get("resourcequotas", "team")["status"]["hard"]["pods"] == "10"
    world.patch_spec("deployments", "web", replicas=1)
    world.api.create("services", service("web"))
    world.run(10 * SECOND)
    assert used(world)["pods"] == "1"
    assert used(world)["services"] == "1"


def test_finished_pods_use_nothing(world):
    quota(world, pods="10")
    spec = {"containers": [{"name": "app", "image": "web:1"}]}
    world.api.create("pods", {"metadata": {"name": "p", "namespace": "shop"}, "spec": spec})
    world.run(SECOND)
    assert used(world) == {"pods": "1"}
    done = {"phase": "Succeeded"}
    world.api.modify("pods", "shop", "p", lambda old: {**old, "status": done}, status=True)
    world.run(SECOND)
    assert used(world) == {"pods": "0"}


def test_replicaset_says_why_pods_are_refused(world):
    quota(world, pods="1")
    world.deployment("web", 3)
    world.run(10 * SECOND)
    assert len(world.pods(app="web")) == 1
    name = world.events("FailedCreate", "ReplicaSet")[0].split('"')[1]
    assert world.events("FailedCreate", "ReplicaSet")[0] == (
        f'Error creating: pods "{name}" is forbidden: exceeded quota: team, requested: pods=1, '
        "used: pods=1, limited: pods=1"
    )
    conditions = world.get("deployments", "web")["status"]["conditions"]
    assert ("ReplicaFailure", "FailedCreate") in [
        (one["type"], one["reason"]) for one in conditions
    ]


def role(name, *verbs, rule=None, **labels):
    rules = [{"verbs": list(verbs), "apiGroups": [""], "resources": ["pods"]}] if verbs else []
    made = {"metadata": {"name": name, "labels": labels}, "rules": rules}
    return made if rule is None else {**made, "aggregationRule": rule}


def test_aggregated_role_holds_the_rules_of_those_it_selects(world):
    selector = {"clusterRoleSelectors": [{"matchLabels": {"to": "all"}}]}
    world.api.create("clusterroles", role("all", rule=selector))
    world.api.create("clusterroles", role("b", "list", to="all"))
    world.api.create("clusterroles", role("a", "get", to="all"))
    world.api.create("clusterroles", role("c", "delete", to="none"))
    world.run(SECOND)
    held = world.get("clusterroles", "all", "")["rules"]
    assert [one["verbs"] for one in held] == [["get"], ["list"]]
    world.api.delete("clusterroles", "", "a")
    world.run(SECOND)
    held = world.get("clusterroles", "all", "")["rules"]
    assert [one["verbs"] for one in held] == [["list"]]
