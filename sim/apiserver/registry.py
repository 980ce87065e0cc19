"""How objects come, change and go: identity, generations, graceful deletion, finalizers, notice to all.

Every write of the cluster goes through here, in the order in which watchers see it. This file must
not know HTTP, paths or Tables; what is particular to a kind is in defaults, validation and lifecycle.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from sim.apimachinery.errors import already_exists, conflict, invalid, not_found, required
from sim.apimachinery.resources import ResourceInfo, by_plural
from sim.apimachinery.wire import Obj
from sim.apiserver.defaults import apply_defaults
from sim.apiserver.doors import Handler
from sim.apiserver.history import Change, History
from sim.apiserver.lifecycle import Lifecycle
from sim.apiserver.store import Store
from sim.apiserver.suffixes import SUFFIX_ALPHABET, draw_suffix
from sim.apiserver.validation import validate_create, validate_update
from sim.apiserver.watch import Watch
from sim.kernel import Environment, Epoch, Stream

__all__ = ["FOREGROUND", "ORPHAN", "SUFFIX_ALPHABET", "SYSTEM", "Loaded", "Registry"]

SYSTEM = "system"
"""Who writes as one of the cluster's own components: no admission, no optimistic locking."""

GENERATED = frozenset(
    {
        "controllerrevisions",
        "cronjobs",
        "customresourcedefinitions",
        "daemonsets",
        "deployments",
        "endpointslices",
        "flowschemas",
        "ingressclasses",
        "ingresses",
        "jobs",
        "mutatingwebhookconfigurations",
        "networkpolicies",
        "poddisruptionbudgets",
        "pods",
        "priorityclasses",
        "prioritylevelconfigurations",
        "replicasets",
        "replicationcontrollers",
        "statefulsets",
        "validatingwebhookconfigurations",
    }
)
"""Resources whose metadata.generation counts changes of what was asked for."""

DEFAULT_GRACE_S = 30
"""A pod's terminationGracePeriodSeconds where its spec has none."""

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"
FINALIZERS = {"Foreground": FOREGROUND, "Orphan": ORPHAN}
"""Which finalizer a propagation policy leaves for the garbage collector."""


Loaded = dict[tuple[str, str, str], Obj]
"""(resource, namespace, name) -> the object as some world's `load` stored it."""


class Registry:
    """The only writer of the store."""

    def __init__(
        self, env: Environment, epoch: Epoch, stream: Stream, *, known: Loaded | None = None
    ) -> None:
        self._known: Loaded = {} if known is None else known
        self.env = env
        self.epoch = epoch
        self.stream = stream
        self.store = Store(stream.at("revision").integer(2_000_000, 6_000_000))
        self.history = History()
        self.history.start_at(self.store.revision)
        self.lifecycle = Lifecycle(self)
        self._handlers: dict[str, list[Handler]] = {}
        self._watches: dict[str, list[Watch]] = {}
        self._born: dict[tuple[str, str, str], int] = {}
        self._suffixes: dict[tuple[str, str, str], int] = {}
        self._notices: deque[tuple[str, Change]] = deque()
        self._noticing = False

    # -- reading ---------------------------------------------------------------------------------

    def timestamp(self, at: int | None = None) -> str:
        """Return *at* (now when None) as metav1.Time."""
        return self.epoch.rfc3339(self.env.now if at is None else at)

    # -- writing ---------------------------------------------------------------------------------

    def create(self, resource: str, obj: Obj, *, user: str = SYSTEM, dry_run: bool = False) -> Obj:
        """Store a new object and return it as stored.

        Raises:
            ApiError: AlreadyExists, Invalid, NotFound (namespace) or Forbidden.
        """
        info = by_plural(resource)
        given = obj.get("metadata") or {}
        namespace = given.get("namespace", "") if info.namespaced else ""
        name = given.get("name") or self._generate_name(info, namespace, given)
        self.lifecycle.admit_namespace(info, namespace, name, user)
        if self.store.get(resource, namespace, name) is not None:
            raise already_exists(resource, name, info.group)
        metadata: dict[str, Any] = {"name": name}
        if namespace:
            metadata["namespace"] = namespace
        metadata |= {key: value for key, value in given.items() if key not in metadata}
        metadata["uid"] = self._new_uid(resource, namespace, name)
        if user != SYSTEM or "creationTimestamp" not in metadata:
            metadata["creationTimestamp"] = self.timestamp()
        metadata.pop("deletionTimestamp", None)
        metadata.pop("deletionGracePeriodSeconds", None)
        if resource in GENERATED:
            metadata["generation"] = 1
        made: Obj = {"apiVersion": info.group_version, "kind": info.kind, "metadata": metadata}
        made |= {key: value for key, value in obj.items() if key not in made}
        made = apply_defaults(resource, made)
        made = self.lifecycle.prepare_create(info, made, user)
        if user != SYSTEM:
            validate_create(info, made)
        if dry_run:
            return made
        return self._commit(info, "ADDED", made, None)

    def load(self, resource: str, obj: Obj) -> Obj:
        """Store *obj* as it is at the beginning of the world, unseen by watchers."""
        info = by_plural(resource)
        given = obj["metadata"]
        namespace = given.get("namespace", "") if info.namespaced else ""
        metadata = dict(given)
        if "uid" not in metadata:
            metadata["uid"] = self._new_uid(resource, namespace, given["name"])
        if "creationTimestamp" not in metadata:
            metadata["creationTimestamp"] = self.timestamp()
        if resource in GENERATED and "generation" not in metadata:
            metadata["generation"] = 1
        metadata["resourceVersion"] = str(self.store.next_revision())
        loaded: Obj = {"apiVersion": info.group_version, "kind": info.kind}
        loaded |= obj
        loaded["metadata"] = metadata
        loaded = self._shared(
            resource, namespace, self.lifecycle.prepare_load(info, apply_defaults(resource, loaded))
        )
        self.store.put(resource, namespace, given["name"], loaded)
        self.lifecycle.stored(resource, loaded)
        if self.env.now == 0:
            self.history.start_at(self.store.revision)
        return loaded

    def _shared(self, resource: str, namespace: str, loaded: Obj) -> Obj:
        """Return an equal object that another world has loaded, if there is one.

        Objects are never changed in place, so worlds of the same seed can hold the same one; what
        is stored is the same either way.
        """
        key = (resource, namespace, loaded["metadata"]["name"])
        earlier = self._known.get(key)
        if earlier == loaded:
            return earlier
        self._known[key] = loaded
        return loaded

    def update(
        self,
        resource: str,
        obj: Obj,
        *,
        user: str = SYSTEM,
        status: bool = False,
        check: bool = True,
        dry_run: bool = False,
    ) -> Obj:
        """Replace an object; *status* replaces only its status, not *check* skips validation.

        Raises:
            ApiError: NotFound, Conflict (an outside user's stale resourceVersion) or Invalid.
        """
        info = by_plural(resource)
        given = obj["metadata"]
        namespace = given.get("namespace", "") if info.namespaced else ""
        old = self.store.get(resource, namespace, given["name"])
        if old is None:
            raise not_found(resource, given["name"], info.group)
        held = old["metadata"]
        if user != SYSTEM:
            self._check_version(info, given, held)
        if status:
            new = {**old, "status": obj.get("status", {})}
        else:
            new = apply_defaults(resource, self._inherit(info, obj, old, user))
        new = self.lifecycle.prepare_update(info, new, old)
        if user != SYSTEM and not status and check:
            validate_update(info, new, old)
        return self._write(info, new, old, status=status, dry_run=dry_run)

    def modify(
        self,
        resource: str,
        namespace: str,
        name: str,
        change: Callable[[Obj], Obj],
        *,
        status: bool = False,
    ) -> Obj | None:
        """Read, change and write in one step; returns None when the object is gone."""
        old = self.store.get(resource, namespace, name)
        if old is None:
            return None
        new = change(old)
        if new is old:
            return old
        if status and new.get("spec") is not old.get("spec"):
            new = {**old, "status": new.get("status", {})}
        return self._write(by_plural(resource), new, old, status=status)

    def delete(
        self,
        resource: str,
        namespace: str,
        name: str,
        *,
        grace_s: int | None = None,
        propagation: str = "Background",
        user: str = SYSTEM,
        dry_run: bool = False,
    ) -> Obj | None:
        """Delete, gracefully where the kind has grace; returns the last state, None if gone before."""
        old = self.store.get(resource, namespace, name)
        if old is None:
            return None
        info = by_plural(resource)
        grace = self._grace(resource, old, grace_s)
        held = old["metadata"]
        terminating = "deletionTimestamp" in held
        finalizers = list(held.get("finalizers") or ())
        extra = FINALIZERS.get(propagation)
        if extra and extra not in finalizers and not terminating:
            finalizers.append(extra)
        if resource == "namespaces":
            return old if dry_run else self.lifecycle.end_namespace(old)
        if dry_run:
            return old
        if grace > 0 and terminating and held.get("deletionGracePeriodSeconds", grace) <= grace:
            return old
        if grace == 0 and not finalizers:
            return self._remove(info, old)
        metadata = dict(held)
        metadata["deletionTimestamp"] = self.timestamp(self.env.now + grace * 1000)
        metadata["deletionGracePeriodSeconds"] = grace
        if finalizers:
            metadata["finalizers"] = finalizers
        if "generation" in metadata and not terminating:
            metadata["generation"] += 1
        return self._commit(info, "MODIFIED", {**old, "metadata": metadata}, old)

    # -- watching --------------------------------------------------------------------------------

    def subscribe(self, resource: str, handler: Handler) -> None:
        """Call *handler* inside every later write of *resource*."""
        self._handlers.setdefault(resource, []).append(handler)

    def attach(self, resource: str, watch: Watch) -> None:
        """Feed *watch* with every later change of *resource*."""
        self._watches.setdefault(resource, []).append(watch)

    def detach(self, resource: str, watch: Watch) -> None:
        """Stop feeding *watch*."""
        watches = self._watches.get(resource, [])
        if watch in watches:
            watches.remove(watch)

    # -- inside ----------------------------------------------------------------------------------

    def _generate_name(self, info: ResourceInfo, namespace: str, given: Obj) -> str:
        prefix = given.get("generateName", "")
        if not prefix:
            cause = required("metadata.name", "name or generateName is required")
            raise invalid(info.kind, "", [cause], info.group)
        key = (info.plural, namespace, prefix)
        while True:
            ordinal = self._suffixes[key] = self._suffixes.get(key, 0) + 1
            suffix = draw_suffix(self.stream.at("name", *key, ordinal))
            if self.store.get(info.plural, namespace, prefix + suffix) is None:
                return str(prefix) + suffix

    def _new_uid(self, resource: str, namespace: str, name: str) -> str:
        key = (resource, namespace, name)
        nth = self._born[key] = self._born.get(key, 0) + 1
        draw = self.stream.at("uid", resource, namespace, name, nth)
        raw = f"{draw.bits(0):016x}{draw.bits(1):016x}"
        variant = "89ab"[int(raw[16], 16) % 4]
        return f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-{variant}{raw[17:20]}-{raw[20:]}"

    def _check_version(self, info: ResourceInfo, given: Obj, held: Obj) -> None:
        name = held["name"]
        version = given.get("resourceVersion")
        if version and version != held["resourceVersion"]:
            raise conflict(info.plural, name, info.group)
        uid = given.get("uid")
        if uid and uid != held["uid"]:
            why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {held['uid']}"
            raise conflict(info.plural, name, info.group, why)

    def _inherit(self, info: ResourceInfo, obj: Obj, old: Obj, user: str) -> Obj:
        held = old["metadata"]
        metadata = dict(obj["metadata"])
        for field in ("namespace", "uid", "creationTimestamp", "generation", "generateName"):
            if field in held:
                metadata[field] = held[field]
        for field in ("deletionTimestamp", "deletionGracePeriodSeconds"):
            metadata.pop(field, None)
            if field in held:
                metadata[field] = held[field]
        new: Obj = {"apiVersion": old["apiVersion"], "kind": old["kind"], "metadata": metadata}
        new |= {key: value for key, value in obj.items() if key not in new}
        if user != SYSTEM and "status" in info.subresources:
            new.pop("status", None)
            if "status" in old:
                new["status"] = old["status"]
        return new

    def _write(
        self, info: ResourceInfo, new: Obj, old: Obj, *, status: bool, dry_run: bool = False
    ) -> Obj:
        held, given = old["metadata"], new["metadata"]
        if given is not held and given.get("resourceVersion") != held["resourceVersion"]:
            given = {**given, "resourceVersion": held["resourceVersion"]}
            new = {**new, "metadata": given}
        if new == old:
            return old
        if not status and info.plural in GENERATED and _asks_differently(new, old):
            new = {**new, "metadata": {**given, "generation": held.get("generation", 0) + 1}}
        if dry_run:
            return new
        last_finalizer_gone = held.get("finalizers") and not given.get("finalizers")
        graceful = held.get("deletionGracePeriodSeconds", 0) > 0
        if "deletionTimestamp" in held and last_finalizer_gone and not graceful:
            return self._remove(info, new)
        return self._commit(info, "MODIFIED", new, old)

    @staticmethod
    def _grace(resource: str, pod: Obj, asked: int | None) -> int:
        if resource != "pods":
            return 0
        spec = pod.get("spec", {})
        finished = pod.get("status", {}).get("phase") in ("Succeeded", "Failed")
        if not spec.get("nodeName") or finished:
            return 0
        if asked is not None:
            return max(0, asked)
        return int(spec.get("terminationGracePeriodSeconds", DEFAULT_GRACE_S))

    def _commit(self, info: ResourceInfo, type_: str, obj: Obj, old: Obj | None) -> Obj:
        revision = self.store.next_revision()
        metadata = {**obj["metadata"], "resourceVersion": str(revision)}
        new = {**obj, "metadata": metadata}
        resource = info.plural
        self.store.put(resource, metadata.get("namespace", ""), metadata["name"], new)
        self.lifecycle.stored(resource, new)
        self._notify(resource, Change(revision, type_, new, old))
        return new

    def _remove(self, info: ResourceInfo, old: Obj) -> Obj:
        revision = self.store.next_revision()
        metadata = {**old["metadata"], "resourceVersion": str(revision)}
        last = {**old, "metadata": metadata}
        resource = info.plural
        self.store.remove(resource, metadata.get("namespace", ""), metadata["name"])
        self._notify(resource, Change(revision, "DELETED", last, old))
        self.lifecycle.removed(info, last)
        return last

    def remove(self, resource: str, obj: Obj) -> Obj:
        """Remove *obj* at once whatever its finalizers say; for the lifecycle of namespaces."""
        return self._remove(by_plural(resource), obj)

    def _notify(self, resource: str, change: Change) -> None:
        """Tell watchers and handlers, in the order of revisions even when a handler writes."""
        self.history.add(resource, change)
        self._notices.append((resource, change))
        if self._noticing:
            return
        self._noticing = True
        try:
            while self._notices:
                told, one = self._notices.popleft()
                for watch in tuple(self._watches.get(told, ())):
                    watch.feed(one)
                for handler in self._handlers.get(told, ()):
                    handler(one.type, one.new, one.old)
        finally:
            self._noticing = False


def _asks_differently(new: Obj, old: Obj) -> bool:
    """True when what was asked for (spec, or all but metadata and status) has changed."""
    if "spec" in new or "spec" in old:
        asked, held = new.get("spec"), old.get("spec")
        return asked is not held and asked != held
    ignored = ("metadata", "status")
    return {k: v for k, v in new.items() if k not in ignored} != {
        k: v for k, v in old.items() if k not in ignored
    }
