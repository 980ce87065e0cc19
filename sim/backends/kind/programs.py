"""Which program of the workload plays an application, and what it is told: scenario -> settings.

The settings' meaning is the programs' own (`sim.workload`). This file must not know Kubernetes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sim.backends.credentials import drawn_value
from sim.backends.observability import users_of
from sim.backends.plan import Plan
from sim.scenario.application import (
    Application,
    Database,
    DatabaseUser,
    Gateway,
    Idle,
    Neighbour,
    WebService,
)
from sim.scenario.traffic import Traffic as TrafficSpec
from sim.traffic import Application as UsersSpec
from sim.traffic import Robot

DEFAULT_RATE = 40.0
"""Requests per second of all users together that two cores bear with room to spare."""
PROBER_RATE = 0.2
"""Of the prober; as little as shows an outage within seconds, because it uses capacity as well."""
PROBER_CLASS = "prober"
SAMPLES_PORT = 8000
"""Where gateways and the prober listen; other programs listen where the scenario says."""

Settings = dict[str, Any]


class Program(NamedTuple):
    """What runs in a container."""

    name: str
    """`web-service`, `database`, `users`, `prober` or `neighbour`."""
    settings: Settings


def scale_of(plan: Plan, application: str, rate: float = DEFAULT_RATE) -> float:
    """Return how many of the scenario's requests one request to *application* stands for."""
    spec = _users(plan, application)
    return max(1.0, spec.rate / rate) if spec is not None else 1.0


def program_of(
    plan: Plan,
    application: Application,
    *,
    rate: float = DEFAULT_RATE,
    epoch_ms: int = 0,
    token: str = "",
) -> Program:
    """Return what plays *application* when all users together make *rate* requests per second."""
    behaviour = application.behaviour
    match behaviour:
        case WebService():
            return Program("web-service", _web_service(plan, application, behaviour))
        case Database():
            settings = {
                "port": application.service.target,
                "version": application.version,
                "users": [_user(plan, one) for one in behaviour.users],
                "token": token,
                "startup": list(behaviour.startup),
                "shutdown": behaviour.shutdown,
                "log_statement": behaviour.log_statement,
            }
            return Program("database", settings)
        case Gateway():
            spec = _users(plan, behaviour.upstream)
            if spec is not None:
                return Program("users", _gateway(plan, application, spec, rate, epoch_ms))
            return Program("users", _quiet(plan, application, behaviour.upstream))
        case Neighbour():
            called = plan.scenario.application(behaviour.calls)
            settings = {
                "name": application.name,
                "host": plan.addresses[called.name],
                "port": called.service.port,
                "listen": application.service.target,
                "rate": behaviour.rate,
                "timeout": behaviour.timeout,
            }
            return Program("neighbour", settings)
        case Idle():
            # It dials itself and rarely: there is no program that does nothing.
            settings = {
                "name": application.name,
                "host": "127.0.0.1",
                "port": application.service.target,
                "listen": application.service.target,
                "rate": 0.02,
            }
            return Program("neighbour", settings)


def prober_of(plan: Plan, spec: TrafficSpec) -> Program:
    """Return who asks the application like one careful user: its most harmless call, again and again."""
    users = users_of(plan, spec)
    reading = [one for one in users.calls if one.name.startswith("GET ")] or list(users.calls)
    call = max(reading, key=lambda one: one.share)
    return Program(
        "prober",
        {
            **_way(plan, spec, PROBER_CLASS),
            "calls": [{"call": call.name, "rate": PROBER_RATE, "scale": 1.0, "rare": True}],
            "classes": [{"name": PROBER_CLASS, "share": 1.0, "agent": "uncordon-prober/1"}],
        },
    )


# -- inside ----------------------------------------------------------------------------------------


def _users(plan: Plan, application: str) -> TrafficSpec | None:
    return next((one for one in plan.scenario.traffic if one.application == application), None)


def _web_service(plan: Plan, application: Application, behaviour: WebService) -> Settings:
    spec = _users(plan, application.name)
    told: Settings = {
        "name": application.name,
        "port": application.service.target,
        "startup": list(behaviour.startup),
        "warmup": behaviour.warmup,
        "connect_timeout": behaviour.connect_timeout,
        "acquire_timeout": behaviour.acquire_timeout,
        "reconnect_for": behaviour.reconnect_for,
        "reconnect_every": list(behaviour.reconnect_every),
        "drain": behaviour.drain,
        "pool": behaviour.pool,
        "max_lifetime": behaviour.max_lifetime,
        "user": behaviour.user,
        "password_from": behaviour.password_from,
        "capacity": behaviour.capacity,
    }
    if application.readiness.path:
        told["ready_path"] = application.readiness.path
    if spec is None:
        return told
    users = users_of(plan, spec)
    return told | {
        "calls": [
            {
                "call": one.name,
                "status": one.status,
                "database": one.database_share,
                "rare": one.rps > 0,
            }
            for one in users.calls
        ],
        "breaks": _breaks(plan, application.name),
        "base_errors": users.base_error_share,
        "p50": users.latency.p50_ms,
        "p99": users.latency.p99_ms,
    }


def _breaks(plan: Plan, application: str) -> Settings:
    history = plan.scenario.history
    if history.application != application:
        return {}
    return {
        revision.version: [
            {
                "call": one.call,
                "share": one.share,
                "status": one.status,
                "log": one.log,
                "unless": dict(one.unless),
            }
            for one in revision.breaks
        ]
        for revision in history.revisions
        if revision.breaks
    }


def _user(plan: Plan, user: DatabaseUser) -> Settings:
    told: Settings = {"name": user.name, "superuser": user.superuser}
    if user.secret:
        told["password"] = drawn_value(plan, user.secret)
    return told


def _gateway(
    plan: Plan, application: Application, spec: TrafficSpec, rate: float, epoch_ms: int
) -> Settings:
    """Return the users behind one gateway: an even share of them."""
    users = users_of(plan, spec)
    scale = scale_of(plan, spec.application, rate)
    sharing = max(1, application.replicas)
    made = spec.rate / scale
    calls = [
        {
            "call": one.name,
            "rate": round((one.rps or one.share * made) / sharing, 6),
            "scale": 1.0 if one.rps else round(scale, 6),
            "rare": one.rps > 0,
        }
        for one in users.calls
    ]
    return {
        **_way(plan, spec, application.name),
        "listen": application.service.target,
        "epoch_ms": epoch_ms,
        "calls": calls,
        "classes": [
            {
                "name": one.name,
                "agent": one.agent or one.name,
                **(
                    {"share": one.share, "retries": one.retries}
                    if one.robot is None
                    else _robot(one.robot, sharing)
                ),
            }
            for one in users.classes
        ],
    }


def _robot(robot: Robot, sharing: int) -> Settings:
    fails = robot.fails
    return {
        "call": robot.call,
        "rate": round(robot.rps / sharing, 6),
        "spells": None if robot.spells is None else [list(one) for one in robot.spells],
        "fails": None
        if fails is None
        else {
            "share": fails.share,
            "since": fails.since_ms,
            "status": fails.status,
            "text": fails.text,
        },
    }


def _way(plan: Plan, spec: TrafficSpec, name: str) -> Settings:
    """Return how users come to the application, and what they put up with."""
    application = plan.scenario.application(spec.application)
    users: UsersSpec = users_of(plan, spec)
    return {
        "name": name,
        "host": plan.addresses[application.name],
        "port": application.service.port,
        "listen": SAMPLES_PORT,
        "connect_timeout": users.connect_timeout_ms,
        "request_timeout": users.request_timeout_ms,
        "slow_after": users.slow_ms,
    }


def _quiet(plan: Plan, application: Application, upstream: str) -> Settings:
    called: Mapping[str, str] = plan.addresses
    return {
        "name": application.name,
        "host": called[upstream],
        "port": plan.scenario.application(upstream).service.port,
        "listen": application.service.target,
    }
