"""The ReplicationController's controller: what a ReplicaSet's does, for the kind that came before.

Thanks to this file old manifests run. It must not do anything that the other does not
(pkg/controller/replication wraps the ReplicaSet controller likewise).
"""

from __future__ import annotations

from typing import ClassVar

from sim.control.replicaset import ReplicaSetController


class ReplicationControllerController(ReplicaSetController):
    """Creates and deletes the pods of ReplicationControllers; their selector is plain labels."""

    name: ClassVar[str] = "replication-controller"
    resource: ClassVar[str] = "replicationcontrollers"
    kind: ClassVar[str] = "ReplicationController"
    counts_terminating: ClassVar[bool] = False
