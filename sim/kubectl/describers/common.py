"""What most pages of `describe` share: labels, annotations, tolerations, events, times.

It must not know any kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sim.apimachinery.duration import human_duration
from sim.apimachinery.wire import Obj
from sim.client.rest import ApiStatusError, RestClient, collection_path
from sim.kernel.walltime import parse_rfc3339_ms
from sim.kubectl.describers.writer import Page
from sim.kubectl.gosort import go_sort
from sim.kubectl.invocation import Invocation

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_MIRROR = "kubernetes.io/config.mirror"
_ANNOTATION_WIDTH = 140
_NO_TIME = "Mon, 01 Jan 0001 00:00:00 +0000"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Looking:
    """What a describer may ask: the API, the clock, and whether events are wanted."""

    call: Invocation
    show_events: bool = True
    chunk: int = 500

    @property
    def client(self) -> RestClient:
        """Return the client of this run."""
        return self.call.client

    def items(self, plural: str, namespace: str, *query: tuple[str, str]) -> list[Obj]:
        """Return the objects of a resource that this client knows."""
        resource = self.call.known(plural)
        return self.client.items(collection_path(resource, namespace), query, limit=self.chunk)

    def age(self, timestamp: str | None) -> str:
        """Return how long ago *timestamp* was, or `<unknown>`."""
        return self.call.age(timestamp)

    def elapsed(self, start: str, end: str) -> str:
        """Return the time between two timestamps."""
        return human_duration(parse_rfc3339_ms(end) - parse_rfc3339_ms(start))


Describer = Callable[[Looking, Obj], str]


def write_time(timestamp: str | None) -> str:
    """Return a timestamp in RFC 1123 form with a numeric zone, e.g. `Sun, 22 Nov 2026 12:33:05 +0000`."""
    if not timestamp:
        return _NO_TIME
    moment = datetime.fromtimestamp(parse_rfc3339_ms(timestamp) // 1000, UTC)
    return (
        f"{_DAYS[moment.weekday()]}, {moment.day:02d} {_MONTHS[moment.month - 1]} {moment.year} "
        f"{moment.hour:02d}:{moment.minute:02d}:{moment.second:02d} +0000"
    )


def true_or_false(value: object) -> str:
    """Return `True` or `False`, as describe prints booleans of a container."""
    return "True" if value else "False"


def go_bool(value: object) -> str:
    """Return `true` or `false`."""
    return "true" if value else "false"


def write_head(page: Page, obj: Obj) -> None:
    """Write name and namespace."""
    page.line(0, "Name:", obj["metadata"]["name"])
    page.line(0, "Namespace:", obj["metadata"].get("namespace", ""))


def write_labels(page: Page, title: str, labels: Mapping[str, str] | None) -> None:
    """Write `title:` and one `key=value` a line."""
    write_list(page, title, [f"{key}={labels[key]}" for key in sorted(labels)] if labels else [])


def plain_labels(labels: Mapping[str, str] | None) -> str:
    """Return labels on one line, `a=b,c=d` by key, as some kinds print annotations too."""
    return ",".join(f"{key}={labels[key]}" for key in sorted(labels)) if labels else "<none>"


def write_list(page: Page, title: str, values: Sequence[str]) -> None:
    """Write `title:` and *values* beneath each other, or `<none>`."""
    for index, value in enumerate(values or ["<none>"]):
        page.line(0, f"{title}:" if index == 0 else "", value)


def write_annotations(page: Page, title: str, annotations: Mapping[str, str] | None) -> None:
    """Write annotations; long ones stand beneath their key."""
    shown = {key: value for key, value in (annotations or {}).items() if key != LAST_APPLIED}
    if not shown:
        page.line(0, f"{title}:", "<none>")
    for index, key in enumerate(sorted(shown)):
        page.write(0, f"{title}:\t" if index == 0 else "\t")
        value = shown[key].removesuffix("\n")
        if len(value) + len(key) + 2 > _ANNOTATION_WIDTH or "\n" in value:
            page.write(0, f"{key}:\n")
            for line in value.split("\n"):
                cut = _ANNOTATION_WIDTH - 2
                page.write(0, f"\t  {line[:cut]}...\n" if len(line) > cut else f"\t  {line}\n")
        else:
            page.write(0, f"{key}: {value}\n")


def write_tolerations(page: Page, title: str, tolerations: Sequence[Obj] | None) -> None:
    """Write tolerations in order of their keys."""
    ordered = sorted(tolerations or [], key=lambda one: str(one.get("key", "")))
    write_list(page, title, [_toleration(one) for one in ordered])


def _toleration(one: Obj) -> str:
    key, value, effect = one.get("key", ""), one.get("value", ""), one.get("effect", "")
    text = str(key)
    if value:
        text += f"={value}"
    if effect:
        text += f":{effect}"
    if one.get("operator") == "Exists" and not value:
        text += " op=Exists" if key or effect else "op=Exists"
    if one.get("tolerationSeconds") is not None:
        text += f" for {one['tolerationSeconds']}s"
    return text


def write_conditions(page: Page, conditions: Sequence[Obj] | None) -> None:
    """Write the conditions of a workload: type, status, reason."""
    if not conditions:
        return
    page.write(0, "Conditions:\n  Type\tStatus\tReason\n")
    page.line(1, "----", "------", "------")
    for one in conditions:
        page.line(1, f"{one.get('type', '')} ", one.get("status", ""), one.get("reason", ""))


def find_events(
    look: Looking, obj: Obj, *, with_kind: bool = True, uid: str | None = None
) -> list[Obj]:
    """Return the events about *obj*, in the server's order; none if they cannot be had."""
    metadata = obj["metadata"]
    namespace = metadata.get("namespace", "")
    parts = [f"involvedObject.name={metadata['name']}", f"involvedObject.namespace={namespace}"]
    if with_kind:
        parts.append(f"involvedObject.kind={obj.get('kind', '')}")
    if uid is None:
        uid = metadata.get("uid", "")
    if uid:
        parts.append(f"involvedObject.uid={uid}")
    try:
        return look.items("events", namespace, ("fieldSelector", ",".join(parts)))
    except ApiStatusError:
        return []


def pod_events(look: Looking, pod: Obj) -> list[Obj]:
    """Return a pod's events; a static pod's are about the uid of its manifest."""
    annotations = pod["metadata"].get("annotations") or {}
    return find_events(look, pod, with_kind=False, uid=annotations.get(_MIRROR))


def write_events(page: Page, look: Looking, obj: Obj, events: Sequence[Obj] | None = None) -> None:
    """Write the events about *obj*, oldest last seen first, if they are wanted."""
    if not look.show_events:
        return
    found = list(find_events(look, obj) if events is None else events)
    if not found:
        page.line(0, "Events:", "<none>")
        return
    go_sort(found, lambda one, other: _last(one) < _last(other))
    page.write(0, "Events:\n  Type\tReason\tAge\tFrom\tMessage\n")
    page.line(1, "----", "------", "----", "----", "-------")
    for event in found:
        source = (event.get("source") or {}).get("component") or event.get("reportingComponent", "")
        message = str(event.get("message") or "").strip()
        field_path = (event.get("involvedObject") or {}).get("fieldPath")
        if field_path:
            message = f"{field_path}: {message}"
        page.line(
            1, event.get("type", ""), event.get("reason", ""), event_age(look.call, event), source,
            message,
        )  # fmt: skip


def event_age(call: Invocation, event: Obj) -> str:
    """Return `5s`, or `5s (x9 over 100s)` for an event that was seen several times."""
    first = call.age(event.get("eventTime") or event.get("firstTimestamp"))
    series = event.get("series")
    if series:
        last = call.age(series.get("lastObservedTime"))
        return f"{last} (x{series.get('count', 0)} over {first})"
    count = event.get("count") or 0
    if count > 1:
        return f"{call.age(event.get('lastTimestamp'))} (x{count} over {first})"
    return first


def _last(event: Obj) -> str:
    return event.get("lastTimestamp") or ""


def controlled_by(obj: Obj) -> str:
    """Return `ReplicaSet/web-5d4f` for the controlling owner, or nothing."""
    for owner in obj["metadata"].get("ownerReferences") or []:
        if owner.get("controller"):
            return f"{owner['kind']}/{owner['name']}"
    return ""


def pod_phases(look: Looking, obj: Obj, selector: str) -> str:
    """Return how many pods of a controller run, wait, succeeded and failed."""
    phases = {"Running": 0, "Pending": 0, "Succeeded": 0, "Failed": 0}
    namespace = obj["metadata"].get("namespace", "")
    for pod in look.items("pods", namespace, ("labelSelector", selector)):
        owners = pod["metadata"].get("ownerReferences") or []
        mine = any(
            owner.get("controller") and owner.get("uid") == obj["metadata"].get("uid")
            for owner in owners
        )
        phase = (pod.get("status") or {}).get("phase")
        if mine and phase in phases:
            phases[phase] += 1
    running, waiting, succeeded, failed = phases.values()
    return f"{running} Running / {waiting} Waiting / {succeeded} Succeeded / {failed} Failed"
