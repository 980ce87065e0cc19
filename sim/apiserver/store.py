"""Objects by resource, namespace and name, listed in etcd's key order, with one revision for all.

Only the registry writes here. This file must not know any kind, nor who watches.
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.apimachinery.wire import Obj


def _path_order(namespace: str) -> str:
    """Order namespaces as `/registry/pods/<namespace>/` sorts: `a-b` stands before `a`."""
    return f"{namespace}/"


class _Collection:
    """The objects of one resource."""

    __slots__ = ("_names", "_namespaces", "by_namespace", "size")

    def __init__(self) -> None:
        self.by_namespace: dict[str, dict[str, Obj]] = {}
        self.size = 0
        self._names: dict[str, list[str]] = {}
        self._namespaces: list[str] | None = []

    def put(self, namespace: str, name: str, obj: Obj) -> None:
        bucket = self.by_namespace.get(namespace)
        if bucket is None:
            bucket = self.by_namespace[namespace] = {}
            self._namespaces = None
        if name not in bucket:
            self._names.pop(namespace, None)
            self.size += 1
        bucket[name] = obj

    def remove(self, namespace: str, name: str) -> None:
        bucket = self.by_namespace[namespace]
        del bucket[name]
        self.size -= 1
        self._names.pop(namespace, None)
        if not bucket:
            del self.by_namespace[namespace]
            self._namespaces = None

    def namespaces(self) -> list[str]:
        if self._namespaces is None:
            self._namespaces = sorted(self.by_namespace, key=_path_order)
        return self._namespaces

    def ordered(self, namespace: str) -> Iterator[Obj]:
        bucket = self.by_namespace.get(namespace)
        if bucket is None:
            return iter(())
        names = self._names.get(namespace)
        if names is None:
            names = self._names[namespace] = sorted(bucket)
        return map(bucket.__getitem__, names)


class Store:
    """The API server's objects and its one counter of revisions."""

    def __init__(self, revision: int = 0) -> None:
        self.revision = revision
        """The revision of the last write."""
        self._collections: dict[str, _Collection] = {}

    def _collection(self, resource: str) -> _Collection:
        collection = self._collections.get(resource)
        if collection is None:
            collection = self._collections[resource] = _Collection()
        return collection

    def next_revision(self) -> int:
        """Take the next revision."""
        self.revision += 1
        return self.revision

    def get(self, resource: str, namespace: str, name: str) -> Obj | None:
        """Return the stored object, not to be changed, or None."""
        collection = self._collections.get(resource)
        if collection is None:
            return None
        bucket = collection.by_namespace.get(namespace)
        return None if bucket is None else bucket.get(name)

    def put(self, resource: str, namespace: str, name: str, obj: Obj) -> None:
        """Store *obj*, replacing what had its name."""
        self._collection(resource).put(namespace, name, obj)

    def remove(self, resource: str, namespace: str, name: str) -> None:
        """Remove what has that name; raises KeyError if nothing has."""
        self._collection(resource).remove(namespace, name)

    def count(self, resource: str, namespace: str | None = None) -> int:
        """Return how many objects there are."""
        collection = self._collections.get(resource)
        if collection is None:
            return 0
        if namespace is None:
            return collection.size
        return len(collection.by_namespace.get(namespace, ()))

    def resources(self) -> list[str]:
        """Return the resources that have had an object, in order of the first."""
        return list(self._collections)

    def list(self, resource: str, namespace: str | None = None) -> list[Obj]:
        """Return the objects in key order; None means every namespace."""
        collection = self._collections.get(resource)
        if collection is None:
            return []
        if namespace is not None:
            return list(collection.ordered(namespace))
        listed: list[Obj] = []
        for one in collection.namespaces():
            listed.extend(collection.ordered(one))
        return listed
