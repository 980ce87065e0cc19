"""Users and their way to an application, as a fluid; knows no pod, rule or node in detail."""

from sim.traffic.errands import Errand, ErrandFlow
from sim.traffic.fate import AT_ONCE_MS
from sim.traffic.history import ErrandHistory, History, Labels, PodHistory
from sim.traffic.latency import Answers, Percentiles, percentile
from sim.traffic.spec import (
    Application,
    Break,
    Call,
    ClientClass,
    LatencyLaw,
    LoadStep,
    OwnFailure,
    Robot,
)
from sim.traffic.traffic import NodeConnections, Traffic
from sim.traffic.world import Gateway, NodeClients, Route, Server, ServerState, TrafficWorld

__all__ = [
    "AT_ONCE_MS",
    "Answers",
    "Application",
    "Break",
    "Call",
    "ClientClass",
    "Errand",
    "ErrandFlow",
    "ErrandHistory",
    "Gateway",
    "History",
    "Labels",
    "LatencyLaw",
    "LoadStep",
    "NodeClients",
    "NodeConnections",
    "OwnFailure",
    "Percentiles",
    "PodHistory",
    "Robot",
    "Route",
    "Server",
    "ServerState",
    "Traffic",
    "TrafficWorld",
    "percentile",
]
