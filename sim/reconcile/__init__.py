"""How a controller follows the API server in simulated time: informer, workqueue, reconciler."""

from sim.reconcile.controller import Controller
from sim.reconcile.informer import Change, Index, Informer
from sim.reconcile.workqueue import Workqueue

__all__ = ["Change", "Controller", "Index", "Informer", "Workqueue"]
