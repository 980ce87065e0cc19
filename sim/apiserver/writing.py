"""POST, PUT, PATCH and DELETE: bodies decoded, patches applied, the registry asked, the write told.

Every refusal carries the API server's own words. This file must not know storage or kinds.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.apimachinery.errors import (
    ApiError,
    bad_request,
    conflict,
    method_not_allowed,
    not_found,
    unsupported_media_type,
)
from sim.apimachinery.meta import read
from sim.apimachinery.patch import PatchError, json_patch, merge_patch
from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.strategic import strategic_merge_patch
from sim.apimachinery.wire import ApiRequest, Obj
from sim.apiserver.paths import Target
from sim.apiserver.schema import check_shape, has_spec

if TYPE_CHECKING:
    from sim.apiserver.server import ApiServer

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
PATCHES = (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH)

RETURNED = frozenset(
    {
        "persistentvolumeclaims",
        "persistentvolumes",
        "pods",
        "podtemplates",
        "resourcequotas",
        "serviceaccounts",
        "services",
    }
)
"""Resources whose deletion answers with the object; the others answer with a Status."""

TRAINEE = "trainee"


class Written(NamedTuple):
    """The outcome of a write."""

    code: int
    body: Obj
    warnings: tuple[str, ...] = ()


def without_nulls(value: Any) -> Any:
    """Return *value* without null fields, as decoding into Go's types drops them."""
    if isinstance(value, dict):
        return {key: without_nulls(one) for key, one in value.items() if one is not None}
    if isinstance(value, list):
        return [without_nulls(one) for one in value]
    return value


def decode(info: ResourceInfo, body: Any, validation: str) -> tuple[Obj, tuple[str, ...]]:
    """Return (the object in *body*, warnings); *validation* is `Strict`, `Warn` or `Ignore`.

    Raises:
        ApiError: BadRequest, if the body is no object of that kind.
    """
    if not isinstance(body, dict):
        raise bad_request(
            f"the object provided is unrecognized (must be of type {info.kind}): couldn't get "
            "version/kind; json parse error: unexpected end of JSON input"
        )
    kind, version = body.get("kind") or info.kind, body.get("apiVersion") or info.group_version
    if not isinstance(kind, str) or not isinstance(version, str):
        raise bad_request(
            f"the object provided is unrecognized (must be of type {info.kind}): couldn't get "
            "version/kind; json parse error: json: cannot unmarshal into Go struct field"
        )
    if (kind, version) != (info.kind, info.group_version):
        short = version.rpartition("/")[2]
        group = info.group.partition(".")[0] or "core"
        raise bad_request(
            f'{kind} in version "{short}" cannot be handled as a {info.kind}: converting '
            f"({short}.{kind}) to ({group}.{info.kind}): unknown conversion"
        )
    if not isinstance(body.get("metadata") or {}, dict):
        raise _undecodable(
            info,
            "json: cannot unmarshal string into Go struct field "
            f"{info.kind}.metadata of type v1.ObjectMeta",
        )
    found = check_shape(info.kind, body)
    for error in found:
        if not error.strict:
            raise _undecodable(info, error.text)
    unknown = [error.text for error in found]
    if unknown and validation == "Strict":
        raise _undecodable(info, f"strict decoding error: {', '.join(unknown)}")
    made = without_nulls(body)
    made = {**made, "metadata": made.get("metadata") or {}}
    if has_spec(info.kind):
        made.setdefault("spec", {})
    return made, tuple(unknown) if validation == "Warn" else ()


def _undecodable(info: ResourceInfo, why: str) -> ApiError:
    return bad_request(
        f'{info.kind} in version "{info.version}" cannot be handled as a {info.kind}: {why}'
    )


class Writer:
    """Does what changes something."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api

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
        resource = f"{info.plural}/{target.subresource}" if target.subresource else info.plural
        self._api.audit(verb, resource, target.space, name, old, new)

    def create(self, target: Target, request: ApiRequest, user: str) -> Written:
        """Answer POST on a collection."""
        info = target.info
        body, warnings = decode(info, request.body, request.param("fieldValidation", "Strict"))
        body = self._placed(target, body)
        dry_run = bool(request.param("dryRun"))
        made = self._api.registry.create(info.plural, body, user=user, dry_run=dry_run)
        self.told(user, "create", target, None, made, dry_run=dry_run)
        return Written(201, made, warnings)

    def replace(self, target: Target, request: ApiRequest, user: str) -> Written:
        """Answer PUT on an object."""
        info = target.info
        body, warnings = decode(info, request.body, request.param("fieldValidation", "Strict"))
        body = self._placed(target, body)
        name = body["metadata"].get("name", "")
        if name != target.name:
            raise bad_request(
                f"the name of the object ({name}) does not match the name on the URL "
                f"({target.name})"
            )
        return self._update(target, request, user, body, "update", warnings)

    def patch(self, target: Target, request: ApiRequest, user: str) -> Written:
        """Answer PATCH on an object; an apply patch creates what is missing."""
        info = target.info
        form = self.patch_form(request)
        old = self._api.registry.store.get(info.plural, target.space, target.name)
        if old is None and form == APPLY_PATCH:
            return self.create(target._replace(name=""), request, user)
        if old is None:
            raise not_found(info.plural, target.name, info.group)
        patched = self.apply_patch(form, old, request.body, info.kind)
        if not isinstance(patched, dict) or not isinstance(patched.get("metadata"), dict):
            raise _undecodable(info, "json: cannot unmarshal into Go value of type v1.ObjectMeta")
        body, warnings = decode(info, patched, request.param("fieldValidation", "Warn"))
        body["metadata"] = {**body["metadata"], "name": old["metadata"]["name"]}
        return self._update(target, request, user, body, "patch", warnings)

    def delete(self, target: Target, request: ApiRequest, user: str) -> Written:
        """Answer DELETE on an object."""
        info = target.info
        options = self._delete_options(request)
        registry = self._api.registry
        old = registry.store.get(info.plural, target.space, target.name)
        if old is None:
            raise not_found(info.plural, target.name, info.group)
        _check_preconditions(info, old, options)
        grace = options.get("gracePeriodSeconds")
        dry_run = bool(options.get("dryRun"))
        last = registry.delete(
            info.plural,
            target.space,
            target.name,
            grace_s=grace,
            propagation=_propagation(info, options),
            user=user,
            dry_run=dry_run,
        )
        self.told(user, "delete", target, old, None, dry_run=dry_run)
        if last is not None and (
            info.plural in RETURNED or "deletionTimestamp" in last["metadata"]
        ):
            return Written(200, last)
        return Written(200, _deleted_status(info, old))

    def delete_collection(
        self, target: Target, request: ApiRequest, user: str, objects: list[Obj]
    ) -> Written:
        """Answer DELETE on a collection: each selected object in turn."""
        for obj in objects:
            metadata = obj["metadata"]
            one = target._replace(name=metadata["name"], namespace=metadata.get("namespace"))
            if self._api.registry.store.get(target.info.plural, one.space, one.name) is not None:
                self.delete(one, request, user)
        info = target.info
        listed = {"kind": f"{info.kind}List", "apiVersion": info.group_version}
        metadata = {"resourceVersion": str(self._api.registry.store.revision)}
        return Written(200, {**listed, "metadata": metadata, "items": objects})

    @staticmethod
    def patch_form(request: ApiRequest) -> str:
        """Return the media type of a patch.

        Raises:
            ApiError: UnsupportedMediaType, if it is none of the four.
        """
        form = request.headers.get("content-type", "").partition(";")[0].strip()
        if form not in PATCHES:
            raise unsupported_media_type()
        return form

    @staticmethod
    def apply_patch(form: str, old: Obj, patch: Any, kind: str) -> Any:
        """Return *old* with *patch* applied.

        Raises:
            ApiError: BadRequest or Invalid, if the patch does not parse or does not fit.
        """
        if form == JSON_PATCH:
            if not isinstance(patch, list) or not all(isinstance(one, dict) for one in patch):
                raise bad_request(
                    "error decoding patch: json: cannot unmarshal object into Go value of type "
                    "jsonpatch.Patch"
                )
            try:
                return json_patch(old, patch)
            except PatchError:
                message = "the server rejected our request due to an error in our request"
                raise ApiError(422, "Invalid", message, {}) from None
        if not isinstance(patch, dict):
            raise bad_request(
                f"json: cannot unmarshal {_json_name(patch)} into Go value of type "
                "map[string]interface {}"
            )
        if form == MERGE_PATCH:
            return merge_patch(old, patch)
        try:
            return strategic_merge_patch(old, patch, kind)
        except PatchError as error:
            raise bad_request(str(error)) from None
        except (AttributeError, TypeError):
            raise bad_request("cannot apply strategic merge patch: wrong type in patch") from None

    def _placed(self, target: Target, body: Obj) -> Obj:
        """Return *body* in the namespace of the URL."""
        metadata = body["metadata"]
        if not target.info.namespaced:
            return body
        if target.namespace is None:
            raise method_not_allowed()
        given = metadata.get("namespace")
        if given and given != target.namespace:
            raise bad_request(
                "the namespace of the provided object does not match the namespace sent on the "
                "request"
            )
        return {**body, "metadata": {**metadata, "namespace": target.namespace}}

    def _update(
        self,
        target: Target,
        request: ApiRequest,
        user: str,
        body: Obj,
        verb: str,
        warnings: tuple[str, ...],
    ) -> Written:
        info, registry = target.info, self._api.registry
        dry_run = bool(request.param("dryRun"))
        old = registry.store.get(info.plural, target.space, target.name)
        new = registry.update(
            info.plural,
            body,
            user=user,
            status=target.subresource == "status",
            check=target.subresource == "",
            dry_run=dry_run,
        )
        if new is not old:
            self.told(user, verb, target, old, new, dry_run=dry_run)
        return Written(200, new, warnings)

    @staticmethod
    def _delete_options(request: ApiRequest) -> dict[str, Any]:
        body = request.body if isinstance(request.body, dict) else {}
        options = {key: value for key, value in body.items() if value is not None}
        grace = request.param("gracePeriodSeconds")
        if grace.isdigit():
            options.setdefault("gracePeriodSeconds", int(grace))
        for field in ("propagationPolicy", "dryRun"):
            if request.param(field):
                options.setdefault(field, request.param(field))
        grace_s = options.get("gracePeriodSeconds", 0)
        if not isinstance(grace_s, int) or isinstance(grace_s, bool):
            raise bad_request(
                f"json: cannot unmarshal {_json_name(grace_s)} into Go struct field "
                "DeleteOptions.gracePeriodSeconds of type int64"
            )
        return options


def _propagation(info: ResourceInfo, options: dict[str, Any]) -> str:
    if options.get("propagationPolicy"):
        return str(options["propagationPolicy"])
    if "orphanDependents" in options:
        return "Orphan" if options["orphanDependents"] else "Background"
    return "Orphan" if info.plural == "jobs" else "Background"


def _check_preconditions(info: ResourceInfo, old: Obj, options: Obj) -> None:
    metadata = old["metadata"]
    named = (("uid", "UID", "UID"), ("resourceVersion", "ResourceVersion", "ResourceVersion"))
    for field, label, meta in named:
        wanted = read(options, "preconditions", field)
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


def _json_name(value: Any) -> str:
    text = json.dumps(value)[:1]
    return {"[": "array", '"': "string", "{": "object", "t": "bool", "f": "bool"}.get(
        text, "number"
    )
