"""A database's user gets another password: who is logged in stays, who comes next needs the new one."""

from __future__ import annotations

from sim.apimachinery.meta import labels_of
from sim.apps import Postgres
from sim.backends.credentials import drawn_value
from sim.backends.simulated import SimulatedBackend
from sim.scenario.timeline import SetPassword


def set_password(fault: SetPassword, backend: SimulatedBackend) -> None:
    """Set it, from its time on even if that is past, and let the server's log tell what it would."""
    plan = backend.plan
    at = min(plan.fault_at(fault.id), backend.env.now)
    roles = backend.behaviours.databases[fault.application].roles
    password = fault.text or drawn_value(plan, fault.value)
    roles.set_password(fault.user, password, at)
    sent = password if fault.plain else roles.verifier_of(password, fault.user, at)
    statement = f"ALTER ROLE {fault.user} PASSWORD '{sent}';"
    for server in _servers(fault.application, backend):
        server.defined(statement, at)


def _servers(name: str, backend: SimulatedBackend) -> list[Postgres]:
    """Return the servers of a database that run now."""
    application = backend.plan.scenario.application(name)
    workers = [
        backend.kubelets.worker(pod)
        for pod in backend.api.list("pods", application.namespace)
        if labels_of(pod).get("app") == name
    ]
    running = [one for worker in workers if worker is not None for one in worker.running()]
    return [one.behaviour for one in running if isinstance(one.behaviour, Postgres)]
