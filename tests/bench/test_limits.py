"""A crowded cluster is what its size says, at rest, and answers."""

from sim.apimachinery.wire import ApiRequest
from sim.apiserver.watch import Watch
from tests.bench.limits import Size, build


def test_a_crowd_is_healthy_and_nothing_stirs_in_it():
    cluster = build(Size(nodes=30, pods=300, templates=10, services=25))
    api = cluster.api
    assert api.registry.store.count("nodes") == 31
    assert len(api.list("pods")) == 300 + 3 * 31 + len(_others(api))
    assert (
        len([one for one in api.list("services") if "team" in one["metadata"]["namespace"]]) == 25
    )
    cluster.env.advance(60_000)
    before = api.registry.store.revision
    cluster.env.advance(600_000)
    assert api.registry.store.revision == before


def _others(api):
    """Return the pods that belong neither to the crowd nor to a DaemonSet."""
    return [
        one
        for one in api.list("pods")
        if not one["metadata"]["namespace"].startswith("team-")
        and (one["metadata"].get("ownerReferences") or [{"kind": ""}])[0]["kind"] != "DaemonSet"
    ]


def test_lists_and_watches_of_a_crowd_answer():
    api = build(Size(nodes=10, pods=100, templates=5, services=5)).api
    page = api.handle(ApiRequest("GET", "/api/v1/pods", (("limit", "50"),))).body
    version = page["metadata"]["resourceVersion"]
    query = (("watch", "true"), ("resourceVersion", version))
    watch = api.watch(ApiRequest("GET", "/api/v1/pods", query))
    assert isinstance(watch, Watch)
    api.delete("pods", "team-000", page["items"][-1]["metadata"]["name"])
    assert len(page["items"]) == 50
