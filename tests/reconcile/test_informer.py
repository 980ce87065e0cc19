"""A resource as the store holds it, with indexes."""

from __future__ import annotations

from typing import Any

import pytest

from sim.apimachinery.meta import with_metadata
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.kernel import Environment, Epoch, Stream
from sim.reconcile import Change, Informer
from sim.reconcile.informer import by_label, by_namespace, by_owner, label_value, select

EPOCH = Epoch.parse("2026-11-20T01:40:00Z")


@pytest.fixture
def api() -> ApiServer:
    return ApiServer(Environment(), EPOCH, Stream("test"))


def thing(name: str, namespace: str = "shop", **metadata: Any) -> Obj:
    return {"metadata": {"name": name, "namespace": namespace, **metadata}, "data": {}}


def names(objects: list[Obj]) -> list[str]:
    return [obj["metadata"]["name"] for obj in objects]


def relabel(api: ApiServer, name: str, **labels: str) -> None:
    api.modify("configmaps", "shop", name, lambda old: with_metadata(old, labels=labels))


def test_what_was_loaded_before_is_there_and_indexed(api: ApiServer) -> None:
    api.load("configmaps", thing("a"))
    informer = Informer(api, "configmaps")
    index = informer.index(by_namespace)
    assert informer.get("shop", "a") is api.get("configmaps", "shop", "a")
    assert names(index.get("shop")) == ["a"]


def test_index_follows_creation_change_and_deletion(api: ApiServer) -> None:
    informer = Informer(api, "configmaps")
    index = informer.index(by_label)
    api.create("configmaps", thing("a", labels={"app": "web"}))
    web, api_ = label_value("shop", "app", "web"), label_value("shop", "app", "api")
    assert names(index.get(web)) == ["a"]
    relabel(api, "a", app="api")
    assert (index.count(web), index.count(api_)) == (0, 1)
    api.delete("configmaps", "shop", "a")
    assert len(index) == 0
    assert informer.objects == {}


def test_index_keeps_the_order_of_creation_through_changes(api: ApiServer) -> None:
    informer = Informer(api, "configmaps")
    index = informer.index(by_namespace)
    for name in ("c", "a", "b"):
        api.create("configmaps", thing(name))
    relabel(api, "c", app="web")
    assert names(index.get("shop")) == ["c", "a", "b"]
    assert names(index.get("shop"))[0] == "c"
    assert index.get("shop")[0]["metadata"]["labels"] == {"app": "web"}


def test_handlers_see_the_indexes_of_after_the_change(api: ApiServer) -> None:
    informer = Informer(api, "configmaps")
    index = informer.index(by_namespace)
    seen: list[tuple[str, int]] = []
    informer.on_change(lambda change: seen.append((change.type, index.count("shop"))))
    api.create("configmaps", thing("a"))
    api.delete("configmaps", "shop", "a")
    assert seen == [("ADDED", 1), ("DELETED", 0)]


def test_changes_carry_the_state_before(api: ApiServer) -> None:
    informer = Informer(api, "configmaps")
    changes: list[Change] = []
    informer.on_change(changes.append)
    api.create("configmaps", thing("a"))
    relabel(api, "a", app="web")
    assert changes[0].old is None
    assert changes[1].old == changes[0].new


def test_owner_index_finds_only_what_is_controlled(api: ApiServer) -> None:
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": "u-1"}
    index = Informer(api, "configmaps").index(by_owner)
    api.create("configmaps", thing("a", ownerReferences=[{**reference, "controller": True}]))
    api.create("configmaps", thing("b", ownerReferences=[reference]))
    assert names(index.get("u-1")) == ["a"]


def test_select_needs_every_pair_and_the_namespace(api: ApiServer) -> None:
    index = Informer(api, "configmaps").index(by_label)
    api.create("configmaps", thing("a", labels={"app": "web", "tier": "front"}))
    api.create("configmaps", thing("b", labels={"app": "web", "tier": "back"}))
    api.create("configmaps", thing("c", "other", labels={"app": "web", "tier": "back"}))
    assert names(select(index, "shop", {"app": "web", "tier": "back"})) == ["b"]
    assert names(select(index, "shop", {"app": "web"})) == ["a", "b"]
    assert select(index, "shop", {}) == []
