"""EventObjects as the cluster's components record them: counted, combined, rate limited.

The same happening again raises a count instead of making a new object (client-go tools/record);
the scheduler and kube-proxy write the newer form. This file must not know why something happened.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.apimachinery.meta import reference_to
from sim.apimachinery.wire import Obj
from sim.apiserver.registry import Registry

BURST = 25
"""Events a source may write about one object before its bucket is empty."""
REFILL_MS = 300_000
"""One more event per this time."""
SIMILAR_LIMIT = 10
"""Distinct messages of one reason before further ones are combined."""
SIMILAR_WINDOW_MS = 600_000
COMBINED = "(combined from similar events): "
SERIES_WINDOW_MS = 360_000
"""The newer recorder forgets a series after six quiet minutes."""
TTL_MS = 3_600_000
"""kube-apiserver --event-ttl: an hour after its last write an event is gone."""

SERIES_RECORDERS = frozenset({"default-scheduler", "kube-proxy"})
"""Components that write through events.k8s.io: eventTime, action, reportingComponent."""
NAMED_BY_NODE = frozenset({"kubelet", "kube-proxy"})
"""Components that give a Node's name for its uid in what they record."""
FIRST_WORDS = frozenset({"Starting"})
"""Reasons of a process's first event: a recorder begins with it and knows no series."""
ACTIONS = {
    "Scheduled": "Binding",
    "FailedScheduling": "Scheduling",
    "Preempted": "Preempting",
    "Starting": "StartKubeProxy",
}


@dataclass(slots=True)
class _Similar:
    """The distinct messages seen of one kind of happening."""

    messages: dict[str, None] = field(default_factory=dict)
    last: int = 0


@dataclass(slots=True)
class _Seen:
    """How often the same thing has happened, written or not, and the EventObject that says so."""

    first: str
    count: int = 0
    place: tuple[str, str] | None = None


@dataclass(slots=True)
class _Bucket:
    """The spam filter's tokens for one source and object."""

    tokens: float = BURST
    at: int = 0

    def take(self, now: int) -> bool:
        self.tokens = min(float(BURST), self.tokens + max(0, now - self.at) / REFILL_MS)
        self.at = max(self.at, now)
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Recorder:
    """Writes EventObjects into the registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._names: dict[tuple[str, ...], tuple[str, str]] = {}
        self._seen: dict[tuple[str, ...], _Seen] = {}
        self._similar: dict[tuple[str, ...], _Similar] = {}
        self._buckets: dict[tuple[str, ...], _Bucket] = {}
        self._made: dict[str, int] = {}

    def record(
        self,
        about: Obj,
        type_: str,
        reason: str,
        message: str,
        *,
        component: str,
        host: str,
        field_path: str,
        at: int,
    ) -> None:
        """Record that *reason* happened to *about* at *at* (ms, may be negative)."""
        reference = reference_to(about)
        if component in NAMED_BY_NODE and reference["kind"] == "Node":
            reference = {**reference, "uid": reference["name"]}
            reference.pop("resourceVersion", None)
            reference.pop("apiVersion", None)
        if field_path:
            reference["fieldPath"] = field_path
        if component in SERIES_RECORDERS:
            self._record_series(reference, type_, reason, message, component, host, at)
        else:
            self._record_counted(reference, type_, reason, message, component, host, at)

    def _record_counted(
        self,
        reference: Obj,
        type_: str,
        reason: str,
        message: str,
        component: str,
        host: str,
        at: int,
    ) -> None:
        source = (component, host, reference["kind"], _space(reference), reference["name"])
        subject = (*source, reference.get("uid", ""), reference.get("fieldPath", ""))
        group = (*subject[:6], type_, reason)
        similar = self._similar.setdefault(group, _Similar())
        if at - similar.last > SIMILAR_WINDOW_MS:
            similar.messages.clear()
        similar.last = at
        key: tuple[str, ...] = (*subject, type_, reason, message)
        if message not in similar.messages and len(similar.messages) >= SIMILAR_LIMIT:
            message = COMBINED + message
            key = (*group, COMBINED)
        else:
            similar.messages[message] = None
        stamp = self._registry.timestamp(at)
        seen = self._seen.get(key)
        if seen is None:
            seen = self._seen[key] = _Seen(stamp)
        seen.count += 1
        if not self._buckets.setdefault(subject[:6], _Bucket(at=at)).take(at):
            return  # the recorder counts what it does not write
        if seen.place is not None:
            count = seen.count

            def again(event: Obj) -> Obj:
                return {**event, "count": count, "lastTimestamp": stamp, "message": message}

            if self._current(*seen.place) and self._registry.modify("events", *seen.place, again):
                return
        body = {
            "reason": reason,
            "message": message,
            "source": {"component": component, **({"host": host} if host else {})},
            "firstTimestamp": seen.first,
            "lastTimestamp": stamp,
            "count": seen.count,
            "type": type_,
            "eventTime": None,
            "reportingComponent": component,
            "reportingInstance": host,
        }
        seen.place = self._create(reference, body, at)

    def _record_series(
        self,
        reference: Obj,
        type_: str,
        reason: str,
        message: str,
        component: str,
        host: str,
        at: int,
    ) -> None:
        subject = (reference["kind"], _space(reference), reference["name"])
        key = (component, host, *subject, reference.get("uid", ""), type_, reason, message)
        micro = self._registry.epoch.rfc3339_micro(at)
        known = self._names.get(key)
        if known is not None and reason not in FIRST_WORDS:

            def again(event: Obj) -> Obj:
                series = event.get("series") or {"count": 1}
                series = {"count": series["count"] + 1, "lastObservedTime": micro}
                return {**event, "series": series}

            event = self._registry.store.get("events", *known)
            seen = self._last_seen(event) if event else None
            if seen is not None and at - seen <= SERIES_WINDOW_MS:
                self._registry.modify("events", *known, again)
                return
        instance = f"{component}-{host}" if host else component
        body: Obj = {
            "reason": reason,
            "message": message,
            "source": {},
            "firstTimestamp": None,
            "lastTimestamp": None,
            "type": type_,
            "eventTime": micro,
            "action": ACTIONS.get(reason, reason),
            "reportingComponent": component,
            "reportingInstance": instance,
        }
        self._names[key] = self._create(reference, body, at)

    def _create(self, reference: Obj, body: Obj, at: int) -> tuple[str, str]:
        registry = self._registry
        subject, namespace = reference["name"], _space(reference)
        nth = self._made[subject] = self._made.get(subject, 0) + 1
        nanos = registry.stream.at("event", subject, nth).integer(0, 999_999)
        unix_ns = registry.epoch.at(at) * 1_000_000 + nanos
        if body["eventTime"]:  # the same instant as the name's, to the microsecond
            body = {**body, "eventTime": f"{body['eventTime'][:-4]}{nanos // 1000:03d}Z"}
        name = f"{subject}.{unix_ns:016x}"
        while registry.store.get("events", namespace, name) is not None:
            unix_ns += 1
            name = f"{subject}.{unix_ns:016x}"
        metadata = {"name": name, "namespace": namespace}
        event: Obj = {"metadata": metadata, "involvedObject": reference, **body}
        if at < registry.env.now:
            metadata["creationTimestamp"] = registry.timestamp(at)
        if at < 0 and registry.env.now == 0:
            registry.load("events", event)
        else:
            registry.create("events", event)
        return namespace, name

    def _current(self, namespace: str, name: str) -> bool:
        event = self._registry.store.get("events", namespace, name)
        return event is not None and not self.is_expired(event)

    def _last_seen(self, event: Obj) -> int | None:
        stamp = (
            (event.get("series") or {}).get("lastObservedTime")
            or event.get("lastTimestamp")
            or event.get("eventTime")
            or event.get("firstTimestamp")
            or event["metadata"].get("creationTimestamp")
        )
        return self._registry.epoch.since(stamp) if stamp else None

    def is_expired(self, event: Obj) -> bool:
        """True when the event's last write is older than the server keeps events."""
        entries = event["metadata"].get("managedFields")
        if entries:  # an outsider's: it may say what it likes about when that happened
            stamps = [one["time"] for one in entries if one.get("time")]
            seen = max((self._registry.epoch.since(one) for one in stamps), default=None)
        else:
            seen = self._last_seen(event)
        return seen is not None and self._registry.env.now - seen > TTL_MS


def _space(reference: Obj) -> str:
    """Return the namespace in which events about *reference* live."""
    return str(reference.get("namespace") or "default")
