"""Strategic merge patch: keys, directives and order, as Kubernetes' own tests have them."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.apimachinery.patch import PatchError
from sim.apimachinery.strategic import strategic_merge_patch


def pod(*containers, **spec):
    return {"kind": "Pod", "spec": {"containers": list(containers), **spec}}


def names(obj):
    return [one["name"] for one in obj["spec"]["containers"]]


def merge(target, patch, kind="Pod"):
    before = copy.deepcopy(target)
    result = strategic_merge_patch(target, patch, kind)
    assert target == before, "a patch must not touch what it is given"
    return result


def test_containers_merge_by_name():
    held = pod({"name": "a", "image": "a:1", "env": [{"name": "X", "value": "1"}]}, {"name": "b"})
    patch = pod({"name": "a", "image": "a:2", "env": [{"name": "Y", "value": "2"}]})
    merged = merge(held, patch)
    first = merged["spec"]["containers"][0]
    assert first["image"] == "a:2"
    assert {one["name"] for one in first["env"]} == {"X", "Y"}
    assert names(merged) == ["a", "b"]


def test_new_container_stands_first_as_in_the_documentation():
    """The example of "Update API Objects in Place Using kubectl patch" puts the new one first."""
    assert names(merge(pod({"name": "a"}), pod({"name": "b"}))) == ["b", "a"]


def test_set_element_order_decides_where_things_stand():
    held = pod({"name": "a"}, {"name": "b"})
    patch = {
        "spec": {
            "$setElementOrder/containers": [{"name": "b"}, {"name": "c"}, {"name": "a"}],
            "containers": [{"name": "c", "image": "c"}],
        }
    }
    assert names(merge(held, patch)) == ["b", "c", "a"]


def test_delete_directive_removes_one_item():
    held = pod({"name": "a"}, {"name": "b"})
    assert names(merge(held, pod({"name": "a", "$patch": "delete"}))) == ["b"]


def test_replace_directive_replaces_the_list():
    held = pod({"name": "a"}, {"name": "b"})
    assert names(merge(held, pod({"name": "c"}, {"$patch": "replace"}))) == ["c"]


def test_replace_directive_replaces_a_map():
    held = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}
    patch = {"spec": {"strategy": {"$patch": "replace", "type": "Recreate"}}}
    assert merge(held, patch, "Deployment") == {"spec": {"strategy": {"type": "Recreate"}}}


def test_retain_keys_drops_the_other_members_of_a_union():
    held = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {}}}}
    patch = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    assert merge(held, patch, "Deployment") == {"spec": {"strategy": {"type": "Recreate"}}}


def test_null_removes_a_field_and_is_dropped_where_there_was_none():
    held = {"spec": {"unschedulable": True}}
    assert merge(held, {"spec": {"unschedulable": None, "x": None}}, "Node") == {"spec": {}}


def test_taints_and_tolerations_are_replaced_whole():
    held = {"spec": {"taints": [{"key": "a"}]}}
    patch = {"spec": {"taints": [{"key": "b"}]}}
    assert merge(held, patch, "Node") == {"spec": {"taints": [{"key": "b"}]}}


def test_ports_merge_by_port_in_a_service_and_by_container_port_in_a_pod():
    service = {"spec": {"ports": [{"port": 80, "name": "http"}]}}
    merged = merge(service, {"spec": {"ports": [{"port": 80, "targetPort": 8080}]}}, "Service")
    assert merged["spec"]["ports"] == [{"port": 80, "name": "http", "targetPort": 8080}]
    held = pod({"name": "a", "ports": [{"containerPort": 1, "name": "x"}]})
    merged = merge(held, pod({"name": "a", "ports": [{"containerPort": 1, "protocol": "UDP"}]}))
    ports = merged["spec"]["containers"][0]["ports"]
    assert ports == [{"containerPort": 1, "name": "x", "protocol": "UDP"}]


@pytest.mark.parametrize(
    ("kind", "version", "held", "patch", "merged"),
    [
        (
            "Node",
            "v1",
            {"status": {"addresses": [{"type": "InternalIP", "address": "a"}]}},
            {"status": {"addresses": [{"type": "InternalIP", "address": "b"}]}},
            {"status": {"addresses": [{"type": "InternalIP", "address": "b"}]}},
        ),
        (
            "EndpointSlice",
            "discovery.k8s.io/v1",
            {"endpoints": [{"addresses": ["10.0.0.1"]}]},
            {"endpoints": [{"addresses": ["10.0.0.2"]}]},
            {"endpoints": [{"addresses": ["10.0.0.2"]}]},
        ),
        (
            "ServiceAccount",
            "v1",
            {"secrets": [{"name": "a", "uid": "1"}]},
            {"secrets": [{"name": "a", "namespace": "n"}]},
            {"secrets": [{"name": "a", "uid": "1", "namespace": "n"}]},
        ),
        (
            "NetworkPolicy",
            "networking.k8s.io/v1",
            {"spec": {"ingress": [{"ports": [{"port": 80}]}]}},
            {"spec": {"ingress": [{"ports": [{"port": 81}]}]}},
            {"spec": {"ingress": [{"ports": [{"port": 81}]}]}},
        ),
    ],
)
def test_each_type_has_its_own_keys(kind, version, held, patch, merged):
    of = {"apiVersion": version, "kind": kind}
    assert merge({**of, **held}, patch, kind) == {**of, **merged}


def test_finalizers_merge_as_a_set_and_can_be_taken_off():
    held = {"metadata": {"finalizers": ["a", "b"]}}
    merged = merge(held, {"metadata": {"finalizers": ["b", "c"]}})
    assert sorted(merged["metadata"]["finalizers"]) == ["a", "b", "c"]
    patch = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}}
    assert merge(held, patch) == {"metadata": {"finalizers": ["b"]}}


@pytest.mark.parametrize(
    "patch",
    [
        pod({"image": "no name"}),
        pod({"name": "a", "$patch": "explode"}),
        pod({"$patch": "delete"}),
        {"$patch": "explode"},
    ],
)
def test_patch_that_does_not_fit_is_refused(patch):
    with pytest.raises(PatchError):
        strategic_merge_patch(pod({"name": "a"}), patch, "Pod")


containers = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("abcd"), "image": st.sampled_from("xyz")}),
    unique_by=lambda one: one["name"],
    max_size=4,
)


@given(containers, containers)
def test_merging_containers_keeps_every_name_once_and_the_patch_wins(held, patch):
    merged = strategic_merge_patch(pod(*held), pod(*patch), "Pod")
    assert sorted(names(merged)) == sorted({one["name"] for one in held + patch})
    images = {one["name"]: one["image"] for one in held} | {
        one["name"]: one["image"] for one in patch
    }
    assert {one["name"]: one["image"] for one in merged["spec"]["containers"]} == images


@given(containers, containers)
def test_applying_a_patch_twice_is_applying_it_once(held, patch):
    once = strategic_merge_patch(pod(*held), pod(*patch), "Pod")
    assert strategic_merge_patch(once, pod(*patch), "Pod") == once
