"""Controllers act: what one asks for comes to be, and its status and events say so."""

from __future__ import annotations

import pytest

from sim.apimachinery.wire import Obj
from tests.contract.place import MERGE, STRATEGIC, Place, deployment, pod
from tests.contract.servers import IMAGE

APPS = "apps/v1"


def events(place: Place, name: str) -> list[tuple[str, str]]:
    """Return (reason, message) of the events about *name*."""
    listed = place.ok("GET", place.at("events"), fieldSelector=f"involvedObject.name={name}")[
        "items"
    ]
    return [(event["reason"], event["message"]) for event in listed]


def status_of(place: Place, path: str) -> Obj:
    found: Obj = place.ok("GET", path).get("status", {})
    return found


def test_a_deployment_rolls(place: Place) -> None:
    path = place.at("deployments", "web", group=APPS)
    place.ok("POST", place.at("deployments", group=APPS), deployment("web", 2))
    place.wait(lambda: status_of(place, path).get("availableReplicas") == 2)
    told = status_of(place, path)
    assert (told["replicas"], told["readyReplicas"], told["updatedReplicas"]) == (2, 2, 2)
    conditions = {c["type"]: (c["status"], c["reason"]) for c in told["conditions"]}
    assert conditions == {
        "Available": ("True", "MinimumReplicasAvailable"),
        "Progressing": ("True", "NewReplicaSetAvailable"),
    }
    body = {"spec": {"template": {"metadata": {"annotations": {"again": "1"}}}}}
    place.ok("PATCH", path, body, headers=STRATEGIC)

    def rolled() -> bool:
        told = status_of(place, path)
        return told.get("observedGeneration") == 2 and told.get("updatedReplicas") == 2 == told.get(
            "replicas"
        )

    place.wait(rolled)
    sets = place.ok("GET", place.at("replicasets", group=APPS))["items"]
    revisions = {
        one["metadata"]["annotations"]["deployment.kubernetes.io/revision"]: one["spec"]["replicas"]
        for one in sets
    }
    assert revisions == {"1": 0, "2": 2}
    assert {reason for reason, _ in events(place, "web")} == {"ScalingReplicaSet"}


def test_a_set_of_pods_names_its_owner(place: Place) -> None:
    place.ok("POST", place.at("deployments", group=APPS), deployment("web", 1))
    place.wait(lambda: place.names(place.at("pods")))
    one = place.ok("GET", place.at("pods"))["items"][0]
    owner = one["metadata"]["ownerReferences"][0]
    assert (owner["kind"], owner["controller"], owner["blockOwnerDeletion"]) == (
        "ReplicaSet",
        True,
        True,
    )
    assert one["metadata"]["name"].startswith(f"{owner['name']}-")
    assert one["metadata"]["generateName"] == f"{owner['name']}-"
    assert one["metadata"]["labels"]["pod-template-hash"] == owner["name"].removeprefix("web-")


def test_a_stateful_set_goes_in_order(place: Place) -> None:
    body = deployment("db", 2)
    body = {**body, "kind": "StatefulSet", "spec": {**body["spec"], "serviceName": "db"}}
    place.ok("POST", place.at("statefulsets", group=APPS), body)
    path = place.at("statefulsets", "db", group=APPS)
    place.wait(lambda: status_of(place, path).get("readyReplicas") == 2)
    pods = place.ok("GET", place.at("pods"))["items"]
    assert [one["metadata"]["name"] for one in pods] == ["db-0", "db-1"]
    assert pods[0]["metadata"]["labels"]["statefulset.kubernetes.io/pod-name"] == "db-0"
    assert pods[0]["spec"]["hostname"] == "db-0"
    ready = next(c for c in pods[0]["status"]["conditions"] if c["type"] == "Ready")[
        "lastTransitionTime"
    ]
    assert pods[1]["metadata"]["creationTimestamp"] >= ready


def test_a_job_completes(place: Place) -> None:
    container = {"name": "main", "image": IMAGE, "command": ["sh", "-c", "echo done"]}
    spec = {"restartPolicy": "Never", "containers": [container]}
    body = {
        "metadata": {"name": "j"},
        "spec": {"completions": 2, "parallelism": 2, "template": {"spec": spec}},
    }
    place.ok("POST", place.at("jobs", group="batch/v1"), body)
    path = place.at("jobs", "j", group="batch/v1")
    place.wait(lambda: status_of(place, path).get("completionTime"))
    told = status_of(place, path)
    assert told["succeeded"] == 2
    complete = next(c for c in told["conditions"] if c["type"] == "Complete")
    assert complete["status"] == "True"
    assert ("Completed", "Job completed") in events(place, "j")
    assert len([reason for reason, _ in events(place, "j") if reason == "SuccessfulCreate"]) == 2
    pods = place.ok("GET", place.at("pods"))["items"]
    assert {one["status"]["phase"] for one in pods} == {"Succeeded"}


def test_a_job_gives_up(place: Place) -> None:
    container = {"name": "main", "image": IMAGE, "command": ["sh", "-c", "exit 3"]}
    spec = {"restartPolicy": "Never", "containers": [container]}
    body = {"metadata": {"name": "j"}, "spec": {"backoffLimit": 0, "template": {"spec": spec}}}
    place.ok("POST", place.at("jobs", group="batch/v1"), body)
    path = place.at("jobs", "j", group="batch/v1")

    def failed() -> Obj | None:
        conditions = status_of(place, path).get("conditions") or ()
        return next((c for c in conditions if c["type"] == "Failed"), None)

    condition = place.wait(failed)
    assert condition is not None
    assert condition["reason"] == "BackoffLimitExceeded"
    assert condition["message"] == "Job has reached the specified backoff limit"
    assert ("BackoffLimitExceeded", "Job has reached the specified backoff limit") in events(
        place, "j"
    )


def test_a_daemon_set_is_on_every_free_node(place: Place) -> None:
    body = deployment("agent")
    spec = {key: body["spec"][key] for key in ("selector", "template")}
    place.ok(
        "POST", place.at("daemonsets", group=APPS), {"metadata": {"name": "agent"}, "spec": spec}
    )
    path = place.at("daemonsets", "agent", group=APPS)
    place.wait(lambda: status_of(place, path).get("numberReady"))
    told = place.wait(lambda: status_of(place, path))
    free = [
        node for node in place.ok("GET", "/api/v1/nodes")["items"] if not node["spec"].get("taints")
    ]
    assert told["desiredNumberScheduled"] == len(free)
    place.wait(lambda: status_of(place, path)["numberAvailable"] == len(free))
    assert ("SuccessfulCreate", f"Created pod: {place.names(place.at('pods'))[0]}") in events(
        place, "agent"
    )


def test_a_service_finds_its_pods(place: Place) -> None:
    place.ok(
        "POST",
        place.at("services"),
        {
            "metadata": {"name": "web"},
            "spec": {"selector": {"app": "p"}, "ports": [{"port": 80, "targetPort": 8080}]},
        },
    )
    ip = place.running("p")["status"]["podIP"]

    def address() -> str | None:
        subsets = place.ok("GET", place.at("endpoints", "web")).get("subsets") or [{}]
        return (subsets[0].get("addresses") or [{}])[0].get("ip")

    place.wait(lambda: address() == ip)
    place.ok("DELETE", place.at("pods", "p"))
    place.wait(lambda: address() is None)


@pytest.mark.since("1.21")
def test_slices_of_a_service(place: Place) -> None:
    place.ok(
        "POST",
        place.at("services"),
        {
            "metadata": {"name": "web"},
            "spec": {
                "selector": {"app": "p"},
                "ports": [{"name": "http", "port": 80, "targetPort": 8080}],
            },
        },
    )
    one = place.running("p")
    path = place.at("endpointslices", group="discovery.k8s.io/v1")
    selector = "kubernetes.io/service-name=web"

    def slices() -> list[Obj]:
        found: list[Obj] = place.ok("GET", path, labelSelector=selector)["items"]
        return [
            one for one in found if one["endpoints"] and one["endpoints"][0]["conditions"]["ready"]
        ]

    found = place.wait(slices)[0]
    assert found["endpoints"][0]["addresses"] == [one["status"]["podIP"]]
    assert found["endpoints"][0]["targetRef"]["name"] == "p"
    assert found["endpoints"][0]["nodeName"] == one["spec"]["nodeName"]
    assert found["ports"] == [{"name": "http", "port": 8080, "protocol": "TCP"}]
    assert (
        found["metadata"]["labels"]["endpointslice.kubernetes.io/managed-by"]
        == "endpointslice-controller.k8s.io"
    )


# -- pods --------------------------------------------------------------------------------------------


def test_the_life_of_a_pod_in_events(place: Place) -> None:
    node = place.running("p")["spec"]["nodeName"]
    place.wait(lambda: "Started" in dict(events(place, "p")))
    told = dict(events(place, "p"))
    assert told["Scheduled"] == f"Successfully assigned {place.name}/p to {node}"
    assert told["Pulled"].startswith(
        f'Container image "{IMAGE}" already present on machine'
    ) or told["Pulled"].startswith("Successfully pulled image")
    assert told["Created"].startswith("Created container") or told["Created"].startswith(
        "Container created"
    )
    assert "main" in told["Started"] or told["Started"] == "Container started"


def test_a_pod_that_fits_nowhere(place: Place) -> None:
    place.ok("POST", place.at("pods"), pod("p", nodeSelector={"nowhere": "x"}))
    place.wait(lambda: "FailedScheduling" in dict(events(place, "p")))
    condition = status_of(place, place.at("pods", "p"))["conditions"][0]
    assert (condition["type"], condition["status"], condition["reason"]) == (
        "PodScheduled",
        "False",
        "Unschedulable",
    )
    count = len(place.ok("GET", "/api/v1/nodes")["items"])
    assert condition["message"].startswith(f"0/{count} nodes are available: ")
    if place.server.version >= (1, 24):
        assert "didn't match Pod's node affinity/selector" in condition["message"]
        assert "preemption: 0/" in condition["message"]


def test_a_pod_that_crashes(place: Place) -> None:
    container = {"name": "main", "image": IMAGE, "command": ["sh", "-c", "exit 3"]}
    place.ok("POST", place.at("pods"), pod("p", containers=[container]))

    def waiting() -> Obj | None:
        statuses = status_of(place, place.at("pods", "p")).get("containerStatuses") or [{}]
        found: Obj = statuses[0].get("state", {}).get("waiting", {})
        return found if found.get("reason") == "CrashLoopBackOff" else None

    told = place.wait(waiting)
    assert told is not None
    uid = place.ok("GET", place.at("pods", "p"))["metadata"]["uid"]
    assert told["message"].endswith(f"restarting failed container=main pod=p_{place.name}({uid})")
    assert told["message"].startswith("back-off ")
    state = status_of(place, place.at("pods", "p"))["containerStatuses"][0]
    assert state["lastState"]["terminated"]["exitCode"] == 3
    assert state["ready"] is False
    reasons = {reason for reason, _ in events(place, "p")}
    assert "BackOff" in reasons


def test_a_pod_that_ends(place: Place) -> None:
    container = {"name": "main", "image": IMAGE, "command": ["sh", "-c", "exit 0"]}
    place.ok("POST", place.at("pods"), pod("p", containers=[container], restartPolicy="Never"))
    place.wait(lambda: status_of(place, place.at("pods", "p")).get("phase") == "Succeeded")
    told = status_of(place, place.at("pods", "p"))
    assert told["containerStatuses"][0]["state"]["terminated"]["reason"] == "Completed"
    conditions = {c["type"]: (c["status"], c.get("reason")) for c in told["conditions"]}
    assert conditions["Ready"] == ("False", "PodCompleted")


def test_a_pod_of_a_missing_secret(place: Place) -> None:
    container = {
        "name": "main",
        "image": IMAGE,
        "command": ["sleep", "1000"],
        "env": [{"name": "X", "valueFrom": {"secretKeyRef": {"name": "missing", "key": "x"}}}],
    }
    place.ok("POST", place.at("pods"), pod("p", containers=[container]))

    def waiting() -> Obj | None:
        statuses = status_of(place, place.at("pods", "p")).get("containerStatuses") or [{}]
        found: Obj = statuses[0].get("state", {}).get("waiting", {})
        return found if found.get("reason") == "CreateContainerConfigError" else None

    told = place.wait(waiting)
    assert told is not None
    assert told["message"] == 'secret "missing" not found'
    place.ok(
        "POST", place.at("secrets"), {"metadata": {"name": "missing"}, "stringData": {"x": "y"}}
    )
    place.wait(lambda: status_of(place, place.at("pods", "p"))["phase"] == "Running", 120)


@pytest.mark.needs("registry")
def test_a_pod_of_an_image_that_is_not_there(place: Place) -> None:
    container = {"name": "main", "image": "registry.local/missing:v9"}
    place.ok("POST", place.at("pods"), pod("p", containers=[container]))

    def reason() -> str:
        statuses = status_of(place, place.at("pods", "p")).get("containerStatuses") or [{}]
        found: str = statuses[0].get("state", {}).get("waiting", {}).get("reason", "")
        return found

    place.wait(lambda: reason() in ("ErrImagePull", "ImagePullBackOff"))


@pytest.mark.since("1.23")
def test_an_autoscaler_without_metrics_says_so(place: Place) -> None:
    target = {"apiVersion": APPS, "kind": "Deployment", "name": "nope"}
    spec = {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 3}
    path = place.at("horizontalpodautoscalers", group="autoscaling/v2")
    place.ok("POST", path, {"metadata": {"name": "h"}, "spec": spec})

    def told() -> Obj | None:
        conditions = status_of(place, f"{path}/h").get("conditions") or ()
        return next((c for c in conditions if c["type"] == "AbleToScale"), None)

    condition = place.wait(told, 90)
    assert condition is not None
    assert (condition["status"], condition["reason"]) == ("False", "FailedGetScale")
    assert (
        condition["message"].endswith('deployments/scale.apps "nope" not found')
        or "not found" in condition["message"]
    )


@pytest.mark.since("1.21")
def test_a_cron_job_can_be_started_by_hand(place: Place) -> None:
    container = {"name": "main", "image": IMAGE, "command": ["true"]}
    spec = {"restartPolicy": "Never", "containers": [container]}
    body = {
        "metadata": {"name": "c"},
        "spec": {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": {"spec": spec}}}},
    }
    place.ok("POST", place.at("cronjobs", group="batch/v1"), body)
    path = place.at("cronjobs", "c", group="batch/v1")
    place.wait(lambda: status_of(place, path).get("lastScheduleTime"), 90)
    job = place.ok("GET", place.at("jobs", group="batch/v1"))["items"][0]
    assert job["metadata"]["name"].startswith("c-")
    assert job["metadata"]["ownerReferences"][0]["kind"] == "CronJob"
    place.ok("PATCH", path, {"spec": {"suspend": True}}, headers=MERGE)
    assert ("SuccessfulCreate", f"Created job {job['metadata']['name']}") in events(place, "c")
