"""Lists: pages, selectors, resource versions, and how they are shown."""

from __future__ import annotations

import pytest

from tests.contract.place import TABLE, Place, configmap

LABELS = {
    "a": {"app": "web", "tier": "front"},
    "b": {"app": "web", "tier": "back"},
    "c": {"app": "db", "n": "7"},
    "d": {},
}


@pytest.fixture
def four(place: Place) -> Place:
    """Yield a namespace with four labelled Services' worth of ConfigMaps."""
    for name, labels in LABELS.items():
        place.config(name, metadata={"labels": {"own": "yes", **labels}})
    return place


def test_a_list_is_in_order_of_names_and_has_a_version(four: Place) -> None:
    listed = four.ok("GET", four.at("configmaps"), labelSelector="own")
    assert [one["metadata"]["name"] for one in listed["items"]] == ["a", "b", "c", "d"]
    newest = max(int(one["metadata"]["resourceVersion"]) for one in listed["items"])
    assert int(listed["metadata"]["resourceVersion"]) >= newest
    assert listed["kind"] == "ConfigMapList"


def test_an_empty_list_has_items(place: Place) -> None:
    assert place.ok("GET", place.at("deployments", group="apps/v1"))["items"] == []


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("app=web", "ab"),
        ("app==web", "ab"),
        ("own,app!=web", "cd"),
        ("app in (web,db)", "abc"),
        ("own,app notin (web)", "cd"),
        ("tier", "ab"),
        ("own,!tier", "cd"),
        ("app=web,tier=back", "b"),
        ("n>5", "c"),
        ("n<5", ""),
        ("app in (web),tier notin (back)", "a"),
    ],
)
def test_label_selectors(four: Place, selector: str, names: str) -> None:
    assert "".join(four.names(four.at("configmaps"), labelSelector=selector)) == names


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        ("app in web", "unable to parse requirement: found 'web' expected: '('"),
        ("app=(", "found '(', expected: identifier"),
    ],
)
def test_a_bad_label_selector(place: Place, selector: str, text: str) -> None:
    status = place.no(400, "GET", place.at("pods"), labelSelector=selector)
    assert status["reason"] == "BadRequest"
    assert text in status["message"]


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("metadata.name=b", ["b"]),
        ("metadata.name!=b", ["a", "c", "d"]),
        ("metadata.name=nope", []),
        ("metadata.name=a,metadata.name=b", []),
    ],
)
def test_field_selectors(four: Place, selector: str, names: list[str]) -> None:
    got = four.names(four.at("configmaps"), fieldSelector=selector, labelSelector="own")
    assert got == names


def test_field_selectors_over_all_namespaces(four: Place) -> None:
    selector = f"metadata.namespace={four.name},metadata.name=a"
    assert four.names("/api/v1/configmaps", fieldSelector=selector) == ["a"]


def test_pods_are_selected_by_phase_and_node(place: Place) -> None:
    node = place.running("on")["spec"]["nodeName"]
    assert place.names(place.at("pods"), fieldSelector=f"spec.nodeName={node}") == ["on"]
    assert place.names(place.at("pods"), fieldSelector="status.phase=Running") == ["on"]
    assert place.names(place.at("pods"), fieldSelector="status.phase!=Running") == []
    assert place.names(place.at("pods"), fieldSelector="spec.restartPolicy=Always") == ["on"]


def test_an_unknown_field_is_refused(place: Place) -> None:
    status = place.no(400, "GET", place.at("pods"), fieldSelector="spec.foo=1")
    assert status["reason"] == "BadRequest"
    assert status["message"].endswith("field label not supported: spec.foo")


# -- pages -------------------------------------------------------------------------------------------


def test_pages_give_the_same_as_one_list(four: Place) -> None:
    path, names, token = four.at("configmaps"), [], None
    while True:
        page = four.ok("GET", path, limit=3, **{"continue": token})
        names += [one["metadata"]["name"] for one in page["items"]]
        token = page["metadata"].get("continue")
        if not token:
            break
        assert len(page["items"]) == 3
        assert page["metadata"]["remainingItemCount"] > 0
    assert names == four.names(path)
    assert "remainingItemCount" not in page["metadata"]


def test_a_page_shows_the_moment_of_the_first(four: Place) -> None:
    path = four.at("configmaps")
    first = four.ok("GET", path, limit=1)
    four.ok("POST", path, configmap("zzz"))
    rest = four.ok("GET", path, limit=50, **{"continue": first["metadata"]["continue"]})
    assert rest["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    assert "zzz" not in [one["metadata"]["name"] for one in rest["items"]]


def test_remaining_is_not_counted_with_a_selector(four: Place) -> None:
    page = four.ok("GET", four.at("configmaps"), limit=1, labelSelector="own")
    assert page["metadata"]["continue"]
    assert "remainingItemCount" not in page["metadata"]


def test_a_bad_continue_token(place: Place) -> None:
    status = place.no(400, "GET", place.at("pods"), limit=1, **{"continue": "nonsense"})
    assert status["message"].startswith("continue key is not valid:") or status[
        "message"
    ].startswith("invalid continue token: continue key is not valid:")


# -- resource versions -------------------------------------------------------------------------------


def test_a_list_may_be_as_old_as_one_likes(four: Place) -> None:
    path = four.at("configmaps")
    now = four.ok("GET", path)["metadata"]["resourceVersion"]
    assert four.names(path, resourceVersion="0", labelSelector="own")
    assert "a" in four.names(path, resourceVersion=now)
    assert "a" in four.names(path, resourceVersion=now, resourceVersionMatch="NotOlderThan")


def test_an_exact_version_is_the_past(four: Place) -> None:
    path = four.at("configmaps")
    then = four.ok("GET", path)["metadata"]["resourceVersion"]
    four.ok("DELETE", f"{path}/a")
    past = four.ok("GET", path, resourceVersion=then, resourceVersionMatch="Exact", limit=100)
    assert past["metadata"]["resourceVersion"] == then
    assert past["items"][0]["metadata"]["name"] == "a"
    assert "a" not in four.names(path)


def test_a_version_of_the_future_times_out(place: Place) -> None:
    status = place.no(504, "GET", place.at("configmaps"), resourceVersion="999999999")
    assert status["reason"] == "Timeout"
    assert status["message"].startswith("Timeout: Too large resource version: 999999999, current: ")
    assert status["details"]["causes"][0]["message"] == "Too large resource version"


def test_a_version_that_is_no_number(place: Place) -> None:
    answer = place.send("GET", place.at("configmaps"), resourceVersion="abc")
    assert 'Invalid value: "abc"' in answer.body["message"]


@pytest.mark.since("1.24")
@pytest.mark.parametrize(
    ("query", "text"),
    [
        (
            {"resourceVersionMatch": "Exact"},
            "resourceVersionMatch is forbidden unless resourceVersion is provided",
        ),
        (
            {"resourceVersionMatch": "Exact", "resourceVersion": "0"},
            'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
        ),
        (
            {"resourceVersionMatch": "Sometimes", "resourceVersion": "5"},
            'Unsupported value: "Sometimes"',
        ),
    ],
)
def test_what_a_match_needs(place: Place, query: dict[str, str], text: str) -> None:
    # k8s.io/apimachinery/pkg/apis/meta/internalversion/validation
    status = place.no(422, "GET", place.at("configmaps"), **query)
    assert status["reason"] == "Invalid"
    assert text in status["message"]


def test_a_single_object_at_version_zero(four: Place) -> None:
    assert (
        four.ok("GET", four.at("configmaps", "a"), resourceVersion="0")["metadata"]["name"] == "a"
    )


# -- tables ------------------------------------------------------------------------------------------


def test_pods_as_a_table(place: Place) -> None:
    made = place.running("shown")
    table = place.ok("GET", place.at("pods"), headers=TABLE)
    columns = table["columnDefinitions"]
    assert [column["name"] for column in columns] == [
        "Name", "Ready", "Status", "Restarts", "Age", "IP", "Node", "Nominated Node", "Readiness Gates",
    ]  # fmt: skip
    assert [column["priority"] for column in columns] == [0] * 5 + [1] * 4
    assert (columns[0]["type"], columns[0]["format"]) == ("string", "name")
    cells = table["rows"][0]["cells"]
    assert cells[:3] == ["shown", "1/1", "Running"]
    assert str(cells[3]) == "0"
    assert cells[5:] == [made["status"]["podIP"], made["spec"]["nodeName"], "<none>", "<none>"]


@pytest.mark.parametrize(
    ("include", "kind"),
    [("Metadata", "PartialObjectMetadata"), ("Object", "ConfigMap"), ("None", None)],
)
def test_what_a_table_carries(four: Place, include: str, kind: str | None) -> None:
    table = four.ok("GET", four.at("configmaps"), headers=TABLE, includeObject=include)
    carried = table["rows"][0].get("object")
    assert (carried or {}).get("kind") == kind


def test_a_table_of_a_page_can_be_continued(four: Place) -> None:
    table = four.ok("GET", four.at("configmaps"), headers=TABLE, limit=2)
    assert len(table["rows"]) == 2
    assert table["metadata"]["continue"]


def test_metadata_alone(four: Place) -> None:
    accept = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
    listed = four.ok("GET", four.at("configmaps"), headers={"accept": accept}, labelSelector="own")
    assert (listed["kind"], listed["apiVersion"]) == ("PartialObjectMetadataList", "meta.k8s.io/v1")
    assert listed["items"][0]["metadata"]["name"] == "a"
    assert "data" not in listed["items"][0]


def test_an_unknown_form_is_not_acceptable(place: Place) -> None:
    answer = place.send("GET", place.at("pods"), headers={"accept": "image/png"})
    assert answer.code == 406
    assert answer.body["reason"] == "NotAcceptable"
