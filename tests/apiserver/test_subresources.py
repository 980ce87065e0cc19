"""Subresources: scale, eviction, binding, status and logs."""

import pytest

from sim.apimachinery.errors import bad_request
from sim.apimachinery.wire import ApiRequest, ExecRequest
from tests.apiserver.world import DEPLOYMENTS, MERGE, PODS, deployment, pod, ready

SCALE = f"{DEPLOYMENTS}/web/scale"


class Kubelets:
    """Answers like kubelets, and remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def logs(self, pod, container, **options):
        self.asked.append((container, options))
        if options["previous"]:
            raise bad_request(f'previous terminated container "{container}" not found')
        return "line\n"

    def follow(self, pod, container, **options):
        self.asked.append((container, options))
        return "stream"

    def exec(self, pod, container, argv, **options):
        self.asked.append((container, argv))
        return "execution"


def budget(healthy=2, desired=2, *, seen=1, **spec):
    """Return a budget as its controller has left it."""
    status = {
        "observedGeneration": seen,
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "disruptionsAllowed": max(0, healthy - desired),
    }
    metadata = {"name": "web", "namespace": "default"}
    spec = {"selector": {"matchLabels": {"app": "web"}}, "minAvailable": desired, **spec}
    return {"metadata": metadata, "spec": spec, "status": status}


def running(world, *names, is_ready=True):
    for name in names:
        world.api.load("pods", ready(pod(name, nodeName="n1"), is_ready=is_ready))


def evict(world, name):
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}}
    return world.send("POST", f"{PODS}/{name}/eviction", body)


def test_scale_is_written_through_its_subresource(world):
    calls = []
    world.api.audit = lambda *call: calls.append(call[:4])
    world.api.create("deployments", deployment())
    scale = world.ok("PATCH", SCALE, {"spec": {"replicas": 5}}, headers=MERGE)
    assert scale["spec"]["replicas"] == 5
    held = world.api.get("deployments", "default", "web")
    assert held["spec"]["replicas"] == 5
    assert held["metadata"]["generation"] == 2
    assert calls == [("patch", "deployments/scale", "default", "web")]
    status = world.refused("PATCH", SCALE, {"spec": {"replicas": -1}}, headers=MERGE)
    assert status["reason"] == "Invalid"


def test_status_is_written_through_its_subresource_only(world):
    world.api.create("deployments", deployment())
    path = f"{DEPLOYMENTS}/web"
    world.ok("PATCH", path, {"status": {"replicas": 9}}, headers=MERGE)
    assert "status" not in world.api.get("deployments", "default", "web")
    body = {"status": {"replicas": 9}, "spec": {"replicas": 9}}
    new = world.ok("PATCH", f"{path}/status", body, headers=MERGE)
    assert new["status"] == {"replicas": 9}
    assert new["spec"]["replicas"] == 1


def test_eviction_marks_the_pod_and_says_why(world):
    running(world, "a")
    assert evict(world, "a").code == 201
    evicted = world.api.get("pods", "default", "a")
    assert "deletionTimestamp" in evicted["metadata"]
    assert evicted["status"]["conditions"][-1]["reason"] == "EvictionByEvictionAPI"


def test_eviction_against_the_budget_is_refused(world):
    running(world, "a", "b")
    world.api.load("poddisruptionbudgets", budget())
    answer = evict(world, "a")
    assert answer.code == 429
    assert answer.body["message"] == (
        "Cannot evict pod as it would violate the pod's disruption budget."
    )
    assert answer.body["details"]["causes"] == [
        {
            "reason": "DisruptionBudget",
            "message": "The disruption budget web needs 2 healthy pods and has 2 currently",
        }
    ]
    assert "deletionTimestamp" not in world.api.get("pods", "default", "a")["metadata"]


def test_budget_that_nobody_has_looked_at_asks_to_come_back(world):
    running(world, "a", "b", "c")
    world.api.load("poddisruptionbudgets", budget(healthy=3, seen=0))
    details = evict(world, "a").body["details"]
    assert details["retryAfterSeconds"] == 10
    text = "The disruption budget web is still being processed by the server."
    assert details["causes"][0]["message"] == text


def test_unhealthy_pod_may_go_when_the_others_keep_the_budget(world):
    running(world, "a", "b")
    running(world, "sick", is_ready=False)
    world.api.load("poddisruptionbudgets", budget())
    assert evict(world, "sick").code == 201
    assert evict(world, "a").code == 429


@pytest.mark.parametrize(
    ("policy", "code"), [("IfHealthyBudget", 429), (None, 429), ("AlwaysAllow", 201)]
)
def test_unhealthy_pod_of_an_unhealthy_application_goes_by_policy(world, policy, code):
    running(world, "sick", is_ready=False)
    more = {"unhealthyPodEvictionPolicy": policy} if policy else {}
    world.api.load("poddisruptionbudgets", budget(healthy=1, **more))
    assert evict(world, "sick").code == code


def test_eviction_draws_the_budget_down(world):
    running(world, "a", "b", "c")
    world.api.load("poddisruptionbudgets", budget(healthy=3))
    assert evict(world, "a").code == 201
    status = world.api.get("poddisruptionbudgets", "default", "web")["status"]
    assert status["disruptionsAllowed"] == 0
    assert list(status["disruptedPods"]) == ["a"]
    assert status["conditions"][0]["reason"] == "InsufficientPods"
    assert evict(world, "b").code == 429


def test_dry_run_of_an_eviction_asks_the_budget_and_leaves_all_as_it_is(world):
    running(world, "a", "b", "c")
    world.api.load("poddisruptionbudgets", budget(healthy=3))
    before = world.api.registry.store.revision
    body = {"kind": "Eviction", "metadata": {"name": "a"}, "deleteOptions": {"dryRun": ["All"]}}
    assert world.send("POST", f"{PODS}/a/eviction", body).code == 201
    assert world.api.registry.store.revision == before


def test_two_budgets_on_one_pod_are_an_error(world):
    running(world, "a")
    for name in ("one", "two"):
        pdb = budget(desired=0)
        pdb["metadata"]["name"] = name
        world.api.load("poddisruptionbudgets", pdb)
    answer = evict(world, "a")
    assert answer.code == 500
    assert "more than one PodDisruptionBudget" in answer.body["message"]


def test_eviction_of_a_missing_pod_is_not_found(world):
    assert evict(world, "nope").body["message"] == 'pods "nope" not found'


def test_binding_puts_the_pod_on_a_node_once(world):
    world.api.create("pods", pod())
    body = {"target": {"kind": "Node", "name": "n1"}}
    assert world.send("POST", f"{PODS}/p/binding", body).code == 201
    bound = world.api.get("pods", "default", "p")
    assert bound["spec"]["nodeName"] == "n1"
    assert bound["status"]["conditions"][0]["type"] == "PodScheduled"
    assert world.send("POST", f"{PODS}/p/binding", body).code == 409


def test_log_options_reach_the_kubelet_as_simulated_time(world):
    world.api.kubelet = Kubelets()
    world.api.create("pods", pod(nodeName="n1"))
    world.env.advance(100_000)
    text = world.ok("GET", f"{PODS}/p/log", tailLines="5", sinceSeconds="10", timestamps="true")
    assert text == "line\n"
    container, options = world.api.kubelet.asked[0]
    assert container == "app"
    assert options["tail"] == 5
    assert options["since"] == 90_000
    assert options["timestamps"] is True
    world.ok("GET", f"{PODS}/p/log", sinceTime="2026-11-20T01:41:00Z")
    assert world.api.kubelet.asked[1][1]["since"] == 60_000


def test_log_of_the_wrong_container_is_refused(world):
    world.api.kubelet = Kubelets()
    two = [{"name": "web", "image": "a"}, {"name": "sidecar", "image": "b"}]
    world.api.create("pods", pod("multi", containers=two, nodeName="n1"))
    path = f"{PODS}/multi/log"
    assert world.refused("GET", path)["message"] == (
        "a container name must be specified for pod multi, choose one of: [web sidecar]"
    )
    assert world.refused("GET", path, container="nope")["message"] == (
        "container nope is not valid for pod multi"
    )
    status = world.refused("GET", path, container="web", previous="true")
    assert status["message"] == 'previous terminated container "web" not found'


def test_following_and_exec_go_to_the_kubelet(world):
    world.api.kubelet = Kubelets()
    world.api.create("pods", pod(nodeName="n1"))
    request = ApiRequest("GET", f"{PODS}/p/log", (("follow", "true"),))
    assert world.api.stream(request) == "stream"
    assert world.api.exec(ExecRequest("default", "p", "", ("ls",))) == "execution"
    assert world.api.exec(ExecRequest("default", "no", "", ("ls",))).code == 404
    world.api.create("pods", pod("waiting"))
    answer = world.api.exec(ExecRequest("default", "waiting", "", ("ls",)))
    assert answer.body["message"] == "pod waiting does not have a host assigned"


def test_without_kubelets_logs_are_unavailable(world):
    world.api.create("pods", pod(nodeName="n1"))
    assert world.refused("GET", f"{PODS}/p/log")["code"] == 503
