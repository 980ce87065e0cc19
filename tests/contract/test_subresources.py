"""Status, scale, logs, exec, eviction, binding, ephemeral containers, tokens."""

from __future__ import annotations

import base64
import json
import uuid

import pytest

from sim.apimachinery.wire import Obj
from tests.contract.place import APPLY, MERGE, STRATEGIC, Place, deployment, pod
from tests.contract.servers import IMAGE

APPS = "apps/v1"
POLICY = "policy/v1"


# -- status ------------------------------------------------------------------------------------------


def test_a_write_of_the_status_leaves_the_rest(place: Place) -> None:
    place.ok("POST", place.at("pods"), pod("p", nodeSelector={"nowhere": "x"}))
    path = place.at("pods", "p")
    body = {
        "metadata": {"labels": {"new": "x"}},
        "spec": {"nodeName": "n"},
        "status": {"reason": "Because"},
    }
    changed = place.ok("PATCH", f"{path}/status", body, headers=MERGE)
    assert changed["status"]["reason"] == "Because"
    assert "nodeName" not in changed["spec"]
    assert place.ok("GET", f"{path}/status")["status"]["reason"] == "Because"


def test_the_status_of_what_has_none_is_not_found(place: Place) -> None:
    place.config("a")
    status = place.no(404, "GET", place.at("configmaps", "a", "status"))
    assert status["message"] == "the server could not find the requested resource"


# -- scale -------------------------------------------------------------------------------------------


def test_scale_shows_and_sets_replicas(place: Place, web: str) -> None:
    scale = place.ok("GET", f"{web}/scale")
    assert (scale["kind"], scale["apiVersion"]) == ("Scale", "autoscaling/v1")
    assert scale["spec"] == {} or scale["spec"] == {"replicas": 0}
    assert scale["status"]["selector"] == "app=web"
    uid = place.ok("GET", web)["metadata"]["uid"]
    assert scale["metadata"]["uid"] == uid
    changed = place.ok("PATCH", f"{web}/scale", {"spec": {"replicas": 2}}, headers=MERGE)
    assert changed["spec"]["replicas"] == 2
    assert place.ok("GET", web)["spec"]["replicas"] == 2
    metadata = {
        key: value for key, value in changed["metadata"].items() if key != "resourceVersion"
    }
    body = {**changed, "metadata": metadata, "spec": {"replicas": 0}}
    assert place.ok("PUT", f"{web}/scale", body)["spec"] in ({}, {"replicas": 0})


def test_scale_refuses_nonsense(place: Place, web: str) -> None:
    status = place.no(422, "PATCH", f"{web}/scale", {"spec": {"replicas": -1}}, headers=MERGE)
    assert status["details"]["causes"][0]["field"] == "spec.replicas"
    assert "must be greater than or equal to 0" in status["message"]


def test_scale_of_a_statefulset(place: Place) -> None:
    body = deployment("db", 0)
    body = {**body, "kind": "StatefulSet", "spec": {**body["spec"], "serviceName": "db"}}
    path = place.at("statefulsets", group=APPS)
    place.ok("POST", path, body)
    place.ok("PATCH", f"{path}/db/scale", {"spec": {"replicas": 1}}, headers=MERGE)
    assert place.ok("GET", f"{path}/db")["spec"]["replicas"] == 1


# -- logs --------------------------------------------------------------------------------------------


def talker(name: str, *lines: str, then: str = "sleep 100000") -> Obj:
    """Return a pod that says *lines*."""
    words = "; ".join(f"echo {line}" for line in lines)
    container = {"name": "main", "image": IMAGE, "command": ["sh", "-c", f"{words}; {then}"]}
    return pod(name, restartPolicy="Never", containers=[container])


@pytest.fixture
def said(place: Place) -> str:
    """Run a pod that says three lines; return the path of its log."""
    place.ok("POST", place.at("pods"), talker("p", "one", "two", "three"))
    path = place.at("pods", "p", "log")
    place.wait(lambda: "three" in str(place.send("GET", path).body))
    return path


def test_a_log(place: Place, said: str) -> None:
    answer = place.send("GET", said)
    assert answer.code == 200
    assert answer.body == "one\ntwo\nthree\n"
    assert answer.content_type.startswith("text/plain")


def test_parts_of_a_log(place: Place, said: str) -> None:
    assert place.send("GET", said, tailLines=1).body == "three\n"
    assert place.send("GET", said, tailLines=0).body == ""
    assert place.send("GET", said, limitBytes=5).body == "one\nt"
    assert place.send("GET", said, sinceSeconds=3600).body == "one\ntwo\nthree\n"
    stamped = place.send("GET", said, timestamps=True).body.splitlines()[0]
    stamp, _, line = stamped.partition(" ")
    assert (line, stamp[10], stamp[-1]) == ("one", "T", "Z")
    assert place.send("GET", said, sinceTime="2100-01-01T00:00:00Z").body == ""


def test_a_log_that_is_followed(place: Place) -> None:
    place.ok(
        "POST", place.at("pods"), talker("p", "one", then="while :; do sleep 1; echo more; done")
    )
    path = place.at("pods", "p", "log")
    place.wait(lambda: str(place.send("GET", path).body).startswith("one\n"))
    heard = place.server.follow(path, 4, follow=True)  # type: ignore[attr-defined]
    assert heard.startswith("one\nmore\n")


def test_logs_that_cannot_be(place: Place, said: str) -> None:
    status = place.no(400, "GET", said, container="nope")
    assert status["message"] == "container nope is not valid for pod p"
    status = place.no(400, "GET", said, previous=True)
    assert status["message"].startswith('previous terminated container "main" in pod "p" not found')
    status = place.no(404, "GET", place.at("pods", "nope", "log"))
    assert status["message"] == 'pods "nope" not found'
    status = place.no(422, "GET", said, tailLines=-1)
    assert "tailLines" in status["message"]


def test_a_container_must_be_named_if_there_are_two(place: Place) -> None:
    container = pod("x")["spec"]["containers"][0]
    place.running("two", containers=[container, {**container, "name": "side"}])
    status = place.no(400, "GET", place.at("pods", "two", "log"))
    assert (
        status["message"]
        == "a container name must be specified for pod two, choose one of: [main side]"
    )
    assert place.send("GET", place.at("pods", "two", "log"), container="side").code == 200


def test_the_log_of_a_life_before(place: Place) -> None:
    body = talker("p", "once", then="exit 3")
    body["spec"]["restartPolicy"] = "OnFailure"
    place.ok("POST", place.at("pods"), body)

    def restarted() -> bool:
        statuses = place.ok("GET", place.at("pods", "p"))["status"].get("containerStatuses") or [{}]
        return bool(statuses[0].get("restartCount"))

    place.wait(restarted)
    state = place.ok("GET", place.at("pods", "p"))["status"]["containerStatuses"][0]["lastState"]
    assert state["terminated"]["exitCode"] == 3
    assert state["terminated"]["reason"] == "Error"
    path = place.at("pods", "p", "log")
    place.wait(lambda: place.send("GET", path, previous=True).body == "once\n")


# -- exec --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "out", "err", "code"),
    [
        (("echo", "hello"), "hello\n", "", 0),
        (("sh", "-c", "echo oops >&2; exit 3"), "", "oops\n", 3),
        (("sh", "-c", "hostname"), "p\n", "", 0),
    ],
)
def test_exec(place: Place, argv: tuple[str, ...], out: str, err: str, code: int) -> None:
    place.running("p")
    assert place.server.execute(place.name, "p", *argv) == (out, err, code)  # type: ignore[attr-defined]


def test_exec_into_what_is_not_there(place: Place) -> None:
    _, text, code = place.server.execute(place.name, "nope", "ls")  # type: ignore[attr-defined]
    assert code is None
    assert 'pods "nope" not found' in text


# -- eviction ----------------------------------------------------------------------------------------


def eviction(name: str, version: str = POLICY) -> Obj:
    return {"apiVersion": version, "kind": "Eviction", "metadata": {"name": name}}


@pytest.mark.since("1.22")
def test_an_eviction_deletes(place: Place) -> None:
    place.running("p")
    answer = place.send("POST", place.at("pods", "p", "eviction"), eviction("p"))
    assert answer.code == 201
    assert (answer.body["kind"], answer.body["status"]) == ("Status", "Success")
    place.wait(lambda: place.send("GET", place.at("pods", "p")).code == 404)


@pytest.mark.since("1.22")
def test_a_budget_holds_an_eviction_back(place: Place) -> None:
    place.ok("POST", place.at("deployments", group=APPS), deployment("web", 2))
    budget = {
        "metadata": {"name": "web"},
        "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"}}},
    }
    path = place.at("poddisruptionbudgets", group=POLICY)
    place.ok("POST", path, budget)
    place.wait(lambda: place.ok("GET", f"{path}/web").get("status", {}).get("currentHealthy") == 2)
    told = place.ok("GET", f"{path}/web")["status"]
    assert (told["desiredHealthy"], told["expectedPods"], told["disruptionsAllowed"]) == (2, 2, 0)
    name = place.names(place.at("pods"))[0]
    status = place.no(429, "POST", place.at("pods", name, "eviction"), eviction(name))
    assert status["reason"] == "TooManyRequests"
    assert status["message"] == "Cannot evict pod as it would violate the pod's disruption budget."
    cause = status["details"]["causes"][0]
    assert cause == {
        "reason": "DisruptionBudget",
        "message": "The disruption budget web needs 2 healthy pods and has 2 currently",
    }
    place.ok("PATCH", f"{path}/web", {"spec": {"minAvailable": 1}}, headers=MERGE)
    place.wait(lambda: place.ok("GET", f"{path}/web")["status"]["disruptionsAllowed"] == 1)
    assert place.send("POST", place.at("pods", name, "eviction"), eviction(name)).code == 201


def test_an_eviction_of_what_is_missing(place: Place) -> None:
    version = POLICY if place.server.version >= (1, 22) else "policy/v1beta1"
    status = place.no(404, "POST", place.at("pods", "nope", "eviction"), eviction("nope", version))
    assert status["message"] == 'pods "nope" not found'


# -- binding -----------------------------------------------------------------------------------------


def test_a_binding_places_a_pod(place: Place) -> None:
    place.ok("POST", place.at("pods"), pod("p", schedulerName="nobody"))
    node = place.names("/api/v1/nodes")[-1]
    body = {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": {"name": "p"},
        "target": {"kind": "Node", "name": node},
    }
    answer = place.send("POST", place.at("pods", "p", "binding"), body)
    assert (answer.code, answer.body["status"]) == (201, "Success")
    assert place.ok("GET", place.at("pods", "p"))["spec"]["nodeName"] == node
    status = place.no(409, "POST", place.at("pods", "p", "binding"), body)
    assert "is already assigned to node" in status["message"]


# -- ephemeral containers ----------------------------------------------------------------------------


@pytest.mark.since("1.23")
def test_a_container_to_look_from(place: Place) -> None:
    place.running("p")
    path = place.at("pods", "p", "ephemeralcontainers")
    look = {
        "name": "look",
        "image": IMAGE,
        "command": ["sleep", "1000"],
        "targetContainerName": "main",
    }
    body = {"spec": {"ephemeralContainers": [look]}}
    changed = place.ok("PATCH", path, body, headers=STRATEGIC)
    assert changed["spec"]["ephemeralContainers"][0]["name"] == "look"

    def runs() -> bool:
        statuses = place.ok("GET", place.at("pods", "p"))["status"].get(
            "ephemeralContainerStatuses"
        ) or [{}]
        return "running" in statuses[0].get("state", {})

    place.wait(runs)
    status = place.no(
        422,
        "PATCH",
        place.at("pods", "p"),
        body | {"spec": {"ephemeralContainers": [{**look, "name": "b"}]}},
        headers=STRATEGIC,
    )
    assert "pod updates may not change fields other than" in status["message"]


# -- tokens ------------------------------------------------------------------------------------------


@pytest.mark.since("1.21")
def test_a_token_of_a_service_account(place: Place) -> None:
    body = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"expirationSeconds": 600},
    }
    answer = place.send("POST", place.at("serviceaccounts", "default", "token"), body)
    assert answer.code == 201
    assert answer.body["kind"] == "TokenRequest"
    assert answer.body["status"]["expirationTimestamp"].endswith("Z")
    payload = answer.body["status"]["token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["sub"] == f"system:serviceaccount:{place.name}:default"


def test_a_token_may_not_be_too_short(place: Place) -> None:
    body = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"expirationSeconds": 1},
    }
    status = place.no(422, "POST", place.at("serviceaccounts", "default", "token"), body)
    assert "may not specify a duration less than 10 minutes" in status["message"]


def test_subresources_are_applied_too(place: Place, web: str) -> None:
    if place.server.version < (1, 22):
        pytest.skip("since 1.22")
    body = {
        "apiVersion": "autoscaling/v1",
        "kind": "Scale",
        "metadata": {"name": "web"},
        "spec": {"replicas": 1},
    }
    made = place.ok(
        "PATCH",
        f"{web}/scale",
        body,
        headers=APPLY,
        fieldManager=f"m-{uuid.uuid4().hex[:5]}",
        force=True,
    )
    assert made["spec"]["replicas"] == 1
