"""How objects come, change and go: identity, generations, graceful deletion, finalizers, notice to all.

Every write of the cluster goes through here, in the order in which watchers see it. This file must
not know HTTP, paths or Tables; what is particular to a kind is in defaults, validation and lifecycle.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from sim.apimachinery.errors import already_exists, conflict, invalid, not_found, required
from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.wire import Obj
from sim.apiserver.admission import Admission, Attributes
from sim.apiserver.authorization import Authorizer
from sim.apiserver.defaults import apply_defaults
from sim.apiserver.doors import Handler
from sim.apiserver.fieldmanagers import FieldManagers
from sim.apiserver.generation import asks_differently, has_generation
from sim.apiserver.history import Change, History
from sim.apiserver.identity import Identities
from sim.apiserver.lifecycle import Lifecycle
from sim.apiserver.resources import Resources
from sim.apiserver.store import Store
from sim.apiserver.suffixes import SUFFIX_ALPHABET
from sim.apiserver.validation import validate_create, validate_update
from sim.apiserver.validation.names import check_metadata
from sim.apiserver.watch import Watch
from sim.kernel import Environment, Epoch, Stream

__all__ = ["FOREGROUND", "ORPHAN", "SUFFIX_ALPHABET", "SYSTEM", "Loaded", "Registry"]

SYSTEM = "system"
"""Who writes as one of the cluster's own components: admitted at creation only, never in conflict."""

STATUS = ("status", "approval")
"""Subresources through which the status is written and nothing else."""
WHOLE = ("", "scale")
"""Subresources whose writes are validated like those of the object itself."""

DEFAULT_GRACE_S = 30
"""A pod's terminationGracePeriodSeconds where its spec has none."""

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"
FINALIZERS = {"Foreground": FOREGROUND, "Orphan": ORPHAN}
"""Which finalizer a propagation policy leaves for the garbage collector."""


Owned = Callable[[Obj, Obj | None], Obj]
"""From (new, old) to the new object with its managedFields."""

Loaded = dict[tuple[str, str, str], Obj]
"""(resource, namespace, name) -> the object as some world's `load` stored it."""


class Registry:
    """The only writer of the store."""

    store: Store
    """Every object, by resource, namespace and name."""
    resources: Resources
    """What is served."""
    fields: FieldManagers
    """Who wrote which fields."""

    def __init__(
        self, env: Environment, epoch: Epoch, stream: Stream, *, known: Loaded | None = None
    ) -> None:
        self._known: Loaded = {} if known is None else known
        self.env = env
        self.epoch = epoch
        self.stream = stream
        self.resources = Resources()
        self.store: Store = Store(stream.at("revision").integer(2_000_000, 6_000_000))
        self.history = History()
        self.history.start_at(self.store.revision)
        self.lifecycle = Lifecycle(self)
        self._handlers: dict[str, list[Handler]] = {}
        self._watches: dict[str, list[Watch]] = {}
        self._identities = Identities(stream)
        self._notices: deque[tuple[str, Change]] = deque()
        self._noticing = False
        self.fields = FieldManagers(self)
        self.authorizer = Authorizer(self)
        self.admission = Admission(self)

    # -- reading ---------------------------------------------------------------------------------

    def timestamp(self, at: int | None = None) -> str:
        """Return *at* (now when None) as metav1.Time."""
        return self.epoch.rfc3339(self.env.now if at is None else at)

    # -- writing ---------------------------------------------------------------------------------

    def create(
        self,
        resource: str,
        obj: Obj,
        *,
        user: str = SYSTEM,
        dry_run: bool = False,
        owned: Owned | None = None,
    ) -> Obj:
        """Store a new object and return it as stored; *owned* notes who wrote its fields.

        Raises:
            ApiError: AlreadyExists, Invalid, NotFound (namespace) or Forbidden.
        """
        info = self.resources.by_plural(resource)
        given = obj.get("metadata") or {}
        namespace = given.get("namespace", "") if info.namespaced else ""
        name = self._name(info, namespace, given, keep=not dry_run)
        self.lifecycle.admit_namespace(info, namespace, name, user)
        if self.store.get(resource, namespace, name) is not None:
            raise already_exists(info.plural, name, info.group)
        metadata: dict[str, Any] = {"name": name}
        if namespace:
            metadata["namespace"] = namespace
        metadata |= {key: value for key, value in given.items() if key not in metadata}
        metadata["uid"] = self._identities.uid(resource, namespace, name, keep=not dry_run)
        if user != SYSTEM or "creationTimestamp" not in metadata:
            metadata["creationTimestamp"] = self.timestamp()
        metadata.pop("deletionTimestamp", None)
        metadata.pop("deletionGracePeriodSeconds", None)
        if has_generation(info):
            metadata["generation"] = 1
        made: Obj = {"apiVersion": info.group_version, "kind": info.kind, "metadata": metadata}
        made |= {key: value for key, value in obj.items() if key not in made}
        made = self._with_defaults(info, made)
        if owned is not None:  # before admission: what that adds is nobody's
            made = owned(made, None)
        # Plugins that change things come before a name has been generated.
        called = given.get("name") or given.get("generateName", "")
        asked = Attributes("create", info, "", namespace, called, made, None, user, dry_run)
        made = self.admission.admit(asked) or made
        made = self.lifecycle.prepare_create(info, made, user)
        if user != SYSTEM:
            self._validate(info, made, None)
        self.admission.review(asked.with_new(made, name))
        if dry_run:
            return made
        return self._commit(info, "ADDED", made, None)

    def load(self, resource: str, obj: Obj) -> Obj:
        """Store *obj* as it is at the beginning of the world, unseen by watchers."""
        info = self.resources.by_plural(resource)
        given = obj["metadata"]
        namespace = given.get("namespace", "") if info.namespaced else ""
        metadata = dict(given)
        if "uid" not in metadata:
            metadata["uid"] = self._identities.uid(resource, namespace, given["name"])
        if "creationTimestamp" not in metadata:
            metadata["creationTimestamp"] = self.timestamp()
        if has_generation(info) and "generation" not in metadata:
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
        subresource: str = "",
        dry_run: bool = False,
        owned: Owned | None = None,
    ) -> Obj:
        """Replace an object, or the part of it that *subresource* reaches.

        *owned* notes who wrote which fields.

        Raises:
            ApiError: NotFound, Conflict (an outside user's stale resourceVersion) or Invalid.
        """
        info = self.resources.by_plural(resource)
        given = obj["metadata"]
        namespace = given.get("namespace", "") if info.namespaced else ""
        old = self.store.get(resource, namespace, given["name"])
        if old is None:
            raise not_found(info.plural, given["name"], info.group)
        held = old["metadata"]
        if user != SYSTEM:
            self._check_version(info, given, held)
        status = subresource in STATUS
        if status:
            new = {**old, "status": obj.get("status", {})}
        else:
            new = self._with_defaults(info, self._inherit(info, obj, old, user))
        new = self.lifecycle.prepare_update(info, new, old)
        if user == SYSTEM:
            new = self._told(info, new, old, status)
            return self._write(info, new, old, status=status, dry_run=dry_run)
        if owned is not None:
            new = owned(new, old)
        asked = Attributes(
            "update",
            info,
            subresource,
            namespace,
            given["name"],
            new,
            old,
            user,
            dry_run,
        )
        new = self.admission.admit(asked) or new
        if subresource in WHOLE or info.custom:
            self._validate(info, new, old)
        self.admission.review(asked.with_new(new))
        return self._write(info, new, old, status=status, dry_run=dry_run, outside=True)

    def modify(
        self,
        resource: str,
        namespace: str,
        name: str,
        change: Callable[[Obj], Obj],
        *,
        status: bool = False,
        owned: bool = True,
    ) -> Obj | None:
        """Read, change and write in one step; returns None when the object is gone.

        Fields get an owner unless *owned* is False.
        """
        old = self.store.get(resource, namespace, name)
        if old is None:
            return None
        new = change(old)
        if new is old:
            return old
        if status and new.get("spec") is not old.get("spec"):
            new = {**old, "status": new.get("status", {})}
        info = self.resources.by_plural(resource)
        if owned:
            new = self._told(info, new, old, status)
        return self._write(info, new, old, status=status)

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
        info = self.resources.by_plural(resource)
        if user != SYSTEM:
            asked = Attributes("delete", info, "", namespace, name, None, old, user, dry_run)
            self.admission.review(asked)
        grace = self._grace(resource, old, grace_s)
        held = old["metadata"]
        terminating = "deletionTimestamp" in held
        finalizers = list(held.get("finalizers") or ())
        extra = FINALIZERS.get(propagation)
        if extra and extra not in finalizers and not terminating:
            finalizers.append(extra)
        if dry_run:
            return old
        if resource == "namespaces":
            return self.lifecycle.end_namespace(old)
        if resource == "customresourcedefinitions":
            return self.lifecycle.custom.end(old)
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

    def end_watches(self, resource: str) -> None:
        """End every watch of *resource*, which is served no longer."""
        for watch in tuple(self._watches.get(resource, ())):
            watch.expire()

    # -- inside ----------------------------------------------------------------------------------

    def _told(self, info: ResourceInfo, new: Obj, old: Obj, status: bool) -> Obj:
        """Return *new*, a component's write, with its fields' owners where there are any."""
        if "managedFields" not in old["metadata"] or "managedFields" not in new["metadata"]:
            return new
        return self.fields.component(info, new, old, status=status)

    def _with_defaults(self, info: ResourceInfo, obj: Obj) -> Obj:
        if info.custom:
            return self.lifecycle.custom.filled(info, obj)
        return apply_defaults(info.plural, obj)

    def _validate(self, info: ResourceInfo, new: Obj, old: Obj | None) -> None:
        """Refuse what Kubernetes would refuse; raises ApiError Invalid."""
        if info.custom:
            causes = check_metadata(info, new) + self.lifecycle.custom.check(info, new)
            if causes:
                raise invalid(info.kind, new["metadata"]["name"], causes, info.group)
        elif old is None:
            validate_create(info, new)
        else:
            validate_update(info, new, old)

    def _name(self, info: ResourceInfo, namespace: str, given: Obj, *, keep: bool) -> str:
        """Return the name of a new object, given or generated; raises ApiError Invalid."""
        if given.get("name"):
            return str(given["name"])
        prefix = str(given.get("generateName") or "")
        if not prefix:
            cause = required("metadata.name", "name or generateName is required")
            raise invalid(info.kind, "", [cause], info.group)

        def is_taken(name: str) -> bool:
            return self.store.get(info.key, namespace, name) is not None

        return self._identities.name(info.key, namespace, prefix, is_taken, keep=keep)

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
        self,
        info: ResourceInfo,
        new: Obj,
        old: Obj,
        *,
        status: bool,
        dry_run: bool = False,
        outside: bool = False,
    ) -> Obj:
        held, given = old["metadata"], new["metadata"]
        if given is not held and given.get("resourceVersion") != held["resourceVersion"]:
            given = {**given, "resourceVersion": held["resourceVersion"]}
            new = {**new, "metadata": given}
        if new == old:
            return old
        counts = not status and has_generation(info)
        if counts and asks_differently(info, new, old, outside=outside):
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
        resource = info.key
        self.store.put(resource, metadata.get("namespace", ""), metadata["name"], new)
        self.lifecycle.stored(resource, new)
        self._notify(resource, Change(revision, type_, new, old))
        return new

    def _remove(self, info: ResourceInfo, old: Obj) -> Obj:
        revision = self.store.next_revision()
        metadata = {**old["metadata"], "resourceVersion": str(revision)}
        last = {**old, "metadata": metadata}
        resource = info.key
        self.store.remove(resource, metadata.get("namespace", ""), metadata["name"])
        self._notify(resource, Change(revision, "DELETED", last, old))
        self.lifecycle.removed(info, last)
        return last

    def remove(self, resource: str, obj: Obj) -> Obj:
        """Remove *obj* at once whatever its finalizers say; for the lifecycle of namespaces."""
        return self._remove(self.resources.by_plural(resource), obj)

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
