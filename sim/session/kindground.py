"""The ground of real clusters: kind's, or one that is named; errors of theirs become one sentence.

What is done there is the backend's business, and what is taken back afterwards its journal's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.backends.base import BackendFactory, BackendLostError
from sim.evidence import EvidenceLog
from sim.kernel import Environment, Epoch
from sim.scenario import Scenario
from sim.scenario.real import refusal
from sim.session import kind
from sim.session.ground import NoGroundError, Progress
from sim.session.measured import KIND
from sim.session.run import Run

if TYPE_CHECKING:
    from sim.backends.kind.backend import KindBackend

NOT_ALL = (
    "this cluster cannot have every night that might be drawn; one that is played by its name (`uncordon list`) "
    "says whether it can, or why not"
)
LEAD_MS = 8 * 60_000
"""How long before its page a drawn night begins, whichever it is: how long one waits must not tell. Nothing happens
earlier on any of them."""


class KindGround:
    """One real cluster for one run."""

    def __init__(self, state: kind.State, what: str, nights: Sequence[Scenario] = ()) -> None:
        """Play on the cluster of *state*, in the name of *what*: `run of payments-0247`.

        *nights* are all those of which the run's was drawn, none if it was named; then nothing that
        is told here may say which it is.
        """
        self._state = state
        self._what = what
        self._nights = tuple(nights)
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
        refuse(scenario, *self._nights)

        def tell(line: str) -> None:
            # What is undone in the end would say which night it was.
            if self._backend is None or not self._nights:
                progress(line)

        def make(
            scenario: Scenario, seed: int, *, env: Environment, log: EvidenceLog, epoch: Epoch
        ) -> KindBackend:
            from sim.backends.kind.backend import on_cluster  # noqa: PLC0415 - few ever play there

            context = "" if self._state.made_by_us else self._state.context
            inner = on_cluster(context, self._what, tell)
            played = evened(scenario, seed) if self._nights else scenario
            try:
                with kind.told():
                    self._backend = inner(played, seed, env=env, log=log, epoch=epoch)
            except (kind.NoKindClusterError, BackendLostError) as error:
                raise NoGroundError(str(error)) from error
            self._look_ahead(self._backend)
            return self._backend

        return make

    def _look_ahead(self, backend: KindBackend) -> None:
        """See that every night of a draw can happen there, so that a refusal does not say which was drawn."""
        from sim.faults.real import look_ahead  # noqa: PLC0415 - few ever play there

        backend.drawn = bool(self._nights)
        try:
            for night in self._nights:
                look_ahead(night.on(KIND).timeline, backend)
        except BackendLostError as error:
            raise NoGroundError(NOT_ALL) from error

    def leave(self, progress: Progress) -> None:
        """Take back what was done to it, if anything was and it has not been taken back already."""
        if self._backend is not None:
            progress("the cluster is put back")
            self._backend.close()


def refuse(*nights: Scenario) -> None:
    """Raise NoGroundError for a scenario that cannot be played on a real cluster."""
    for night in nights:
        if why := refusal(night, KIND):
            raise NoGroundError(why)


def evened(scenario: Scenario, seed: int) -> Scenario:
    """Return *scenario* with an evening as long as that of every night which it might be."""
    if scenario.real is None:
        return scenario
    run = Run(scenario, seed)
    run.start()
    real = scenario.real.model_copy(update={"begins": run.paged_at - LEAD_MS})
    return scenario.model_copy(update={"real": real})


def find_ground(context: str, what: str, nights: Sequence[Scenario] = ()) -> KindGround:
    """Return the ground of our own cluster, or of the one that *context* names.

    *nights* are all those of which the run's was drawn, none if it was named.

    Raises:
        NoGroundError: if it is not up, or somebody plays on it.
    """
    state = kind.state(context)
    if state.user:
        raise NoGroundError(
            f"{state.context} is in use by {state.user}: one run at a time; wait until it has ended, or end it"
        )
    if not state.up:
        raise NoGroundError(f"no real cluster to play on: {state.sentence}")
    return KindGround(state, what, nights)


def offer(nights: Sequence[Scenario], context: str = "") -> tuple[bool, str]:
    """Return whether all of *nights* can be played on a real cluster now, and the sentence that says so."""
    if any(refusal(night, KIND) for night in nights):
        return False, "In the simulator only: this incident has no part for a real cluster."
    state = kind.state(context)
    if not state.up:
        named = f" --context {context}" if context else ""
        return False, (
            f"On a real cluster as well, once one is up: `uncordon kind up{named}`; "
            f"`uncordon kind status{named}` says how it stands."
        )
    if state.user:
        return False, f"On a real cluster as well; just now {state.user} has it."
    return True, f"{state.sentence}. It takes some minutes until the page comes."
