"""What creating and ending objects of certain kinds brings with it."""

import pytest

from sim.apiserver.lifecycle import qos_class
from tests.apiserver.world import MERGE, PODS, pod


def service(name="s", **spec):
    spec = {"ports": [{"port": 80}], **spec}
    return {"metadata": {"name": name, "namespace": "default"}, "spec": spec}


def test_service_gets_an_address_and_keeps_it(world):
    made = world.api.create("services", service())
    address = made["spec"]["clusterIP"]
    assert made["spec"]["clusterIPs"] == [address]
    changed = world.api.update("services", service(selector={"a": "b"}))
    assert changed["spec"]["clusterIP"] == address


def test_taken_address_is_refused(world):
    world.api.load("services", service("first", clusterIP="10.96.0.7"))
    status = world.refused(
        "POST",
        "/api/v1/namespaces/default/services",
        {"kind": "Service", "apiVersion": "v1", **service("second", clusterIP="10.96.0.7")},
    )
    assert "provided IP is already allocated" in status["message"]


def test_address_of_a_deleted_service_is_free_again(world):
    world.api.create("services", service("first", clusterIP="10.96.0.7"))
    world.api.delete("services", "default", "first")
    assert world.api.create("services", service("second", clusterIP="10.96.0.7"))


def test_node_port_lies_in_the_range_and_headless_has_none(world):
    made = world.api.create("services", service("np", type="NodePort"))
    port = made["spec"]["ports"][0]["nodePort"]
    assert 30000 <= port <= 32767
    changed = world.api.update("services", service("np", type="NodePort", selector={"a": "b"}))
    assert changed["spec"]["ports"][0]["nodePort"] == port
    headless = world.api.create("services", service("hl", clusterIP="None"))
    assert headless["spec"]["clusterIP"] == "None"


def told(world, **spec):
    body = {"kind": "Service", "apiVersion": "v1", **service("asks", **spec)}
    return world.refused("POST", "/api/v1/namespaces/default/services", body)["message"]


def test_addresses_outside_the_ranges_are_refused(world):
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 81, "nodePort": 80}]
    assert told(world, type="NodePort", ports=ports) == (
        'Service "asks" is invalid: spec.ports[1].nodePort: Invalid value: 80: provided port is not '
        "in the valid range. The range of valid ports is 30000-32767"
    )
    assert told(world, clusterIP="192.168.0.1") == (
        'Service "asks" is invalid: spec.clusterIPs: Invalid value: ["192.168.0.1"]: failed to '
        "allocate IP 192.168.0.1: the provided network does not match the current range"
    )
    assert 'spec.clusterIPs[0]: Invalid value: "abc": must be a valid IP' in told(
        world, clusterIP="abc"
    )


def test_tcp_and_udp_of_one_number_share_a_node_port(world):
    ports = [
        {"name": "t", "port": 53, "protocol": "TCP"},
        {"name": "u", "port": 53, "protocol": "UDP"},
        {"name": "m", "port": 9153},
    ]
    made = world.api.create("services", service("dns", type="NodePort", ports=ports))
    first, second, third = (one["nodePort"] for one in made["spec"]["ports"])
    assert first == second != third


def test_headless_without_selector_is_for_both_families(world):
    spec = world.api.create("services", service("hl", clusterIP="None"))["spec"]
    assert (spec["ipFamilies"], spec["ipFamilyPolicy"]) == (["IPv4", "IPv6"], "RequireDualStack")
    spec = world.api.create("services", service("own", clusterIP="None", selector={"a": "b"}))[
        "spec"
    ]
    assert (spec["ipFamilies"], spec["ipFamilyPolicy"]) == (["IPv4"], "SingleStack")


def test_what_the_new_type_has_no_use_for_goes(world):
    made = world.api.create("services", service(type="LoadBalancer", externalTrafficPolicy="Local"))
    checked, port = made["spec"]["healthCheckNodePort"], made["spec"]["ports"][0]["nodePort"]
    assert checked != port
    url = "/api/v1/namespaces/default/services/s"
    spec = world.ok("PATCH", url, {"spec": {"type": "ClusterIP"}}, headers=MERGE)["spec"]
    assert "nodePort" not in spec["ports"][0]
    assert not {"healthCheckNodePort", "externalTrafficPolicy"} & set(spec)
    again = service("other", type="NodePort", ports=[{"port": 80, "nodePort": port}])
    assert world.api.create("services", again)
    external = {"spec": {"type": "ExternalName", "externalName": "x.example"}}
    spec = world.ok("PATCH", url, external, headers=MERGE)["spec"]
    assert not {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"} & set(spec)


def test_external_name_has_no_address(world):
    made = world.api.create("services", service(type="ExternalName", externalName="x.example"))
    assert "clusterIP" not in made["spec"]


def test_namespace_ends_when_its_content_has(world):
    running = pod(nodeName="n1")
    running["metadata"]["namespace"] = "team"
    world.api.create("pods", running)
    world.api.create("configmaps", {"metadata": {"name": "c", "namespace": "team"}})
    ending = world.ok("DELETE", "/api/v1/namespaces/team")
    assert ending["status"]["phase"] == "Terminating"
    assert world.api.list("configmaps", "team") == []
    late = {**pod("late"), "metadata": {"name": "late", "namespace": "team"}}
    status = world.refused("POST", "/api/v1/namespaces/team/pods", late)
    assert status["message"] == (
        'pods "late" is forbidden: unable to create new content in namespace team because it is '
        "being terminated"
    )
    world.api.delete("pods", "team", "p", grace_s=0)
    assert world.api.get("namespaces", "", "team") is None


def test_new_namespace_is_active_and_labelled(world):
    made = world.api.create("namespaces", {"metadata": {"name": "fresh"}})
    assert made["status"] == {"phase": "Active"}
    assert made["metadata"]["labels"] == {"kubernetes.io/metadata.name": "fresh"}


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({}, "BestEffort"),
        ({"requests": {"cpu": "1"}}, "Burstable"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}}, "Guaranteed"),
        (
            {
                "limits": {"cpu": "1", "memory": "1Gi"},
                "requests": {"cpu": "500m", "memory": "1Gi"},
            },
            "Burstable",
        ),
    ],
)
def test_quality_of_service_follows_requests_and_limits(resources, expected):
    assert qos_class({"containers": [{"name": "a", "resources": resources}]}) == expected


def test_admission_adds_token_tolerations_and_priority(world):
    world.ok("POST", PODS, pod(tolerations=[{"operator": "Exists", "effect": "NoSchedule"}]))
    spec = world.api.get("pods", "default", "p")["spec"]
    assert spec["serviceAccountName"] == "default"
    assert spec["priority"] == 0
    assert [one.get("tolerationSeconds") for one in spec["tolerations"]] == [None, 300, 300]
    token = spec["volumes"][-1]["name"]
    assert token.startswith("kube-api-access-")
    assert spec["containers"][0]["volumeMounts"][-1]["name"] == token


def test_admission_leaves_static_pods_and_tolerant_ones_alone(world):
    static = pod("static", tolerations=[{"operator": "Exists"}])
    static["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "x"}
    spec = world.api.load("pods", static)["spec"]
    assert "volumes" not in spec
    assert spec["tolerations"] == [{"operator": "Exists"}]


def test_priority_comes_from_the_class(world):
    made = world.api.create("pods", pod(priorityClassName="system-node-critical"))
    assert made["spec"]["priority"] == 2000001000
    status = world.refused("POST", PODS, pod("q", priorityClassName="nope"))
    assert status["message"] == ('pods "q" is forbidden: no PriorityClass with name nope was found')


def test_events_about_its_end_do_not_keep_a_namespace(world):
    about = {**pod("p"), "kind": "Pod", "apiVersion": "v1"}
    about["metadata"] = {"name": "p", "namespace": "team"}
    world.api.event(about, "Normal", "Killing", "Stopping container c", component="kubelet")
    world.ok("DELETE", "/api/v1/namespaces/team")
    assert world.api.get("namespaces", "", "team") is None
    assert world.api.list("events", "team") == []
