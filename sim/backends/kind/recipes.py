"""The images of a scenario by their own names, each made of the workload's image and a few words.

So `kubectl get`, `rollout history` and `set image` show and take what the scenario says, and a version that was never
released cannot be pulled. This file must not know docker.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from sim.backends.kind.programs import program_of
from sim.backends.plan import Plan
from sim.scenario.application import Application, Database

PYTHON = "python3"
PROBER_IMAGE = "uncordon-prober"
"""Its name below the scenario's registry."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One image made of another one."""

    name: str
    """`registry.internal/payments/payment-service:3.18.1`."""
    dockerfile: str
    """What it is built of; it needs no files."""


def recipes(plan: Plan, base: str) -> list[Recipe]:
    """Return every image that the scenario's applications run or have run, made of *base*."""
    found = [
        Recipe(f"{application.image}:{version}", _lines(plan, application, version, base))
        for application in plan.scenario.applications
        for version in versions(plan, application)
    ]
    return [*found, Recipe(prober_image(plan), _words(base, "prober", "1"))]


def versions(plan: Plan, application: Application) -> tuple[str, ...]:
    """Return the image tags of *application*, the starting one first."""
    history = plan.scenario.history
    tags = {application.version: None}
    if application.name == history.application:
        tags |= {one.version: None for one in history.revisions}
    return tuple(tags)


def prober_image(plan: Plan) -> str:
    """Return the name of the prober's image."""
    return f"{plan.scenario.cluster.registry}/edge/{PROBER_IMAGE}:1"


def _lines(plan: Plan, application: Application, version: str, base: str) -> str:
    text = _words(base, program_of(plan, application).name, version)
    # The database writes its socket and its volume, which belong to root.
    return f"{text}USER 0\n" if isinstance(application.behaviour, Database) else text


def _words(base: str, program: str, version: str) -> str:
    command = json.dumps([PYTHON, "-m", "sim.workload", program])
    return f"FROM {base}\nENV VERSION={version}\nCMD {command}\n"
