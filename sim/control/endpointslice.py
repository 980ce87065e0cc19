"""The EndpointSlice controller, and beside it the one of the legacy Endpoints objects.

Thanks to this file a pod that becomes ready, unready or terminating is so for every kube-proxy a
moment later. It must not know what kube-proxy makes of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from sim.apimachinery.meta import Key, is_terminating, key_of, labels_of, with_metadata
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer
from sim.control import pods
from sim.control.endpoints import (
    SERVICE_NAME,
    has_selector,
    make_endpoints,
    make_slice,
    serves,
)
from sim.control.naming import draw_suffix
from sim.control.spreading import ZONE
from sim.kernel import Environment, Stream
from sim.reconcile import Change, Controller, Index, Informer
from sim.reconcile.informer import by_label, label_value, select

TRIGGER = "endpoints.kubernetes.io/last-change-trigger-time"


def _selector_pair(service: Obj) -> tuple[str, ...]:
    """Index a Service by one pair of its selector, so that a pod finds it by its own labels."""
    selector: Mapping[str, str] = (service.get("spec") or {}).get("selector") or {}
    if not has_selector(service):
        return ()
    # The last pair in order of the key: `app` or `tier` says more than `app.kubernetes.io/part-of`.
    key = max(selector)
    return (label_value(service["metadata"]["namespace"], key, selector[key]),)


def _service_of(endpoint_slice: Obj) -> tuple[str, ...]:
    name = labels_of(endpoint_slice).get(SERVICE_NAME)
    return (f"{endpoint_slice['metadata']['namespace']}/{name}",) if name else ()


class EndpointSliceController(Controller):
    """Keeps one EndpointSlice, and one Endpoints object, for each Service with a selector."""

    name = "endpoint-slice-controller"
    latency_ms = (10, 60)

    def __init__(
        self,
        env: Environment,
        api: ApiServer,
        stream: Stream,
        *,
        services: Informer,
        slices: Informer,
        nodes: Informer,
        pod_informer: Informer,
        pods_by_label: Index,
    ) -> None:
        super().__init__(env, api, stream)
        self._services = services
        self._by_pair = services.index(_selector_pair)
        self._slices = slices.index(_service_of)
        self._nodes = nodes
        self._pods_by_label = pods_by_label
        self._triggered: dict[Key, int] = {}
        services.on_change(self._service_changed)
        slices.on_change(self._slice_changed)
        pod_informer.on_change(self._pod_changed)

    def adopt(self) -> None:
        """Queue the Services that have a selector but no slice yet."""
        for key, service in self._services.objects.items():
            if has_selector(service) and not self._slices.count(str(key)):
                self.enqueue(key)

    def _trigger(self, key: Key, at: int) -> None:
        self._triggered.setdefault(key, at)
        self.enqueue(key)

    def _service_changed(self, change: Change) -> None:
        self._trigger(change.key, self.now)

    def _slice_changed(self, change: Change) -> None:
        """Put back a slice that somebody has deleted."""
        if change.type == "DELETED":
            for service in _service_of(change.new):
                self.enqueue(Key(*service.split("/", 1)))

    def _pod_changed(self, change: Change) -> None:
        new, old = change.new, change.old
        if change.type == "MODIFIED" and old is not None and not _differs(new, old):
            return
        seen: dict[Key, None] = {}
        for pod in (new, old) if old is not None else (new,):
            for value in by_label(pod):
                for service in self._by_pair.get(value):
                    if _selects(service, pod):
                        seen[key_of(service)] = None
        for key in seen:
            self._trigger(key, self.now)

    def reconcile(self, key: Key) -> None:
        """Write the slice and the Endpoints of the Service *key* as its pods are now."""
        at = self._triggered.pop(key, self.now)
        service = self._services.get(*key)
        if service is None or is_terminating(service):
            # The slice goes by its owner reference; Endpoints have none.
            self.api.delete("endpoints", *key)
            return
        if not has_selector(service):
            return
        selector = service["spec"]["selector"]
        members = [
            pod for pod in select(self._pods_by_label, key.namespace, selector) if serves(pod)
        ]
        trigger = self.api.epoch.rfc3339(at)
        self._write_slice(service, members, trigger)
        self._write_endpoints(service, members, trigger)

    def _write_slice(self, service: Obj, members: list[Obj], trigger: str) -> None:
        key = key_of(service)
        existing = self._slices.get(str(key))
        old = existing[0] if existing else None
        name = old["metadata"]["name"] if old is not None else self._slice_name(key)
        made = make_slice(service, members, self._zone, name=name, old=old)
        if old is None:
            self.api.create("endpointslices", _stamped(made, trigger))
        elif not _says_the_same(old, made):
            self.api.modify(
                "endpointslices", *key_of(old), partial(_merge, made=made, trigger=trigger)
            )

    def _write_endpoints(self, service: Obj, members: list[Obj], trigger: str) -> None:
        key = key_of(service)
        made = make_endpoints(service, members)
        old = self.api.get("endpoints", *key)
        if old is None:
            self.api.create("endpoints", _stamped(made, trigger))
        elif old.get("subsets") != made.get("subsets") or labels_of(old) != labels_of(made):
            self.api.modify("endpoints", *key, partial(_merge, made=made, trigger=trigger))

    def _zone(self, node_name: str) -> str:
        node = self._nodes.get("", node_name)
        return str(labels_of(node).get(ZONE, "")) if node is not None else ""

    def _slice_name(self, key: Key) -> str:
        """Return `<service>-<5>`; drawn anew if another's slice has that name."""
        draw = 0
        while True:
            stream = self.stream.at("slice-name", key, draw)
            name = f"{key.name}-{draw_suffix(stream)}"
            if self.api.get("endpointslices", key.namespace, name) is None:
                return name
            draw += 1


def _selects(service: Obj, pod: Obj) -> bool:
    selector: Mapping[str, str] = service["spec"]["selector"]
    return selector.items() <= labels_of(pod).items()


def _differs(new: Obj, old: Obj) -> bool:
    """True when what an endpoint says of a pod has changed."""
    return _facts(new) != _facts(old)


def _facts(pod: Obj) -> tuple[object, ...]:
    status = pod.get("status") or {}
    return (
        labels_of(pod),
        status.get("podIP"),
        pods.phase(pod),
        pods.is_ready(pod),
        is_terminating(pod),
        pod["spec"].get("nodeName"),
    )


def _says_the_same(old: Obj, made: Obj) -> bool:
    return bool(
        (old.get("endpoints") or []) == (made.get("endpoints") or [])
        and (old.get("ports") or []) == (made.get("ports") or [])
        and labels_of(old) == labels_of(made)
    )


def _merge(old: Obj, *, made: Obj, trigger: str) -> Obj:
    """Return *old* with the content and labels of *made*."""
    rest = {field: value for field, value in made.items() if field != "metadata"}
    kept = {field: value for field, value in old.items() if field not in ("subsets", *rest)}
    return _stamped({**kept, **rest, "metadata": _labelled(old, made)}, trigger)


def _labelled(old: Obj, made: Obj) -> Obj:
    metadata: Obj = with_metadata(old, labels=made["metadata"].get("labels"))["metadata"]
    return metadata


def _stamped(obj: Obj, trigger: str) -> Obj:
    annotations = {**(obj["metadata"].get("annotations") or {}), TRIGGER: trigger}
    return with_metadata(obj, annotations=annotations)
