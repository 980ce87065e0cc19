"""The API server's audit log: what people wrote to the cluster past our own doors.

A line is an event (k8s.io/apiserver/pkg/apis/audit/v1); which of them are ours is told by their ids.
How the log is switched on and how its lines come here is not known here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sim.apimachinery.wire import Obj
from sim.backends.kind.written import WRITES, Place, earlier_templates, told
from sim.client.doors import Transport
from sim.client.https import UnreachableError
from sim.client.rest import ApiStatusError, RestClient

KEPT = (
    "/apis/apps/v1/deployments",
    "/apis/apps/v1/daemonsets",
    "/apis/apps/v1/statefulsets",
    "/api/v1/nodes",
    "/api/v1/services",
    "/api/v1/configmaps",
)
"""What a write is compared with; of anything else it is only said that it was written."""
_RUN = frozenset({"exec", "attach"})
_SYSTEM = ("system:node:", "system:serviceaccount:kube-system:", "system:kube-", "system:apiserver")


@dataclass(frozen=True, slots=True)
class Seen:
    """One request that changed something, or ran a program in a container."""

    id: str
    user: str
    agent: str
    """`kubectl/v1.37.1`: as it calls itself."""
    verb: str
    place: Place
    runs: bool
    """A program was started in a container; what it did there is not known."""
    uri: str
    body: Any
    """What was sent; None where the log keeps none."""
    at: str
    """When it was asked, RFC 3339."""
    new: Obj | None
    """The object afterwards; None where it is gone or not kept."""

    @property
    def line(self) -> str:
        """What was asked, for people."""
        return f"{self.verb} {self.uri.partition('?')[0]}"


def seen_in(line: str) -> Seen | None:
    """Return what a line of the log tells, None if nothing was changed by it."""
    try:
        event = json.loads(line)
        ref = event.get("objectRef") or {}
        verb, part = str(event["verb"]), str(ref.get("subresource", ""))
        if not _done(event, verb, part):
            return None
        new = event.get("responseObject")
        new = new if isinstance(new, dict) and new.get("kind") != "Status" else None
        name = ref.get("name") or ((new or {}).get("metadata") or {}).get("name", "")
        user = event.get("impersonatedUser") or event.get("user") or {}
        return Seen(
            id=str(event["auditID"]),
            user=str(user.get("username", "")),
            agent=str(event.get("userAgent", "")).partition(" ")[0],
            verb=verb,
            place=Place(
                str(ref.get("apiGroup", "")),
                str(ref.get("apiVersion", "v1")),
                str(ref.get("resource", "")),
                str(ref.get("namespace", "")) if ref.get("resource") != "namespaces" else "",
                str(name),
                "" if part in _RUN else part,
            ),
            runs=part in _RUN,
            uri=str(event.get("requestURI", "")),
            body=event.get("requestObject"),
            at=str(event.get("requestReceivedTimestamp", "")),
            new=None if verb == "delete" or part == "eviction" else new,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # a line cut short by rotation, or not an event


def _done(event: dict[str, Any], verb: str, part: str) -> bool:
    code = int((event.get("responseStatus") or {}).get("code") or 0)
    if part in _RUN:
        # A program may run for long; its beginning counts. It is 101 over either protocol.
        return event.get("stage") == "ResponseStarted" and code < 300
    query = parse_qs(urlsplit(str(event.get("requestURI", ""))).query)
    return (
        verb in WRITES
        and event.get("stage") == "ResponseComplete"
        and 200 <= code < 300
        and "dryRun" not in query
    )


def is_person(user: str) -> bool:
    """Return whether *user* is none of the cluster's own parts."""
    return not user.startswith(_SYSTEM)


Notice = Callable[[Seen, str, str], None]
"""Takes who did what, its verb as evidence has it, and the detail."""


class Auditor:
    """Reads the log's lines in order and tells what was done by others."""

    def __init__(self, world: Transport, ours: Callable[[str], bool], notice: Notice) -> None:
        """Begin with the cluster as *world* shows it; *ours* knows the ids of our own requests."""
        self._world = world
        self._ours = ours
        self._notice = notice
        self._known: dict[str, Obj] = {}
        self._running: set[str] = set()
        rest = RestClient(world)
        for collection in KEPT:
            root, _, plural = collection.rpartition("/")
            with suppress(ApiStatusError, UnreachableError):
                for one in rest.items(collection):
                    space = one["metadata"].get("namespace")
                    middle = f"/namespaces/{space}" if space else ""
                    self._known[f"{root}{middle}/{plural}/{one['metadata']['name']}"] = one

    def read(self, lines: Iterable[str]) -> None:
        """Read what has been written since."""
        for line in lines:
            seen = seen_in(line)
            if seen is None or not seen.place.matters:
                continue
            if not self._ours(seen.id) and is_person(seen.user):
                self._tell(seen)
            self._learn(seen)

    def _tell(self, seen: Seen) -> None:
        place = seen.place
        if seen.runs:
            if seen.id in self._running:
                return
            self._running.add(seen.id)
            words = parse_qs(urlsplit(seen.uri).query).get("command", [])
            self._notice(seen, "exec", said(seen, " ".join(words)))
            return
        old, new = self._known.get(place.path), seen.new
        if place.part and place.part != "eviction":
            new = self._now(place)
        verb, detail = told(
            seen.verb, old, new, lambda one: earlier_templates(one, self._world, seen.at)
        )
        self._notice(seen, verb, said(seen, detail))

    def _learn(self, seen: Seen) -> None:
        path = seen.place.path
        if seen.runs:
            return
        if seen.place.part:
            if seen.place.part == "scale" and (now := self._now(seen.place)) is not None:
                self._known[path] = now
        elif seen.verb == "delete":
            self._known.pop(path, None)
        elif seen.new is not None and _kept(seen.place):
            self._known[path] = seen.new

    def _now(self, place: Place) -> Obj | None:
        with suppress(ApiStatusError, UnreachableError):
            found: Obj = RestClient(self._world).get(place.path)
            return found
        return None


def _kept(place: Place) -> bool:
    root = f"/apis/{place.group}/{place.version}" if place.group else f"/api/{place.version}"
    return f"{root}/{place.resource}" in KEPT


def said(seen: Seen, detail: str) -> str:
    """Return the detail of something done outside: by whom, with what, and what it was."""
    who = f"made outside the terminal by {seen.user or 'somebody'}"
    agent = f" ({seen.agent})" if seen.agent else ""
    return f"{who}{agent}" + (f": {detail}" if detail else "")
