"""One stored object, two versions: autoscalers v1 and v2, events of both groups."""

from tests.apiserver.world import MERGE, World

V1 = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers"
V2 = V1.replace("v1", "v2")
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
NEWER = "/apis/events.k8s.io/v1/namespaces/default/events"
CORE = "/api/v1/namespaces/default/events"


def autoscaler(**spec):
    return {
        "apiVersion": "autoscaling/v1",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "a"},
        "spec": {"scaleTargetRef": TARGET, "maxReplicas": 4, **spec},
    }


def test_older_autoscaler_is_stored_as_the_newer(world: World):
    made = world.ok("POST", V1, autoscaler(targetCPUUtilizationPercentage=60))
    assert made["apiVersion"] == "autoscaling/v1"
    assert made["spec"]["targetCPUUtilizationPercentage"] == 60
    (metric,) = world.ok("GET", f"{V2}/a")["spec"]["metrics"]
    assert metric["resource"] == {
        "name": "cpu",
        "target": {"type": "Utilization", "averageUtilization": 60},
    }
    world.ok("PATCH", f"{V1}/a", {"spec": {"targetCPUUtilizationPercentage": 70}}, headers=MERGE)
    (metric,) = world.ok("GET", f"{V2}/a")["spec"]["metrics"]
    assert metric["resource"]["target"]["averageUtilization"] == 70


def test_what_the_older_cannot_say_goes_into_annotations_and_back(world: World):
    memory = {
        "type": "Resource",
        "resource": {"name": "memory", "target": {"type": "Utilization", "averageUtilization": 8}},
    }
    body = {**autoscaler(metrics=[memory]), "apiVersion": "autoscaling/v2"}
    world.ok("POST", V2, body)
    older = world.ok("GET", f"{V1}/a")
    assert "metrics" not in older["spec"]
    assert '"memory"' in older["metadata"]["annotations"]["autoscaling.alpha.kubernetes.io/metrics"]
    world.ok("PATCH", f"{V1}/a", {"spec": {"maxReplicas": 9}}, headers=MERGE)
    newer = world.ok("GET", f"{V2}/a")
    assert newer["spec"]["metrics"] == [memory]
    assert newer["spec"]["maxReplicas"] == 9
    assert "annotations" not in newer["metadata"]


def test_an_event_is_one_object_for_both_groups(world: World):
    body = {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": "e"},
        "regarding": {"kind": "Pod", "name": "p", "namespace": "default"},
        "note": "hello",
        "reason": "Test",
        "type": "Normal",
        "action": "Testing",
        "reportingController": "me",
        "reportingInstance": "me-1",
        "eventTime": "2026-11-20T01:40:00.000000Z",
    }
    made = world.ok("POST", NEWER, body)
    assert made["note"] == "hello"
    core = world.ok("GET", f"{CORE}/e")
    assert (core["message"], core["involvedObject"]["name"]) == ("hello", "p")
    world.ok("DELETE", f"{NEWER}/e")
    assert world.send("GET", f"{CORE}/e").code == 404


def test_old_versions_are_told_of_their_end(world: World):
    answer = world.send("GET", "/api/v1/namespaces/default/endpoints")
    assert answer.warnings == (
        "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
    )
