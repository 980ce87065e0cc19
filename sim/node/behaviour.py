"""What a container does with its time: the protocol that applications implement, and their registry.

The kubelet runs behaviours found by image. This file must not know any application.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import simpy

from sim.kernel import Interrupted

if TYPE_CHECKING:
    from sim.node.container import Container
    from sim.node.logs import DrawnLine

Life = Generator[simpy.Event, Any, int]
"""A process of a container: yields kernel events, returns the exit code."""

TERMINATE = "SIGTERM"
"""Cause of the `Interrupted` that asks a behaviour to end."""

KILL = "SIGKILL"
"""Cause of an end that no behaviour gets to see."""

MAX_REMEMBERED = 4096
"""Images of which a registry remembers where they belong."""


class OutOfMemory(Exception):  # noqa: N818 - named for what happened, as the kernel does
    """The container's cgroup is over its limit; raised inside a behaviour, which must let it pass."""


class Behaviour(Protocol):
    """What one container does from its start to its end; an instance lives as long as the container.

    `Interrupted` raised inside a life with cause `SIGTERM` asks it to end; a life that does not
    catch it ends with 143. A SIGKILL closes the generator without asking.
    """

    lazy: bool
    """True if a container found running at the start needs no process until somebody touches it."""
    chatty: bool
    """True if it has drawn log lines."""

    def run(self, ctx: Container) -> Life:
        """Return the life of a container that starts now."""

    def adopt(self, ctx: Container) -> Life | None:
        """Return the rest of the life of a container already running at the start; None: it only runs."""

    def memory(self, ctx: Container, now: int) -> int:
        """Return the bytes its cgroup is charged with at *now*."""

    def listening(self, port: int) -> bool:
        """Return True if it accepts connections on *port*."""

    def ready(self, ctx: Container) -> bool:
        """Return what a readiness probe would find now; announce changes by `ctx.health_changed()`."""

    def alive(self, ctx: Container) -> bool:
        """Return what a liveness or startup probe would find now."""

    def routine(
        self, ctx: Container, since: int, until: int, limit: int | None
    ) -> Sequence[DrawnLine]:
        """Return drawn log lines in [since, until), oldest first; with *limit* only the last ones."""

    def commands(self, ctx: Container) -> Sequence[tuple[str, int, int]]:
        """Return (command line, parent index or -1, resident bytes) of its processes, first one first."""


class Plain:
    """A behaviour that runs until it is told to end; the base of the others."""

    lazy = False
    chatty = False
    stop_ms = 40
    """From SIGTERM to the end."""
    stop_code = 0

    def run(self, ctx: Container) -> Life:
        """Wait until told to end, then take a little to obey."""
        try:
            yield ctx.env.event()
        except Interrupted:
            yield ctx.env.timeout(self.stop_ms)
        return self.stop_code

    def adopt(self, ctx: Container) -> Life | None:
        """Go on as `run` would."""
        return None

    def memory(self, ctx: Container, now: int) -> int:
        """Return a small, steady amount."""
        return 24 << 20

    def listening(self, port: int) -> bool:
        """Accept on every port the image declares."""
        return True

    def ready(self, ctx: Container) -> bool:
        """Pass probes from the start."""
        return True

    def alive(self, ctx: Container) -> bool:
        """Pass probes from the start."""
        return True

    def routine(
        self, ctx: Container, since: int, until: int, limit: int | None
    ) -> Sequence[DrawnLine]:
        """Say nothing."""
        return []

    def commands(self, ctx: Container) -> Sequence[tuple[str, int, int]]:
        """Return the container's own command line as one process."""
        return ((ctx.command_line, -1, self.memory(ctx, ctx.env.now)),)


Factory = Callable[["Container"], Behaviour]
"""Makes the behaviour of one container."""


class BehaviourRegistry(Mapping[str, Factory]):
    """Behaviours by image; the longest prefix wins, the empty prefix is everything else."""

    def __init__(self, entries: Mapping[str, Factory], *, lazy: Iterable[str] = ("",)) -> None:
        """Take *entries* by image prefix; images of the *lazy* prefixes are not adopted at the start."""
        self._entries = dict(entries)
        self._entries.setdefault("", _background)
        self._order = sorted(self._entries, key=len, reverse=True)
        self._lazy = frozenset(lazy)
        self._found: dict[str, str] = {}

    def __getitem__(self, image: str) -> Factory:
        """Return the factory for *image*."""
        return self._entries[self.prefix(image)]

    def __iter__(self) -> Any:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def prefix(self, image: str) -> str:
        """Return the prefix under which *image* is registered; empty when it is not."""
        found = self._found.get(image)
        if found is None:
            found = next(prefix for prefix in self._order if image.startswith(prefix))
            if len(self._found) < MAX_REMEMBERED:
                self._found[image] = found
        return found

    def lazy(self, image: str) -> bool:
        """Return True if a running container of *image* may sleep until it is touched."""
        return self.prefix(image) in self._lazy


class Background(Plain):
    """Somebody else's container: runs, and says nothing."""

    lazy = True


def _background(_: Container) -> Behaviour:
    return Background()
