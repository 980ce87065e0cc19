"""Server-side apply and the ownership of fields: who wrote what, conflicts, fields given up.

Follows apimachinery's util/managedfields and structured-merge-diff's merge/update.go. Objects that
no outside user has written carry no managedFields and cost nothing here. This file must not know
requests.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from sim.apimachinery.errors import ApiError, bad_request
from sim.apimachinery.managedfields import (
    APPLY,
    UPDATE,
    Owner,
    Owners,
    Path,
    Paths,
    compact,
    decode_owners,
    encode_owners,
    owner_of,
    show_path,
    touched,
    without,
)
from sim.apimachinery.managedfields_merge import (
    Comparison,
    compare,
    field_set,
    merge,
    remove,
    undeclared,
    with_ancestors,
    with_structs,
)
from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.structure import DEDUCED, Structure, structure_from_schema
from sim.apimachinery.wire import Obj
from sim.apiserver.schema import structure_of

if TYPE_CHECKING:
    from sim.apiserver.registry import Registry

FIELD = "managedFields"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
BEFORE_FIRST_APPLY = "before-first-apply"
"""Who holds what an object had that nobody's fields were known of."""
ANCIENT = "ancient-changes"
MOST_UPDATERS = 10
"""More entries of updates are joined, the oldest first."""
KUBECTL = "kubectl"

_UNTRACKED = frozenset((f"f:{name}",) for name in ("apiVersion", "kind", "metadata")) | frozenset(
    ("f:metadata", f"f:{name}")
    for name in (
        *("name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName"),
        *("generation", "managedFields", "resourceVersion", "generateName"),
        *("deletionTimestamp", "deletionGracePeriodSeconds"),
    )
)
"""What nobody owns (util/managedfields/internal/stripmeta.go)."""
_PLAIN_STRUCTS = frozenset(
    f"f:{name}"
    for name in (
        *("metadata", "spec", "status", "strategy", "updateStrategy", "template", "containers"),
        *("jobTemplate", "roleRef", "target", "scaleTargetRef"),
    )
)
"""Structs that Go has by value: they are there before anything is set, so nobody adds them."""


_COMPONENTS = {
    "customresourcedefinitions": "kube-apiserver",
    "namespaces": "kube-apiserver",
    "nodes": "kubelet",
    "pods": "kubelet",
}
"""Which of the cluster's own components writes what; the controllers write the rest."""


class Author(NamedTuple):
    """In whose name fields are written."""

    manager: str
    """`kubectl-edit`"""
    api_version: str
    """The version of the request: `apps/v1`."""
    subresource: str = ""


class FieldManagers:
    """Keeps metadata.managedFields."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._custom: dict[int, Structure] = {}
        self._generation = -1

    # -- writes that are no apply ----------------------------------------------------------------

    def updated(self, info: ResourceInfo, new: Obj, old: Obj | None, author: Author) -> Obj:
        """Return *new*, as *author* has made it of *old*, with its managedFields."""
        held = (old or {"metadata": {}})["metadata"].get(FIELD)
        given = new["metadata"].get(FIELD)
        owners, known = self._before(given, held, author)
        if old is not None and not known:
            return _with_owners(new, {})
        owners = self._follow(info, new, old, author, owners)
        return _with_owners(new, owners)

    def _before(self, given: object, held: object, author: Author) -> tuple[Owners, bool]:
        """Return who owned what before this write; a request may set it itself."""
        if given and given != held and not author.subresource:
            try:
                owners = decode_owners(given)
            except (ValueError, TypeError):
                owners = _decoded(held)
            return owners, bool(owners)
        owners = _decoded(held)
        return owners, bool(owners)

    def _follow(
        self, info: ResourceInfo, new: Obj, old: Obj | None, author: Author, owners: Owners
    ) -> Owners:
        structure = self.structure(info)
        found = _tracked(compare(_bare(old), _bare(new), structure), info, author.subresource)
        written = found.added | found.modified
        if not info.custom:
            written = frozenset(path for path in written if not _PLAIN_STRUCTS.issuperset(path))
        owner = owner_of(author.manager, UPDATE, author.api_version, author.subresource)
        owners = without(owners, found.added | found.modified | found.removed, but=owner)
        held = owners[owner].paths if owner in owners else frozenset()
        paths = (held - found.removed) | written
        if not paths:
            return {one: entry for one, entry in owners.items() if one != owner}
        if not written and paths == held:
            return owners
        now = self._registry.timestamp()
        if written and owner in owners:
            # A write counts even where the fields were already its own.
            owners = {one: entry for one, entry in owners.items() if one != owner}
        owners = touched(owners, owner, paths, time=now, api_version=author.api_version)
        return _capped(owners)

    def component(self, info: ResourceInfo, new: Obj, old: Obj, *, status: bool) -> Obj:
        """Return *new*, as one of the cluster's components has made it, with its managedFields."""
        manager = _COMPONENTS.get(info.key, "kube-controller-manager")
        subresource = "status" if status or new.get("status") is not old.get("status") else ""
        author = Author(manager, info.group_version, subresource)
        owners = _decoded(old["metadata"].get(FIELD))
        if not owners:
            return new
        structure = self.structure(info)
        found = _tracked(compare(_bare(old), _bare(new), structure), info, None)
        if not (found.added or found.modified or found.removed):
            return new
        return _with_owners(new, self._follow_component(info, new, old, author, owners))

    def _follow_component(
        self, info: ResourceInfo, new: Obj, old: Obj, author: Author, owners: Owners
    ) -> Owners:
        """A component may write spec and status at once; each is told as its own."""
        if author.subresource:
            with_status = {**old, "status": new.get("status")}
            owners = self._follow(info, with_status, old, author, owners)
            old = with_status
        return self._follow(info, new, old, author._replace(subresource=""), owners)

    # -- apply -----------------------------------------------------------------------------------

    def applied(
        self, info: ResourceInfo, live: Obj | None, config: Obj, author: Author, *, force: bool
    ) -> tuple[Obj, Owners]:
        """Return (*live* with *config* applied over it, who owns what then).

        Raises:
            ApiError: Conflict, if others own fields that would change; BadRequest.
        """
        if config["metadata"].get(FIELD):
            raise bad_request("metadata.managedFields must be nil")
        structure = self.structure(info)
        if live is None:
            owners: Owners = {}
            base: Obj = {}
        else:
            base = _bare(live)
            owners = _decoded(live["metadata"].get(FIELD)) or self._first(info, base, structure)
        owner = owner_of(author.manager, APPLY, author.api_version, author.subresource)
        last = owners[owner].paths if owner in owners else frozenset()
        config = _bare(config)
        named = field_set(config, structure)
        wanted = _kept(named, info, author.subresource)
        merged = merge(base, config, structure)
        others = without(owners, frozenset())
        others.pop(owner, None)
        merged = self._prune(merged, structure, last, named, others)
        found = _tracked(compare(base, merged, structure), info, None)
        changed = found.added | found.modified
        conflicts = [(one, entry.paths & changed) for one, entry in others.items()]
        conflicts = [(one, paths) for one, paths in conflicts if paths]
        if conflicts and not force and live is not None:
            conflicts = self._without_allowed(conflicts, info, live, author)
            if conflicts:
                raise conflict_error(conflicts, owners)
        owners = without(owners, changed | found.removed, but=owner)
        now = self._registry.timestamp()
        if not found.added and not found.modified and not found.removed and last == wanted:
            return _rebuilt(live or {}, merged), owners
        if owner in owners:
            owners = {one: entry for one, entry in owners.items() if one != owner}
        owners = touched(owners, owner, wanted, time=now, api_version=author.api_version)
        return _rebuilt(live or {}, merged), owners

    @staticmethod
    def with_owners(obj: Obj, owners: Owners) -> Obj:
        """Return *obj* with metadata.managedFields of *owners*."""
        return _with_owners(obj, owners)

    def _first(self, info: ResourceInfo, base: Obj, structure: Structure) -> Owners:
        """Return who owns an object whose fields nobody has been told of."""
        paths = _kept(field_set(base, structure), info, "")
        owner = owner_of(BEFORE_FIRST_APPLY, UPDATE, info.group_version)
        now = self._registry.timestamp()
        return touched({}, owner, paths, time=now, api_version=info.group_version)

    @staticmethod
    def _prune(merged: Obj, structure: Structure, last: Paths, named: Paths, others: Owners) -> Obj:
        """Return *merged* without what the applier had and no longer names, if nobody else has it."""
        if not last:
            return merged
        held = named.union(*(entry.paths for entry in others.values()))
        given_up = with_structs(last, structure) - with_ancestors(with_structs(held, structure))
        pruned: Obj = remove(merged, structure, given_up)
        return pruned

    def check_declared(self, info: ResourceInfo, config: Obj) -> None:
        """Refuse to apply a field that the kind does not have; raises ApiError BadRequest."""
        unknown = next(undeclared(config, self.structure(info)), None)
        if unknown is not None:
            metadata = config.get("metadata")
            metadata = metadata if isinstance(metadata, dict) else {}
            where = f"{metadata.get('namespace', '')}/{metadata.get('name', '')}"
            gvk = f"{info.group}/{info.version}, Kind={info.kind}"
            raise bad_request(
                f"failed to create typed patch object ({where}; {gvk}): {show_path(unknown)}: "
                "field not declared in schema"
            )

    def _without_allowed(
        self,
        conflicts: list[tuple[Owner, Paths]],
        info: ResourceInfo,
        live: Obj,
        author: Author,
    ) -> list[tuple[Owner, Paths]]:
        """Let kubectl take over what it had applied from the client's side (lastappliedmanager.go)."""
        text = (live["metadata"].get("annotations") or {}).get(LAST_APPLIED)
        if author.manager != KUBECTL or not text:
            return conflicts
        try:
            last = json.loads(text)
        except ValueError:
            return conflicts
        if not isinstance(last, dict):
            return conflicts
        structure = self.structure(info)
        changed = compare(_bare(last), _bare(live), structure).modified
        allowed = field_set(_bare(last), structure) - changed
        left = [(owner, paths - allowed) for owner, paths in conflicts]
        return [(owner, paths) for owner, paths in left if paths]

    # -- structures ------------------------------------------------------------------------------

    def structure(self, info: ResourceInfo) -> Structure:
        """Return what objects of *info* are made of."""
        if not info.custom:
            return structure_of(info.group_version, info.kind) or DEDUCED
        resources = self._registry.resources
        if self._generation != resources.generation:
            self._generation = resources.generation
            self._custom.clear()
        schema = resources.schema_of(info) or {}
        known = self._custom.get(id(schema))
        if known is None:
            known = self._custom[id(schema)] = _custom_structure(schema)
        return known


def _custom_structure(schema: Obj) -> Structure:
    made = structure_from_schema(schema)
    pod = structure_of("v1", "Pod")
    metadata = (pod.field("metadata") if pod else None) or DEDUCED
    if made.form != "struct":
        made = DEDUCED if made.form != "map" else made
        return Structure("struct", fields={"metadata": metadata}, of=made.item or DEDUCED)
    text = Structure("scalar")
    fields = {**made.fields, "apiVersion": text, "kind": text, "metadata": metadata}
    return Structure("struct", fields=fields, of=made.of)


def _decoded(entries: object) -> Owners:
    try:
        return decode_owners(entries)
    except (ValueError, TypeError, AttributeError):
        return {}


def _bare(obj: Obj | None) -> Obj:
    """Return *obj* without its managedFields."""
    if obj is None or FIELD not in (obj.get("metadata") or ()):
        return obj or {}
    return {**obj, "metadata": {k: v for k, v in obj["metadata"].items() if k != FIELD}}


def _with_owners(obj: Obj, owners: Owners) -> Obj:
    entries = encode_owners(owners)
    metadata = obj["metadata"]
    if metadata.get(FIELD) == entries or (not entries and FIELD not in metadata):
        return obj
    metadata = {key: value for key, value in metadata.items() if key != FIELD}
    if entries:
        metadata[FIELD] = entries
    return {**obj, "metadata": metadata}


def _rebuilt(live: Obj, merged: Obj) -> Obj:
    """Return *merged* with the managedFields that *live* had."""
    held = (live.get("metadata") or {}).get(FIELD)
    if held is None:
        return merged
    return {**merged, "metadata": {**merged["metadata"], FIELD: held}}


def _kept(paths: Paths, info: ResourceInfo, subresource: str | None) -> Paths:
    """Return the paths that can be owned by who writes *subresource* ("" the object itself)."""
    kept = paths - _UNTRACKED
    if subresource is None or "status" not in info.subresources:
        return kept
    if subresource == "status":
        return frozenset(path for path in kept if path[0] != "f:spec")
    return frozenset(path for path in kept if path[0] != "f:status")


def _tracked(found: Comparison, info: ResourceInfo, subresource: str | None) -> Comparison:
    return Comparison(*(_kept(paths, info, subresource) for paths in found))


def _capped(owners: Owners) -> Owners:
    """Join the oldest updates once there are too many (capmanagers.go)."""
    updates = sorted(
        (owner for owner in owners if owner.operation == UPDATE and not owner.subresource),
        key=lambda owner: (owners[owner].time, *owner),
    )
    surplus = len(updates) - MOST_UPDATERS
    if surplus <= 0:
        return owners
    joined = dict(owners)
    for owner in updates[: surplus + 1]:
        entry = joined.pop(owner)
        ancient = owner_of(ANCIENT, UPDATE, entry.api_version)
        held = joined[ancient].paths if ancient in joined else frozenset()
        joined = touched(
            joined, ancient, held | entry.paths, time=entry.time, api_version=entry.api_version
        )
    return joined


def conflict_error(conflicts: list[tuple[Owner, Paths]], owners: Owners) -> ApiError:
    """Return 409 with every field that another manager owns."""
    listed: list[tuple[str, Path]] = []
    for owner, paths in sorted(conflicts, key=lambda one: one[0]):
        listed += [(_shown(owner, owners), path) for path in sorted(paths)]
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": f"conflict with {manager}",
            "field": show_path(path),
        }
        for manager, path in listed
    ]
    if len(listed) == 1:
        manager, path = listed[0]
        message = f"Apply failed with 1 conflict: conflict with {manager}: {show_path(path)}"
    else:
        lines: list[str] = []
        for manager in sorted({manager for manager, _ in listed}):
            lines.append(f"conflicts with {manager}:")
            lines += [f"- {show_path(path)}" for one, path in listed if one == manager]
        message = f"Apply failed with {len(listed)} conflicts: " + "\n".join(lines)
    return ApiError(409, "Conflict", message, {"causes": causes})


def _shown(owner: Owner, owners: Owners) -> str:
    """Return an owner as conflicts name it: `"kubectl-edit" using apps/v1`."""
    shown = compact(owner.manager)
    if owner.subresource:
        shown += f" with subresource {compact(owner.subresource)}"
    if owner.operation == UPDATE:
        shown += f" using {owners[owner].api_version}"
    return shown
