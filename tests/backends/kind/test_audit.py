"""What others wrote is told from the audit log, what is ours is not; both in the simulator's words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sim.apimachinery.wire import ApiRequest, ApiResponse
from sim.backends.deeds import deed_of, target_of
from sim.backends.kind.audit import Auditor, Seen, is_person, seen_in
from sim.backends.kind.doors import Doors
from sim.backends.kind.logtail import AGAIN_MS
from sim.backends.kind.signing import HEADER, Signature, SignedTransport
from sim.backends.kind.written import earlier_templates
from sim.backends.simulated.cluster import SimulatedCluster
from sim.backends.simulated.sandbox import VERSIONS, sandbox_scenario
from sim.evidence import ActionRecord, EvidenceLog
from sim.kernel import Environment

RECORDED = Path(__file__).parents[2] / "golden" / "audit" / "kubectl-1.20.jsonl"
"""Written by a kube-apiserver 1.20.2 for two writes of ours, then a kubectl 1.20.2; no managedFields."""
OURS = "8206083a"
WEB = "/apis/apps/v1/namespaces/k4-t/deployments/web"


class World:
    """A server that knows what it is given."""

    def __init__(self, **objects: Any) -> None:
        self.objects = objects
        self.asked: list[ApiRequest] = []

    def send(self, request: ApiRequest) -> ApiResponse:
        self.asked.append(request)
        found = self.objects.get(request.path)
        if found is None and request.path.endswith("s"):
            return ApiResponse(200, {"kind": "List", "items": []})
        return ApiResponse(200, found) if found else ApiResponse(404, {"code": 404})


def lines() -> list[str]:
    return RECORDED.read_text().splitlines()


def heard(text: list[str], world: Any = None) -> list[tuple[str, str, str]]:
    told: list[tuple[str, str, str]] = []

    def notice(seen: Seen, verb: str, detail: str) -> None:
        told.append((seen.place.target, verb, detail))

    auditor = Auditor(world or World(), lambda id_: id_.startswith(OURS), notice)
    auditor.read(text)
    return told


def test_kubectl_past_the_terminal_is_heard_and_our_own_requests_are_not() -> None:
    who = "made outside the terminal by kubernetes-admin (kubectl/v1.20.2)"
    image = "registry.local/payment-service"
    assert heard(lines()) == [
        ("deployments/k4-t/web", "patch", f"{who}: image: {image}:v1 -> {image}:v2"),
        ("deployments/k4-t/web", "patch", f"{who}: image: {image}:v2 -> {image}:v1"),
        ("deployments/scale/k4-t/web", "patch", who),
        ("configmaps/k4-t/a", "create", who),
        ("configmaps/k4-t/a", "patch", f"{who}: data x: 2"),
        ("configmaps/k4-t/a", "delete", who),
        ("pods/k4-t/web-5475598f9-pfdjr", "delete", who),
        ("pods/k4-t/web-5c5f656b88-9zhvj", "delete", who),
        ("pods/k4-t/web-7b9c7b9f4f-pc5hz", "delete", who),
        ("secrets/k4-t/s", "create", who),
        ("secrets/k4-t/s", "delete", who),
        ("pods/k4-t/web-5c5f656b88-d82lc", "exec", f"{who}: /app help"),
    ]


@pytest.mark.parametrize(
    ("made_at", "verb"), [("2026-11-23T04:00:00Z", "rollback"), ("2099-01-01T00:00:00Z", "patch")]
)
def test_a_release_is_no_rollback_to_the_revision_that_it_makes(made_at: str, verb: str) -> None:
    (line,) = (one for one in lines() if "kubectl-set" in one)
    new = json.loads(line)["responseObject"]
    owner = {"uid": new["metadata"]["uid"]}
    revision = {
        "metadata": {"name": "web-1", "ownerReferences": [owner], "creationTimestamp": made_at},
        "spec": {"template": new["spec"]["template"]},
    }
    path = WEB.rpartition("/")[0].replace("deployments", "replicasets")
    world = World(**{path: {"items": [revision]}})
    told = heard([*lines()[:1], line], world)
    assert [one[1] for one in told] == [verb]


def changed(**fields: Any) -> str:
    (line,) = (one for one in lines() if '"delete"' in one and "configmaps/a" in one)
    return json.dumps({**json.loads(line), **fields})


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        '{"kind":"Event"',
        "[1]",
        "{}",
        changed(stage="RequestReceived"),
        changed(responseStatus={"code": 403}),
        changed(verb="get"),
        changed(requestURI="/api/v1/namespaces/k4-t/configmaps/a?dryRun=All"),
        changed(user={"username": "system:kube-scheduler"}),
        changed(objectRef={"resource": "events", "namespace": "k4-t", "name": "x"}),
        changed(objectRef={"resource": "pods", "name": "x", "subresource": "status"}),
        changed(objectRef=None),
    ],
)
def test_what_changes_nothing_or_is_cut_short_is_passed_over(line: str) -> None:
    assert heard([line]) == []


def test_whoever_is_impersonated_did_it() -> None:
    line = changed(impersonatedUser={"username": "noor"})
    assert [one[2] for one in heard([line])] == [
        "made outside the terminal by noor (kubectl/v1.20.2)"
    ]


@pytest.mark.parametrize(
    ("user", "person"),
    [
        ("kubernetes-admin", True),
        ("system:serviceaccount:payments:deployer", True),
        ("system:node:node-worker-3", False),
        ("system:serviceaccount:kube-system:deployment-controller", False),
        ("system:kube-controller-manager", False),
        ("system:apiserver", False),
    ],
)
def test_parts_of_the_cluster_are_no_people(user: str, person: bool) -> None:
    assert is_person(user) is person


def test_name_of_what_is_generated_comes_from_the_answer() -> None:
    event = json.loads(next(one for one in lines() if '"create"' in one and "configmaps" in one))
    del event["objectRef"]["name"]
    seen = seen_in(json.dumps(event))
    assert seen is not None
    assert seen.place.target == "configmaps/k4-t/a"


# -- signatures ------------------------------------------------------------------------------------


def test_every_request_has_an_id_that_only_we_know() -> None:
    world, signature = World(), Signature("nonce")
    door = SignedTransport(world, signature)  # type: ignore[arg-type]
    for _ in range(2):
        door.send(ApiRequest("GET", "/version", (), {"accept": "x"}))
    assert [one.headers for one in world.asked] == [
        {"accept": "x", HEADER: "nonce-1"},
        {"accept": "x", HEADER: "nonce-2"},
    ]
    known = {"nonce-1": True, "nonce-2": True, "nonce-3": False, "nonce-0": False, "other-1": False}
    assert {id_: signature.wrote(id_) for id_ in (*known, "nonce", "")} == {
        **known,
        "nonce": False,
        "": False,
    }
    assert not Signature().wrote("nonce-1")


# -- the trainee's door ----------------------------------------------------------------------------

SPACE = "/apis/apps/v1/namespaces/default/deployments"
NODE = "/api/v1/nodes/sandbox-worker-1"
MERGE, STRATEGIC = "application/merge-patch+json", "application/strategic-merge-patch+json"
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "web:1"}]},
        },
    },
}


def image(tag: str) -> Any:
    return {
        "spec": {"template": {"spec": {"containers": [{"name": "web", "image": f"web:{tag}"}]}}}
    }


def test_door_tells_what_the_simulated_server_tells_of_the_same_writes() -> None:
    env, log = Environment(), EvidenceLog()
    cluster = SimulatedCluster(sandbox_scenario(2, VERSIONS[-1]), 0, env=env)
    doors = Doors(cluster.transport, env, log)
    doors.heed(lambda: (4, 2))
    told: list[tuple[str, str, str]] = []

    def written(verb: str, resource: str, namespace: str, name: str, old: Any, new: Any) -> None:
        def earlier(one: Any) -> Any:
            return earlier_templates(one, cluster.transport)

        told.append((target_of(resource, namespace, name), *deed_of(verb, old, new, earlier)))

    cluster.api.audit = written

    def ask(method: str, path: str, body: Any = None, kind: str = MERGE, **query: str) -> None:
        headers = {"content-type": kind, "accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
        answer = doors.trainee.send(ApiRequest(method, path, tuple(query.items()), headers, body))
        assert answer.code < 300, answer.body
        env.advance(env.now + 20_000)

    ask("POST", SPACE, DEPLOYMENT, "application/json")
    ask("PATCH", f"{SPACE}/web", image("2"), STRATEGIC)
    ask("PATCH", f"{SPACE}/web", image("1"), STRATEGIC)
    ask("PATCH", f"{SPACE}/web/scale", {"spec": {"replicas": 3}})
    ask("PATCH", f"{SPACE}/web", {"spec": {"replicas": 3}})  # nothing changes
    ask("PATCH", f"{SPACE}/web", {"spec": {"replicas": 9}}, dryRun="All")
    ask("PATCH", NODE, {"spec": {"unschedulable": True}})
    ask("PATCH", NODE, {"metadata": {"labels": {"a": "b"}}})
    pods = doors.world.send(ApiRequest("GET", "/api/v1/namespaces/default/pods")).body["items"]
    first, second, third = (one["metadata"]["name"] for one in pods)
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": first}}
    ask("POST", f"/api/v1/namespaces/default/pods/{first}/eviction", eviction, "application/json")
    ask("DELETE", f"/api/v1/namespaces/default/pods/{second}")
    ask("DELETE", SPACE, labelSelector="app=none")
    ask("DELETE", f"{SPACE}/web")
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
    access = {**review, "metadata": {}, "spec": {"resourceAttributes": {"verb": "get"}}}
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    ask("POST", path, access, "application/json")

    records = [one for one in log if isinstance(one, ActionRecord)]
    assert {(one.input, one.command) for one in records} == {(4, 2)}
    mine = [(one.target, one.verb, one.detail) for one in records]
    assert mine == [one for one in told if one[0] != "selfsubjectaccessreviews"]
    assert [one[1] for one in mine] == [
        *("create", "patch", "rollback", "patch", "patch", "patch", "create", "delete", "delete")
    ]
    assert third


def test_what_is_refused_is_no_deed() -> None:
    env, log = Environment(), EvidenceLog()
    cluster = SimulatedCluster(sandbox_scenario(1, VERSIONS[-1]), 0, env=env)
    doors = Doors(cluster.transport, env, log)
    answer = doors.trainee.send(ApiRequest("DELETE", f"{SPACE}/nothing"))
    assert (answer.code, list(log)) == (404, [])


# -- hearing the log out ---------------------------------------------------------------------------


class Session:
    """What runs on the node: it says what it is told to."""

    def __init__(self, text: str = "", code: int | None = None) -> None:
        self.said, self.code = text, code

    @property
    def exit_code(self) -> int | None:
        return None if self.said else self.code

    def poll(self) -> list[tuple[str, str]]:
        found, self.said = self.said, ""
        return [("stdout", found)] if found else []


class Node:
    """A control plane's node with a log; what is followed comes only when it is let."""

    def __init__(self, *before: str) -> None:
        self.file = list(before)
        self.tails: list[Session] = []
        self.broken = ""
        self.code: int | None = 0

    def run(self, node: str, command: str, **_: Any) -> Session:
        if "-F" in command:
            self.tails.append(Session())
            return self.tails[-1]
        shown = "".join(f"{one}\n" for one in self.file[-2:])
        return Session(shown + self.broken, self.code)

    def write(self, line: str, *, come: bool) -> None:
        self.file.append(line)
        self.tails[-1].said += f"{line}\n" if come else ""


@pytest.fixture
def node() -> Node:
    return Node("before")


@pytest.fixture
def door(node: Node) -> Doors:
    doors = Doors(World(), Environment(), EvidenceLog())  # type: ignore[arg-type]
    doors.follow(node, "cp", "/log", lambda _: 7)  # type: ignore[arg-type]
    return doors


def deeds(door: Doors) -> list[str]:
    return [f"{one.verb} {one.target}" for one in door._log.of(ActionRecord)]


def test_what_stands_in_the_log_is_heard_before_it_is_said_that_all_is(
    node: Node, door: Doors
) -> None:
    node.write(changed(), come=False)
    heard = door.hear_out()
    assert [heard(), heard(), deeds(door)] == [None, None, []]
    node.tails[-1].said = changed() + "\n"
    assert heard() is True
    assert deeds(door) == ["delete configmaps/k4-t/a"]


def test_nothing_new_is_all(node: Node, door: Doors) -> None:
    assert door.hear_out()() is True
    node.write("one", come=True)
    node.broken = '{"kind":"Ev'
    assert door.hear_out()() is True


def test_an_empty_log_is_all(door: Doors, node: Node) -> None:
    node.file.clear()
    assert door.hear_out()() is True


def test_a_node_that_does_not_answer_leaves_it_open(door: Doors, node: Node) -> None:
    node.code = 255
    assert door.hear_out()() is False
    node.code = None
    heard = door.hear_out()
    assert [heard() for _ in range(3)] == [None] * 3


def test_a_log_that_broke_off_meanwhile_may_have_had_more(door: Doors, node: Node) -> None:
    env = door._env
    node.tails[-1].code = 1
    env.advance(1_000)
    env.advance(2_000 + AGAIN_MS)
    assert len(node.tails) == 2
    node.write("one", come=True)
    assert door.hear_out()() is False


def test_without_a_log_nothing_is_waited_for() -> None:
    doors = Doors(World(), Environment(), EvidenceLog())  # type: ignore[arg-type]
    assert doors.hear_out()() is True
