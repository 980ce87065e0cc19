"""Watches: from a version on, filtered, at the instant of the change."""

from sim.apiserver import history
from tests.apiserver.world import PODS, TABLE, pod


def seen(watch):
    return [(one.type, one.object["metadata"]["name"]) for one in watch.poll()]


def relabel(labels):
    return lambda held: {**held, "metadata": {**held["metadata"], "labels": labels}}


def test_changes_arrive_in_order_and_only_once(world):
    watch = world.watch(PODS)
    world.api.create("pods", pod("a", nodeName="n1"))
    world.api.delete("pods", "default", "a")
    world.api.delete("pods", "default", "a", grace_s=0)
    assert seen(watch) == [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a")]
    assert seen(watch) == []


def test_watch_from_an_older_version_catches_up(world):
    start = world.api.registry.store.revision
    world.api.create("pods", pod("a"))
    watch = world.watch(PODS, resourceVersion=str(start))
    world.api.create("pods", pod("b"))
    assert seen(watch) == [("ADDED", "a"), ("ADDED", "b")]


def test_watch_without_a_version_begins_with_what_is_there(world):
    world.api.create("pods", pod("a"))
    assert seen(world.watch(PODS, resourceVersion="0")) == [("ADDED", "a")]


def test_other_namespaces_and_resources_do_not_show(world):
    watch = world.watch(PODS)
    world.api.create("configmaps", {"metadata": {"name": "c", "namespace": "default"}})
    other = pod()
    other["metadata"]["namespace"] = "team"
    world.api.create("pods", other)
    assert seen(watch) == []


def test_object_that_leaves_the_selection_is_deleted_for_the_watcher(world):
    world.api.create("pods", pod("a"))
    watch = world.watch(PODS, labelSelector="app=web")
    world.api.modify("pods", "default", "a", relabel({"app": "api"}))
    world.api.modify("pods", "default", "a", relabel({"app": "other"}))
    world.api.modify("pods", "default", "a", relabel({"app": "web"}))
    assert seen(watch) == [("DELETED", "a"), ("ADDED", "a")]


def test_single_object_watch_sees_only_that_object(world):
    watch = world.watch(f"{PODS}/a")
    world.api.create("pods", pod("a"))
    world.api.create("pods", pod("b"))
    assert seen(watch) == [("ADDED", "a")]


def test_waiter_is_woken_at_the_instant_of_the_change(world):
    env, log = world.env, []
    watch = world.watch(PODS)

    def waiting():
        yield watch.wait()
        log.append((env.now, seen(watch)))

    def changing():
        yield env.timeout(1234)
        world.api.create("pods", pod("a"))

    env.spawn(waiting())
    env.spawn(changing())
    env.advance(5000)
    assert log == [(1234, [("ADDED", "a")])]


def test_table_watch_names_its_columns_once(world):
    watch = world.watch(PODS, TABLE)
    world.api.create("pods", pod("a"))
    world.api.create("pods", pod("b"))
    first, second = watch.poll()
    assert first.object["columnDefinitions"][0]["name"] == "Name"
    assert second.object["columnDefinitions"] is None
    assert second.object["rows"][0]["cells"][:3] == ["b", "0/1", "Pending"]


def test_too_old_version_gets_an_error_and_the_end(world, monkeypatch):
    monkeypatch.setattr(history, "KEPT", 3)
    start = world.api.registry.store.revision
    for index in range(6):
        world.api.create("pods", pod(f"p{index}"))
    watch = world.watch(PODS, resourceVersion=str(start))
    (event,) = watch.poll()
    assert event.type == "ERROR"
    assert event.object["code"] == 410
    assert event.object["message"] == f"too old resource version: {start} ({start + 3})"
    assert watch.closed


def test_initial_events_end_with_a_bookmark(world):
    world.api.create("pods", pod("a"))
    watch = world.watch(
        PODS,
        resourceVersion="",
        sendInitialEvents="true",
        resourceVersionMatch="NotOlderThan",
        allowWatchBookmarks="true",
    )
    added, mark = watch.poll()
    assert (added.type, mark.type) == ("ADDED", "BOOKMARK")
    assert mark.object["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert mark.object["kind"] == "Pod"


def test_initial_events_without_their_companion_are_refused(world):
    refused = world.watch(PODS, sendInitialEvents="true")
    assert refused.code == 422


def test_bookmarks_come_about_every_minute_to_who_allows_them(world):
    allowed = world.watch(PODS, allowWatchBookmarks="true")
    plain = world.watch(PODS)
    world.env.advance(61_000)
    assert [one.type for one in allowed.poll()] == ["BOOKMARK"]
    assert plain.poll() == []


def test_timeout_ends_the_watch(world):
    watch = world.watch(PODS, timeoutSeconds="5")
    world.env.advance(5001)
    assert watch.closed
    world.api.create("pods", pod("late"))
    assert watch.poll() == []


def test_closed_watch_is_not_fed_any_more(world):
    watch = world.watch(PODS)
    watch.close()
    world.api.create("pods", pod("a"))
    assert watch.closed
    assert watch.poll() == []


def test_what_cannot_be_watched_is_refused(world):
    assert world.watch("/apis/metrics.k8s.io/v1beta1/nodes").code == 405
    assert world.watch("/api/v1/nothing").code == 404


def test_what_leaves_the_selection_is_shown_as_it_last_was_in_it(world):
    world.api.create("pods", pod("a"))
    watch = world.watch(PODS, labelSelector="app=web")
    moved = world.api.modify("pods", "default", "a", relabel({"app": "api"}))
    (event,) = watch.poll()
    assert event.object["metadata"]["labels"] == {"app": "web"}
    assert event.object["metadata"]["resourceVersion"] == moved["metadata"]["resourceVersion"]


def test_a_bookmark_wakes_who_waits_at_the_minute_and_is_the_last_word(world):
    env, log = world.env, []
    watch = world.watch(PODS, allowWatchBookmarks="true", timeoutSeconds="90")

    def waiting():
        while not watch.closed:
            yield watch.wait()
            log.extend((env.now, one.type) for one in watch.poll())

    env.spawn(waiting())
    env.advance(300_000)
    assert log == [(60_000, "BOOKMARK"), (90_000, "BOOKMARK")]


def test_initial_events_can_be_refused(world):
    world.api.create("pods", pod("a"))
    watch = world.watch(
        PODS, resourceVersion="0", sendInitialEvents="false", resourceVersionMatch="NotOlderThan"
    )
    world.api.create("pods", pod("b"))
    assert seen(watch) == [("ADDED", "b")]


def test_metadata_only_watches(world):
    headers = {"accept": "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"}
    watch = world.watch(PODS, headers)
    world.api.create("pods", pod("a"))
    (event,) = watch.poll()
    assert (event.object["kind"], "spec" in event.object) == ("PartialObjectMetadata", False)


def test_a_named_watch_refuses_another_name(world):
    refused = world.watch(f"{PODS}/a", fieldSelector="metadata.name=b")
    assert refused.body["message"] == "fieldSelector metadata.name doesn't match requested name"
