"""GET and LIST through the door: selectors, pages, Tables, refusals."""

import json
from pathlib import Path

import pytest

from sim.apiserver.printers import PRINTERS, printer_of
from sim.kernel.walltime import parse_rfc3339_ms
from tests.apiserver.world import PODS, TABLE, deployment, pod

GOLDEN = Path(__file__).parent.parent / "golden" / "tables"


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_cells_are_those_of_a_real_api_server(path):
    """Recorded from 1.20; what later versions changed is left out or brought to today's form."""
    recorded = json.loads(path.read_text())
    now = parse_rfc3339_ms(recorded["now"])
    printer = printer_of(path.stem)
    ours = [column.name for column in printer.columns]
    for row in recorded["rows"]:
        wanted = dict(zip(recorded["columns"], row["cells"], strict=True))
        cells = dict(zip(ours, printer.cells(row["object"], now), strict=True))
        if path.stem == "pods":
            cells["Restarts"] = int(cells["Restarts"].partition(" ")[0])
        assert {name: cells[name] for name in wanted} == wanted


def test_every_printer_is_of_a_known_resource_and_begins_with_its_columns():
    for resource, printer in PRINTERS.items():
        formats = [column.format for column in printer.columns]
        assert formats.count("name") == 1, resource


def test_restarts_say_when_the_last_one_was(world):
    ended = {"exitCode": 1, "finishedAt": "2026-11-20T01:38:00Z"}
    status = {
        "phase": "Running",
        "containerStatuses": [
            {
                "name": "app",
                "ready": False,
                "restartCount": 4,
                "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                "lastState": {"terminated": ended},
            }
        ],
    }
    world.api.load("pods", {**pod(nodeName="n1"), "status": status})
    assert world.rows(PODS)[0][1:4] == ["0/1", "CrashLoopBackOff", "4 (2m ago)"]


def test_table_of_one_object_has_one_row_and_its_version(world):
    world.api.create("pods", pod())
    table = world.ok("GET", f"{PODS}/p", headers=TABLE)
    assert table["kind"] == "Table"
    assert len(table["rows"]) == 1
    assert table["rows"][0]["object"]["kind"] == "PartialObjectMetadata"
    assert (
        table["metadata"]["resourceVersion"]
        == (world.api.get("pods", "default", "p")["metadata"]["resourceVersion"])
    )


def test_rows_carry_what_include_object_asks_for(world):
    made = world.api.create("pods", pod())
    full = world.ok("GET", PODS, headers=TABLE, includeObject="Object")
    assert full["rows"][0]["object"] is made
    none = world.ok("GET", PODS, headers=TABLE, includeObject="None")
    assert none["rows"][0]["object"] is None


def test_finished_pods_are_marked_in_their_row(world):
    world.api.load("pods", {**pod(), "status": {"phase": "Succeeded"}})
    row = world.ok("GET", PODS, headers=TABLE)["rows"][0]
    assert row["conditions"][0]["reason"] == "Succeeded"


def test_metadata_only_form(world):
    world.api.create("pods", pod())
    headers = {"accept": "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"}
    listed = world.ok("GET", PODS, headers=headers)
    assert listed["kind"] == "PartialObjectMetadataList"
    assert "spec" not in listed["items"][0]


def test_pages_follow_one_another_to_the_end(world):
    for index in range(7):
        world.api.create("configmaps", {"metadata": {"name": f"c{index}", "namespace": "team"}})
        world.api.create("configmaps", {"metadata": {"name": f"c{index}", "namespace": "default"}})
    names, token, rest = [], "", []
    while True:
        page = world.ok("GET", "/api/v1/configmaps", limit="5", **{"continue": token})
        names += [(o["metadata"]["namespace"], o["metadata"]["name"]) for o in page["items"]]
        rest.append(page["metadata"].get("remainingItemCount"))
        token = page["metadata"].get("continue", "")
        if not token:
            break
    assert names == [(ns, f"c{i}") for ns in ("default", "team") for i in range(7)]
    assert rest == [9, 4, None]


def test_bad_continue_token_is_refused(world):
    status = world.refused("GET", PODS, **{"continue": "invalid"})
    assert status["message"].startswith("invalid continue token: continue key is not valid")


def test_label_and_field_selectors(world):
    world.api.create("pods", pod("a", nodeName="n1"))
    world.api.create("pods", pod("b"))
    assert [r[0] for r in world.rows(PODS, fieldSelector="spec.nodeName=n1")] == ["a"]
    assert [r[0] for r in world.rows(PODS, fieldSelector="metadata.name!=a")] == ["b"]
    assert [r[0] for r in world.rows(PODS, fieldSelector="metadata.name=b")] == ["b"]
    assert [r[0] for r in world.rows(PODS, labelSelector="app=web")] == ["a", "b"]
    assert world.rows(PODS, labelSelector="app notin (web)") == []


@pytest.mark.parametrize(
    ("path", "selector", "message"),
    [
        (PODS, "spec.foo=x", "field label not supported: spec.foo"),
        (
            "/apis/apps/v1/deployments",
            "spec.replicas=1",
            '"spec.replicas" is not a known field selector: only "metadata.name", '
            '"metadata.namespace"',
        ),
        (PODS, "nonsense", "invalid selector: 'nonsense'; can't understand 'nonsense'"),
    ],
)
def test_fields_that_are_not_offered_are_refused(world, path, selector, message):
    assert world.refused("GET", path, fieldSelector=selector)["message"] == message


def test_unparsable_label_selector_is_refused(world):
    status = world.refused("GET", PODS, labelSelector="a in b")
    assert status["message"] == "unable to parse requirement: found 'b' expected: '('"
    assert status["reason"] == "BadRequest"


def test_missing_object_of_a_group_is_named_with_it(world):
    status = world.refused("GET", "/apis/apps/v1/namespaces/default/deployments/web")
    assert status["message"] == 'deployments.apps "web" not found'


def test_paths_outside_the_api_are_plain_404(world):
    assert world.send("GET", "/apis/foo/v1/bars").body == "404 page not found\n"
    status = world.refused("GET", "/api/v1/bars")
    assert status["message"] == "the server could not find the requested resource"


def test_future_and_malformed_resource_versions_are_refused(world):
    current = world.api.registry.store.revision
    status = world.refused("GET", PODS, resourceVersion=str(current + 5))
    assert status["message"] == (
        f"Timeout: Too large resource version: {current + 5}, current: {current}"
    )
    assert world.refused("GET", PODS, resourceVersion="abc")["code"] == 500


def test_unreadable_accept_is_refused(world):
    assert world.refused("GET", PODS, headers={"accept": "text/html"})["code"] == 406


def test_events_show_in_both_groups_and_vanish_after_an_hour(world):
    about = world.api.create("pods", pod())
    world.api.event(about, "Normal", "Pulled", "pulled", component="kubelet", host="n1")
    newer = world.ok("GET", "/apis/events.k8s.io/v1/namespaces/default/events")["items"][0]
    assert newer["note"] == "pulled"
    assert newer["regarding"]["name"] == "p"
    assert newer["reportingController"] == "kubelet"
    world.env.advance(3_600_000)
    assert len(world.rows("/api/v1/events")) == 1
    world.env.advance(3_601_000)
    assert world.rows("/api/v1/events") == []


def test_scale_shows_replicas_and_selector(world):
    world.api.create("deployments", deployment(replicas=3))
    scale = world.ok("GET", "/apis/apps/v1/namespaces/default/deployments/web/scale")
    assert scale["spec"] == {"replicas": 3}
    assert scale["status"] == {"replicas": 0, "selector": "app=web"}


def metric(type_, target, **named):
    field = type_[0].lower() + type_[1:]
    return {"type": type_, field: {**named, "target": target}}


@pytest.mark.parametrize(
    ("wanted", "current", "shown"),
    [
        (metric("Resource", {"averageUtilization": 80}, name="cpu"), {}, "cpu: <unknown>/80%"),
        (
            metric("Resource", {"averageUtilization": 80}, name="cpu"),
            {"resource": {"current": {"averageUtilization": 45, "averageValue": "90m"}}},
            "cpu: 45%/80%",
        ),
        (
            metric("Resource", {"averageValue": "500Mi"}, name="memory"),
            {"resource": {"current": {"averageValue": "120Mi"}}},
            "memory: 120Mi/500Mi",
        ),
        (
            metric("Pods", {"averageValue": "10"}),
            {"pods": {"current": {"averageValue": "7"}}},
            "7/10",
        ),
        (metric("External", {"averageValue": "10"}), {}, "<unknown>/10 (avg)"),
        (metric("External", {"value": "10"}), {}, "<unknown>/10"),
    ],
)
def test_autoscalers_show_current_and_wanted_values(world, wanted, current, shown):
    """As formatHPAMetrics of pkg/printers/internalversion words them."""
    spec = {
        "scaleTargetRef": {"kind": "Deployment", "name": "web", "apiVersion": "apps/v1"},
        "maxReplicas": 3,
        "metrics": [wanted],
    }
    world.api.load(
        "horizontalpodautoscalers",
        {
            "metadata": {"name": "web", "namespace": "default"},
            "spec": spec,
            "status": {"currentMetrics": [current] if current else []},
        },
    )
    path = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"
    assert world.rows(path)[0][2] == shown
