"""The paths of one resource in an OpenAPI v3 document: which operations there are and what they take.

kubectl asks whether PATCH and POST declare `fieldValidation`, and which kind a path is of. This file
must not know what a schema says.
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.wire import Obj
from sim.apiserver.discovery import sub_kind
from sim.apiserver.openapi.schemas import DELETE_OPTIONS, PATCH, PREFIX, STATUS, Schemas

_TEXT = {"type": "string", "uniqueItems": True}
_NUMBER = {"type": "integer", "uniqueItems": True}
_FLAG = {"type": "boolean", "uniqueItems": True}
_JSON = "application/json"
_PATCHES = (
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
)
_CUSTOM_PATCHES = tuple(form for form in _PATCHES if "strategic" not in form)


def _query(name: str, schema: Obj, description: str) -> Obj:
    return {"name": name, "in": "query", "description": description, "schema": schema}


_PRETTY = _query("pretty", _TEXT, "If 'true', then the output is pretty printed.")
_DRY_RUN = _query("dryRun", _TEXT, "'All' processes every stage and stores nothing.")
_MANAGER = _query("fieldManager", _TEXT, "The name of whoever makes these changes.")
_VALIDATION = _query(
    "fieldValidation",
    _TEXT,
    "What to do with unknown and duplicate fields: Ignore, Warn or Strict.",
)
_FORCE = _query("force", _FLAG, "Take over fields that other managers own; for apply only.")
_LISTING = (
    _query("allowWatchBookmarks", _FLAG, "Ask for bookmarks in a watch."),
    _query("continue", _TEXT, "Where the last page ended."),
    _query("fieldSelector", _TEXT, "Restrict the objects by their fields."),
    _query("labelSelector", _TEXT, "Restrict the objects by their labels."),
    _query("limit", _NUMBER, "The most objects in one answer."),
    _query("resourceVersion", _TEXT, "How old the answer may be."),
    _query("resourceVersionMatch", _TEXT, "How resourceVersion is applied."),
    _query("sendInitialEvents", _FLAG, "Begin a watch with the objects there are."),
    _query("timeoutSeconds", _NUMBER, "How long the call may last."),
    _query("watch", _FLAG, "Stream changes instead of listing."),
)
_DELETING = (
    _DRY_RUN,
    _query("gracePeriodSeconds", _NUMBER, "How long the object may take to end."),
    _query(
        "propagationPolicy", _TEXT, "Whether dependents go too: Orphan, Background, Foreground."
    ),
)
_WRITING = (_DRY_RUN, _MANAGER, _VALIDATION)
_NAME = {"name": "name", "in": "path", "required": True, "schema": _TEXT}
_NAMESPACE = {"name": "namespace", "in": "path", "required": True, "schema": _TEXT}

_VERB_PREFIX = {
    "get": "read",
    "list": "list",
    "post": "create",
    "put": "replace",
    "patch": "patch",
    "delete": "delete",
    "deletecollection": "deleteCollection",
}


def operations(info: ResourceInfo, schemas: Schemas) -> Iterator[tuple[str, Obj]]:
    """Yield (path, what can be done there) of a resource and its subresources."""
    yield from _Operations(info, schemas).all()


class _Operations:
    def __init__(self, info: ResourceInfo, schemas: Schemas) -> None:
        self._info = info
        self._schemas = schemas
        self._object = schemas.name_of(info)
        self._root = f"/apis/{info.group}/{info.version}" if info.group else f"/api/{info.version}"
        inside = "/namespaces/{namespace}" if info.namespaced else ""
        self._collection = f"{self._root}{inside}/{info.plural}"
        self._places = [_NAMESPACE] if info.namespaced else []
        group = info.group.removesuffix(".k8s.io") or "core"
        camel = "".join(part[:1].upper() + part[1:] for part in group.split("."))
        self._camel = camel + info.version[:1].upper() + info.version[1:]

    def all(self) -> Iterator[tuple[str, Obj]]:
        verbs, object_, list_ = self._info.verbs, self._object, self._schemas.list_of(self._info)
        collection: Obj = {}
        if "list" in verbs:
            collection["get"] = self._operation("list", "list", list_, _LISTING)
        if "create" in verbs:
            collection["post"] = self._operation("post", "post", object_, _WRITING, body=object_)
        if "deletecollection" in verbs:
            options = self._schemas.gather(DELETE_OPTIONS)
            status = self._schemas.gather(STATUS)
            collection["delete"] = self._operation(
                "deletecollection",
                "deletecollection",
                status,
                (*_DELETING, *_LISTING[1:7]),
                body=options,
            )
        yield self._collection, {**collection, "parameters": [*self._places, _PRETTY]}
        item = self._item("")
        if item:
            yield f"{self._collection}/{{name}}", item
        if self._info.namespaced and "list" in verbs:
            listing = self._operation("list", "list", list_, _LISTING, everywhere=True)
            path = f"{self._root}/{self._info.plural}"
            yield path, {"get": listing, "parameters": [_PRETTY]}
        for name in self._info.subresources:
            yield f"{self._collection}/{{name}}/{name}", self._item(name)

    def _item(self, subresource: str) -> Obj:
        """Return what can be done with one object or a subresource of it."""
        kind, verbs, object_ = self._info.kind, self._info.verbs, self._object
        gvk = {"group": self._info.group, "kind": kind, "version": self._info.version}
        if subresource:
            group, version, kind, verbs = sub_kind(self._info, subresource)
            gvk = {"group": group, "kind": kind, "version": version}
            if kind != self._info.kind:
                named = self._schemas.named(f"{group}/{version}" if group else version, kind)
                object_ = named or object_
        made: Obj = {}
        if "get" in verbs:
            made["get"] = self._operation("get", "get", object_, (), sub=subresource, gvk=gvk)
        if "update" in verbs:
            made["put"] = self._operation(
                "put", "put", object_, _WRITING, body=object_, sub=subresource, gvk=gvk
            )
        if "patch" in verbs:
            made["patch"] = self._operation(
                "patch",
                "patch",
                object_,
                (*_WRITING, _FORCE),
                body=self._schemas.gather(PATCH),
                sub=subresource,
                gvk=gvk,
            )
        if subresource and "create" in verbs:
            made["post"] = self._operation(
                "post", "post", object_, _WRITING, body=object_, sub=subresource, gvk=gvk
            )
        if "delete" in verbs and not subresource:
            made["delete"] = self._operation(
                "delete",
                "delete",
                self._schemas.gather(STATUS),
                _DELETING,
                body=self._schemas.gather(DELETE_OPTIONS),
            )
        return {**made, "parameters": [_NAME, *self._places, _PRETTY]} if made else {}

    def _operation(
        self,
        verb: str,
        action: str,
        answer: str,
        parameters: tuple[Obj, ...],
        *,
        body: str = "",
        sub: str = "",
        gvk: Obj | None = None,
        everywhere: bool = False,
    ) -> Obj:
        info = self._info
        scope = "Namespaced" if info.namespaced and not everywhere else ""
        end = "ForAllNamespaces" if everywhere else sub[:1].upper() + sub[1:]
        plain = {"group": info.group, "kind": info.kind, "version": info.version}
        made: Obj = {
            "tags": [self._camel[:1].lower() + self._camel[1:]],
            "description": f"{_VERB_PREFIX[verb]} {sub + ' of ' if sub else ''}{info.kind}",
            "operationId": f"{_VERB_PREFIX[verb]}{self._camel}{scope}{info.kind}{end}",
            "parameters": list(parameters),
            "responses": {
                "200": {
                    "description": "OK",
                    "content": {_JSON: {"schema": {"$ref": PREFIX + answer}}},
                },
                "401": {"description": "Unauthorized"},
            },
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": gvk or plain,
        }
        if body:
            forms = (_CUSTOM_PATCHES if info.custom else _PATCHES) if verb == "patch" else ("*/*",)
            content = {form: {"schema": {"$ref": PREFIX + body}} for form in forms}
            made["requestBody"] = {"content": content}
            if verb in ("post", "put", "patch"):
                made["requestBody"]["required"] = True
        return made
