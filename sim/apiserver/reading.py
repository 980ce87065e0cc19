"""GET and LIST and WATCH: what the store holds, selected, in pages, in the form asked for.

Reading changes nothing, so how often somebody looks leaves no trace. This file must not write.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterable
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from sim.apimachinery.errors import bad_request, expired, not_found, too_large_resource_version
from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.wire import ApiRequest, Obj
from sim.apiserver.conversion import view_of
from sim.apiserver.listoptions import ListOptions
from sim.apiserver.paging import NEWEST, Place
from sim.apiserver.paths import Target
from sim.apiserver.printers import printer_of
from sim.apiserver.representation import Form
from sim.apiserver.selectable import Matcher, exact_name, selection
from sim.apiserver.watch import Watch

if TYPE_CHECKING:
    from sim.apiserver.server import ApiServer

EVENTS_GROUP = "events.k8s.io"

Objects = list[Obj]
"""Within the class `list` is the verb."""


class Reader:
    """Answers what asks and changes nothing."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self._snapshot: tuple[tuple[str, str | None, int], Objects] | None = None
        """The list that somebody is paging through: pages of one list follow one another."""
        self._shown: dict[Hashable, tuple[Obj, int, Obj]] = {}
        """What was streamed last in each form, with its object and time."""

    @property
    def _now(self) -> int:
        return self._api.epoch.at(self._api.env.now)

    def form(self, target: Target, request: ApiRequest) -> Form:
        """Return how objects of *target* are shown to *request*."""
        info = target.info
        view = view_of(info) or self._api.views.get(info.key)
        custom = self._api.registry.resources.version_of(info)
        printer = printer_of(info.plural) if custom is None else custom.printer
        return Form.of(info, request, printer, view)

    def find(self, target: Target) -> Obj:
        """Return the stored object that *target* names.

        Raises:
            ApiError: NotFound.
        """
        info = target.info
        found = self._api.registry.store.get(info.key, target.space, target.name)
        if found is None or self._is_gone(info.key, found):
            group = "" if info.group == EVENTS_GROUP else info.group
            raise not_found(info.plural, target.name, group)
        return found

    def get(self, target: Target, request: ApiRequest) -> Obj:
        """Return one object as asked for.

        Raises:
            ApiError: NotFound, or 504 if a resourceVersion is asked for that is not there yet.
        """
        form = self.form(target, request)
        self._check_future(ListOptions.of(request).revision)
        return form.one(self.find(target), self._now)

    def selected(self, target: Target, request: ApiRequest) -> Objects:
        """Return the stored objects that *request* selects, in key order."""
        options = ListOptions.of(request)
        matches = self._selection(target.info, options)
        return list(_filtered(matches, self._listed(target, options.fields)))

    def list(self, target: Target, request: ApiRequest) -> Obj:
        """Return a list as asked for, a page of it where a limit is set.

        Raises:
            ApiError: if a selector, the resourceVersion or the continue token is refused.
        """
        form = self.form(target, request)
        options = ListOptions.of(request)
        matches = self._selection(target.info, options)
        objects, shown = self._at(target, options, self._api.registry.store.revision)
        metadata: Obj = {"resourceVersion": str(shown)}
        limit = options.page
        if not limit:
            return form.many(list(_filtered(matches, objects)), metadata, self._now)
        page = list(islice(_filtered(matches, objects), limit + 1))
        if len(page) > limit:
            page.pop()
            metadata["continue"] = Place(shown, _key(target, page[-1])).token
            if matches is None:
                metadata["remainingItemCount"] = len(objects) - limit
        return form.many(page, metadata, self._now)

    def watch(self, target: Target, request: ApiRequest) -> Watch:
        """Open a watch of *target*.

        Raises:
            ApiError: if a selector, the resourceVersion or an option is refused.
        """
        api, info = self._api, target.info
        registry = api.registry
        form = self.form(target, request)
        options = ListOptions.of(request, watch=True)
        concerns = self._concern(target, options)
        revision = options.revision
        self._check_future(revision)

        kind = (info, form.wanted, form.include)

        def show(obj: Obj, first: bool) -> Obj:
            return self._watched(kind, form, obj, first=first)

        watch = Watch(
            api.env,
            matches=concerns,
            show=show,
            forget=lambda one: registry.detach(info.key, one),
            revision=lambda: registry.store.revision,
            bookmark=form.bookmark if options.bookmarks else None,
        )
        oldest = registry.history.oldest(info.key)
        if options.initial or (options.initial is None and revision == 0):
            for obj in registry.store.list(info.key, target.namespace):
                if concerns(obj) and not self._is_gone(info.key, obj):
                    watch.push("ADDED", obj)
            if options.initial:
                watch.push_bookmark(initial_end=True)
        elif 0 < revision < oldest:
            watch.fail(expired(f"too old resource version: {revision} ({oldest})").status)
            return watch
        elif revision:
            for change in registry.history.since(info.key, revision):
                watch.feed(change)
        registry.attach(info.key, watch)
        watch.start(options.timeout_s * 1000)
        return watch

    # -- inside ----------------------------------------------------------------------------------

    def _watched(self, kind: Hashable, form: Form, obj: Obj, *, first: bool) -> Obj:
        """Return *obj* as a watch streams it, made once for all who watch in the same form."""
        now = self._now
        if first:
            return form.watched(obj, now, first=True)
        held = self._shown.get(kind)
        if held is None or held[0] is not obj or held[1] != now:
            held = self._shown[kind] = obj, now, form.watched(obj, now, first=False)
        return held[2]

    def _check_future(self, revision: int) -> None:
        current = self._api.registry.store.revision
        if revision > current:
            raise too_large_resource_version(revision, current)

    def _at(self, target: Target, options: ListOptions, current: int) -> tuple[Objects, int]:
        """Return the objects, without selectors, that a list shows or goes on with; its revision."""
        if options.token:
            place = Place.parse(options.token)
            if options.revision:
                message = "specifying resource version is not allowed when using continue"
                raise bad_request(message)
            self._check_future(place.revision)
            revision = current if place.revision == NEWEST else place.revision
            if revision < self._api.registry.history.oldest(target.info.key):
                raise place.too_old()
            objects = self._listed_at(target, revision)
            begin = bisect_right(objects, place.after, key=lambda one: _key(target, one))
            return objects[begin:], revision
        self._check_future(options.revision)
        revision = options.exact_revision
        if revision:
            if revision < self._api.registry.history.oldest(target.info.key):
                raise expired("The resourceVersion for the provided list is too old.")
            return self._listed_at(target, revision), revision
        if options.page:
            return self._listed_at(target, current), current
        return self._listed(target, options.fields), current

    def _listed(self, target: Target, fields: str) -> Objects:
        """Return what is there now; only one object where *fields* name it."""
        resource, store = target.info.key, self._api.registry.store
        name = exact_name(fields)
        if name and (target.namespace is not None or not target.info.namespaced):
            one = store.get(resource, target.space, name)
            objects = [] if one is None else [one]
        else:
            objects = store.list(resource, target.namespace)
        return self._living(resource, objects)

    def _listed_at(self, target: Target, revision: int) -> Objects:
        """Return what was there at *revision*, kept for who asks for the next page."""
        resource, namespace = target.info.key, target.namespace
        key = (resource, namespace, revision)
        if self._snapshot is None or self._snapshot[0] != key:
            registry = self._api.registry
            objects = registry.store.list(resource, namespace)
            objects = registry.history.undo(resource, namespace, objects, revision)
            self._snapshot = key, objects
        return self._living(resource, self._snapshot[1])

    def _living(self, resource: str, objects: Objects) -> Objects:
        if resource != "events":
            return objects
        return [one for one in objects if not self._is_gone(resource, one)]

    def _selection(self, info: ResourceInfo, options: ListOptions) -> Matcher | None:
        custom = self._api.registry.resources.version_of(info)
        extra = custom.selectable if custom else ()
        return selection(info, options.labels, options.fields, extra)

    def _concern(self, target: Target, options: ListOptions) -> Matcher:
        """Return what tells whether a watch of *target* is about an object."""
        fields, namespace = options.fields, target.namespace
        matches = self._selection(target.info, options)
        if target.name:
            if fields and exact_name(fields) != target.name:
                raise bad_request("fieldSelector metadata.name doesn't match requested name")
            named = replace(options, fields=fields or f"metadata.name={target.name}")
            matches = self._selection(target.info, named)

        def concerns(obj: Obj) -> bool:
            if namespace is not None and obj["metadata"].get("namespace") != namespace:
                return False
            return matches is None or matches(obj)

        return concerns

    def _is_gone(self, resource: str, obj: Obj) -> bool:
        return resource == "events" and self._api.recorder.is_expired(obj)


def _filtered(matches: Matcher | None, objects: Objects) -> Iterable[Obj]:
    return objects if matches is None else filter(matches, objects)


def _key(target: Target, obj: Obj) -> str:
    """Return where *obj* stands in the list: its key below the collection's."""
    metadata = obj["metadata"]
    if target.namespace is None and target.info.namespaced:
        return f"{metadata.get('namespace', '')}/{metadata['name']}"
    return str(metadata["name"])
