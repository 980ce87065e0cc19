"""What the server says of itself."""

import pytest

from sim.apimachinery.wire import ApiRequest
from sim.apiserver import ApiServer
from sim.kernel import Environment, Epoch, Stream
from tests.apiserver.world import PODS, World, pod

AGGREGATED = {
    "accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
}


def test_aggregated_discovery_lists_groups_resources_and_subresources(world):
    answer = world.send("GET", "/api", headers=AGGREGATED, timeout="32s")
    assert answer.content_type == (
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    )
    (core,) = answer.body["items"]
    pods = next(r for r in core["versions"][0]["resources"] if r["resource"] == "pods")
    assert pods["scope"] == "Namespaced"
    assert pods["shortNames"] == ["po"]
    eviction = next(s for s in pods["subresources"] if s["subresource"] == "eviction")
    assert eviction["responseKind"] == {"group": "policy", "version": "v1", "kind": "Eviction"}
    rest = world.ok("GET", "/apis", headers=AGGREGATED)
    assert [one["metadata"]["name"] for one in rest["items"]][:2] == [
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
    ]


def test_plain_discovery_says_the_same(world):
    assert world.ok("GET", "/api")["versions"] == ["v1"]
    groups = [one["name"] for one in world.ok("GET", "/apis")["groups"]]
    assert "apps" in groups
    listed = world.ok("GET", "/api/v1")["resources"]
    eviction = next(one for one in listed if one["name"] == "pods/eviction")
    assert (eviction["group"], eviction["version"], eviction["kind"]) == (
        "policy",
        "v1",
        "Eviction",
    )
    assert world.ok("GET", "/apis/apps/v1")["groupVersion"] == "apps/v1"
    assert world.ok("GET", "/apis/apps")["preferredVersion"]["version"] == "v1"


def test_version_and_health(world):
    assert world.ok("GET", "/version")["gitVersion"] == "v1.37.0"
    for path in ("/healthz", "/livez", "/readyz"):
        assert world.ok("GET", path) == "ok"
    text = world.ok("GET", "/readyz", verbose="")
    assert text.startswith("[+]ping ok")
    assert text.endswith("readyz check passed\n")


def test_metrics_come_from_the_metrics_server(world):
    class Metrics:
        def pod_usage(self, held):
            return [(one["name"], 5, 16 << 20) for one in held["spec"]["containers"]]

        def node_usage(self, node):
            return 300, 2 << 30

    path = "/apis/metrics.k8s.io/v1beta1"
    assert world.refused("GET", f"{path}/nodes")["code"] == 503
    world.api.metrics = Metrics()
    world.api.create("pods", pod())
    node = world.ok("GET", f"{path}/nodes")["items"][0]
    assert node["usage"] == {"cpu": "300m", "memory": "2097152Ki"}
    shown = world.ok("GET", f"{path}/namespaces/default/pods/p")
    assert shown["containers"] == [{"name": "app", "usage": {"cpu": "5m", "memory": "16384Ki"}}]
    assert world.refused("GET", f"{path}/namespaces/default/pods/no")["message"] == (
        'podmetrics.metrics.k8s.io "default/no" not found'
    )


def test_same_seed_and_requests_give_the_same_bytes():
    def run():
        world = World()
        world.ok("POST", PODS, pod())
        world.ok("DELETE", f"{PODS}/p")
        world.ok("POST", PODS, pod("q"))
        return str(world.ok("GET", PODS))

    assert run() == run()


def test_what_has_not_changed_is_not_sent_again(world):
    first = world.send("GET", "/apis", headers=AGGREGATED)
    etag = first.headers["etag"]
    again = world.send("GET", "/apis", headers={**AGGREGATED, "if-none-match": etag})
    assert (again.code, again.body) == (304, "")
    assert world.send("GET", "/api", headers=AGGREGATED).headers["etag"] != etag


def test_clients_of_the_beta_get_their_version(world):
    beta = {"accept": "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"}
    answer = world.send("GET", "/apis", headers=beta)
    assert "v=v2beta1" in answer.content_type
    assert answer.body["apiVersion"] == "apidiscovery.k8s.io/v2beta1"


def test_plain_json_first_means_the_plain_list(world):
    accept = "application/json,application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    assert world.ok("GET", "/apis", headers={"accept": accept})["kind"] == "APIGroupList"


def test_two_versions_of_a_group_the_preferred_first(world):
    group = world.ok("GET", "/apis/autoscaling")
    assert [one["version"] for one in group["versions"]] == ["v2", "v1"]
    assert group["preferredVersion"]["version"] == "v2"


def test_single_checks_and_what_is_excluded(world):
    assert world.ok("GET", "/livez/ping") == "ok"
    assert world.send("GET", "/livez/nonsense").code == 404
    text = world.ok("GET", "/readyz", verbose="", exclude="etcd")
    assert "[+]etcd excluded: ok" in text
    assert "[+]informer-sync ok" in text


@pytest.mark.parametrize(("version", "emulates"), [("v1.30.4", False), ("v1.33.0", True)])
def test_older_servers_do_not_say_what_they_emulate(version, emulates):
    api = ApiServer(
        Environment(), Epoch.parse("2026-11-20T01:40:00Z"), Stream("t", 0), version=version
    )
    told = api.handle(ApiRequest("GET", "/version")).body
    assert told["gitVersion"] == version
    assert ("emulationMajor" in told) is emulates
