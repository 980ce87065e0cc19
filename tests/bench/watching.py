"""Many watches on one cluster while a Deployment rolls: does each see every change once, in order?"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from sim.apimachinery.wire import ApiRequest, Obj, WatchEvent
from sim.apiserver import ApiServer
from sim.apiserver.watch import Watch
from tests.bench.limits import Size, build

TABLE = {"accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}
METADATA = {"accept": "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"}
PLAIN = {"accept": "application/json"}
FORMS = (TABLE, PLAIN, METADATA, TABLE)
PODS = "/api/v1/namespaces/team-000/pods"
PATIENCE_MS = 3_600_000
DEPLOYMENT = "/apis/apps/v1/namespaces/team-000/deployments/app-0000"


@dataclass(frozen=True, slots=True)
class Roll:
    """What a roll showed."""

    changes: int
    """Writes of pods."""
    delivered: int
    """Events that all watchers got together."""
    wrong: int
    """Watchers that saw anything but every change once, in order."""
    cpu_s: float


def roll(pods: int, watches: int) -> Roll:
    """Roll a Deployment of *pods* pods under the eyes of *watches* watchers."""
    size = Size(nodes=max(10, pods // 40), pods=pods, templates=1, services=1, per_namespace=pods)
    cluster = build(size)
    api, env = cluster.api, cluster.env
    written: list[tuple[str, str, str]] = []
    api.subscribe("pods", lambda type_, new, old: written.append(_mark(type_, new)))
    start = (("watch", "true"), ("resourceVersion", str(api.registry.store.revision)))
    eyes = [_open(api, start, FORMS[number % len(FORMS)]) for number in range(watches)]
    seen: list[list[tuple[str, str, str]]] = [[] for _ in eyes]
    begin = time.process_time()
    container = {"name": "app", "image": "docker.io/library/nginx:1.29"}
    template = {"spec": {"containers": [container]}}
    strategic = {"content-type": "application/strategic-merge-patch+json"}
    patch = ApiRequest("PATCH", DEPLOYMENT, (), strategic, {"spec": {"template": template}})
    answer = api.handle(patch)
    assert answer.code == 200, answer.body
    while not _is_rolled(api, pods) and env.now < PATIENCE_MS:
        env.advance(env.now + 5_000)
        for eye, log in zip(eyes, seen, strict=True):
            log.extend(map(_event_mark, eye.poll()))
    used = time.process_time() - begin
    ours = [one for one in written if one[1].startswith("team-000/")]
    assert _is_rolled(api, pods), "the roll did not come to its end"
    wrong = sum(log != ours for log in seen)
    return Roll(len(ours), sum(map(len, seen)), wrong, used)


def _open(api: ApiServer, query: tuple[tuple[str, str], ...], headers: dict[str, str]) -> Watch:
    opened = api.watch(ApiRequest("GET", PODS, query, headers))
    assert isinstance(opened, Watch)
    return opened


def _is_rolled(api: ApiServer, pods: int) -> bool:
    deployment = api.get("deployments", "team-000", "app-0000") or {}
    status: dict[str, Any] = deployment["status"]
    fresh = status.get("observedGeneration") == deployment["metadata"]["generation"]
    counts = (status.get("updatedReplicas"), status.get("replicas"), status.get("readyReplicas"))
    return fresh and counts == (pods, pods, pods) and len(api.list("pods", "team-000")) == pods


def _mark(type_: str, pod: Obj) -> tuple[str, str, str]:
    metadata = pod["metadata"]
    return type_, f"{metadata['namespace']}/{metadata['name']}", metadata["resourceVersion"]


def _event_mark(event: WatchEvent) -> tuple[str, str, str]:
    shown = event.object
    return _mark(event.type, shown["rows"][0]["object"] if shown["kind"] == "Table" else shown)
