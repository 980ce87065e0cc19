"""The hand that changes a real cluster for a fault: first the journal, then the change.

What is changed in objects of our own needs no entry: they go as a whole. What a fault is for is not
known here.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Protocol

import simpy

from sim.apimachinery.wire import Obj
from sim.backends.base import BackendLostError
from sim.backends.kind.cluster import KindCluster
from sim.backends.kind.journal import JournalError, NotUndoneError
from sim.backends.kind.tools import FailedToolError, ToolError
from sim.backends.kind.undo import Delete, Put, Undo
from sim.backends.kind.undoing import LABEL, OURS, Undoer, is_ours
from sim.backends.plan import Plan
from sim.client.doors import Transport
from sim.client.https import UnreachableError
from sim.client.rest import ApiStatusError, RestClient
from sim.kernel import Environment, Epoch

LOOK_MS = 500
"""Between two looks at what takes its time."""
_TRIES = 8
UNNAMED = "a change that the night has made"
"""What the journal says of each change of a drawn night."""
Steps = Generator[simpy.Event, Any, None]
"""What a family returns: it changes something, waits, and goes on."""


class InjectionError(BackendLostError):
    """A fault could not be brought about, so that the run is not the one that the scenario tells."""

    telling = True


class RealBackend(Protocol):
    """What a family needs of a backend with a real cluster."""

    env: Environment
    epoch: Epoch
    cluster: KindCluster
    drawn: bool
    """Whether the night was drawn, so that whoever reads the journal must not be told which it is."""

    @property
    def plan(self) -> Plan:
        """The seed's reading of the scenario."""

    @property
    def roles(self) -> dict[str, Any]:
        """Role -> name, number or list of names of this run."""

    @property
    def world(self) -> Transport:
        """The Kubernetes API; what is asked here is nobody's deed."""


class Hand:
    """Changes to one cluster on behalf of the fault *what*."""

    def __init__(self, what: str, backend: RealBackend) -> None:
        """Work on *backend*'s cluster; *what* begins every complaint."""
        self.what = what
        self._backend = backend
        self._env = backend.env
        self._rest = RestClient(backend.world)
        self._cluster = backend.cluster
        self._journal = backend.cluster.journal

    # -- the API -----------------------------------------------------------------------------------

    def find(self, path: str) -> Obj | None:
        """Return the object at *path*, None if there is none."""
        try:
            found: Obj = self._rest.get(path)
        except ApiStatusError as error:
            if error.code == 404:
                return None
            raise self.failed(error.message) from error
        except UnreachableError as error:
            raise self.failed(str(error)) from error
        return found

    def get(self, path: str) -> Obj:
        """Return the object or list at *path*."""
        found = self.find(path)
        if found is None:
            raise self.failed(f"{path} is not there")
        return found

    def listed(self, path: str, selector: str = "") -> list[Obj]:
        """Return the objects of a collection, those that *selector* picks by their labels."""
        query = (("labelSelector", selector),) if selector else ()
        try:
            found: list[Obj] = self._rest.get(path, query).get("items") or []
        except (ApiStatusError, UnreachableError) as error:
            raise self.failed(str(error)) from error
        return found

    def ask(self, method: str, path: str, body: Any = None, *, manager: str = "") -> Any:
        """Send a write; *manager* is told as the manager of its fields."""
        query = (("fieldManager", manager),) if manager else ()
        try:
            return self._rest.send(method, path, query, body)
        except (ApiStatusError, UnreachableError) as error:
            raise self.failed(str(error)) from error

    def change(
        self, what: str, path: str, make: Callable[[Obj], Obj], *, manager: str = ""
    ) -> list[int]:
        """Put what *make* makes of the object at *path*; return its entries in the journal."""
        entries: list[int] = []
        for _ in range(_TRIES):
            old = self.get(path)
            if not entries and not is_ours(old):
                entries = [self.did(what, Put(path, old))]
            try:
                query = (("fieldManager", manager),) if manager else ()
                self._rest.send("PUT", path, query, make(old))
            except ApiStatusError as error:
                if error.code != 409:
                    raise self.failed(error.message) from error
            except UnreachableError as error:
                raise self.failed(str(error)) from error
            else:
                return entries
        raise self.failed(f"{path} is changed by somebody else all the time")

    def create(self, what: str, collection: str, obj: Obj) -> list[int]:
        """Make *obj*, with our label, in *collection*; return its entry in the journal."""
        metadata = obj["metadata"]
        labels = {**(metadata.get("labels") or {}), LABEL: OURS}
        entry = self.did(what, Delete(f"{collection}/{metadata['name']}"))
        self.ask("POST", collection, {**obj, "metadata": {**metadata, "labels": labels}})
        return [entry]

    # -- nodes ---------------------------------------------------------------------------------------

    def node(self, name: str) -> str:
        """Return the real name of the node that a role, an alias or its own name means."""
        told = self._backend.roles.get(name, name)
        try:
            return self._cluster.aliases.node(str(told))
        except KeyError:
            raise self.failed(f"there is no node {told}") from None

    def run(self, node: str, script: str, *words: str, stdin: str = "") -> str:
        """Run a shell *script* on *node* (its real name) with *words* as $1, $2 ...; return its output."""
        flags = ("-i",) if stdin else ()
        argv = ("exec", *flags, node, "sh", "-c", script, "sh", *words)
        try:
            return self._cluster.tools.docker(*argv, stdin=stdin).out
        except FailedToolError as error:
            said = error.complaint.strip().splitlines()
            raise self.failed(f"on {node}: {said[-1] if said else error}") from error
        except ToolError as error:
            raise self.failed(str(error)) from error

    # -- the journal ---------------------------------------------------------------------------------

    def did(self, what: str, undo: Undo) -> int:
        """Note that *what* is about to be done; return the number of the entry."""
        try:
            return self._journal.did(UNNAMED if self._backend.drawn else what, undo)
        except JournalError as error:
            raise self.failed(str(error)) from error

    def undo(self, entry: int) -> None:
        """Undo one entry now."""
        try:
            self._journal.undo(entry, Undoer(self._backend.world, self._cluster.tools))
        except NotUndoneError as error:
            raise self.failed(f"cannot take it back: {error}") from error

    # -- time ----------------------------------------------------------------------------------------

    def until(self, what: str, seconds: int, holds: Callable[[], object]) -> Steps:
        """Wait until *holds*, at most *seconds*; *what* says for what."""
        end = self._env.now + seconds * 1000
        while not holds():
            if self._env.now >= end:
                raise self.failed(f"{what}: not within {seconds} s")
            yield self._env.timeout(LOOK_MS)

    def pause(self, ms: int) -> simpy.Event:
        """Return an event that fires in *ms*."""
        return self._env.timeout(max(0, ms))

    def failed(self, why: str) -> InjectionError:
        """Return the error that says why it does not go on."""
        return InjectionError(f"{self.what} could not be done: {why}")
