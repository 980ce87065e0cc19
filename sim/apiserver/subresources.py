"""Subresources: status, scale, eviction, binding, log and the rest, one row each in the table below.

What is an action on an object rather than an object. This file must not know who asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sim.apimachinery.errors import (
    ApiError,
    bad_request,
    conflict,
    method_not_allowed,
    not_found,
    service_unavailable,
    too_many_requests,
)
from sim.apimachinery.labels import match_label_selector
from sim.apimachinery.meta import read
from sim.apimachinery.wire import ApiRequest, ApiResponse, Obj
from sim.apiserver.disruption import count_budget, covered, is_ready
from sim.apiserver.doors import TextStreamLike
from sim.apiserver.paths import Target

if TYPE_CHECKING:
    from sim.apiserver.server import ApiServer
    from sim.apiserver.writing import Writer

SUCCESS: Obj = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}


class Subresources:
    """Answers requests for a part of an object or an action on it."""

    def __init__(self, api: ApiServer, writer: Writer) -> None:
        self._api = api
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
            ("GET", "scale"): self._show_scale,
            ("PUT", "scale"): self._write_scale,
            ("PATCH", "scale"): self._write_scale,
            ("POST", "eviction"): self._evict,
            ("POST", "binding"): self._bind,
            ("PUT", "finalize"): self._finalize,
            ("GET", "log"): self._log,
        }

    def answer(self, target: Target, request: ApiRequest, user: str) -> ApiResponse:
        """Answer *request* for a subresource."""
        info = target.info
        obj = self._api.registry.store.get(info.plural, target.space, target.name)
        if obj is None:
            raise not_found(info.plural, target.name, info.group)
        act = self._table.get((request.method, target.subresource))
        if act is None:
            raise method_not_allowed()
        return act(target, request, user, obj)

    def follow(self, target: Target, request: ApiRequest) -> TextStreamLike:
        """Open a pod's log for following.

        Raises:
            ApiError: as for reading it.
        """
        pod = self.pod(target.space, target.name)
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
        del target, request, user
        return ApiResponse(200, obj)

    def _replace(self, target: Target, request: ApiRequest, user: str, obj: Obj) -> ApiResponse:
        del obj
        outcome = self._writer.replace(target, request, user)
        return ApiResponse(outcome.code, outcome.body, warnings=outcome.warnings)

    def _patch(self, target: Target, request: ApiRequest, user: str, obj: Obj) -> ApiResponse:
        del obj
        outcome = self._writer.patch(target, request, user)
        return ApiResponse(outcome.code, outcome.body, warnings=outcome.warnings)

    def _finalize(self, target: Target, request: ApiRequest, user: str, obj: Obj) -> ApiResponse:
        del request, user
        if "deletionTimestamp" in obj["metadata"]:
            obj = self._api.registry.remove(target.info.plural, obj)
        return ApiResponse(200, obj)

    # -- scale -----------------------------------------------------------------------------------

    def _show_scale(self, target: Target, request: ApiRequest, user: str, obj: Obj) -> ApiResponse:
        del target, request, user
        return ApiResponse(200, scale_of(obj))

    def _write_scale(self, target: Target, request: ApiRequest, user: str, obj: Obj) -> ApiResponse:
        held = scale_of(obj)
        if request.method == "PATCH":
            form = self._writer.patch_form(request)
            wanted = self._writer.apply_patch(form, held, request.body, "Scale")
        else:
            wanted = request.body
        replicas = read(wanted, "spec", "replicas", default=0)
        if not isinstance(replicas, int) or isinstance(replicas, bool):
            raise bad_request(
                'Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal string '
                "into Go struct field ScaleSpec.spec.replicas of type int32"
            )
        version = read(wanted, "metadata", "resourceVersion")
        if version and version != obj["metadata"]["resourceVersion"]:
            raise conflict(target.info.plural, target.name, target.info.group)
        body = {**obj, "spec": {**obj["spec"], "replicas": replicas}}
        dry_run = bool(request.param("dryRun"))
        new = self._api.registry.update(target.info.plural, body, user=user, dry_run=dry_run)
        if new is not obj:
            self._writer.told(user, request.method.lower(), target, obj, new, dry_run=dry_run)
        return ApiResponse(200, scale_of(new))

    # -- pods ------------------------------------------------------------------------------------

    def _evict(self, target: Target, request: ApiRequest, user: str, obj: Obj) -> ApiResponse:
        options = read(request.body, "deleteOptions", default={})
        if not isinstance(options, dict):
            raise bad_request("json: cannot unmarshal into Go struct field Eviction.deleteOptions")
        dry_run = bool(options.get("dryRun") or request.param("dryRun"))
        self._check_budgets(obj)
        if not dry_run:
            self._mark_disrupted(obj)
            grace = options.get("gracePeriodSeconds")
            self._api.registry.delete("pods", target.space, target.name, grace_s=grace, user=user)
            self._writer.told(user, "create", target, obj, None)
        return ApiResponse(201, SUCCESS)

    def _check_budgets(self, pod: Obj) -> None:
        """Refuse an eviction that a PodDisruptionBudget forbids; unhealthy pods may go (eviction.go).

        Raises:
            ApiError: TooManyRequests, or InternalError where two budgets cover the pod.
        """
        phase = (pod.get("status") or {}).get("phase")
        if phase in ("Succeeded", "Failed", "Pending") or "deletionTimestamp" in pod["metadata"]:
            return
        store = self._api.registry.store
        budgets = [
            one
            for one in store.list("poddisruptionbudgets", pod["metadata"]["namespace"])
            if covered(one, [pod])
        ]
        if not budgets:
            return
        if len(budgets) > 1:
            message = (
                "This pod has more than one PodDisruptionBudget, which the eviction subresource "
                "does not support."
            )
            raise ApiError(500, "InternalError", message, {})
        pdb = budgets[0]
        budget = count_budget(store, pdb)
        always = (pdb.get("spec") or {}).get("unhealthyPodEvictionPolicy") == "AlwaysAllow"
        if not is_ready(pod) and (always or budget.healthy >= budget.desired > 0):
            return
        if budget.allowed > 0:
            return
        cause = (
            f"The disruption budget {pdb['metadata']['name']} needs {budget.desired} healthy pods "
            f"and has {budget.healthy} currently"
        )
        message = "Cannot evict pod as it would violate the pod's disruption budget."
        raise too_many_requests(message, [("DisruptionBudget", cause)])

    def _mark_disrupted(self, pod: Obj) -> None:
        condition = {
            "type": "DisruptionTarget",
            "status": "True",
            "lastProbeTime": None,
            "lastTransitionTime": self._api.registry.timestamp(),
            "reason": "EvictionByEvictionAPI",
            "message": "Eviction API: evicting",
        }

        def marked(held: Obj) -> Obj:
            status = held.get("status") or {}
            others = [
                one for one in status.get("conditions") or () if one["type"] != condition["type"]
            ]
            return {**held, "status": {**status, "conditions": [*others, condition]}}

        metadata = pod["metadata"]
        self._api.registry.modify(
            "pods", metadata["namespace"], metadata["name"], marked, status=True
        )

    def _bind(self, target: Target, request: ApiRequest, user: str, obj: Obj) -> ApiResponse:
        node = read(request.body, "target", "name", default="")
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

        new = self._api.registry.modify("pods", target.space, target.name, bound)
        self._writer.told(user, "create", target, obj, new)
        return ApiResponse(201, SUCCESS)

    def _log(self, target: Target, request: ApiRequest, user: str, obj: Obj) -> ApiResponse:
        del target, user
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


def scale_of(obj: Obj) -> Obj:
    """Return the Scale of a workload."""
    metadata, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    selector = str(match_label_selector(spec.get("selector"))) if spec.get("selector") else ""
    scale_status: dict[str, Any] = {"replicas": status.get("replicas", 0)}
    if selector:
        scale_status["selector"] = selector
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: metadata[key] for key in kept if key in metadata},
        "spec": {"replicas": spec.get("replicas", 0)},
        "status": scale_status,
    }


def _number(request: ApiRequest, name: str) -> int | None:
    text = request.param(name)
    if not text:
        return None
    if not text.isascii() or not text.isdigit():
        raise bad_request(f'{name}: Invalid value: "{text}": must be greater than or equal to 0')
    return int(text)
