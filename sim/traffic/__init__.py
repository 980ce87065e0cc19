"""Users and their way to an application, as a fluid; knows no pod, rule or node in detail."""

from sim.traffic.history import History, Labels, PodHistory
from sim.traffic.latency import Answers, percentile
from sim.traffic.spec import Application, ClientClass, LatencyLaw, LoadStep
from sim.traffic.traffic import NodeConnections, Traffic
from sim.traffic.world import Gateway, NodeClients, Route, Server, ServerState, TrafficWorld

__all__ = [
    "Answers",
    "Application",
    "ClientClass",
    "Gateway",
    "History",
    "Labels",
    "LatencyLaw",
    "LoadStep",
    "NodeClients",
    "NodeConnections",
    "PodHistory",
    "Route",
    "Server",
    "ServerState",
    "Traffic",
    "TrafficWorld",
    "percentile",
]
