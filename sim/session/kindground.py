"""The ground of real clusters: kind's, or one that is named; errors of theirs become one sentence.

What is done there is the backend's business, and what is taken back afterwards its journal's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.backends.base import BackendFactory, BackendLostError
from sim.evidence import EvidenceLog
from sim.kernel import Environment, Epoch
from sim.scenario import Scenario
from sim.scenario.real import refusal
from sim.session import kind
from sim.session.ground import NoGroundError, Progress
from sim.session.measured import KIND

if TYPE_CHECKING:
    from sim.backends.kind.backend import KindBackend

HOW = "`uncordon kind up` makes one; --context NAME takes one of your kubeconfig"


class KindGround:
    """One real cluster for one run."""

    def __init__(self, state: kind.State, what: str) -> None:
        """Play on the cluster of *state*, in the name of *what*: `run of payments-0247`."""
        self._state = state
        self._what = what
        self._backend: KindBackend | None = None

    @property
    def notes(self) -> list[str]:
        """What a trainee has to know of it."""
        nodes = [(alias, real) for alias, real in self._state.nodes if alias != real]
        told = [f"This cluster is real: {self._state.sentence}. Its time cannot be stopped."]
        if nodes:
            told.append("Its nodes: " + ", ".join(f"{alias} is {real}" for alias, real in nodes))
        seen: list[str] = getattr(self._backend, "notes", [])
        return [*told, *seen]

    def factory(self, scenario: Scenario, progress: Progress) -> BackendFactory:
        """Return what sets *scenario* up there.

        Raises:
            NoGroundError: if it cannot be played on a real cluster.
        """
        refuse(scenario)

        def make(
            scenario: Scenario, seed: int, *, env: Environment, log: EvidenceLog, epoch: Epoch
        ) -> KindBackend:
            from sim.backends.kind.backend import on_cluster  # noqa: PLC0415 - few ever play there

            context = "" if self._state.made_by_us else self._state.context
            inner = on_cluster(context, self._what, progress)
            try:
                with kind.told():
                    self._backend = inner(scenario, seed, env=env, log=log, epoch=epoch)
            except (kind.NoKindClusterError, BackendLostError) as error:
                raise NoGroundError(str(error)) from error
            return self._backend

        return make

    def leave(self, progress: Progress) -> None:
        """Take back what was done to it, if anything was and it has not been taken back already."""
        if self._backend is not None:
            progress("the cluster is put back")
            self._backend.close()


def refuse(scenario: Scenario) -> None:
    """Raise NoGroundError for a scenario that cannot be played on a real cluster."""
    if why := refusal(scenario, KIND):
        raise NoGroundError(why)


def find_ground(context: str, what: str) -> KindGround:
    """Return the ground of our own cluster, or of the one that *context* names.

    Raises:
        NoGroundError: if it is not up, or somebody plays on it.
    """
    state = kind.state(context)
    if state.user:
        raise NoGroundError(f"{state.context} is in use by {state.user}; one run at a time")
    if not state.up:
        raise NoGroundError(f"no real cluster to play on: {state.sentence.rstrip('.')}. {HOW}")
    return KindGround(state, what)


def offer(scenario: Scenario, context: str = "") -> tuple[bool, str]:
    """Return whether *scenario* can be played on a real cluster now, and the sentence that says so."""
    if refusal(scenario, KIND):
        return False, "In the simulator only: this incident has no part for a real cluster."
    state = kind.state(context)
    if not state.up:
        return False, "On a real cluster as well, once one is up: `uncordon kind up`."
    if state.user:
        return False, f"On a real cluster as well; just now {state.user} has it."
    return True, f"{state.sentence}. It takes some minutes until the page comes."
