"""A scenario as one value: everything that `scenario.yaml` and its players' files say.

It is data that has been checked; how a world is made of it is not known here.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from sim.kernel import Epoch
from sim.scenario.access import Grant
from sim.scenario.application import Application
from sim.scenario.closing import Closing, Rubric, SteadyState, Temporary, TemptingChange
from sim.scenario.cluster import Cluster, ProxyLaw
from sim.scenario.facts import Fact, Hypothesis
from sim.scenario.fields import Duration, DurationRange, Name, RoleName, Spec
from sim.scenario.freeze import FreezePoint
from sim.scenario.history import AlertRule, History
from sim.scenario.people import Briefing, Document, Person
from sim.scenario.playbook import Playbook
from sim.scenario.real import NO_REAL, Real
from sim.scenario.secrets import Secret
from sim.scenario.timeline import KIND, Fault
from sim.scenario.traffic import Traffic


def _instant(value: str) -> str:
    Epoch.parse(value)
    return value


class Role(Spec):
    """A name of the world that texts and facts speak of; exactly one source is given."""

    what: str
    """For people, e.g. `the node that fails`."""
    node: tuple[Name, Literal["first-zone", "last-zone"]] | None = None
    """A worker of a pool: [pool, which zone]; one name."""
    nodes: tuple[Name, Literal["first-zone", "last-zone", "all"]] | None = None
    """Workers of a pool; a list of names."""
    application: Name | None = None
    """The application's name."""
    namespace_of: Name | None = None
    address_of: Name | None = None
    """ClusterIP of an application's Service."""
    port_of: Name | None = None
    revision: int | None = None
    """Number of the revision at this offset."""
    version: int | None = None
    """Image tag of the revision at this offset."""
    hash: int | None = None
    """pod-template-hash of the revision at this offset."""
    measure: Literal["services", "rules-complete", "proxy-limit", "control-plane"] | None = None
    """A figure of the built world."""
    text: str | None = None


class Pinned(Spec):
    """Literal names, times and addresses of one seed; data, no branch in code."""

    workers: int | None = None
    services: int | None = None
    pools: dict[Name, tuple[int, ...]] = Field(default_factory=dict)
    """Pool -> numbers of its workers."""
    revision: int | None = None
    addresses: dict[Name, str] = Field(default_factory=dict)
    """Application -> ClusterIP."""
    hashes: dict[str, str] = Field(default_factory=dict)
    """Offset of the revision -> pod-template-hash."""
    suffixes: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Offset of the revision -> suffixes of its pods in order of creation."""
    draws: dict[str, int | Duration] = Field(default_factory=dict)
    """Name of a drawn value -> its value (`heal.acts`, `proxy.undisturbed`, `shift.<fault>`)."""


class Scenario(Spec):
    """One incident, ready to be built on any seed."""

    format: Literal[1]
    slug: Name
    family: Name = ""
    """Name of the family whose `shared` tree lies under this file; "" for a scenario on its own."""
    title: str
    difficulty: Literal[1, 2, 3, 4, 5]
    summary: str
    """One neutral sentence for the catalogue."""
    minutes: int
    """How long a run takes, for the catalogue."""
    epoch: Annotated[str, AfterValidator(_instant)]
    """Instant of now = 0."""
    zone: str
    """Zone in which the room shows times."""
    horizon: Duration
    """From the page to the end of the users' loss, which counts since users began to fail."""
    page_by: Duration
    """The latest time at which the page has come, on any seed."""
    briefing: Briefing
    documents: tuple[Document, ...]
    people: tuple[Person, ...]
    cluster: Cluster
    proxy: ProxyLaw
    applications: tuple[Application, ...]
    secrets: tuple[Secret, ...] = ()
    """Secrets beside those that the applications' variables make."""
    traffic: tuple[Traffic, ...]
    history: History
    night_shift: DurationRange = (0, 0)
    """What a seed adds to every time of the timeline."""
    timeline: tuple[Fault, ...]
    hurts_from: Name
    """Id of the fault with which users begin to fail; their loss counts from it."""
    real: Real | None = None
    """The timeline on a real cluster; left out: it is played in the simulated one only."""
    alerts: tuple[AlertRule, ...]
    roles: dict[RoleName, Role]
    facts: tuple[Fact, ...]
    hypotheses: tuple[Hypothesis, ...] = ()
    """What may be the matter, as far as the first screen tells; empty: `enough` is used."""
    truth: Name | None = None
    """Id of the hypothesis that is true."""
    enough: tuple[Name, ...]
    """Facts that together are enough on screen to mitigate."""
    steady_state: tuple[SteadyState, ...]
    closing: Closing
    temporary: tuple[Temporary, ...]
    tempting: TemptingChange
    rubric: Rubric
    freeze: tuple[FreezePoint, ...] = ()
    """Decision points of practice mode; a scored run never meets them."""
    access: tuple[Grant, ...] | None = None
    """What the trainee may do; left out, everything."""
    pinned: dict[int, Pinned] = Field(default_factory=dict)
    """Seed -> literal values."""
    players: tuple[Playbook, ...] = ()
    """Read from `players/*.yaml`."""
    family_title: str = ""
    """What its family is called, set by the loader; a run whose night was drawn shows no other title."""
    digest: str = ""
    """SHA-256 of the files, set by the loader."""
    texts: tuple[tuple[str, str], ...] = Field(default=(), repr=False)
    """(name, text) of every file that makes the digest, in its order; set by the loader."""

    def on(self, backend: str) -> Scenario:
        """Return the scenario as *backend* plays it: its timeline there; the digest is the same.

        Raises:
            ValueError: if it cannot be played there.
        """
        if backend != KIND:
            return self
        if self.real is None:
            raise ValueError(NO_REAL.format(slug=self.slug))
        hurts = self.real.hurts_from or self.hurts_from
        return self.model_copy(update={"timeline": self.real.timeline, "hurts_from": hurts})

    def application(self, name: str) -> Application:
        """Return the application called *name*; raises KeyError."""
        for application in self.applications:
            if application.name == name:
                return application
        raise KeyError(name)

    def document(self, id_: str) -> Document:
        """Return the document with that id; raises KeyError."""
        for document in self.documents:
            if document.id == id_:
                return document
        raise KeyError(id_)

    def fact(self, id_: str) -> Fact:
        """Return the fact with that id; raises KeyError."""
        for fact in self.facts:
            if fact.id == id_:
                return fact
        raise KeyError(id_)

    def player(self, name: str) -> Playbook:
        """Return the playbook of *name*; raises KeyError."""
        for playbook in self.players:
            if playbook.player == name:
                return playbook
        raise KeyError(name)

    def pins(self, seed: int) -> Pinned:
        """Return the literal values of *seed*, empty for a seed without."""
        return self.pinned.get(seed, Pinned())
