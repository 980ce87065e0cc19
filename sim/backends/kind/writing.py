"""The trainee's door to a real API server: what is written through it becomes a deed at once.

It looks at an object before it is written, and changes no answer. Who stands at the door is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

from sim.apimachinery.wire import ApiRequest, ApiResponse, ExecRequest, ForwardRequest, Obj
from sim.backends.deeds import Templates
from sim.backends.kind.sqlwork import Deed, Typed, roles_changed
from sim.backends.kind.written import WRITES, Place, earlier_templates, place_of, told
from sim.client.doors import Connection, Execution, TextStream, Transport, WatchStream
from sim.client.https import UnreachableError
from sim.client.rest import ApiStatusError, RestClient

_NO_OBJECTS = ("Status", "Table", "Scale", "PartialObjectMetadata")
Act = Callable[[str, str, str], None]
"""Takes target, verb and detail of what has been done."""


class WritingDoor:
    """A Transport that tells what was changed through it."""

    def __init__(self, transport: Transport, world: Transport, act: Act) -> None:
        """Pass requests on to *transport*; look through *world*, which leaves no trace; tell *act*."""
        self._transport = transport
        self._world = world
        self._rest = RestClient(world)
        self._act = act

    def send(self, request: ApiRequest) -> ApiResponse:
        """Answer one request at once."""
        if request.method == "GET" or request.param("dryRun"):
            return self._transport.send(request)
        found = place_of(request.method, request.path)
        if found is None or found[0] not in WRITES:
            return self._transport.send(request)
        verb, place = found
        before = self._before(verb, place, request)
        # Afterwards the revision that this write makes would be among them.
        earlier = [
            template
            for one in before
            if place.resource == "deployments" and not place.part and verb != "delete"
            for template in earlier_templates(one, self._world)
        ]
        answer = self._transport.send(request)
        if answer.code < 300 and not _dry(request.body):
            self._tell(verb, place, before, answer.body, lambda _: earlier)
        return answer

    def watch(self, request: ApiRequest) -> WatchStream | ApiResponse:
        """Open a watch, or return the refusal."""
        return self._transport.watch(request)

    def stream(self, request: ApiRequest) -> TextStream | ApiResponse:
        """Open a streaming text answer, or return the refusal."""
        return self._transport.stream(request)

    def exec(self, request: ExecRequest) -> Execution | ApiResponse:
        """Start a program in a container, or return the refusal."""
        answer = self._transport.exec(request)
        if isinstance(answer, ApiResponse) or not request.argv:
            return answer

        def done(changes: list[Deed]) -> None:
            name = self._application(request.namespace, request.pod) if changes else ""
            for what, verb, detail in changes:
                self._act(f"database:{name}/{what}", verb, detail)

        return cast("Execution", _Watched(answer, request.argv, done))

    def forward(self, request: ForwardRequest) -> Connection | ApiResponse:
        """Open one connection to a port of a pod, or return the refusal."""
        return self._transport.forward(request)

    def _before(self, verb: str, place: Place, request: ApiRequest) -> list[Obj]:
        """Return what is there before: the object, or all those that a collection's deletion takes."""
        if verb == "deletecollection":
            with suppress(ApiStatusError, UnreachableError):
                query = [one for one in request.query if one[0].endswith("Selector")]
                return list(self._rest.get(request.path, query).get("items") or ())
            return []
        found = self._find(place) if place.name else None
        return [found] if found is not None else []

    def _tell(
        self, verb: str, place: Place, before: list[Obj], body: Any, earlier: Templates
    ) -> None:
        if verb == "deletecollection":
            for one in before:
                self._act(_of(place, one).target, "delete", "")
            return
        old = before[0] if before else None
        made = body if isinstance(body, dict) and body.get("kind") not in _NO_OBJECTS else None
        if not place.name:
            place = _of(place, made or _row(body))
        if not place.matters:
            return
        gone = verb == "delete" or place.part == "eviction"
        new: Obj | None = None if gone else made
        if not gone and (place.part or made is None):
            new = self._find(place)
        if old is not None and new is not None and _version(old) == _version(new):
            return  # nothing was written
        meant, detail = told(verb, old, new, earlier)
        self._act(place.target, meant, detail)

    def _application(self, namespace: str, pod: str) -> str:
        """Return what a pod belongs to."""
        found = self._find(Place("", "v1", "pods", namespace, pod)) or {"metadata": {}}
        return str((found["metadata"].get("labels") or {}).get("app") or pod)

    def _find(self, place: Place) -> Obj | None:
        with suppress(ApiStatusError, UnreachableError):
            found: Obj = self._rest.get(place.path)
            return found
        return None


class _Watched:
    """An Execution that tells what its program changes: as its words say, once it has ended well, or as it is told."""

    def __init__(
        self, inner: Execution, argv: Sequence[str], done: Callable[[list[Deed]], None]
    ) -> None:
        self._inner = inner
        self._words = roles_changed(argv)
        self._typed = Typed(argv)
        self._done = done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def write(self, text: str) -> None:
        self._inner.write(text)
        self._done(self._typed.more(text))

    def close_stdin(self) -> None:
        self._inner.close_stdin()
        self._done(self._typed.more("", over=True))

    @property
    def exit_code(self) -> int | None:
        code = self._inner.exit_code
        if code is not None:
            words, self._words = self._words, []
            self._done(words if code == 0 else [])
        return code


def _of(place: Place, obj: Obj) -> Place:
    """Return *obj*'s own place in the collection at *place*."""
    metadata = obj["metadata"]
    namespace = str(metadata.get("namespace") or place.namespace)
    return replace(place, namespace=namespace, name=str(metadata.get("name", "")))


def _row(table: Any) -> Obj:
    """Return the object of which a Table of one row speaks; it has no name if there is none."""
    rows = table.get("rows") if isinstance(table, dict) else None
    found: Obj = (rows[0].get("object") if rows else None) or {}
    return found if "metadata" in found else {"metadata": {}}


def _version(obj: Obj) -> Any:
    return obj["metadata"].get("resourceVersion")


def _dry(body: Any) -> bool:
    """Return whether the options in a body say that nothing is to be done."""
    if not isinstance(body, dict):
        return False
    options = body.get("deleteOptions") if body.get("kind") == "Eviction" else body
    return isinstance(options, dict) and bool(options.get("dryRun"))
