"""Endpoints written by hand, as EndpointSlices."""

from __future__ import annotations

import pytest

from sim.apimachinery.wire import Obj
from tests.control.world import SECOND, World, service


def slices(world: World) -> list[Obj]:
    return world.api.list("endpointslices", "shop")


@pytest.fixture
def mirrored(world: World) -> World:
    world.api.create("services", service("legacy", selector=None))
    world.api.create(
        "endpoints",
        {
            "metadata": {"name": "legacy", "namespace": "shop"},
            "subsets": [
                {
                    "addresses": [{"ip": "192.0.2.10"}, {"ip": "192.0.2.11"}],
                    "ports": [{"name": "http", "port": 8080}],
                }
            ],
        },
    )
    world.run(SECOND)
    return world


def test_addresses_and_ports_are_mirrored(mirrored: World) -> None:
    [one] = slices(mirrored)
    assert one["metadata"]["labels"] == {
        "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
        "kubernetes.io/service-name": "legacy",
    }
    assert [end["addresses"] for end in one["endpoints"]] == [["192.0.2.10"], ["192.0.2.11"]]
    assert one["ports"] == [{"name": "http", "port": 8080, "protocol": "TCP"}]
    [owner] = one["metadata"]["ownerReferences"]
    assert owner["kind"] == "Endpoints"


def test_changes_are_followed(mirrored: World) -> None:
    subsets = [{"addresses": [{"ip": "192.0.2.99"}], "ports": [{"port": 80}]}]
    mirrored.api.modify("endpoints", "shop", "legacy", lambda old: {**old, "subsets": subsets})
    mirrored.run(SECOND)
    [one] = slices(mirrored)
    assert [end["addresses"] for end in one["endpoints"]] == [["192.0.2.99"]]


def test_deleted_endpoints_take_their_slice_with_them(mirrored: World) -> None:
    mirrored.api.delete("endpoints", "shop", "legacy")
    mirrored.run(SECOND)
    assert slices(mirrored) == []


def test_endpoints_of_a_selector_are_not_mirrored(world: World) -> None:
    world.api.create("services", service("web"))
    world.deployment("web", 1)
    world.run(5 * SECOND)
    [one] = slices(world)
    managed = one["metadata"]["labels"]["endpointslice.kubernetes.io/managed-by"]
    assert managed == "endpointslice-controller.k8s.io"
