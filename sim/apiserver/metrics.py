"""metrics.k8s.io: what pods and nodes use now, in the metrics server's form.

Numbers come through the MetricsDoor when asked and are stored nowhere. This file must not measure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.apimachinery.errors import not_found, service_unavailable
from sim.apimachinery.wire import ApiRequest, Obj
from sim.apiserver.paths import Target
from sim.apiserver.selectable import selection
from sim.kernel import Epoch

if TYPE_CHECKING:
    from sim.apiserver.server import ApiServer

WINDOW_MS = 15_000
"""metrics-server's default --metric-resolution: numbers are this much behind at most."""


class Metrics:
    """Answers for the group metrics.k8s.io."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api

    def answer(self, target: Target, request: ApiRequest) -> Obj:
        """Return one object's usage, or a list.

        Raises:
            ApiError: ServiceUnavailable without a metrics server, NotFound.
        """
        if self._api.metrics is None:
            raise service_unavailable()
        info, store = target.info, self._api.registry.store
        if target.name:
            found = store.get(info.plural, target.space, target.name)
            shown = self._one(info.plural, found) if found else None
            if shown is None:
                where = f"{target.space}/{target.name}" if target.space else target.name
                raise not_found(f"{info.kind[:-7].lower()}metrics", where, info.group)
            return shown
        matches = selection(info, request.param("labelSelector"), request.param("fieldSelector"))
        objects = store.list(info.plural, target.namespace)
        items = [
            shown
            for obj in objects
            if (matches is None or matches(obj)) and (shown := self._one(info.plural, obj))
        ]
        return {
            "kind": f"{info.kind}List",
            "apiVersion": info.group_version,
            "metadata": {},
            "items": items,
        }

    def _one(self, resource: str, obj: Obj) -> Obj | None:
        door = self._api.metrics
        if door is None:
            return None
        metadata = obj["metadata"]
        measured = self._api.env.now // WINDOW_MS * WINDOW_MS
        kept = {key: metadata[key] for key in ("name", "namespace", "labels") if key in metadata}
        shown: Obj = {
            "kind": "NodeMetrics" if resource == "nodes" else "PodMetrics",
            "apiVersion": "metrics.k8s.io/v1beta1",
            "metadata": {**kept, "creationTimestamp": self._api.registry.timestamp()},
            "timestamp": self._api.registry.timestamp(measured),
            "window": f"{WINDOW_MS // 1000}s",
        }
        if resource == "nodes":
            measured_now = door.node_usage(obj)
            return None if measured_now is None else {**shown, "usage": _usage(*measured_now)}
        if not is_measured(obj, self._api.epoch, measured):
            return None
        containers = [
            {"name": name, "usage": _usage(millicores, size)}
            for name, millicores, size in door.pod_usage(obj)
        ]
        return {**shown, "containers": containers} if containers else None


def is_measured(pod: Obj, epoch: Epoch, scraped: int) -> bool:
    """Return True if *pod* was there when usage was *scraped* last (kernel ms)."""
    started = (pod.get("status") or {}).get("startTime")
    return started is None or epoch.since(started) <= scraped


def _usage(millicores: int, size: int) -> Obj:
    return {"cpu": f"{millicores}m", "memory": f"{size // 1024}Ki"}
