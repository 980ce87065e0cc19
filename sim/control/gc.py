"""The garbage collector: what an object owned goes when the object goes, unless it was orphaned.

Thanks to this file `kubectl delete deployment` ends in no pods. It must not know kinds: it follows
ownerReferences only (pkg/controller/garbagecollector).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from sim.apimachinery.errors import ApiError
from sim.apimachinery.meta import Key, is_terminating, owners_of, with_metadata
from sim.apimachinery.resources import RESOURCES
from sim.apimachinery.wire import Obj
from sim.apiserver.registry import FOREGROUND, ORPHAN
from sim.apiserver.server import ApiServer
from sim.kernel import Environment, Stream
from sim.reconcile import Change, Controller, Informer

DEFINITIONS = "customresourcedefinitions"
_IGNORED = frozenset({"events"})
"""The real collector ignores events too: there are many and nobody owns them."""


def watched_resources() -> list[str]:
    """Return every stored resource whose objects may own or be owned, each once."""
    names = (info.plural for info in RESOURCES if info.stored)
    return [name for name in dict.fromkeys(names) if name not in _IGNORED]


def _by_any_owner(obj: Obj) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reference["uid"] for reference in owners_of(obj)))


class GarbageCollector(Controller):
    """Follows owner references. A key is (resource and namespace, name) of an object to look at."""

    name: ClassVar[str] = "garbage-collector-controller"
    latency_ms = (20, 200)

    def __init__(
        self, env: Environment, api: ApiServer, stream: Stream, *, informers: Iterable[Informer]
    ) -> None:
        super().__init__(env, api, stream)
        self._informers = {informer.resource: informer for informer in informers}
        self._owned = {
            resource: informer.index(_by_any_owner)
            for resource, informer in self._informers.items()
        }
        for resource, informer in self._informers.items():
            informer.on_change(partial(self._changed, resource))
        self._built_in = frozenset(self._informers)
        self._gone: dict[str, None] = {}
        """Custom objects that have gone; their kind may have gone with them."""
        for info in api.resources.infos():
            if info.custom:
                self._follow(info.key)
        api.subscribe(DEFINITIONS, self._defined)

    def _defined(self, type_: str, definition: Obj, old: Obj | None) -> None:
        """Follow the objects of a new kind too."""
        del old
        if type_ != "DELETED":
            self._follow(definition["metadata"]["name"])

    def _follow(self, resource: str) -> None:
        if resource not in self._informers:
            informer = self._informers[resource] = Informer(self.api, resource)
            self._owned[resource] = informer.index(_by_any_owner)
            informer.on_change(partial(self._changed, resource))

    def _changed(self, resource: str, change: Change) -> None:
        uid = change.new["metadata"].get("uid", "")
        if change.type == "DELETED":
            if resource not in self._built_in:
                self._gone[uid] = None
            for dependent, key in self._dependents(uid):
                self._look_at(dependent, key)
            for reference in owners_of(change.new):
                self._look_at_owner(reference, change.key.namespace)
        elif change.type == "ADDED":
            if owners_of(change.new):
                self._look_at(resource, change.key)
        elif is_terminating(change.new) and _waits_for_us(change.new):
            self._look_at(resource, change.key)

    def _is_known(self, reference: Obj) -> bool:
        """True if it can be said whether the owner is there: its kind is served, or it was seen to go."""
        info = self.api.resources.by_kind(reference["apiVersion"], reference["kind"])
        return info is not None or reference["uid"] in self._gone

    def _dependents(self, uid: str) -> list[tuple[str, Key]]:
        return [
            (resource, key) for resource, index in self._owned.items() for key in index.keys(uid)
        ]

    def _look_at(self, resource: str, key: Key) -> None:
        self.enqueue(Key(f"{resource}/{key.namespace}", key.name))

    def _look_at_owner(self, reference: Obj, namespace: str) -> None:
        """Let an owner that waits in the foreground see that one dependent less is left."""
        found = self._find(reference, namespace)
        if found is not None and is_terminating(found[2]) and _waits_for_us(found[2]):
            self._look_at(found[0], found[1])

    def _find(self, reference: Obj, namespace: str) -> tuple[str, Key, Obj] | None:
        """Return (resource, key, object) that *reference* means, or None if it is gone."""
        info = self.api.resources.by_kind(reference["apiVersion"], reference["kind"])
        if info is None:
            return None
        key = Key(namespace if info.namespaced else "", reference["name"])
        found = self.api.get(info.key, *key)
        if found is None or found["metadata"].get("uid") != reference["uid"]:
            return None
        return info.key, key, found

    # -- one object ------------------------------------------------------------------------------

    def reconcile(self, key: Key) -> None:
        """Delete what has lost its owners; finish what waits in the foreground or to orphan."""
        resource, _, namespace = key.namespace.partition("/")
        where = Key(namespace, key.name)
        obj = self._informers[resource].objects.get(where)
        if obj is None:
            return
        finalizers = obj["metadata"].get("finalizers") or ()
        if is_terminating(obj) and ORPHAN in finalizers:
            self._orphan(resource, where, obj)
        elif is_terminating(obj) and FOREGROUND in finalizers:
            self._foreground(resource, where, obj)
        elif not is_terminating(obj):
            self._check_owners(resource, where, obj)

    def _check_owners(self, resource: str, key: Key, obj: Obj) -> None:
        references = owners_of(obj)
        if not references:
            return
        solid: list[Obj] = []
        foreground = False
        for reference in references:
            found = self._find(reference, key.namespace)
            if found is None:
                if not self._is_known(reference):
                    solid.append(reference)  # nobody can say that it is gone
                continue
            ending = is_terminating(found[2]) and FOREGROUND in (
                found[2]["metadata"].get("finalizers") or ()
            )
            if ending:
                foreground = True
            else:
                solid.append(reference)
        if len(solid) == len(references):
            return
        if solid:
            self._keep_references(resource, key, solid)
            return
        uid = obj["metadata"]["uid"]
        deep = foreground and bool(self._dependents(uid))
        self._delete(resource, key, propagation="Foreground" if deep else "Background")

    def _delete(self, resource: str, key: Key, *, propagation: str) -> None:
        try:
            self.api.delete(resource, *key, propagation=propagation)
        except ApiError as error:
            if error.reason != "NotFound":
                raise

    def _keep_references(self, resource: str, key: Key, solid: list[Obj]) -> None:
        self.api.modify(
            resource, *key, lambda old: with_metadata(old, ownerReferences=solid or None)
        )

    def _orphan(self, resource: str, key: Key, obj: Obj) -> None:
        """Take the reference off every dependent, then let the owner go."""
        uid = obj["metadata"]["uid"]
        for dependent, where in self._dependents(uid):
            held = self._informers[dependent].objects[where]
            rest = [reference for reference in owners_of(held) if reference["uid"] != uid]
            self._keep_references(dependent, where, rest)
        self._drop_finalizer(resource, key, ORPHAN)

    def _foreground(self, resource: str, key: Key, obj: Obj) -> None:
        """Delete the dependents; let the owner go when none is left that blocks it."""
        uid = obj["metadata"]["uid"]
        blocking = 0
        for dependent, where in self._dependents(uid):
            held = self._informers[dependent].objects[where]
            blocking += any(
                reference["uid"] == uid and reference.get("blockOwnerDeletion", False)
                for reference in owners_of(held)
            )
            if not is_terminating(held):
                self._look_at(dependent, where)
        if not blocking:
            self._drop_finalizer(resource, key, FOREGROUND)

    def _drop_finalizer(self, resource: str, key: Key, finalizer: str) -> None:
        def drop(old: Obj) -> Obj:
            held = old["metadata"].get("finalizers") or ()
            rest = [one for one in held if one != finalizer]
            return with_metadata(old, finalizers=rest or None)

        self.api.modify(resource, *key, drop)


def _waits_for_us(obj: Obj) -> bool:
    finalizers = obj["metadata"].get("finalizers") or ()
    return ORPHAN in finalizers or FOREGROUND in finalizers
