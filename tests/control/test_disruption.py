"""Disruption budgets: the numbers that evictions draw from."""

import pytest

from sim.apimachinery.wire import ApiRequest
from tests.control.world import SECOND, World, template


@pytest.fixture
def world():
    world = World()
    for name in ("n1", "n2"):
        world.node(name)
    world.start()
    return world


def budget(world, **spec):
    metadata = {"name": "web", "namespace": "shop"}
    spec = {"selector": {"matchLabels": {"app": "web"}}, **spec}
    world.api.create("poddisruptionbudgets", {"metadata": metadata, "spec": spec})


def status(world):
    held = world.get("poddisruptionbudgets", "web")["status"]
    fields = ("currentHealthy", "desiredHealthy", "disruptionsAllowed", "expectedPods")
    return tuple(held[field] for field in fields)


def evict(world, name):
    path = f"/api/v1/namespaces/shop/pods/{name}/eviction"
    return world.api.handle(ApiRequest("POST", path, body={"kind": "Eviction", "metadata": {}}))


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"minAvailable": 2}, (4, 2, 2, 4)),
        ({"minAvailable": "60%"}, (4, 3, 1, 4)),
        ({"maxUnavailable": 1}, (4, 3, 1, 4)),
        ({"maxUnavailable": "30%"}, (4, 2, 2, 4)),
        ({"maxUnavailable": 0}, (4, 4, 0, 4)),
        ({"minAvailable": 9}, (4, 9, 0, 4)),
    ],
)
def test_status_follows_the_pods(world, spec, expected):
    budget(world, **spec)
    world.deployment("web", 4)
    world.run(10 * SECOND)
    assert status(world) == expected
    condition = world.get("poddisruptionbudgets", "web")["status"]["conditions"][0]
    assert condition["type"] == "DisruptionAllowed"
    assert condition["reason"] == ("SufficientPods" if expected[2] else "InsufficientPods")


def test_scaling_and_failing_pods_change_what_is_allowed(world):
    world.deployment("web", 4)
    budget(world, maxUnavailable=1)
    world.run(10 * SECOND)
    world.kubelet.set_ready(world.pods(app="web")[0], ready=False)
    world.run(SECOND)
    assert status(world) == (3, 3, 0, 4)
    world.patch_spec("deployments", "web", replicas=5)
    world.run(10 * SECOND)
    assert status(world) == (4, 4, 0, 5)


def test_evictions_go_one_by_one_as_replacements_come(world):
    world.deployment("web", 3)
    budget(world, minAvailable=2)
    world.run(10 * SECOND)
    first, second, _ = [one["metadata"]["name"] for one in world.pods(app="web")]
    assert evict(world, first).code == 201
    refused = evict(world, second)
    assert refused.code == 429
    assert refused.body["details"]["causes"][0]["message"] == (
        "The disruption budget web needs 2 healthy pods and has 3 currently"
    )
    world.run(100)
    assert status(world)[:3] == (2, 2, 0)
    world.run(10 * SECOND)
    assert evict(world, second).code == 201


def test_budget_without_pods_allows_nothing_and_says_so(world):
    budget(world, maxUnavailable=1)
    world.run(SECOND)
    assert status(world) == (0, 0, 0, 0)
    assert world.events("NoPods") == ["No matching pods found"]


def test_pods_whose_owner_has_no_scale_fail_the_sync(world):
    selector = {"matchLabels": {"app": "web"}}
    spec = {"selector": selector, "template": template("web")}
    metadata = {"name": "web", "namespace": "shop"}
    world.api.create("daemonsets", {"metadata": metadata, "spec": spec})
    world.run(10 * SECOND)
    budget(world, maxUnavailable=1)
    world.run(SECOND)
    condition = world.get("poddisruptionbudgets", "web")["status"]["conditions"][0]
    why = "daemonsets.apps does not implement the scale subresource"
    assert (condition["reason"], condition["message"]) == ("SyncFailed", why)
    assert world.events("CalculateExpectedPodCountFailed") == [
        f"Failed to calculate the number of expected pods: {why}"
    ]
    refused = evict(world, world.pods(app="web")[0]["metadata"]["name"])
    assert refused.body["details"]["causes"][0]["message"].endswith(f"failed sync: {why}")
