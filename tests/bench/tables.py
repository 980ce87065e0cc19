"""`kubectl get pods -A` inside the process: how fast its Table is made, whole and in pages."""

from __future__ import annotations

import json
import time
from typing import NamedTuple

from sim.apimachinery.wire import ApiRequest, Obj
from sim.apiserver import ApiServer
from tests.apiserver.world import TABLE, World, pod

_TYPES = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
_SPACES = ("default", "team", "kube-system")
_PAGE = "500"


class Speed(NamedTuple):
    """What one list costs."""

    rows: int
    objects_s: float
    """CPU seconds until the Table exists as Python objects."""
    bytes_s: float
    """CPU seconds from there to the JSON bytes that a door sends."""
    same: bool
    """The pages together are the whole, byte for byte."""


def crowded(pods: int) -> ApiServer:
    """Return an API server with that many running pods in three namespaces."""
    api = World().api
    for number in range(pods):
        stamp = f"2026-11-{1 + number % 19:02d}T01:{number % 60:02d}:{number * 7 % 60:02d}Z"
        made = pod(f"web-{number:05d}", nodeName=f"n{number % 200}")
        made["metadata"] |= {"namespace": _SPACES[number % 3], "creationTimestamp": stamp}
        container = {
            "name": "app",
            "image": "registry.local/app:v1",
            "ready": True,
            "started": True,
            "restartCount": number % 3,
            "state": {"running": {"startedAt": stamp}},
            "lastState": {},
        }
        status = {
            "phase": "Running",
            "podIP": f"10.244.{number // 250 % 250}.{number % 250}",
            "conditions": [{"type": one, "status": "True"} for one in _TYPES],
            "containerStatuses": [container],
        }
        api.load("pods", {**made, "status": status})
    return api


def get_all(api: ApiServer, **query: str) -> Obj:
    """Return the answer to `get pods -A`."""
    answer = api.handle(ApiRequest("GET", "/api/v1/pods", tuple(query.items()), TABLE))
    assert answer.code == 200, answer.body
    table: Obj = answer.body
    return table


def merged(api: ApiServer) -> Obj:
    """Return what kubectl makes of all pages: the first one with the rows of the others."""
    whole = page = get_all(api, limit=_PAGE)
    rows = list(page["rows"])
    while token := page["metadata"].get("continue"):
        page = get_all(api, limit=_PAGE, **{"continue": token})
        rows += page["rows"]
    return {**whole, "metadata": page["metadata"], "rows": rows}


def encoded(table: Obj) -> bytes:
    """Return the bytes that a door sends."""
    return json.dumps(table, separators=(",", ":")).encode()


def measure(pods: int, turns: int = 5) -> Speed:
    """Return the best of *turns*."""
    api = crowded(pods)
    objects, sent = [], []
    for _ in range(turns):
        begin = time.process_time()
        table = get_all(api)
        built = time.process_time()
        data = encoded(table)
        objects.append(built - begin)
        sent.append(time.process_time() - built)
    return Speed(len(table["rows"]), min(objects), min(sent), data == encoded(merged(api)))
