"""GET and LIST and WATCH: what the store holds, selected, in pages, in the form asked for.

Reading changes nothing, so how often somebody looks leaves no trace. This file must not write.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from typing import TYPE_CHECKING

from sim.apimachinery.errors import (
    ApiError,
    Cause,
    bad_request,
    expired,
    invalid,
    not_found,
    too_large_resource_version,
)
from sim.apimachinery.wire import ApiRequest, Obj
from sim.apiserver.eventsview import newer_event
from sim.apiserver.paths import Target
from sim.apiserver.representation import Form
from sim.apiserver.selectable import exact_name, selection
from sim.apiserver.watch import Watch

if TYPE_CHECKING:
    from sim.apiserver.server import ApiServer

EVENTS_GROUP = "events.k8s.io"

_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start "
    "a new list without the continue parameter, or use the continue token in this response to "
    "retrieve the remainder of the results. Continuing with the provided token results in an "
    "inconsistent list - objects that were created, modified, or deleted between the time the "
    "first chunk was returned and now may show up in the list."
)


def parse_revision(text: str) -> int:
    """Return a resourceVersion of a query; "" and "0" mean any.

    Raises:
        ApiError: if it is not a number.
    """
    if not text:
        return 0
    if text.isascii() and text.isdigit():
        return int(text)
    message = (
        f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": '
        "invalid syntax"
    )
    raise ApiError(500, "", message)


class Reader:
    """Answers what asks and changes nothing."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api

    @property
    def _now(self) -> int:
        return self._api.epoch.at(self._api.env.now)

    def form(self, target: Target, request: ApiRequest) -> Form:
        """Return how objects of *target* are shown to *request*."""
        view = self._api.views.get(target.info.plural)
        if target.info.group == EVENTS_GROUP:
            view = newer_event
        return Form.of(target.info, request, view)

    def find(self, target: Target) -> Obj:
        """Return the stored object that *target* names.

        Raises:
            ApiError: NotFound.
        """
        info = target.info
        found = self._api.registry.store.get(info.plural, target.space, target.name)
        if found is None or self._is_gone(info.plural, found):
            group = "" if info.group == EVENTS_GROUP else info.group
            raise not_found(info.plural, target.name, group)
        return found

    def get(self, target: Target, request: ApiRequest) -> Obj:
        """Return one object as asked for."""
        form = self.form(target, request)
        return form.one(self.find(target), self._now)

    def selected(self, target: Target, request: ApiRequest) -> list[Obj]:
        """Return the stored objects that *request* selects, in key order."""
        labels, fields = request.param("labelSelector"), request.param("fieldSelector")
        matches = selection(target.info, labels, fields)
        resource = target.info.plural
        store = self._api.registry.store
        name = exact_name(fields)
        if name and (target.namespace is not None or not target.info.namespaced):
            one = store.get(resource, target.space, name)
            objects = [] if one is None else [one]
        else:
            objects = store.list(resource, target.namespace)
        if resource == "events":
            objects = [one for one in objects if not self._is_gone(resource, one)]
        return objects if matches is None else [one for one in objects if matches(one)]

    def list(self, target: Target, request: ApiRequest) -> Obj:
        """Return a list as asked for, a page of it where a limit is set."""
        form = self.form(target, request)
        current = self._api.registry.store.revision
        revision = parse_revision(request.param("resourceVersion"))
        if revision > current:
            raise too_large_resource_version(revision, current)
        objects = self.selected(target, request)
        shown, token = current, request.param("continue")
        if token:
            shown, start = self._parse_continue(target, token)
            objects = [one for one in objects if _order(target, one) > start]
        metadata: Obj = {"resourceVersion": str(shown)}
        limit = _limit(request)
        if limit and len(objects) > limit:
            rest = len(objects) - limit
            objects = objects[:limit]
            metadata["continue"] = _format_continue(shown, _order(target, objects[-1]))
            if not (request.param("labelSelector") or request.param("fieldSelector")):
                metadata["remainingItemCount"] = rest
        return form.many(objects, metadata, self._now)

    def watch(self, target: Target, request: ApiRequest) -> Watch:
        """Open a watch of *target*.

        Raises:
            ApiError: if a selector or the resourceVersion is refused.
        """
        api = self._api
        registry, info = api.registry, target.info
        form = self.form(target, request)
        fields = request.param("fieldSelector")
        if target.name:
            fields = f"metadata.name={target.name}" + (f",{fields}" if fields else "")
        matches = selection(info, request.param("labelSelector"), fields)
        namespace = target.namespace
        initial = request.param("sendInitialEvents") == "true"
        _check_watch_options(request)
        revision = parse_revision(request.param("resourceVersion"))
        if revision > registry.store.revision:
            raise too_large_resource_version(revision, registry.store.revision)

        def concerns(obj: Obj) -> bool:
            if namespace is not None and obj["metadata"].get("namespace") != namespace:
                return False
            return matches is None or matches(obj)

        def show(obj: Obj, first: bool) -> Obj:
            return form.watched(obj, self._now, first=first)

        marks = request.param("allowWatchBookmarks") in ("true", "1")
        watch = Watch(
            api.env,
            matches=concerns,
            show=show,
            forget=lambda one: registry.detach(info.plural, one),
            revision=lambda: registry.store.revision,
            bookmark=form.bookmark if marks else None,
        )
        oldest = registry.history.oldest(info.plural)
        if initial or revision == 0:
            for obj in registry.store.list(info.plural, namespace):
                if concerns(obj) and not self._is_gone(info.plural, obj):
                    watch.push("ADDED", obj)
            if initial:
                watch.push_bookmark(initial_end=True)
        elif revision < oldest:
            watch.fail(expired(f"too old resource version: {revision} ({oldest})").status)
            return watch
        else:
            for change in registry.history.since(info.plural, revision):
                watch.feed(change)
        registry.attach(info.plural, watch)
        self._end_after(watch, request.param("timeoutSeconds"))
        return watch

    def _end_after(self, watch: Watch, seconds: str) -> None:
        if seconds.isdigit() and int(seconds):
            timeout = self._api.env.timeout(int(seconds) * 1000)
            timeout.callbacks.append(lambda _event: watch.expire())

    def _is_gone(self, resource: str, obj: Obj) -> bool:
        return resource == "events" and self._api.recorder.is_expired(obj)

    def _parse_continue(self, target: Target, token: str) -> tuple[int, tuple[str, str]]:
        try:
            padded = token + "=" * (-len(token) % 4)
            held = json.loads(urlsafe_b64decode(padded))
            revision, start = int(held["rv"]), str(held["start"])
        except (ValueError, KeyError, TypeError, Base64Error):
            message = (
                "invalid continue token: continue key is not valid: invalid character "
                f"'{token[:1]}' looking for beginning of value"
            )
            raise bad_request(message) from None
        if revision < self._api.registry.history.oldest(target.info.plural):
            raise expired(_TOO_OLD)
        namespace, _, name = start.rstrip("\x00").rpartition("/")
        return revision, (f"{namespace}/", name)


def _order(target: Target, obj: Obj) -> tuple[str, str]:
    """Return where *obj* stands in the list, as the store orders it."""
    metadata = obj["metadata"]
    namespace = metadata.get("namespace", "") if target.namespace is None else ""
    return f"{namespace}/", metadata["name"]


def _format_continue(revision: int, last: tuple[str, str]) -> str:
    start = (last[0] if last[0] != "/" else "") + last[1] + "\x00"
    held = json.dumps(
        {"v": "meta.k8s.io/v1", "rv": revision, "start": start}, separators=(",", ":")
    )
    return urlsafe_b64encode(held.encode()).decode().rstrip("=")


def _limit(request: ApiRequest) -> int:
    text = request.param("limit")
    return int(text) if text.isascii() and text.isdigit() else 0


def _check_watch_options(request: ApiRequest) -> None:
    """Refuse sendInitialEvents where its two companions are missing, as ListOptions are checked."""
    if request.param("sendInitialEvents") != "true":
        return
    if request.param("resourceVersionMatch") != "NotOlderThan":
        cause = Cause(
            "FieldValueForbidden",
            "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
            "resourceVersionMatch",
        )
        raise invalid("ListOptions", "", [cause], "meta.k8s.io")
