"""A resource as the store holds it now, with indexes, and one place to hear of its changes.

Thanks to this file no controller ever scans a resource to find what it owns. It must not know what
is done with a change, and it never writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from sim.apimachinery.meta import Key, key_of
from sim.apimachinery.wire import Obj
from sim.apiserver.server import ApiServer


class Change(NamedTuple):
    """One change of one object."""

    type: str
    """`ADDED`, `MODIFIED` or `DELETED`."""
    key: Key
    """Namespace and name."""
    new: Obj
    """The object after the change; for `DELETED`, its last state."""
    old: Obj | None
    """The object before the change; None for `ADDED`."""


Values = Callable[[Obj], tuple[str, ...]]


class Index:
    """Objects found by a value that is computed from them, in the order of their creation."""

    def __init__(self, informer: Informer, values: Values) -> None:
        self._informer = informer
        self._values = values
        self._keys: dict[str, dict[Key, None]] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def get(self, value: str) -> list[Obj]:
        """Return the objects that carry *value*."""
        keys = self._keys.get(value)
        if not keys:
            return []
        objects = self._informer.objects
        return [objects[key] for key in keys]

    def keys(self, value: str) -> list[Key]:
        """Return the keys of the objects that carry *value*."""
        return list(self._keys.get(value, ()))

    def count(self, value: str) -> int:
        """Return how many objects carry *value*."""
        return len(self._keys.get(value, ()))

    def values(self) -> list[str]:
        """Return every value that some object carries."""
        return list(self._keys)

    def move(self, key: Key, new: Obj | None, old: Obj | None) -> None:
        """Follow *key* from the values of *old* to those of *new*."""
        before = self._values(old) if old is not None else ()
        after = self._values(new) if new is not None else ()
        if before == after:
            return
        for value in before:
            if value not in after and (keys := self._keys.get(value)) is not None:
                keys.pop(key, None)
                if not keys:
                    del self._keys[value]
        for value in after:
            if value not in before:
                self._keys.setdefault(value, {})[key] = None


class Informer:
    """Every object of one resource, kept current by the API server's subscription."""

    def __init__(self, api: ApiServer, resource: str) -> None:
        self.resource = resource
        self.objects: dict[Key, Obj] = {key_of(obj): obj for obj in api.list(resource)}
        self._indexes: list[Index] = []
        self._handlers: list[Callable[[Change], None]] = []
        api.subscribe(resource, self._changed)

    def get(self, namespace: str, name: str) -> Obj | None:
        """Return one object; *namespace* is "" for what is cluster-scoped."""
        return self.objects.get(Key(namespace, name))

    def index(self, values: Values) -> Index:
        """Return a new index over what is there and what will come."""
        index = Index(self, values)
        for key, obj in self.objects.items():
            index.move(key, obj, None)
        self._indexes.append(index)
        return index

    def on_change(self, handler: Callable[[Change], None]) -> None:
        """Call *handler* after every change, when the indexes already show it."""
        self._handlers.append(handler)

    def _changed(self, kind: str, new: Obj, old: Obj | None) -> None:
        key = key_of(new)
        known = self.objects.get(key)
        if kind == "DELETED":
            if known is None:
                return
            self._move(key, None, known)
            del self.objects[key]
        else:
            if known is not None and _version(known) >= _version(new):
                # A handler before us has written again; its change has already been heard.
                return
            self.objects[key] = new
            self._move(key, new, known)
        change = Change(kind, key, new, known if known is not None else old)
        for handler in self._handlers:
            handler(change)

    def _move(self, key: Key, new: Obj | None, old: Obj | None) -> None:
        for index in self._indexes:
            index.move(key, new, old)


def _version(obj: Obj) -> int:
    return int(obj["metadata"].get("resourceVersion") or 0)


def by_namespace(obj: Obj) -> tuple[str, ...]:
    """Index by namespace."""
    return (obj["metadata"].get("namespace", ""),)


def by_owner(obj: Obj) -> tuple[str, ...]:
    """Index by the uid of the controlling owner."""
    for owner in obj["metadata"].get("ownerReferences") or ():
        if owner.get("controller"):
            return (owner["uid"],)
    return ()


def by_node(obj: Obj) -> tuple[str, ...]:
    """Index a pod by the node it is bound to."""
    node = obj["spec"].get("nodeName")
    return (node,) if node else ()


def label_value(namespace: str, key: str, value: str) -> str:
    """Return the value under which `by_label` files a pair."""
    return f"{namespace}\x1f{key}\x1f{value}"


def by_label(obj: Obj) -> tuple[str, ...]:
    """Index by namespace and each label pair, for selectors made of equalities."""
    metadata = obj["metadata"]
    labels: Iterable[tuple[str, str]] = (metadata.get("labels") or {}).items()
    namespace = metadata.get("namespace", "")
    return tuple(label_value(namespace, key, value) for key, value in labels)


def select(index: Index, namespace: str, labels: dict[str, str]) -> list[Obj]:
    """Return the objects of *namespace* that carry every pair of *labels*, from a `by_label` index.

    The rarest pair is looked up and the others are checked on its objects; no pair selects nothing.
    """
    pairs = [label_value(namespace, key, value) for key, value in labels.items()]
    if not pairs:
        return []
    rarest = min(pairs, key=index.count)
    return [
        obj
        for obj in index.get(rarest)
        if all(obj["metadata"]["labels"].get(key) == value for key, value in labels.items())
    ]
