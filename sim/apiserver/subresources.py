"""Subresources: status, scale, eviction, binding, log and the rest, one row each in the table below.

What is an action on an object rather than an object. This file must not know who asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.apimachinery.errors import (
    Cause,
    bad_request,
    conflict,
    forbidden_value,
    invalid,
    invalid_value,
    method_not_allowed,
    not_found,
    required,
    service_unavailable,
)
from sim.apimachinery.meta import read
from sim.apimachinery.wire import ApiRequest, ApiResponse, Obj
from sim.apiserver.disruption import evict
from sim.apiserver.doors import TextStreamLike
from sim.apiserver.fieldmanagers import Author
from sim.apiserver.patching import APPLY_PATCH, apply_patch, patch_body, patch_form
from sim.apiserver.paths import Target
from sim.apiserver.printers import scales
from sim.apiserver.representation import Form
from sim.apiserver.scaling import scale_of, scaled
from sim.apiserver.writeoptions import PATCH, UPDATE, write_options

if TYPE_CHECKING:
    from sim.apiserver.reading import Reader
    from sim.apiserver.server import ApiServer
    from sim.apiserver.writing import Writer, Written

_LOG_NUMBERS = (
    ("tailLines", 0, "must be greater than or equal to 0"),
    ("limitBytes", 1, "must be greater than 0"),
    ("sinceSeconds", 1, "must be greater than 0"),
)
SUCCESS: Obj = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}


class Subresources:
    """Answers requests for a part of an object or an action on it."""

    def __init__(self, api: ApiServer, reader: Reader, writer: Writer) -> None:
        self._api = api
        self._reader = reader
        self._writer = writer
        self._table: dict[
            tuple[str, str], Callable[[Target, ApiRequest, str, Obj], ApiResponse]
        ] = {
            ("GET", "status"): self._show,
            ("GET", "ephemeralcontainers"): self._show,
            ("GET", "resize"): self._show,
            ("PUT", "status"): self._replace,
            ("PUT", "ephemeralcontainers"): self._replace,
            ("PUT", "resize"): self._replace,
            ("PATCH", "status"): self._patch,
            ("PATCH", "ephemeralcontainers"): self._patch,
            ("PATCH", "resize"): self._patch,
            ("GET", "approval"): self._show,
            ("PUT", "approval"): self._replace,
            ("PATCH", "approval"): self._patch,
            ("GET", "scale"): self._show_scale,
            ("PUT", "scale"): self._write_scale,
            ("PATCH", "scale"): self._write_scale,
            ("POST", "eviction"): self._evict,
            ("POST", "binding"): self._bind,
            ("PUT", "finalize"): self._finalize,
            ("GET", "log"): self._log,
            ("POST", "token"): self._token,
        }

    def answer(self, target: Target, request: ApiRequest, user: str) -> ApiResponse:
        """Answer *request* for a subresource."""
        info = target.info
        act = self._table.get((request.method, target.subresource))
        if act is None:
            raise method_not_allowed()
        obj = self._api.registry.store.get(info.key, target.space, target.name)
        if obj is None:
            raise not_found(info.plural, target.name, info.group)
        return act(target, request, user, obj)

    def bind(self, target: Target, request: ApiRequest, user: str) -> ApiResponse:
        """Answer POST on the collection of bindings: the body names the pod."""
        name = read(request.body, "metadata", "name", default="")
        return self._bind(
            target._replace(name=str(name)), request, user, self.pod(target.space, name)
        )

    def follow(self, target: Target, request: ApiRequest) -> TextStreamLike:
        """Open a pod's log for following.

        Raises:
            ApiError: as for reading it.
        """
        pod = self.pod(target.space, target.name)
        _check_log(target, request)
        container = self.container_of(pod, request.param("container"))
        if self._api.kubelet is None:
            raise service_unavailable()
        return self._api.kubelet.follow(
            pod,
            container,
            tail=_number(request, "tailLines"),
            since=self._since(request),
            timestamps=request.param("timestamps") == "true",
        )

    def pod(self, namespace: str, name: str) -> Obj:
        """Return a pod; raises ApiError NotFound."""
        found = self._api.registry.store.get("pods", namespace, name)
        if found is None:
            raise not_found("pods", name)
        return found

    @staticmethod
    def container_of(pod: Obj, asked: str) -> str:
        """Return the container that is meant: *asked*, or the only one.

        Raises:
            ApiError: BadRequest, if there is none of that name or no name where one is needed.
        """
        name, spec = pod["metadata"]["name"], pod["spec"]
        names = [one["name"] for one in spec["containers"]]
        others = [
            one["name"]
            for field in ("initContainers", "ephemeralContainers")
            for one in spec.get(field) or ()
        ]
        if asked:
            if asked not in (*names, *others):
                raise bad_request(f"container {asked} is not valid for pod {name}")
            return asked
        if len(names) == 1:
            return str(names[0])
        text = f"a container name must be specified for pod {name}, choose one of: "
        text += f"[{' '.join(names)}]"
        inits = [one["name"] for one in spec.get("initContainers") or ()]
        if inits:
            text += f" or one of the init containers: [{' '.join(inits)}]"
        raise bad_request(text)

    # -- parts of an object ----------------------------------------------------------------------

    def _show(self, target: Target, request: ApiRequest, user: str, obj: Obj) -> ApiResponse:
        del user
        return ApiResponse(200, self._form(target, request, obj))

    def _replace(self, target: Target, request: ApiRequest, user: str, obj: Obj) -> ApiResponse:
        del obj
        return self._written(target, request, self._writer.replace(target, request, user))

    def _patch(self, target: Target, request: ApiRequest, user: str, obj: Obj) -> ApiResponse:
        del obj
        return self._written(target, request, self._writer.patch(target, request, user))

    def _written(self, target: Target, request: ApiRequest, outcome: Written) -> ApiResponse:
        body = self._form(target, request, outcome.body)
        return ApiResponse(outcome.code, body, warnings=outcome.warnings)

    def _form(self, target: Target, request: ApiRequest, obj: Obj) -> Obj:
        return self._reader.form(target, request).one(obj, self._api.epoch.at(self._api.env.now))

    def _finalize(self, target: Target, request: ApiRequest, user: str, obj: Obj) -> ApiResponse:
        """Let a namespace that is ending go once nobody holds it any more."""
        del user
        held = read(request.body, "spec", "finalizers", default=()) or ()
        if "deletionTimestamp" in obj["metadata"] and not held:
            obj = self._api.registry.remove(target.info.key, obj)
        return ApiResponse(200, obj)

    # -- scale -----------------------------------------------------------------------------------

    def _show_scale(self, target: Target, request: ApiRequest, user: str, obj: Obj) -> ApiResponse:
        del user
        return self._scale(target, request, scale_of(obj, self._scale_paths(target), needed=True))

    def _scale(self, target: Target, request: ApiRequest, scale: Obj) -> ApiResponse:
        form = Form.of(target.info, request, scales.PRINTER)
        return ApiResponse(200, form.one(scale, self._api.epoch.at(self._api.env.now)))

    def _write_scale(self, target: Target, request: ApiRequest, user: str, obj: Obj) -> ApiResponse:
        info, registry, paths = target.info, self._api.registry, self._scale_paths(target)
        if request.method == "PATCH":
            form = patch_form(request, info)
            options = write_options(request, PATCH, applies=form == APPLY_PATCH)
            held = scale_of(obj, paths)
            wanted = apply_patch(form, held, patch_body(request, form), "Scale")
        else:
            options = write_options(request, UPDATE)
            wanted = request.body
        body = scaled(info, obj, wanted, paths)
        author = Author(options.manager, info.group_version, "scale")
        new = registry.update(
            info.key,
            body,
            user=user,
            subresource="scale",
            dry_run=options.dry_run,
            owned=lambda new, old: registry.fields.updated(info, new, old, author),
        )
        if new is not obj:
            verb = request.method.lower()
            self._writer.told(user, verb, target, obj, new, dry_run=options.dry_run)
        return self._scale(target, request, scale_of(new, paths))

    def _scale_paths(self, target: Target) -> Obj | None:
        version = self._api.registry.resources.version_of(target.info)
        return version.scale if version else None

    # -- pods ------------------------------------------------------------------------------------

    def _evict(self, target: Target, request: ApiRequest, user: str, obj: Obj) -> ApiResponse:
        dry_run = bool(request.param("dryRun"))
        gone = evict(self._api.registry, obj, request.body, user=user, dry_run=dry_run)
        self._writer.told(user, "create", target, obj, None, dry_run=not gone)
        return ApiResponse(201, SUCCESS)

    def _bind(self, target: Target, request: ApiRequest, user: str, obj: Obj) -> ApiResponse:
        node = read(request.body, "target", "name", default="")
        if not node or not isinstance(node, str):
            cause = required("target.name")
            raise invalid("Binding", target.name, [cause])
        if obj["spec"].get("nodeName"):
            why = f'pod {target.name} is already assigned to node "{obj["spec"]["nodeName"]}"'
            raise conflict("pods/binding", target.name, "", why)
        stamp = self._api.registry.timestamp()

        def bound(held: Obj) -> Obj:
            status = held.get("status") or {}
            scheduled = {
                "type": "PodScheduled",
                "status": "True",
                "lastProbeTime": None,
                "lastTransitionTime": stamp,
            }
            others = [
                one for one in status.get("conditions") or () if one["type"] != "PodScheduled"
            ]
            status = {**status, "conditions": [*others, scheduled]}
            return {**held, "spec": {**held["spec"], "nodeName": node}, "status": status}

        new = self._api.registry.modify("pods", target.space, target.name, bound, owned=False)
        self._writer.told(user, "create", target, obj, new)
        return ApiResponse(201, SUCCESS)

    def _token(self, target: Target, request: ApiRequest, user: str, obj: Obj) -> ApiResponse:
        del target, user
        return ApiResponse(201, self._api.tokens.request(obj, request.body))

    def _log(self, target: Target, request: ApiRequest, user: str, obj: Obj) -> ApiResponse:
        del user
        _check_log(target, request)
        container = self.container_of(obj, request.param("container"))
        if not obj["spec"].get("nodeName"):
            return ApiResponse(200, "", "text/plain")
        if self._api.kubelet is None:
            raise service_unavailable()
        text = self._api.kubelet.logs(
            obj,
            container,
            previous=request.param("previous") == "true",
            tail=_number(request, "tailLines"),
            since=self._since(request),
            timestamps=request.param("timestamps") == "true",
            limit_bytes=_number(request, "limitBytes"),
        )
        return ApiResponse(200, text, "text/plain")

    def _since(self, request: ApiRequest) -> int | None:
        """Return the simulated instant (ms) from which log lines are wanted, or None for all."""
        seconds = _number(request, "sinceSeconds")
        if seconds is not None:
            return self._api.env.now - seconds * 1000
        stamp = request.param("sinceTime")
        if not stamp:
            return None
        try:
            return self._api.epoch.since(stamp)
        except ValueError:
            raise bad_request(f'invalid sinceTime "{stamp}"') from None


def _number(request: ApiRequest, name: str) -> int | None:
    text = request.param(name)
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def _check_log(target: Target, request: ApiRequest) -> None:
    """Refuse what cannot be asked of a log; raises ApiError Invalid (ValidatePodLogOptions)."""
    causes: list[Cause] = []
    for name, least, rule in _LOG_NUMBERS:
        value = _number(request, name)
        if value is not None and value < least:
            causes.append(invalid_value(name, value, rule))
    if request.param("sinceTime") and request.param("sinceSeconds"):
        rule = "at most one of `sinceTime` or `sinceSeconds` may be specified"
        causes.append(forbidden_value("", rule))
    if causes:
        raise invalid("PodLogOptions", target.name, causes)
