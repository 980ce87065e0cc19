"""What a new pod, claim or class gets, and what it is refused for."""

import pytest

from tests.apiserver.world import MERGE, PODS, pod

ACCOUNTS = "/api/v1/namespaces/default/serviceaccounts"
CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims"
CLASSES = "/apis/scheduling.k8s.io/v1/priorityclasses"


def priority_class(world, name, value, **more):
    world.api.create("priorityclasses", {"metadata": {"name": name}, "value": value, **more})


def storage_class(world, name, *, default=False, expands=False):
    mark = {"storageclass.kubernetes.io/is-default-class": "true"} if default else {}
    world.api.create(
        "storageclasses",
        {
            "metadata": {"name": name, "annotations": mark},
            "provisioner": "example.com/disk",
            "allowVolumeExpansion": expands,
        },
    )


def claim(**spec):
    requests = {"resources": {"requests": {"storage": "1Gi"}}}
    return {
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"]} | requests | spec,
    }


def test_missing_account_refuses_the_pod(world):
    assert world.refused("POST", PODS, pod(serviceAccountName="robot"))["message"] == (
        'pods "p" is forbidden: error looking up service account default/robot: serviceaccount '
        '"robot" not found'
    )


def test_account_hands_on_its_pull_secrets_and_may_keep_its_token(world):
    body = {
        "metadata": {"name": "robot"},
        "automountServiceAccountToken": False,
        "imagePullSecrets": [{"name": "registry"}],
    }
    world.ok("POST", ACCOUNTS, body)
    spec = world.ok("POST", PODS, pod(serviceAccountName="robot"))["spec"]
    assert spec["imagePullSecrets"] == [{"name": "registry"}]
    assert not spec.get("volumes")
    wanted = pod("wants", serviceAccountName="robot", automountServiceAccountToken=True)
    assert world.ok("POST", PODS, wanted)["spec"]["volumes"]


def test_priority_comes_from_the_class(world):
    priority_class(world, "gold", 1000, preemptionPolicy="Never")
    spec = world.ok("POST", PODS, pod(priorityClassName="gold"))["spec"]
    assert (spec["priority"], spec["preemptionPolicy"]) == (1000, "Never")
    assert world.refused("POST", PODS, pod("x", priorityClassName="nope"))["message"] == (
        'pods "x" is forbidden: no PriorityClass with name nope was found'
    )
    status = world.refused("POST", PODS, pod("x", priorityClassName="gold", priority=7))
    assert status["message"] == (
        'pods "x" is forbidden: the integer value of priority (7) must not be provided in pod spec; '
        "priority admission controller computed 1000 from the given PriorityClass name"
    )


def test_default_class_is_for_pods_without_and_there_is_one(world):
    priority_class(world, "usual", 5, globalDefault=True)
    spec = world.ok("POST", PODS, pod())["spec"]
    assert (spec["priorityClassName"], spec["priority"]) == ("usual", 5)
    body = {"metadata": {"name": "other"}, "value": 6, "globalDefault": True}
    assert world.refused("POST", CLASSES, body)["message"] == (
        'priorityclasses.scheduling.k8s.io "other" is forbidden: PriorityClass usual is already '
        "marked as default. Only one default can exist"
    )


def test_runtime_class_has_to_exist_and_brings_its_overhead(world):
    assert world.refused("POST", PODS, pod(runtimeClassName="gvisor"))["message"] == (
        'pods "p" is forbidden: pod rejected: RuntimeClass "gvisor" not found'
    )
    overhead = {"podFixed": {"cpu": "250m"}}
    nodes = {"nodeSelector": {"sandbox": "yes"}}
    made = {"metadata": {"name": "gvisor"}, "handler": "runsc", "overhead": overhead}
    world.api.create("runtimeclasses", {**made, "scheduling": nodes})
    spec = world.ok("POST", PODS, pod(runtimeClassName="gvisor"))["spec"]
    assert (spec["overhead"], spec["nodeSelector"]) == ({"cpu": "250m"}, {"sandbox": "yes"})


def test_claim_gets_the_default_class_and_its_finalizer(world):
    storage_class(world, "slow")
    storage_class(world, "fast", default=True)
    made = world.ok("POST", CLAIMS, claim())
    assert made["spec"]["storageClassName"] == "fast"
    assert made["metadata"]["finalizers"] == ["kubernetes.io/pvc-protection"]
    none = {**claim(storageClassName=""), "metadata": {"name": "none"}}
    assert world.ok("POST", CLAIMS, none)["spec"]["storageClassName"] == ""


@pytest.mark.parametrize(("expands", "code"), [(True, 200), (False, 403)])
def test_claim_grows_where_its_class_allows_it(world, expands, code):
    storage_class(world, "fast", default=True, expands=expands)
    made = world.ok("POST", CLAIMS, claim())
    world.api.modify(
        "persistentvolumeclaims",
        "default",
        made["metadata"]["name"],
        lambda old: {**old, "status": {"phase": "Bound"}},
    )
    more = {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}
    answer = world.send("PATCH", f"{CLAIMS}/data", more, headers=MERGE)
    assert answer.code == code
    if code == 403:
        assert answer.body["message"] == (
            'persistentvolumeclaims "data" is forbidden: only dynamically provisioned pvc can be '
            "resized and the storageclass that provisions the pvc must support resize"
        )


def test_namespaces_of_the_system_stay(world):
    assert world.refused("DELETE", "/api/v1/namespaces/kube-system")["message"] == (
        'namespaces "kube-system" is forbidden: this namespace may not be deleted'
    )
