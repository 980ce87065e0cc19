"""The door: from a request to the part that answers it, and from a refusal to its Status.

The only place that knows methods and paths together. It must not know what anything means.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sim.apimachinery.errors import (
    ApiError,
    bad_request,
    method_not_allowed,
    no_such_path,
    service_unavailable,
)
from sim.apimachinery.wire import ApiRequest, ApiResponse, ExecRequest, ForwardRequest
from sim.apiserver.deprecations import deprecated
from sim.apiserver.discovery import NOT_FOUND, Discovery
from sim.apiserver.doors import ConnectionLike, ExecutionLike, TextStreamLike
from sim.apiserver.gate import Gate, caller_of
from sim.apiserver.metrics import Metrics
from sim.apiserver.openapi import OpenApi
from sim.apiserver.paths import Paths, Target
from sim.apiserver.reading import Reader
from sim.apiserver.reviews import review
from sim.apiserver.subresources import Subresources
from sim.apiserver.users import User
from sim.apiserver.watch import Watch
from sim.apiserver.writing import Writer, Written

if TYPE_CHECKING:
    from sim.apiserver.server import ApiServer

METRICS_GROUP = "metrics.k8s.io"


def refusal(error: ApiError) -> ApiResponse:
    """Return the response that carries *error*."""
    return ApiResponse(error.code, error.status)


class Routes:
    """Answers requests."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self._paths = Paths(api.registry.resources)
        self._discovery = Discovery(api.registry.resources, api.version)
        self._openapi = OpenApi(api.registry.resources, api.version)
        self._reader = Reader(api)
        self._writer = Writer(api)
        self._subresources = Subresources(api, self._reader, self._writer)
        self._metrics = Metrics(api)
        self._gate = Gate(api)

    def handle(self, request: ApiRequest, user: str | User) -> ApiResponse:
        """Answer one request at once."""
        try:
            who = self._gate.identify(user, request)
            target = self._paths.resolve(request.path)
            if target is None:
                self._gate.check_path(who, request)
                return self._elsewhere(request)
            self._gate.check(who, target, request)
            with self._api.registry.admission.request(who) as scope:
                response = self._answer(target, request, caller_of(user))
        except ApiError as error:
            return refusal(error)
        warnings = (*self._deprecated(target), *scope.warnings)
        if warnings:
            return replace(response, warnings=(*warnings, *response.warnings))
        return response

    def _deprecated(self, target: Target) -> tuple[str, ...]:
        """Return what every request to a version that is on its way out is told."""
        version = self._api.registry.resources.version_of(target.info)
        if version is not None:
            return (version.warning,) if version.warning else ()
        return deprecated(target.info, self._api.version)

    def watch(self, request: ApiRequest, user: str | User) -> Watch | ApiResponse:
        """Open a watch, or return the refusal."""
        try:
            who = self._gate.identify(user, request)
            target = self._paths.resolve(request.path)
            if target is None:
                self._gate.check_path(who, request)
                return self._elsewhere(request)
            self._gate.check(who, target, request)
            if not target.info.stored or target.subresource:
                raise method_not_allowed()
            return self._reader.watch(target, request)
        except ApiError as error:
            return refusal(error)

    def stream(self, request: ApiRequest, user: str | User) -> TextStreamLike | ApiResponse:
        """Open a log for following, or return the refusal."""
        try:
            who = self._gate.identify(user, request)
            target = self._paths.resolve(request.path)
            if target is None:
                self._gate.check_path(who, request)
                return self._elsewhere(request)
            self._gate.check(who, target, request)
            if target.subresource != "log":
                raise method_not_allowed()
            return self._subresources.follow(target, request)
        except ApiError as error:
            return refusal(error)

    def exec(self, request: ExecRequest, user: str | User) -> ExecutionLike | ApiResponse:
        """Start a program in a container, or return the refusal."""
        try:
            self._gate.check_pod(user, request)
            pod = self._subresources.pod(request.namespace, request.pod)
            asked = request.container or pod["spec"]["containers"][0]["name"]
            container = self._subresources.container_of(pod, asked)
            if not pod["spec"].get("nodeName"):
                raise bad_request(f"pod {request.pod} does not have a host assigned")
            if self._api.kubelet is None:
                raise service_unavailable()
            return self._api.kubelet.exec(
                pod, container, request.argv, stdin=request.stdin, tty=request.tty
            )
        except ApiError as error:
            return refusal(error)

    def forward(self, request: ForwardRequest, user: str | User) -> ConnectionLike | ApiResponse:
        """Open one connection to a pod's port, or return the refusal."""
        try:
            self._gate.check_pod(user, request)
            pod = self._subresources.pod(request.namespace, request.pod)
            if not pod["spec"].get("nodeName"):
                raise bad_request(f"pod {request.pod} does not have a host assigned")
            if self._api.kubelet is None:
                raise service_unavailable()
            return self._api.kubelet.forward(pod, request.port)
        except ApiError as error:
            return refusal(error)

    def _elsewhere(self, request: ApiRequest) -> ApiResponse:
        """Answer a path that is no resource: discovery, health, or nothing there."""
        found = self._discovery.answer(request) or self._openapi.answer(request)
        if found is not None:
            return found if request.method == "GET" else refusal(method_not_allowed())
        if self._paths.is_known_group(request.path):
            return refusal(no_such_path())
        return ApiResponse(404, NOT_FOUND, "text/plain; charset=utf-8")

    def _answer(self, target: Target, request: ApiRequest, user: str) -> ApiResponse:
        info, method = target.info, request.method
        if info.group == METRICS_GROUP:
            if method != "GET":
                raise method_not_allowed()
            return ApiResponse(200, self._metrics.answer(target, request))
        if target.subresource:
            return self._subresources.answer(target, request, user)
        if method == "GET":
            if "get" not in info.verbs:
                raise method_not_allowed()
            return ApiResponse(200, self._read(target, request))
        if not info.stored:
            return self._unstored(target, request, user)
        return self._write(target, request, user)

    def _read(self, target: Target, request: ApiRequest) -> dict[str, object]:
        if target.name:
            return self._reader.get(target, request)
        return self._reader.list(target, request)

    def _unstored(self, target: Target, request: ApiRequest, user: str) -> ApiResponse:
        if request.method != "POST" or target.name or "watch" in target.info.verbs:
            raise method_not_allowed()
        if target.info.key == "bindings":
            return self._subresources.bind(target, request, user)
        return ApiResponse(201, self._review(target, request, user))

    def _review(self, target: Target, request: ApiRequest, user: str) -> dict[str, object]:
        scope = self._api.registry.admission.scope
        who = scope.user if scope is not None else self._api.users.of(user)
        return review(self._api, target.info, request.body, target.space, who)

    def _write(self, target: Target, request: ApiRequest, user: str) -> ApiResponse:
        writer = self._writer
        match request.method, bool(target.name):
            case "POST", False:
                outcome = writer.create(target, request, user)
            case "PUT", True:
                outcome = writer.replace(target, request, user)
            case "PATCH", True:
                outcome = writer.patch(target, request, user)
            case "DELETE", True:
                outcome = writer.delete(target, request, user)
            case "DELETE", False:
                if target.info.namespaced and target.namespace is None:
                    raise method_not_allowed()
                objects = self._reader.selected(target, request)
                outcome = writer.delete_collection(target, request, user, objects)
            case _:
                raise method_not_allowed()
        return self._shown(target, request, outcome)

    def _shown(self, target: Target, request: ApiRequest, outcome: Written) -> ApiResponse:
        body = outcome.body
        if body.get("kind") == target.info.kind:
            now = self._api.epoch.at(self._api.env.now)
            body = self._reader.form(target, request).one(body, now)
        return ApiResponse(outcome.code, body, warnings=outcome.warnings)
