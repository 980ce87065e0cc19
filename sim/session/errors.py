"""Why a run cannot be had; apart from the storage, whose imports a sandbox does without."""

from __future__ import annotations


class UnknownRunError(LookupError):
    """There is no such run, or it is somebody else's; the caller must not say which."""


class LeaseLostError(RuntimeError):
    """Another process owns the run now; what was to be written was not written."""
