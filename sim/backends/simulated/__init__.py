"""The simulated cluster: genesis, assembly, and the doors to it."""

from sim.backends.simulated.backend import SimulatedBackend

__all__ = ["SimulatedBackend"]
