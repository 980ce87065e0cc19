"""Endpoints that somebody wrote by hand, mirrored to EndpointSlices.

Thanks to this file a Service without a selector leads to the addresses in its Endpoints. It must not
know pods (pkg/controller/endpointslicemirroring).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from sim.apimachinery.meta import (
    Key,
    annotations_of,
    is_terminating,
    key_of,
    labels_of,
    owner_reference,
)
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.control.endpoints import HEADLESS, MANAGED_BY, SERVICE_NAME, has_selector
from sim.control.naming import draw_suffix
from sim.kernel import Environment, Stream
from sim.reconcile import Change, Controller, Index, Informer

MANAGER = "endpointslicemirroring-controller.k8s.io"
SKIP = "endpointslice.kubernetes.io/skip-mirror"
LEADER = "control-plane.alpha.kubernetes.io/leader"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def _mirrored(one: Obj) -> tuple[str, ...]:
    labels = labels_of(one)
    if labels.get(MANAGED_BY) != MANAGER:
        return ()
    return (f"{one['metadata']['namespace']}/{labels.get(SERVICE_NAME, '')}",)


class EndpointSliceMirroringController(Controller):
    """A key is a Service and its Endpoints, which have the same name."""

    name: ClassVar[str] = "endpoint-slice-mirroring-controller"
    latency_ms = (10, 60)

    def __init__(
        self,
        env: Environment,
        api: ApiServer,
        stream: Stream,
        *,
        services: Informer,
        endpoints: Informer,
        slices: Informer,
    ) -> None:
        super().__init__(env, api, stream)
        self._services = services
        self._endpoints = endpoints
        self._slices: Index = slices.index(_mirrored)
        services.on_change(self._service_changed)
        endpoints.on_change(self._endpoints_changed)

    def adopt(self) -> None:
        """Queue Endpoints without a selector that no slice mirrors yet."""
        for key, endpoints in self._endpoints.objects.items():
            service = self._services.get(*key)
            if self._is_mirrored(service, endpoints) and not self._slices.count(str(key)):
                self.enqueue(key)

    def _service_changed(self, change: Change) -> None:
        had = change.old is not None and has_selector(change.old)
        if change.type != "DELETED" and (had or not has_selector(change.new)):
            self.enqueue(change.key)

    def _endpoints_changed(self, change: Change) -> None:
        service = self._services.get(*change.key)
        if service is None or not has_selector(service):
            self.enqueue(change.key)

    @staticmethod
    def _is_mirrored(service: Obj | None, endpoints: Obj | None) -> bool:
        if service is None or endpoints is None or is_terminating(service):
            return False
        kept_away = labels_of(endpoints).get(SKIP) == "true" or LEADER in annotations_of(endpoints)
        return not (service.get("spec") or {}).get("selector") and not kept_away

    def reconcile(self, key: Key) -> None:
        """Make the slices of the Endpoints *key* what they say, or take them away."""
        service, endpoints = self._services.get(*key), self._endpoints.get(*key)
        existing = self._slices.get(str(key))
        subsets: Sequence[Obj] = ()
        if service is not None and endpoints is not None and self._is_mirrored(service, endpoints):
            subsets = endpoints.get("subsets") or ()
        for place, subset in enumerate(subsets):
            assert service is not None
            assert endpoints is not None
            old = existing[place] if place < len(existing) else None
            self._write(service, endpoints, subset, old, place)
        for one in existing[len(subsets) :]:
            self.api.delete("endpointslices", *key_of(one))

    def _write(
        self, service: Obj, endpoints: Obj, subset: Obj, old: Obj | None, place: int
    ) -> None:
        key = key_of(service)
        name = old["metadata"]["name"] if old is not None else ""
        if not name:
            uid = endpoints["metadata"]["uid"]
            name = f"{key.name}-{draw_suffix(self.stream.at('mirror', uid, place))}"
        made = _slice(service, endpoints, subset, name)
        if old is None:
            self.api.create("endpointslices", made)
            return
        fields = ("endpoints", "ports", "addressType")
        if any(old.get(field) != made.get(field) for field in fields):
            self.api.modify(
                "endpointslices",
                *key_of(old),
                lambda held: {**held, **{field: made[field] for field in fields}},
            )


def _slice(service: Obj, endpoints: Obj, subset: Obj, name: str) -> Obj:
    metadata = endpoints["metadata"]
    labels = {**labels_of(endpoints), MANAGED_BY: MANAGER, SERVICE_NAME: metadata["name"]}
    if service["spec"].get("clusterIP") == "None":
        labels[HEADLESS] = ""
    ready = [_endpoint(one, ready=True) for one in subset.get("addresses") or ()]
    waiting = [_endpoint(one, ready=False) for one in subset.get("notReadyAddresses") or ()]
    marks = {k: v for k, v in annotations_of(endpoints).items() if k != LAST_APPLIED}
    listed = [*ready, *waiting]
    address = listed[0]["addresses"][0] if listed else ""
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": name,
            "generateName": f"{metadata['name']}-",
            "namespace": metadata["namespace"],
            "labels": labels,
            **({"annotations": marks} if marks else {}),
            "ownerReferences": [owner_reference(endpoints)],
        },
        "addressType": "IPv6" if ":" in address else "IPv4",
        "endpoints": listed,
        "ports": [
            {
                "name": port.get("name", ""),
                "port": port["port"],
                "protocol": port.get("protocol", "TCP"),
            }
            for port in subset.get("ports") or ()
        ],
    }


def _endpoint(address: Obj, *, ready: bool) -> Obj:
    made: Obj = {"addresses": [address["ip"]], "conditions": {"ready": ready}}
    for field in ("hostname", "nodeName", "targetRef"):
        if address.get(field):
            made[field] = address[field]
    return made
