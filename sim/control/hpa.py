"""The HorizontalPodAutoscaler controller: replicas that follow what pods use.

Thanks to this file a loaded application gets more pods within half a minute and gives them back
after five. It must not know what is scaled beyond its scale subresource
(pkg/controller/podautoscaler/horizontal.go).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import ClassVar, NamedTuple

from sim.apimachinery.labels import parse_label_selector
from sim.apimachinery.meta import Key, is_terminating, labels_of
from sim.apimachinery.quantity import format_quantity, millis, parse_quantity
from sim.apimachinery.wire import ApiRequest, Obj
from sim.apiserver.metrics import WINDOW_MS, is_measured
from sim.apiserver.server import ApiServer
from sim.control import conditions
from sim.control.hpa_behavior import WITHIN, Memory, settle
from sim.control.hpa_metrics import (
    MetricProblem,
    Proposal,
    Sample,
    Tolerance,
    by_average,
    by_utilization,
)
from sim.kernel import Environment, Stream
from sim.reconcile import Change, Controller, Index, Informer

SYNC_MS = 15_000
"""--horizontal-pod-autoscaler-sync-period."""
TOLERANCE = Fraction(1, 10)

UNABLE = "the HPA was unable to compute the replica count"
_CUSTOM = (
    "unable to fetch metrics from custom metrics API: no custom metrics API "
    "(custom.metrics.k8s.io) registered"
)


class _Target(NamedTuple):
    """What is scaled."""

    path: str
    """Of its scale subresource."""
    scale: Obj


class _Reading(NamedTuple):
    """What one metric says now."""

    proposal: Proposal
    name: str
    """As events name it, e.g. `cpu resource utilization (percentage of request)`."""
    status: Obj
    """Its entry in `status.currentMetrics`."""


class _Refused(Exception):  # noqa: N818 - becomes a condition and an event
    """A metric cannot be read; carries the event's reason."""

    def __init__(self, reason: str, message: str, what: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.what = what


class HorizontalController(Controller):
    """Scales what autoscalers point at. A key is an autoscaler."""

    name: ClassVar[str] = "horizontal-pod-autoscaler"

    def __init__(
        self,
        env: Environment,
        api: ApiServer,
        stream: Stream,
        *,
        autoscalers: Informer,
        pods_by_namespace: Index,
    ) -> None:
        super().__init__(env, api, stream)
        self._autoscalers = autoscalers
        self._pods = pods_by_namespace
        self._memories: dict[str, Memory] = {}
        autoscalers.on_change(self._autoscaler_changed)

    def adopt(self) -> None:
        """Look at every autoscaler one period from now."""
        for key in self._autoscalers.objects:
            self.enqueue_after(key, SYNC_MS)

    def _autoscaler_changed(self, change: Change) -> None:
        if change.type == "DELETED":
            self.queue.forget(change.key)
            self._memories.pop(change.new["metadata"]["uid"], None)
        elif change.type == "ADDED":
            self.enqueue_after(change.key, SYNC_MS)

    # -- one reconcile ---------------------------------------------------------------------------

    def reconcile(self, key: Key) -> None:
        """Read metrics, scale the target, write the status; come back a period later."""
        autoscaler = self._autoscalers.get(*key)
        if autoscaler is None or is_terminating(autoscaler):
            return
        self.enqueue_after(key, SYNC_MS)
        status = dict(autoscaler.get("status") or {})
        status["conditions"] = list(status.get("conditions") or ())
        self._sync(autoscaler, status)
        if status != autoscaler.get("status"):
            self.api.modify(
                "horizontalpodautoscalers",
                *key,
                lambda old: {**old, "status": status},
                status=True,
            )

    def _sync(self, autoscaler: Obj, status: Obj) -> None:
        spec = autoscaler["spec"]
        try:
            target = self._target(autoscaler)
        except LookupError as error:
            text = str(error.args[0])
            self.event(autoscaler, "Warning", "FailedGetScale", text)
            text = f"the HPA controller was unable to get the target's current scale: {text}"
            self._say(status, "AbleToScale", "False", "FailedGetScale", text)
            return
        text = "the HPA controller was able to get the target's current scale"
        self._say(status, "AbleToScale", "True", "SucceededGetScale", text)
        current = int(target.scale["spec"].get("replicas", 0))
        least, most = int(spec.get("minReplicas") or 1), int(spec["maxReplicas"])
        held = int((target.scale.get("status") or {}).get("replicas", 0))
        status.update(currentReplicas=held, desiredReplicas=current)
        if current == 0 and least:
            text = "scaling is disabled since the replica count of the target is zero"
            self._say(status, "ScalingActive", "False", "ScalingDisabled", text)
            status["desiredReplicas"] = 0
            return
        if current > most:
            wanted, why = most, "Current number of replicas above Spec.MaxReplicas"
        elif current < least:
            wanted, why = least, "Current number of replicas below Spec.MinReplicas"
        else:
            found = self._by_metrics(autoscaler, status, target, current)
            if found is None:
                return
            wanted, why = found
        if wanted != current and not self._rescale(autoscaler, status, target, wanted, why):
            wanted = current
        elif wanted != current:
            self._memory(autoscaler).note_scaling(current, wanted, self.now)
            status["lastScaleTime"] = self.timestamp()
        status["desiredReplicas"] = wanted

    def _memory(self, autoscaler: Obj) -> Memory:
        return self._memories.setdefault(autoscaler["metadata"]["uid"], Memory())

    def _say(self, status: Obj, type_: str, value: str, reason: str, message: str) -> None:
        """Set a condition; its time moves only with its status."""
        new = {
            "type": type_,
            "status": value,
            "lastTransitionTime": self.timestamp(),
            "reason": reason,
            "message": message,
        }
        listed: list[Obj] = status["conditions"]
        old = conditions.find(listed, type_)
        if old is None:
            listed.append(new)
            return
        if old["status"] == value:
            new["lastTransitionTime"] = old.get("lastTransitionTime") or new["lastTransitionTime"]
        listed[listed.index(old)] = new

    # -- the target ------------------------------------------------------------------------------

    def _target(self, autoscaler: Obj) -> _Target:
        """Return what is scaled; raises LookupError in the API server's words."""
        reference = autoscaler["spec"]["scaleTargetRef"]
        group_version = reference.get("apiVersion") or "v1"
        kind, name = reference["kind"], reference["name"]
        info = self.api.registry.resources.by_kind(group_version, kind)
        if info is None:
            group = group_version.rpartition("/")[0]
            raise LookupError(f'no matches for kind "{kind}" in group "{group}"')
        root = f"/apis/{info.group_version}" if info.group else f"/api/{info.version}"
        namespace = autoscaler["metadata"]["namespace"]
        path = f"{root}/namespaces/{namespace}/{info.plural}/{name}/scale"
        answer = self.api.handle(ApiRequest("GET", path), user="system")
        if answer.code != 200:
            raise LookupError(answer.body.get("message", ""))
        return _Target(path, answer.body)

    def _rescale(
        self, autoscaler: Obj, status: Obj, target: _Target, wanted: int, why: str
    ) -> bool:
        body = {**target.scale, "spec": {**target.scale["spec"], "replicas": wanted}}
        answer = self.api.handle(ApiRequest("PUT", target.path, body=body), user="system")
        what = f"New size: {wanted}; reason: {why}"
        if answer.code != 200:
            problem = answer.body.get("message", "")
            self.event(autoscaler, "Warning", "FailedRescale", f"{what}; error: {problem}")
            text = f"the HPA controller was unable to update the target scale: {problem}"
            self._say(status, "AbleToScale", "False", "FailedUpdateScale", text)
            return False
        text = f"the HPA controller was able to update the target scale to {wanted}"
        self._say(status, "AbleToScale", "True", "SucceededRescale", text)
        self.event(autoscaler, "Normal", "SuccessfulRescale", what)
        return True

    # -- metrics ---------------------------------------------------------------------------------

    def _by_metrics(
        self, autoscaler: Obj, status: Obj, target: _Target, current: int
    ) -> tuple[int, str] | None:
        """Return (replicas, why) by the metric that asks for most; None when none can be read."""
        selector = (target.scale.get("status") or {}).get("selector", "")
        if not selector:
            self.event(autoscaler, "Warning", "SelectorRequired", "selector is required")
            text = "the HPA target's scale is missing a selector"
            self._say(status, "ScalingActive", "False", "InvalidSelector", text)
            return None
        matches = parse_label_selector(selector).matches
        namespace = autoscaler["metadata"]["namespace"]
        pods = [pod for pod in self._pods.get(namespace) if matches(labels_of(pod))]
        specs: Sequence[Obj] = autoscaler["spec"].get("metrics") or [_DEFAULT_METRIC]
        readings: list[_Reading] = []
        problems: list[_Refused] = []
        for spec in specs:
            try:
                readings.append(self._read(autoscaler, spec, pods, current))
            except _Refused as problem:
                self.event(autoscaler, "Warning", problem.reason, str(problem))
                problems.append(problem)
        best = max(readings, key=lambda one: one.proposal.replicas, default=None)
        if readings:
            status["currentMetrics"] = [one.status for one in readings]
        # Where something is unknown, nothing is taken away.
        if best is None or (problems and best.proposal.replicas < current):
            first = problems[0]
            text = f"{UNABLE}: {first}"
            self._say(status, "ScalingActive", "False", first.reason, text)
            text = (
                f"invalid metrics ({len(problems)} invalid out of {len(specs)}), first error is: "
                f"failed to get {first.what} metric value: {first}"
            )
            self.event(autoscaler, "Warning", "FailedComputeMetricsReplicas", text)
            return None
        text = f"the HPA was able to successfully calculate a replica count from {best.name}"
        self._say(status, "ScalingActive", "True", "ValidMetricFound", text)
        return self._settled(autoscaler, status, best, current)

    def _settled(
        self, autoscaler: Obj, status: Obj, best: _Reading, current: int
    ) -> tuple[int, str]:
        outcome = settle(
            autoscaler["spec"],
            self._memory(autoscaler),
            current=current,
            wanted=best.proposal.replicas,
            now=self.now,
        )
        if outcome.stabilized == "down":
            reason = "ScaleDownStabilized"
            text = "recent recommendations were higher than current one, applying the highest recent recommendation"
        elif outcome.stabilized == "up":
            reason = "ScaleUpStabilized"
            text = "recent recommendations were lower than current one, applying the lowest recent recommendation"
        else:
            reason, text = "ReadyForNewScale", "recommended size matches current size"
        self._say(status, "AbleToScale", "True", reason, text)
        limited = "False" if outcome.limit == WITHIN else "True"
        self._say(status, "ScalingLimited", limited, *outcome.limit)
        above = f"{best.name} above target"
        return outcome.replicas, above if outcome.replicas > current else "All metrics below target"

    def _read(self, autoscaler: Obj, spec: Obj, pods: Sequence[Obj], current: int) -> _Reading:
        kind = spec["type"]
        if kind == "Resource":
            return self._resource(autoscaler, spec["resource"], pods, current, container="")
        if kind == "ContainerResource":
            source = spec["containerResource"]
            return self._resource(autoscaler, source, pods, current, container=source["container"])
        source = spec.get(kind.lower()) or {}
        name = (source.get("metric") or {}).get("name", "")
        if kind == "External":
            namespace = autoscaler["metadata"]["namespace"]
            text = (
                f"unable to get external metric {namespace}/{name}/nil: unable to fetch metrics "
                "from external metrics API: the server could not find the requested resource "
                f"(get {name}.external.metrics.k8s.io)"
            )
            raise _Refused("FailedGetExternalMetric", text, f"{name} external")
        text = f"unable to get metric {name}: {_CUSTOM}"
        raise _Refused(f"FailedGet{kind}Metric", text, kind.lower())

    def _resource(
        self, autoscaler: Obj, source: Obj, pods: Sequence[Obj], current: int, *, container: str
    ) -> _Reading:
        resource, target = source["name"], source["target"]
        tolerance = tolerance_of(autoscaler)
        epoch, now = self.api.epoch, self.now
        percent = target.get("averageUtilization")
        what = "utilization" if percent is not None else "usage"
        label = f"{resource} container resource" if container else f"{resource} resource"
        try:
            samples = self._samples(pods, resource, container)
            if percent is not None:
                proposal = by_utilization(
                    resource,
                    pods,
                    samples,
                    current=current,
                    target=int(percent),
                    tolerance=tolerance,
                    epoch=epoch,
                    now=now,
                    container=container,
                )
            else:
                proposal = by_average(
                    resource,
                    pods,
                    samples,
                    current=current,
                    target_milli=millis(str(target.get("averageValue", "1"))),
                    tolerance=tolerance,
                    epoch=epoch,
                    now=now,
                )
        except MetricProblem as problem:
            kind = "ContainerResource" if container else "Resource"
            text = f"failed to get {resource} {what}: {problem}"
            raise _Refused(f"FailedGet{kind}Metric", text, label) from None
        average = format_quantity(Fraction(proposal.average_milli, 1000))
        shown: Obj = {"averageValue": average}
        if proposal.utilization is not None:
            shown = {"averageUtilization": proposal.utilization, **shown}
        entry: Obj = {"name": resource, "current": shown}
        status: Obj = {"type": "Resource", "resource": entry}
        if container:
            entry = {"name": resource, "container": container, "current": shown}
            status = {"type": "ContainerResource", "containerResource": entry}
        suffix = " utilization (percentage of request)" if percent is not None else ""
        return _Reading(proposal, label + suffix, status)

    def _samples(self, pods: Sequence[Obj], resource: str, container: str) -> dict[str, Sample]:
        """Return what metrics-server says of *pods*, by name."""
        prefix = f"unable to get metrics for resource {resource}"
        door = self.api.metrics
        if door is None:
            raise MetricProblem(
                f"{prefix}: unable to fetch metrics from resource metrics API: the server is "
                "currently unable to handle the request (get pods.metrics.k8s.io)"
            )
        at = self.now // WINDOW_MS * WINDOW_MS
        found: dict[str, Sample] = {}
        for pod in pods:
            if not is_measured(pod, self.api.epoch, at):
                continue
            usages = [
                (cpu if resource == "cpu" else size * 1000)
                for name, cpu, size in door.pod_usage(pod)
                if container in ("", name)
            ]
            if usages:
                found[pod["metadata"]["name"]] = Sample(sum(usages), at, WINDOW_MS)
        if not found:
            raise MetricProblem(f"{prefix}: no metrics returned from resource metrics API")
        return found


_DEFAULT_METRIC: Obj = {
    "type": "Resource",
    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
}


def tolerance_of(autoscaler: Obj) -> Tolerance:
    """Return how far usage may stray, by the autoscaler's behavior or the controller's default."""
    behavior = autoscaler["spec"].get("behavior") or {}

    def of(direction: str) -> Fraction:
        given = (behavior.get(direction) or {}).get("tolerance")
        return TOLERANCE if given is None else parse_quantity(str(given))

    return Tolerance(of("scaleDown"), of("scaleUp"))
