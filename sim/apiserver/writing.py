"""POST, PUT, PATCH and DELETE: bodies decoded, patches applied, the registry asked, the write told.

Every refusal carries the API server's own words. This file must not know storage or kinds.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.apimachinery.errors import (
    bad_request,
    conflict,
    invalid,
    invalid_value,
    method_not_allowed,
    not_found,
)
from sim.apimachinery.managedfields import Owners
from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.wire import ApiRequest, Obj
from sim.apiserver.conversion import stored_form, view_of
from sim.apiserver.decoding import UndecodableError, check_media_type, decode, undecodable
from sim.apiserver.fieldmanagers import KUBECTL, LAST_APPLIED, Author
from sim.apiserver.partial import part_of
from sim.apiserver.patching import APPLY_PATCH, apply_patch, misfit, patch_body, patch_form
from sim.apiserver.paths import Target
from sim.apiserver.representation import items_of
from sim.apiserver.writeoptions import (
    CREATE,
    PATCH,
    UPDATE,
    DeleteOptions,
    WriteOptions,
    delete_options,
    write_options,
)

if TYPE_CHECKING:
    from sim.apiserver.server import ApiServer

RETURNED = frozenset(
    {
        "csidrivers",
        "csinodes",
        "deviceclasses",
        "persistentvolumeclaims",
        "persistentvolumes",
        "pods",
        "podtemplates",
        "resourceclaims",
        "resourceclaimtemplates",
        "resourcequotas",
        "resourceslices",
        "serviceaccounts",
        "services",
        "storageclasses",
        "volumeattachments",
        "volumeattributesclasses",
    }
)
"""Resources whose deletion answers with the object; the others answer with a Status."""
ORPHANS = frozenset({"jobs", "replicationcontrollers"})
"""Resources whose dependents stay, unless the request says otherwise: old APIs' old way."""
VERSIONED = frozenset({"apiservices", "customresourcedefinitions", "leases"})
"""Resources that are only replaced by who names the version that was read."""

TRAINEE = "trainee"
_JOBS_ORPHAN = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to "
    "remove them or set propagationPolicy=Orphan to suppress this warning"
)


class Written(NamedTuple):
    """The outcome of a write."""

    code: int
    body: Obj
    warnings: tuple[str, ...] = ()


class Writer:
    """Does what changes something."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self._resources = api.registry.resources

    def told(
        self,
        user: str,
        verb: str,
        target: Target,
        old: Obj | None,
        new: Obj | None,
        *,
        dry_run: bool = False,
    ) -> None:
        """Tell the audit hook of the trainee's write, unless nothing was written."""
        if dry_run or user != TRAINEE or self._api.audit is None:
            return
        info, shown = target.info, new or old
        name = target.name or (shown["metadata"]["name"] if shown else "")
        resource = f"{info.key}/{target.subresource}" if target.subresource else info.key
        self._api.audit(verb, resource, target.space, name, old, new)

    def find(self, target: Target) -> Obj:
        """Return the stored object that *target* names; raises ApiError NotFound."""
        info = target.info
        found = self._api.registry.store.get(info.key, target.space, target.name)
        if found is None:
            raise not_found(info.plural, target.name, info.group)
        return found

    def create(self, target: Target, request: ApiRequest, user: str) -> Written:
        """Answer POST on a collection."""
        options = write_options(request, CREATE)
        check_media_type(request)
        body, warnings = self._decoded(target.info, request.body, options)
        if body["metadata"].get("resourceVersion"):
            raise bad_request("resourceVersion should not be set on objects to be created")
        return self._create(target, user, body, options)._replace(warnings=warnings)

    def replace(self, target: Target, request: ApiRequest, user: str) -> Written:
        """Answer PUT on an object."""
        info = target.info
        options = write_options(request, UPDATE)
        check_media_type(request)
        body, warnings = self._decoded(info, request.body, options)
        body = self._placed(target, body)
        self._check_name(target, body)
        if (info.custom or info.key in VERSIONED) and not target.subresource:
            self._check_versioned(target, body)
        made = self._update(target, user, body, "update", options)
        return made._replace(warnings=warnings)

    def patch(self, target: Target, request: ApiRequest, user: str) -> Written:
        """Answer PATCH on an object; an apply patch creates what is missing."""
        info = target.info
        form = patch_form(request, info)
        options = write_options(request, PATCH, applies=form == APPLY_PATCH)
        patch = patch_body(request, form)
        if form == APPLY_PATCH:
            return self._apply(target, user, patch, options)
        old = self.find(target)
        view = view_of(info)
        shown = old if view is None else view(old)
        patched = apply_patch(form, shown, patch, info.kind)
        if not isinstance(patched, dict) or not isinstance(patched.get("metadata"), dict):
            raise undecodable(info, "json: cannot unmarshal into Go value of type v1.ObjectMeta")
        try:
            body, warnings = self._decoded(info, patched, options)
        except UndecodableError as error:
            raise misfit(form, patch, patched, error.why) from None
        self._check_place(target, body)
        return self._update(target, user, body, "patch", options)._replace(warnings=warnings)

    def delete(self, target: Target, request: ApiRequest, user: str) -> Written:
        """Answer DELETE on an object."""
        return self._delete(target, delete_options(request), user)

    def delete_collection(
        self, target: Target, request: ApiRequest, user: str, objects: list[Obj]
    ) -> Written:
        """Answer DELETE on a collection: each selected object in turn."""
        info, options = target.info, delete_options(request)
        if "deletecollection" not in info.verbs:
            raise method_not_allowed()
        for obj in objects:
            metadata = obj["metadata"]
            one = target._replace(name=metadata["name"], namespace=metadata.get("namespace"))
            if self._api.registry.store.get(info.key, one.space, one.name) is not None:
                self._delete(one, options, user)
        listed = {"kind": f"{info.kind}List", "apiVersion": info.group_version}
        metadata = {"resourceVersion": str(self._api.registry.store.revision)}
        shown = items_of(info, objects, view_of(info))
        return Written(200, {**listed, "metadata": metadata, "items": shown})

    # -- inside ----------------------------------------------------------------------------------

    def _decoded(
        self, info: ResourceInfo, body: Any, options: WriteOptions
    ) -> tuple[Obj, tuple[str, ...]]:
        found = decode(info, body, options.validation, self._resources)
        return stored_form(info, found.obj), found.warnings

    def _create(
        self,
        target: Target,
        user: str,
        body: Obj,
        options: WriteOptions,
        owners: Owners | None = None,
    ) -> Written:
        registry, info = self._api.registry, target.info
        author = Author(options.manager, info.group_version)

        def owned(new: Obj, old: Obj | None) -> Obj:
            if owners is not None:
                return registry.fields.with_owners(new, owners)
            return registry.fields.updated(info, new, old, author)

        made = registry.create(
            info.key, self._placed(target, body), user=user, dry_run=options.dry_run, owned=owned
        )
        self.told(user, "create", target, None, made, dry_run=options.dry_run)
        return Written(201, made)

    def _update(
        self,
        target: Target,
        user: str,
        body: Obj,
        verb: str,
        options: WriteOptions,
        owners: Owners | None = None,
    ) -> Written:
        info, registry = target.info, self._api.registry
        old = self.find(target)
        author = Author(options.manager, info.group_version, target.subresource)

        def owned(new: Obj, old: Obj | None) -> Obj:
            if owners is not None:
                return registry.fields.with_owners(new, owners)
            return registry.fields.updated(info, new, old, author)

        new = registry.update(
            info.key,
            part_of(target, body, old),
            user=user,
            subresource=target.subresource,
            dry_run=options.dry_run,
            owned=owned,
        )
        if new is not old:
            self.told(user, verb, target, old, new, dry_run=options.dry_run)
        return Written(200, new)

    def _apply(self, target: Target, user: str, patch: Any, options: WriteOptions) -> Written:
        """Apply *patch* from the server's side, over what is there or as a new object."""
        info, registry = target.info, self._api.registry
        if not isinstance(patch, dict):
            raise bad_request(f"invalid object type: {type(patch).__name__}")
        if not patch.get("kind") or not patch.get("apiVersion"):
            raise bad_request("invalid object type: /, Kind=")
        registry.fields.check_declared(info, patch)
        config = decode(info, patch, options.validation, self._resources)
        named = {**config.obj["metadata"], "name": config.obj["metadata"].get("name", target.name)}
        body = self._placed(target, {**config.obj, "metadata": named})
        self._check_name(target, body)
        body = {k: v for k, v in body.items() if k in patch or k not in ("spec", "status")}
        live = registry.store.get(info.key, target.space, target.name)
        if live is None and target.subresource:
            raise not_found(info.plural, target.name, info.group)
        if live is not None and named.get("uid") not in (None, live["metadata"]["uid"]):
            raise conflict(info.plural, target.name, info.group)
        author = Author(options.manager, info.group_version, target.subresource)
        body = stored_form(info, body)
        if target.subresource == "status":
            body = {key: one for key, one in body.items() if key != "spec"}
        merged, owners = registry.fields.applied(info, live, body, author, force=options.force)
        if live is None:
            made = self._create(target._replace(name=""), user, merged, options, owners)
            return made._replace(warnings=config.warnings)
        if not target.subresource:
            merged = _with_last_applied(merged, patch, options.manager)
        made = self._update(target, user, merged, "patch", options, owners)
        return made._replace(warnings=config.warnings)

    def _placed(self, target: Target, body: Obj) -> Obj:
        """Return *body* in the namespace of the URL."""
        metadata = body["metadata"]
        if not target.info.namespaced:
            if not metadata.get("namespace"):
                return body
            return {**body, "metadata": {k: v for k, v in metadata.items() if k != "namespace"}}
        if target.namespace is None:
            raise method_not_allowed()
        given = metadata.get("namespace")
        if given and given != target.namespace:
            raise bad_request(
                "the namespace of the provided object does not match the namespace sent on the "
                "request"
            )
        return {**body, "metadata": {**metadata, "namespace": target.namespace}}

    @staticmethod
    def _check_name(target: Target, body: Obj) -> None:
        name = body["metadata"].get("name", "")
        if name != target.name:
            raise bad_request(
                f"the name of the object ({name}) does not match the name on the URL "
                f"({target.name})"
            )

    def _check_place(self, target: Target, body: Obj) -> None:
        """Refuse a patch that would move the object (endpoints/handlers/rest.go checkName)."""
        metadata = body["metadata"]
        if not metadata.get("name"):
            raise bad_request(
                f"the name of the object ({target.name} based on URL) was undeterminable: "
                "name must be provided"
            )
        self._check_name(target, body)
        given = metadata.get("namespace")
        if target.namespace and given and given != target.namespace:
            raise bad_request(
                f"the namespace of the object ({given}) does not match the namespace on the "
                f"request ({target.namespace})"
            )

    @staticmethod
    def _check_versioned(target: Target, body: Obj) -> None:
        info = target.info
        if not body["metadata"].get("resourceVersion"):
            text = "Invalid value: 0x0: must be specified for an update"
            cause = invalid_value("metadata.resourceVersion", "", "")._replace(message=text)
            raise invalid(info.kind, target.name, [cause], info.group)

    def _delete(self, target: Target, options: DeleteOptions, user: str) -> Written:
        info = target.info
        registry = self._api.registry
        old = self.find(target)
        _check_preconditions(info, old, options)
        own = "Orphan" if info.key in ORPHANS else "Background"
        last = registry.delete(
            info.key,
            target.space,
            target.name,
            grace_s=options.grace_s,
            propagation=options.propagation or own,
            user=user,
            dry_run=options.dry_run,
        )
        self.told(user, "delete", target, old, None, dry_run=options.dry_run)
        warnings = (_JOBS_ORPHAN,) if info.key == "jobs" and not options.propagation else ()
        if last is not None and (info.key in RETURNED or "deletionTimestamp" in last["metadata"]):
            return Written(200, last, warnings)
        return Written(200, _deleted_status(info, old), warnings)


def _with_last_applied(merged: Obj, patch: Obj, manager: str) -> Obj:
    """Keep the annotation of client-side apply in step, where kubectl goes on from there."""
    annotations = merged["metadata"].get("annotations") or {}
    if manager != KUBECTL or LAST_APPLIED not in annotations:
        return merged
    metadata = dict(patch.get("metadata") or {})
    rest = {k: v for k, v in (metadata.get("annotations") or {}).items() if k != LAST_APPLIED}
    last = {**patch, "metadata": {**metadata, "annotations": rest}}
    text = json.dumps(last, separators=(",", ":"), sort_keys=True) + "\n"
    annotations = {**annotations, LAST_APPLIED: text}
    return {**merged, "metadata": {**merged["metadata"], "annotations": annotations}}


def _check_preconditions(info: ResourceInfo, old: Obj, options: DeleteOptions) -> None:
    metadata = old["metadata"]
    named = (("uid", "UID", "UID"), ("resourceVersion", "ResourceVersion", "ResourceVersion"))
    for field, label, meta in named:
        wanted = options.preconditions.get(field)
        if wanted and wanted != metadata[field]:
            why = (
                f"the {label} in the precondition ({wanted}) does not match the {meta} in "
                f"record ({metadata[field]}). The object might have been deleted and then recreated"
            )
            raise conflict(info.plural, metadata["name"], info.group, why)


def _deleted_status(info: ResourceInfo, old: Obj) -> Obj:
    details = {"name": old["metadata"]["name"], "kind": info.plural, "uid": old["metadata"]["uid"]}
    if info.group:
        details["group"] = info.group
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": details,
    }
