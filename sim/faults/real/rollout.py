"""A release goes out: the newest revision of an application's history becomes its template."""

from __future__ import annotations

from sim.apimachinery.meta import annotations_of, with_metadata
from sim.apimachinery.wire import Obj
from sim.backends.deployments import CHANGE_CAUSE, change_cause, with_revision
from sim.faults.real.hand import Hand, RealBackend, Steps
from sim.scenario.timeline import Rollout

MANAGER = "release-train"


def roll_out(fault: Rollout, backend: RealBackend, hand: Hand) -> Steps:
    """Put the newest revision's template into the Deployment; the controllers do the rest."""
    plan = backend.plan
    application = plan.scenario.application(fault.application)
    cause = change_cause(plan, backend.epoch, 0)

    def release(old: Obj) -> Obj:
        new = with_revision(plan, old, 0)
        return with_metadata(new, annotations={**annotations_of(old), CHANGE_CAUSE: cause})

    path = f"/apis/apps/v1/namespaces/{application.namespace}/deployments/{application.name}"
    hand.change(f"release of {application.name}", path, release, manager=MANAGER)
    yield from ()
