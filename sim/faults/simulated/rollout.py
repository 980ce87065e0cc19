"""A release goes out: the newest revision of an application's history becomes its template."""

from __future__ import annotations

from sim.apimachinery.meta import annotations_of, with_metadata
from sim.apimachinery.wire import Obj
from sim.backends.deployments import CHANGE_CAUSE, change_cause, with_revision
from sim.backends.simulated import SimulatedBackend
from sim.scenario.timeline import Rollout


def roll_out(fault: Rollout, backend: SimulatedBackend) -> None:
    """Write the newest revision's template into the Deployment; the controllers do the rest."""
    plan = backend.plan
    application = plan.scenario.application(fault.application)
    cause = change_cause(plan, backend.epoch, 0)

    def release(old: Obj) -> Obj:
        new = with_revision(plan, old, 0)
        return with_metadata(new, annotations={**annotations_of(old), CHANGE_CAUSE: cause})

    backend.api.modify("deployments", application.namespace, application.name, release)
