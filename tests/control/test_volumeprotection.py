"""Claims that wait for their pods, and volumes that go with their claims."""

from __future__ import annotations

import pytest

from tests.control.world import SECOND, World

CLAIM = "persistentvolumeclaims"
VOLUME = "persistentvolumes"


def store(world: World, policy: str) -> None:
    world.api.create(
        VOLUME,
        {
            "metadata": {"name": "v", "finalizers": ["kubernetes.io/pv-protection"]},
            "spec": {"persistentVolumeReclaimPolicy": policy},
        },
    )
    world.api.create(
        CLAIM,
        {
            "metadata": {
                "name": "data",
                "namespace": "default",
                "finalizers": ["kubernetes.io/pvc-protection"],
            },
            "spec": {"volumeName": "v"},
        },
    )
    world.run(SECOND)


def use(world: World) -> None:
    world.api.create(
        "pods",
        {
            "metadata": {"name": "p", "namespace": "default"},
            "spec": {
                "containers": [{"name": "c", "image": "i"}],
                "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}],
            },
        },
    )


def test_a_claim_waits_for_the_pod_that_mounts_it(world: World) -> None:
    store(world, "Delete")
    use(world)
    world.run(5 * SECOND)
    world.api.delete(CLAIM, "default", "data")
    world.run(5 * SECOND)
    held = world.api.get(CLAIM, "default", "data")
    assert held is not None
    assert "deletionTimestamp" in held["metadata"]
    world.api.delete("pods", "default", "p", grace_s=0)
    world.run(5 * SECOND)
    assert world.api.get(CLAIM, "default", "data") is None
    assert world.api.get(VOLUME, "", "v") is None


@pytest.mark.parametrize(("policy", "phase"), [("Delete", None), ("Retain", "Released")])
def test_the_reclaim_policy_decides_over_the_volume(
    world: World, policy: str, phase: str | None
) -> None:
    store(world, policy)
    world.api.delete(CLAIM, "default", "data")
    world.run(5 * SECOND)
    volume = world.api.get(VOLUME, "", "v")
    assert (volume["status"]["phase"] if volume else None) == phase


@pytest.mark.parametrize(("is_claimed", "stays"), [(False, False), (True, True)])
def test_deleted_volume_waits_for_its_claim(world: World, *, is_claimed: bool, stays: bool) -> None:
    store(world, "Retain")
    if not is_claimed:
        world.api.delete(CLAIM, "default", "data")
        world.run(5 * SECOND)
    world.api.delete(VOLUME, "", "v")
    world.run(5 * SECOND)
    assert (world.api.get(VOLUME, "", "v") is not None) == stays
