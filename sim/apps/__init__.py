"""How applications behave in their containers: start-up, dependencies, pools, log lines.

Numbers come from the scenario; this package must not know any one scenario, users' traffic or scores.
"""

from sim.apps.command import CommandRunner
from sim.apps.context import Context
from sim.apps.gateway import Gateway, GatewaySettings
from sim.apps.idle import Bystander, Idle, IdleSettings
from sim.apps.neighbour import Neighbour, NeighbourSettings
from sim.apps.postgres import DataDirectory, Postgres, PostgresSettings
from sim.apps.requests import (
    Arrival,
    Durations,
    Failing,
    RateSegment,
    RequestFlow,
    RequestLog,
    RequestRate,
    no_requests,
)
from sim.apps.stranger import Stranger
from sim.apps.voices import COMPONENTS
from sim.apps.web_service import WebService, WebServiceSettings

__all__ = [
    "COMPONENTS",
    "Arrival",
    "Bystander",
    "CommandRunner",
    "Context",
    "DataDirectory",
    "Durations",
    "Failing",
    "Gateway",
    "GatewaySettings",
    "Idle",
    "IdleSettings",
    "Neighbour",
    "NeighbourSettings",
    "Postgres",
    "PostgresSettings",
    "RateSegment",
    "RequestFlow",
    "RequestLog",
    "RequestRate",
    "Stranger",
    "WebService",
    "WebServiceSettings",
    "no_requests",
]
