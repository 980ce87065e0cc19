"""An application is probed in a way that it cannot answer: in time every pod is unready or killed."""

from __future__ import annotations

from sim.apimachinery.wire import Obj
from sim.faults.real.hand import Hand, RealBackend, Steps
from sim.scenario.timeline import BreakProbe

MANAGER = "release-train"


def break_probe(fault: BreakProbe, backend: RealBackend, hand: Hand) -> Steps:
    """Write the probe into the Deployment, which rolls; put the one before back after `lasting`."""
    application = backend.plan.scenario.application(fault.application)
    path = f"/apis/apps/v1/namespaces/{application.namespace}/deployments/{application.name}"
    field = f"{fault.probe}Probe"
    first = hand.get(path)["spec"]["template"]["spec"]["containers"][0]
    before = first.get(field)
    source = before or first.get("readinessProbe")
    if source is None:
        raise hand.failed(f"{application.name} has no probe to begin with")
    what = f"{fault.probe} probe of {application.name}"
    entries = hand.change(what, path, lambda old: _with(old, field, spoiled(source, fault)))
    if fault.lasting is not None:
        yield hand.pause(backend.plan.drawn(f"lasting.{fault.id}", fault.lasting))
        if not entries:  # a Deployment of our own has no entry in the journal
            hand.change(what, path, lambda old: _with(old, field, before))
        for entry in entries:
            hand.undo(entry)


def spoiled(probe: Obj, fault: BreakProbe) -> Obj:
    """Return *probe* as the fault has it."""
    made = dict(probe)
    if fault.path and "httpGet" in made:
        made["httpGet"] = {**made["httpGet"], "path": fault.path}
    for key, ms in (("timeoutSeconds", fault.timeout), ("periodSeconds", fault.period)):
        if ms is not None:
            made[key] = max(1, ms // 1000)
    if fault.failures is not None:
        made["failureThreshold"] = fault.failures
    return made


def _with(deployment: Obj, field: str, probe: Obj | None) -> Obj:
    spec = deployment["spec"]
    template = spec["template"]
    first, *others = template["spec"]["containers"]
    changed = {key: value for key, value in first.items() if key != field}
    if probe is not None:
        changed[field] = probe
    inner = {**template["spec"], "containers": [changed, *others]}
    return {**deployment, "spec": {**spec, "template": {**template, "spec": inner}}}
