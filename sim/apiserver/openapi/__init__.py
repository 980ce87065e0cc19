"""The server's own description of its API: OpenAPI v3 by group version, and v2 as a whole.

Documents are built when somebody asks; those of built-in types are kept for the whole process, since
they are the same for every server of a version. This file must not know the schemas' details.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache

from sim.apimachinery.errors import no_such_path
from sim.apimachinery.resources import RESOURCES, ResourceInfo
from sim.apimachinery.wire import ApiRequest, ApiResponse, Document, Obj
from sim.apiserver.openapi.paths import operations
from sim.apiserver.openapi.protobuf import MEDIA_TYPE, encode
from sim.apiserver.openapi.schemas import Schemas
from sim.apiserver.openapi.v2 import swagger
from sim.apiserver.resources import Resources

ROOT = "/openapi"
_PROTOBUF = "application/com.github.proto-openapi.spec.v2"
_WHOLE = "v2"
_EDITION = "1"
"""Part of every hash; changed when the same version describes itself differently."""


def _key(group: str, version: str) -> str:
    """Return how a group version is called in the index: `api/v1`, `apis/apps/v1`."""
    return f"apis/{group}/{version}" if group else f"api/{version}"


class OpenApi:
    """Answers what is asked below /openapi."""

    def __init__(self, resources: Resources, git_version: str) -> None:
        self._resources = resources
        self._version = git_version
        self._generation = -1
        self._made: dict[str, Document] = {}
        self._binary: bytes | None = None

    def answer(self, request: ApiRequest) -> ApiResponse | None:
        """Return a document or the index, or None if *request* is about something else.

        Raises:
            ApiError: NotFound for a group version that is not served.
        """
        path = request.path.rstrip("/")
        if not path.startswith(ROOT):
            return None
        if self._generation != self._resources.generation:
            self._generation = self._resources.generation
            self._made.clear()
            self._binary = None
        if path == f"{ROOT}/v3":
            return ApiResponse(200, self._index())
        if path == f"{ROOT}/{_WHOLE}":
            accepted = request.headers.get("accept", "")
            return self._sent(request, _WHOLE, binary=accepted.startswith(_PROTOBUF))
        key = path.removeprefix(f"{ROOT}/v3/")
        if key in self._keys():
            return self._sent(request, key)
        if path.startswith(f"{ROOT}/v3/"):
            raise no_such_path()
        return None

    def _keys(self) -> dict[str, tuple[str, str]]:
        return {_key(*one): one for one in self._resources.group_versions()}

    def _index(self) -> Obj:
        paths = {
            key: {"serverRelativeURL": f"{ROOT}/v3/{key}?hash={self._hash(*one)}"}
            for key, one in sorted(self._keys().items())
        }
        return {"paths": paths}

    def _hash(self, group: str, version: str) -> str:
        """Return a name for what a document says, without building it."""
        custom = [
            [info.kind, info.plural, info.subresources, self._resources.schema_of(info)]
            for info in self._custom()
            if (info.group, info.version) == (group, version)
        ]
        text = json.dumps([_EDITION, self._version, group, version, custom], sort_keys=True)
        return hashlib.sha512(text.encode()).hexdigest().upper()

    def _custom(self) -> list[ResourceInfo]:
        return [info for info in self._resources.infos() if info.custom]

    def _sent(self, request: ApiRequest, key: str, *, binary: bool = False) -> ApiResponse:
        keys = self._keys()
        hashes = (
            [self._hash(*keys[key])] if key in keys else [self._hash(*one) for one in keys.values()]
        )
        etag = f'"{hashlib.sha512("".join(hashes).encode()).hexdigest().upper()}"'
        headers = {"etag": etag, "vary": "Accept"}
        if etag in request.headers.get("if-none-match", ""):
            return ApiResponse(304, "", headers=headers)
        if binary:
            if self._binary is None:
                self._binary = encode(self._document(key))
            return ApiResponse(200, self._binary, MEDIA_TYPE, headers=headers)
        return ApiResponse(200, self._document(key), headers=headers)

    def _document(self, key: str) -> Document:
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._build(key)
        return made

    def _build(self, key: str) -> Document:
        custom = self._custom()
        if key == _WHOLE:
            whole = [self._document(one) for one in self._keys()]
            return Document(swagger(self._version, whole))
        group, version = self._keys()[key]
        own = [info for info in custom if (info.group, info.version) == (group, version)]
        if not own:
            return _built_in(self._version, group, version)
        schemas = {info.kind: self._resources.schema_of(info) or {} for info in own}
        return _describe(self._version, own, schemas)


@cache
def _built_in(git_version: str, group: str, version: str) -> Document:
    infos = [info for info in RESOURCES if (info.group, info.version) == (group, version)]
    return _describe(git_version, infos, {})


def _describe(git_version: str, infos: list[ResourceInfo], custom: dict[str, Obj]) -> Document:
    schemas = Schemas(git_version)
    for info in infos:
        schemas.define(info, custom.get(info.kind))
    paths = {path: item for info in infos for path, item in operations(info, schemas)}
    return Document(
        {
            "openapi": "3.0.0",
            "info": {"title": "Kubernetes", "version": git_version},
            "paths": dict(sorted(paths.items())),
            "components": {
                "schemas": schemas.components(),
                "securitySchemes": {
                    "BearerToken": {
                        "type": "apiKey",
                        "description": "Bearer Token authentication",
                        "name": "authorization",
                        "in": "header",
                    }
                },
            },
        }
    )
