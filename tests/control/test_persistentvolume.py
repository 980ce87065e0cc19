"""Claims and volumes: how they find each other, and what pods wait for meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from sim.apimachinery.wire import Obj
from tests.control.world import MINUTE, SECOND, World, template

CLAIMS, VOLUMES = "persistentvolumeclaims", "persistentvolumes"


def claim(world: World, size: str = "1Gi", **spec: Any) -> None:
    world.api.create(
        CLAIMS,
        {
            "metadata": {"name": "data", "namespace": "shop"},
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": size}},
                **spec,
            },
        },
    )


def volume(world: World, name: str, size: str = "1Gi", **spec: Any) -> None:
    world.api.create(
        VOLUMES,
        {
            "metadata": {"name": name, "labels": {"disk": name}},
            "spec": {
                "capacity": {"storage": size},
                "accessModes": ["ReadWriteOnce"],
                "storageClassName": "manual",
                "persistentVolumeReclaimPolicy": "Retain",
                **spec,
            },
        },
    )


def user(world: World, name: str = "app") -> None:
    mount = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    spec = template("app", volumes=[mount])["spec"]
    world.api.create("pods", {"metadata": {"name": name, "namespace": "shop"}, "spec": spec})


def held(world: World) -> Obj:
    return world.get(CLAIMS, "data")


def bound_to(world: World) -> str:
    found = held(world)
    return str(found["spec"].get("volumeName", "")) if found["status"]["phase"] == "Bound" else ""


def test_new_volume_becomes_available(world: World) -> None:
    volume(world, "a")
    world.run(SECOND)
    assert world.get(VOLUMES, "a", "")["status"]["phase"] == "Available"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, "b"),
        ({"size": "5Gi"}, "c"),
        ({"size": "20Gi"}, ""),
        ({"volumeName": "c"}, "c"),
        ({"selector": {"matchLabels": {"disk": "c"}}}, "c"),
        ({"storageClassName": "other"}, ""),
        ({"accessModes": ["ReadWriteMany"]}, "shared"),
    ],
)
def test_smallest_volume_that_will_do_is_bound(world: World, spec: Obj, expected: str) -> None:
    volume(world, "a", "500Mi")
    volume(world, "b", "2Gi")
    volume(world, "c", "10Gi")
    volume(world, "shared", "50Gi", accessModes=["ReadWriteMany"])
    claim(world, **{"storageClassName": "manual", **spec})
    world.run(SECOND)
    assert bound_to(world) == expected


def test_both_sides_of_a_binding_know_of_it(world: World) -> None:
    volume(world, "a", "2Gi")
    claim(world, storageClassName="manual")
    world.run(SECOND)
    found = held(world)
    assert found["status"] == {
        "phase": "Bound",
        "accessModes": ["ReadWriteOnce"],
        "capacity": {"storage": "2Gi"},
    }
    assert found["metadata"]["annotations"] == {
        "pv.kubernetes.io/bind-completed": "yes",
        "pv.kubernetes.io/bound-by-controller": "yes",
    }
    disk = world.get(VOLUMES, "a", "")
    assert disk["status"]["phase"] == "Bound"
    assert disk["spec"]["claimRef"]["uid"] == found["metadata"]["uid"]


@pytest.mark.parametrize(
    ("spec", "reason", "text"),
    [
        (
            {"storageClassName": ""},
            "FailedBinding",
            "no persistent volumes available for this claim and no storage class is set",
        ),
        (
            {"storageClassName": "gone"},
            "ProvisioningFailed",
            'storageclass.storage.k8s.io "gone" not found',
        ),
        (
            {"storageClassName": "manual", "volumeName": "small"},
            "VolumeMismatch",
            'Cannot bind to requested volume "small": requested PV is too small',
        ),
    ],
)
def test_claim_says_what_it_waits_for(world: World, spec: Obj, reason: str, text: str) -> None:
    volume(world, "small", "1Mi")
    claim(world, **spec)
    world.run(SECOND)
    assert world.events(reason) == [text]
    assert held(world)["status"]["phase"] == "Pending"


def test_claim_of_the_default_class_gets_a_volume_made(world: World) -> None:
    world.storage_class()
    claim(world)
    world.run(5 * SECOND)
    name = f"pvc-{held(world)['metadata']['uid']}"
    assert bound_to(world) == name
    made = world.get(VOLUMES, name, "")["spec"]
    assert made["csi"] == {"driver": "disk.example.com", "volumeHandle": name}
    assert (made["storageClassName"], made["persistentVolumeReclaimPolicy"]) == ("fast", "Delete")
    [waits] = world.events("ExternalProvisioning")
    assert waits.startswith("Waiting for a volume to be created either by the external provisioner")
    assert world.events("ProvisioningSucceeded") == [f"Successfully provisioned volume {name}"]


def test_driver_that_does_not_run_makes_nothing(world: World) -> None:
    world.api.create(
        "storageclasses", {"metadata": {"name": "far"}, "provisioner": "far.example.com"}
    )
    claim(world, storageClassName="far")
    world.run(MINUTE)
    assert bound_to(world) == ""


def test_deleted_claim_takes_a_made_volume_with_it(world: World) -> None:
    world.storage_class()
    claim(world)
    world.run(5 * SECOND)
    world.api.delete(CLAIMS, "shop", "data")
    world.run(5 * SECOND)
    assert world.api.list(VOLUMES) == []


def test_lost_volume_is_said(world: World) -> None:
    volume(world, "a")
    claim(world, storageClassName="manual")
    world.run(SECOND)
    world.api.delete(VOLUMES, "", "a")
    world.api.modify(
        VOLUMES, "", "a", lambda old: {**old, "metadata": {**old["metadata"], "finalizers": []}}
    )
    world.run(SECOND)
    assert held(world)["status"]["phase"] == "Lost"
    assert world.events("ClaimLost") == [
        "Bound claim has lost its PersistentVolume. Data on the volume is lost!"
    ]


def test_claim_grows_with_its_volume(world: World) -> None:
    world.storage_class(allowVolumeExpansion=True)
    claim(world)
    world.run(5 * SECOND)
    world.patch_spec(CLAIMS, "data", resources={"requests": {"storage": "3Gi"}})
    world.run(5 * SECOND)
    assert held(world)["status"]["capacity"] == {"storage": "3Gi"}
    assert "conditions" not in held(world)["status"]
    assert world.get(VOLUMES, bound_to(world), "")["spec"]["capacity"] == {"storage": "3Gi"}
    assert world.events("VolumeResizeSuccessful") == ["Resize volume succeeded"]


HOPELESS = "preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling."


@pytest.mark.parametrize(
    ("with_claim", "text"),
    [
        (False, 'persistentvolumeclaim "data" not found'),
        (True, "pod has unbound immediate PersistentVolumeClaims"),
    ],
)
def test_pod_waits_for_its_claim_and_says_so(world: World, *, with_claim: bool, text: str) -> None:
    if with_claim:
        claim(world, storageClassName="manual")
    user(world)
    world.run(SECOND)
    assert world.events("FailedScheduling") == [f"0/3 nodes are available: {text}. {HOPELESS}"]
    if not with_claim:
        claim(world, storageClassName="manual")
    volume(world, "a")
    world.run(20 * SECOND)
    assert world.get("pods", "app")["spec"].get("nodeName")


def test_claim_that_waits_for_a_pod_is_made_where_the_pod_goes(world: World) -> None:
    world.storage_class(
        provisioner="rancher.io/local-path", volumeBindingMode="WaitForFirstConsumer"
    )
    claim(world)
    world.run(5 * SECOND)
    assert world.events("WaitForFirstConsumer") == [
        "waiting for first consumer to be created before binding"
    ]
    user(world)
    world.run(20 * SECOND)
    node = world.get("pods", "app")["spec"]["nodeName"]
    assert held(world)["metadata"]["annotations"]["volume.kubernetes.io/selected-node"] == node
    made = world.get(VOLUMES, bound_to(world), "")["spec"]
    [term] = made["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert term["matchExpressions"][0]["values"] == [node]
    world.api.delete("pods", "shop", "app", grace_s=0)
    user(world, "next")
    world.run(20 * SECOND)
    assert world.get("pods", "next")["spec"]["nodeName"] == node


def test_pod_goes_to_a_local_volume(world: World) -> None:
    world.storage_class(
        name="local",
        provisioner="kubernetes.io/no-provisioner",
        volumeBindingMode="WaitForFirstConsumer",
    )
    term = {"key": "kubernetes.io/hostname", "operator": "In", "values": ["node-3"]}
    affinity = {"required": {"nodeSelectorTerms": [{"matchExpressions": [term]}]}}
    claim(world)
    user(world)
    world.run(SECOND)
    [text] = world.events("FailedScheduling")
    assert "3 node(s) didn't find available persistent volumes to bind" in text
    volume(world, "a", storageClassName="local", nodeAffinity=affinity)
    world.run(20 * SECOND)
    assert world.get("pods", "app")["spec"]["nodeName"] == "node-3"
    assert bound_to(world) == "a"


def test_volume_that_is_elsewhere_rules_a_node_out(world: World) -> None:
    term = {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["c"]}
    affinity = {"required": {"nodeSelectorTerms": [{"matchExpressions": [term]}]}}
    volume(world, "a", nodeAffinity=affinity)
    claim(world, storageClassName="manual")
    user(world)
    world.run(5 * SECOND)
    text = world.events("FailedScheduling")[-1]
    assert "3 node(s) didn't match PersistentVolume's node affinity" in text


def test_ephemeral_volume_has_a_claim_of_its_own(world: World) -> None:
    world.storage_class()
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    scratch = {"name": "scratch", "ephemeral": {"volumeClaimTemplate": {"spec": spec}}}
    pod = {"metadata": {"name": "app", "namespace": "shop"}}
    world.api.create("pods", {**pod, "spec": template("app", volumes=[scratch])["spec"]})
    world.run(20 * SECOND)
    assert world.get("pods", "app")["spec"].get("nodeName")
    assert world.get(CLAIMS, "app-scratch")["status"]["phase"] == "Bound"
    world.api.delete("pods", "shop", "app")
    world.run(10 * SECOND)
    assert world.api.list(CLAIMS, "shop") == []
