"""LIST as a snapshot: pages, resourceVersions, tokens that are too old, forms that do not exist."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.apiserver import history
from tests.apiserver.world import PODS, World, pod

CONFIGMAPS = "/api/v1/configmaps"


def configmap(name, namespace="default", **data):
    return {"metadata": {"name": name, "namespace": namespace}, "data": data}


def names(page):
    return [f"{one['metadata']['namespace']}/{one['metadata']['name']}" for one in page["items"]]


def revision(world):
    return world.api.registry.store.revision


def test_a_list_in_pages_does_not_see_what_happens_meanwhile(world):
    for name in "abcdef":
        world.api.create("configmaps", configmap(name, x="old"))
    whole = world.ok("GET", CONFIGMAPS)
    page = world.ok("GET", CONFIGMAPS, limit="2")
    listed = page["items"]
    world.api.delete("configmaps", "default", "c")
    world.api.create("configmaps", configmap("cc"))
    world.api.modify("configmaps", "default", "d", lambda held: {**held, "data": {"x": "new"}})
    world.api.create("configmaps", configmap("zz", "kube-system"))
    while token := page["metadata"].get("continue"):
        page = world.ok("GET", CONFIGMAPS, limit="2", **{"continue": token})
        listed = listed + page["items"]
        assert page["metadata"]["resourceVersion"] == whole["metadata"]["resourceVersion"]
    assert listed == whole["items"]


def test_a_token_that_is_too_old_comes_back_with_one_that_goes_on(world, monkeypatch):
    monkeypatch.setattr(history, "KEPT", 3)
    for name in "abcdef":
        world.api.create("configmaps", configmap(name))
    token = world.ok("GET", CONFIGMAPS, limit="2")["metadata"]["continue"]
    for name in "ghijk":
        world.api.create("configmaps", configmap(name))
    status = world.refused("GET", CONFIGMAPS, limit="2", **{"continue": token})
    assert (status["code"], status["reason"]) == (410, "Expired")
    assert status["message"].startswith(
        "The provided continue parameter is too old to display a consistent list result. You can "
    )
    fresh = status["metadata"]["continue"]
    rest = world.ok("GET", CONFIGMAPS, **{"continue": fresh})
    assert names(rest) == [f"default/{name}" for name in "cdefghijk"]
    assert rest["metadata"]["resourceVersion"] == str(revision(world))


def test_exact_and_not_older_than(world):
    world.api.create("configmaps", configmap("a"))
    then = str(revision(world))
    world.api.create("configmaps", configmap("b"))
    exact = world.ok("GET", CONFIGMAPS, resourceVersion=then, resourceVersionMatch="Exact")
    assert (names(exact), exact["metadata"]["resourceVersion"]) == (["default/a"], then)
    newer = world.ok("GET", CONFIGMAPS, resourceVersion=then, resourceVersionMatch="NotOlderThan")
    assert names(newer) == ["default/a", "default/b"]
    assert names(world.ok("GET", CONFIGMAPS, resourceVersion=then, limit="5")) == ["default/a"]
    assert names(world.ok("GET", CONFIGMAPS, resourceVersion=then)) == ["default/a", "default/b"]


def test_exact_version_from_before_history_is_expired(world):
    query = {"resourceVersion": "7", "resourceVersionMatch": "Exact"}
    status = world.refused("GET", CONFIGMAPS, **query)
    assert status["message"] == "The resourceVersion for the provided list is too old."
    assert status["reason"] == "Expired"


def test_lists_at_zero_come_whole(world):
    for name in "abc":
        world.api.create("configmaps", configmap(name))
    page = world.ok("GET", CONFIGMAPS, limit="1", resourceVersion="0")
    assert len(page["items"]) == 3
    assert "continue" not in page["metadata"]


def test_what_is_left_is_counted_only_without_selectors(world):
    for name in "abc":
        world.api.create("pods", pod(name))
    assert world.ok("GET", PODS, limit="1")["metadata"]["remainingItemCount"] == 2
    selected = world.ok("GET", PODS, limit="1", labelSelector="app=web")["metadata"]
    assert "remainingItemCount" not in selected
    assert selected["continue"]


MATCH = "resourceVersionMatch"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            {MATCH: "Exact"},
            f"{MATCH}: Forbidden: {MATCH} is forbidden unless resourceVersion is provided",
        ),
        (
            {MATCH: "Exact", "resourceVersion": "0"},
            f'{MATCH}: Forbidden: {MATCH} "exact" is forbidden for resourceVersion "0"',
        ),
        (
            {MATCH: "Newer", "resourceVersion": "1"},
            f'{MATCH}: Unsupported value: "Newer": supported values: "Exact", "NotOlderThan", ""',
        ),
        (
            {"sendInitialEvents": "true"},
            "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list",
        ),
    ],
)
def test_options_that_do_not_go_together_are_invalid(world, query, message):
    status = world.refused("GET", PODS, **query)
    assert status["message"] == f'ListOptions.meta.k8s.io "" is invalid: {message}'
    assert status["code"] == 422


def test_watch_options_that_do_not_go_together_are_invalid(world):
    refused = world.watch(PODS, resourceVersionMatch="NotOlderThan")
    assert refused.body["message"] == (
        f'ListOptions.meta.k8s.io "" is invalid: {MATCH}: Forbidden: {MATCH} is forbidden for '
        "watch unless sendInitialEvents is provided"
    )


def token_of(**held):
    return urlsafe_b64encode(json.dumps(held).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("token", "why"),
    [
        ("aW52YWxpZA", "invalid character 'i' looking for beginning of value"),
        ("a+b=", "illegal base64 data at input byte 1"),
        (token_of(v="v2", rv=1, start="a"), "server does not recognize this encoded version v2"),
        (
            token_of(v="meta.k8s.io/v1", start="a"),
            "incorrect encoded start resourceVersion (version meta.k8s.io/v1)",
        ),
        (
            token_of(v="meta.k8s.io/v1", rv=5),
            "encoded start key empty (version meta.k8s.io/v1)",
        ),
        (token_of(v="meta.k8s.io/v1", rv=5, start="a/../b"), "a/../b"),
    ],
)
def test_broken_tokens_say_why(world, token, why):
    status = world.refused("GET", PODS, **{"continue": token})
    assert status["message"] == f"invalid continue token: continue key is not valid: {why}"


def test_a_token_and_a_version_exclude_each_other(world):
    token = token_of(v="meta.k8s.io/v1", rv=revision(world), start="a\x00")
    status = world.refused("GET", PODS, resourceVersion="5", **{"continue": token})
    assert status["message"] == "specifying resource version is not allowed when using continue"


def test_tokens_look_like_those_of_etcd_storage(world):
    for name in "ab":
        world.api.create("configmaps", configmap(name))
    token = world.ok("GET", CONFIGMAPS, limit="1")["metadata"]["continue"]
    held = json.loads(urlsafe_b64decode(token + "=="))
    assert held == {"v": "meta.k8s.io/v1", "rv": revision(world), "start": "default/a\x00"}


def accept(form, version="v1"):
    return {"accept": f"application/json;as={form};v={version};g=meta.k8s.io"}


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
def test_tables_come_in_the_version_asked_for(world, version):
    world.api.create("pods", pod())
    table = world.ok("GET", PODS, headers=accept("Table", version))
    assert (table["kind"], table["apiVersion"]) == ("Table", f"meta.k8s.io/{version}")


def test_the_first_readable_clause_counts_and_q_orders_them(world):
    world.api.create("pods", pod())
    header = {"accept": "application/json;as=Table;v=v2;g=meta.k8s.io,application/json"}
    assert world.ok("GET", PODS, headers=header)["kind"] == "PodList"
    header = {"accept": "application/json;q=0.1,application/json;as=Table;v=v1;g=meta.k8s.io"}
    assert world.ok("GET", PODS, headers=header)["kind"] == "Table"
    header = {"accept": "application/vnd.kubernetes.protobuf,application/json"}
    assert world.ok("GET", PODS, headers=header)["kind"] == "PodList"


@pytest.mark.parametrize(
    ("path", "headers", "message"),
    [
        (PODS, {"accept": "text/html"}, "406: Not Acceptable"),
        (PODS, accept("Table", "v3"), "406: Not Acceptable"),
        (
            PODS,
            accept("PartialObjectMetadata"),
            "you requested PartialObjectMetadata, but the requested object is a list (*v1.PodList)",
        ),
        (
            f"{PODS}/p",
            accept("PartialObjectMetadataList"),
            "you requested PartialObjectMetadataList, but the requested object is not a list "
            "(*v1.Pod)",
        ),
    ],
)
def test_forms_that_do_not_exist_are_not_acceptable(world, path, headers, message):
    world.api.create("pods", pod())
    status = world.refused("GET", path, headers=headers)
    assert (status["code"], status["reason"]) == (406, "NotAcceptable")
    assert status["message"] == message


def test_rows_with_unknown_contents_are_refused(world):
    status = world.refused("GET", PODS, headers=accept("Table"), includeObject="All")
    assert status["message"] == (
        'Unable to convert to Table as requested: includeObject: Invalid value: "All": must be '
        "'Metadata', 'Object', 'None', or empty"
    )


def test_newer_events_are_selected_by_their_own_names(world):
    about = world.api.create("pods", pod())
    world.api.event(about, "Normal", "Pulled", "pulled", component="kubelet", host="n1")
    path = "/apis/events.k8s.io/v1/events"
    assert len(world.ok("GET", path, fieldSelector="regarding.name=p")["items"]) == 1
    assert world.ok("GET", path, fieldSelector="regarding.name=q")["items"] == []
    status = world.refused("GET", path, fieldSelector="involvedObject.name=p")
    assert status["message"] == "field label not supported: involvedObject.name"


actions = st.lists(
    st.tuples(
        st.sampled_from(["put", "relabel", "delete"]),
        st.sampled_from(["a", "b", "a-b"]),
        st.sampled_from(["default", "team", "kube-system"]),
        st.sampled_from(["red", "blue"]),
    ),
    max_size=25,
)


def act(world, what, name, namespace, color):
    held = world.api.get("configmaps", namespace, name)
    if what == "delete":
        world.api.delete("configmaps", namespace, name)
    elif held is None:
        made = configmap(name, namespace)
        made["metadata"]["labels"] = {"color": color}
        world.api.create("configmaps", made)
    else:
        metadata = {**held["metadata"], "labels": {"color": color}}
        world.api.update("configmaps", {**held, "metadata": metadata})


QUERIES = [
    (CONFIGMAPS, {}),
    (CONFIGMAPS, {"labelSelector": "color=red"}),
    ("/api/v1/namespaces/team/configmaps", {}),
    ("/api/v1/namespaces/default/configmaps", {"fieldSelector": "metadata.name=a"}),
]


@given(actions, st.sampled_from(QUERIES), st.data())
@settings(deadline=None, max_examples=60)
def test_a_watch_from_any_version_rebuilds_the_list(done, query, data):
    path, selectors = query
    world = World()
    lists = [world.ok("GET", path, **selectors)]
    for action in done:
        act(world, *action)
        lists.append(world.ok("GET", path, **selectors))
    begin = data.draw(st.sampled_from(lists))
    start = begin["metadata"]["resourceVersion"]
    held = {one["metadata"]["uid"]: one for one in begin["items"]}
    last = int(start)
    for event in world.watch(path, resourceVersion=start, **selectors).poll():
        uid = event.object["metadata"]["uid"]
        assert (uid in held) == (event.type != "ADDED")
        assert int(event.object["metadata"]["resourceVersion"]) > last
        last = int(event.object["metadata"]["resourceVersion"])
        held[uid] = event.object
        if event.type == "DELETED":
            del held[uid]
    assert sorted(held) == sorted(one["metadata"]["uid"] for one in lists[-1]["items"])
    for one in lists[-1]["items"]:  # the list alone says the kind
        streamed = held[one["metadata"]["uid"]]
        assert {**streamed, **one} == streamed
        assert streamed.keys() - one.keys() <= {"kind", "apiVersion"}


@given(actions, st.sampled_from(QUERIES), st.data())
@settings(deadline=None, max_examples=40)
def test_an_exact_list_is_what_was_listed_then(done, query, data):
    path, selectors = query
    world = World()
    lists = [world.ok("GET", path, **selectors)]
    for action in done:
        act(world, *action)
        lists.append(world.ok("GET", path, **selectors))
    then = data.draw(st.sampled_from(lists))
    version = then["metadata"]["resourceVersion"]
    again = world.ok(
        "GET", path, resourceVersion=version, resourceVersionMatch="Exact", **selectors
    )
    assert again == then


@given(st.integers(1, 7))
@settings(deadline=None)
def test_pages_of_any_size_are_the_whole(limit):
    world = World()
    for name in ("a", "a-b", "b"):
        for namespace in ("default", "team", "kube-system"):
            world.api.create("configmaps", configmap(name, namespace))
    whole, token, listed = world.ok("GET", CONFIGMAPS)["items"], "", []
    while True:
        page = world.ok("GET", CONFIGMAPS, limit=str(limit), **{"continue": token})
        listed += page["items"]
        token = page["metadata"].get("continue", "")
        if not token:
            break
    assert listed == whole
