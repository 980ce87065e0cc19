"""What stands behind a Service."""

from __future__ import annotations

import re

from sim.apimachinery.wire import Obj
from tests.control.world import SECOND, World, service


def web(world: World, replicas: int = 2) -> None:
    world.api.create("services", service("web"))
    world.deployment("web", replicas)
    world.run(5 * SECOND)


def the_slice(world: World) -> Obj:
    [found] = world.api.list("endpointslices", "shop", labels={"kubernetes.io/service-name": "web"})
    return found


def conditions(world: World) -> list[tuple[bool, bool, bool]]:
    return sorted(
        tuple(endpoint["conditions"][name] for name in ("ready", "serving", "terminating"))
        for endpoint in the_slice(world)["endpoints"] or ()
    )


def test_slice_lists_ready_pods_with_node_and_zone(world: World) -> None:
    web(world, 1)
    [pod] = world.pods(app="web")
    found = the_slice(world)
    assert re.fullmatch(r"web-[bcdfghjklmnpqrstvwxz2456789]{5}", found["metadata"]["name"])
    assert found["ports"] == [{"name": "http", "port": 8080, "protocol": "TCP"}]
    assert found["endpoints"] == [
        {
            "addresses": [pod["status"]["podIP"]],
            "conditions": {"ready": True, "serving": True, "terminating": False},
            "nodeName": pod["spec"]["nodeName"],
            "targetRef": {
                "kind": "Pod",
                "namespace": "shop",
                "name": pod["metadata"]["name"],
                "uid": pod["metadata"]["uid"],
            },
            "zone": "b" if pod["spec"]["nodeName"] == "node-3" else "a",
        }
    ]
    owner = found["metadata"]["ownerReferences"][0]
    assert (owner["kind"], owner["name"]) == ("Service", "web")


def test_unready_pod_stays_listed_but_not_ready(world: World) -> None:
    web(world)
    world.kubelet.set_ready(world.pods(app="web")[0], ready=False)
    world.run(SECOND)
    assert conditions(world) == [(False, False, False), (True, True, False)]
    [subset] = world.get("endpoints", "web")["subsets"]
    assert (len(subset["addresses"]), len(subset["notReadyAddresses"])) == (1, 1)


def test_terminating_pod_serves_but_is_not_ready(world: World) -> None:
    web(world)
    world.api.delete("pods", "shop", world.pods(app="web")[0]["metadata"]["name"])
    world.run(200)
    assert (False, True, True) in conditions(world)
    addresses = world.get("endpoints", "web")["subsets"][0]["addresses"]
    assert len(addresses) == 1


def test_service_without_pods_has_the_placeholder_slice(world: World) -> None:
    world.api.create("services", service("web"))
    world.run(SECOND)
    assert not the_slice(world)["endpoints"]
    assert not the_slice(world)["ports"]
    assert "subsets" not in world.get("endpoints", "web")


def test_last_endpoint_leaves_the_same_slice_empty(world: World) -> None:
    web(world, 1)
    before = the_slice(world)["metadata"]["name"]
    world.patch_spec("deployments", "web", replicas=0)
    world.run(5 * SECOND)
    assert the_slice(world)["metadata"]["name"] == before
    assert not the_slice(world)["endpoints"]


def test_changed_selector_changes_the_endpoints(world: World) -> None:
    web(world)
    world.patch_spec("services", "web", selector={"app": "other"})
    world.run(SECOND)
    assert not the_slice(world)["endpoints"]


def test_deleted_service_takes_slice_and_endpoints_with_it(world: World) -> None:
    web(world)
    world.api.delete("services", "shop", "web")
    world.run(2 * SECOND)
    assert world.api.list("endpointslices", "shop") == []
    assert world.api.get("endpoints", "shop", "web") is None


def test_deleted_slice_comes_back(world: World) -> None:
    web(world)
    world.api.delete("endpointslices", "shop", the_slice(world)["metadata"]["name"])
    world.run(SECOND)
    assert len(conditions(world)) == 2


def test_service_without_selector_is_left_to_its_owner(world: World) -> None:
    made = service("web")
    del made["spec"]["selector"]
    world.api.create("services", made)
    world.run(SECOND)
    assert world.api.list("endpointslices", "shop") == []


def test_change_that_no_endpoint_shows_writes_nothing(world: World) -> None:
    web(world)
    world.writes.clear()
    name = world.pods(app="web")[0]["metadata"]["name"]
    world.api.modify(
        "pods", "shop", name, lambda old: {**old, "status": {**old["status"], "hostIP": "10.0.0.9"}}
    )
    world.run(SECOND)
    assert [resource for _, resource, _ in world.writes if resource == "endpointslices"] == []
