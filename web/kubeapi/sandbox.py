"""The door to a sandbox: one healthy cluster, built when the server starts and gone with it."""

from __future__ import annotations

import os

from sim.session.sandbox import LATEST, Sandbox, SandboxAccess
from sim.session.wall import steady_ms, wall_ms
from web.kubeapi.door import Door
from web.kubeapi.secrets import OneCluster

SECRET = "UNCORDON_SANDBOX_SECRET"
"""The variable with the secret: what stands in a command line can be read by the whole machine."""


def create_sandbox(nodes: int = 3, version: str = LATEST, secret: str = "") -> Door:
    """Return the WSGI application of a cluster of *nodes* workers, which *secret* opens.

    Without one, and none in `UNCORDON_SANDBOX_SECRET`, the cluster is open to who reaches the port.
    """
    secret = secret or os.environ.get(SECRET, "")
    sandbox = Sandbox(nodes=nodes, version=version, unix_ms=wall_ms(), steady_ms=steady_ms)
    return Door(OneCluster(SandboxAccess(sandbox), secret))
