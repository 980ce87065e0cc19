"""A database's user gets another password: who is logged in stays, who comes next needs the new one."""

from __future__ import annotations

from sim.apimachinery.meta import is_terminating
from sim.apimachinery.wire import Obj
from sim.backends.credentials import drawn_value, roles_of
from sim.faults.real.hand import Hand, RealBackend, Steps
from sim.scenario.application import Database
from sim.scenario.timeline import SetPassword

SQL = ("python", "-m", "sim.workload", "sql")
"""Sends one statement to the server in the same container."""
READY_S = 60


def set_password(fault: SetPassword, backend: RealBackend, hand: Hand) -> Steps:
    """Have the database's own pod set it, through the runtime of its node.

    The API's exec needs protocols that old and new servers do not share.
    """
    plan = backend.plan
    application = plan.scenario.application(fault.application)
    password = fault.text or drawn_value(plan, fault.value)
    pods = f"/api/v1/namespaces/{application.namespace}/pods"
    held: list[Obj] = []

    def running() -> bool:
        held[:] = [
            pod
            for pod in hand.listed(pods, f"app={application.name}")
            if not is_terminating(pod) and container_of(pod)
        ]
        return bool(held)

    yield from hand.until(f"a pod of {application.name} that runs", READY_S, running)
    behaviour = application.behaviour
    if not fault.plain and isinstance(behaviour, Database):
        roles = roles_of(plan, application, behaviour)
        password = roles.verifier_of(password, fault.user, plan.fault_at(fault.id))
    quoted = password.replace("'", "''")
    statement = f"ALTER ROLE {fault.user} PASSWORD '{quoted}';"
    script = 'exec crictl exec "$@"'
    for pod in held:
        hand.run(pod["spec"]["nodeName"], script, container_of(pod), *SQL, statement)


def container_of(pod: Obj) -> str:
    """Return the id of a pod's first container, if it runs."""
    for status in (pod.get("status") or {}).get("containerStatuses") or ():
        if (status.get("state") or {}).get("running"):
            return str(status["containerID"]).partition("://")[2]
    return ""
