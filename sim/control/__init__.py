"""The controllers of the control plane, one file each; they see the API server and nothing else."""

from sim.control.controllers import Controllers, start_controllers

__all__ = ["Controllers", "start_controllers"]
