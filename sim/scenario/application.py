"""The specs of applications: what Kubernetes is told about them and how they behave.

Behaviour is numbers only; the code that acts on them is registered elsewhere by `kind`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.fields import Duration, DurationRange, Name, Size, Spec


class ServicePort(Spec):
    """The Service in front of an application."""

    name: Name
    port: int
    target: int


class Readiness(Spec):
    """A readiness probe over HTTP, or TCP when *path* is missing."""

    path: str = ""
    port: int
    period: Duration
    initial: Duration = 0
    failures: int = 3


class Resources(Spec):
    """Requests and limits, in Kubernetes' own notation."""

    cpu: str
    memory: str
    cpu_limit: str = ""
    memory_limit: str = ""


class WebService(Spec):
    """Serves requests and needs a database."""

    kind: Literal["web-service"]
    database: Name
    """Application whose Service it dials."""
    capacity: float
    """Requests per second one pod can serve."""
    cpu_per_request: Duration
    """CPU time that one request takes."""
    startup: DurationRange
    """From process start to the first dial."""
    warmup: Duration
    """From the first connection to ready."""
    connect_timeout: Duration
    """How long one dial may take before it counts as timed out."""
    acquire_timeout: Duration
    """How long a request waits for a connection."""
    reconnect_for: Duration
    """How long it tries again after losing the database before it gives up and exits."""
    reconnect_every: DurationRange
    drain: Duration
    """From the signal to the end."""
    pool: int
    """Connections per pod."""
    max_lifetime: Duration
    """Age at which a pooled connection is replaced, up to 2.5 % earlier."""
    memory: Size
    """Resident memory when warm, e.g. `310Mi`."""
    user: str = ""
    """Database user it logs in as; a variable `DB_USER` of its environment wins."""
    password_from: str = "DB_PASSWORD"
    """Variable of its environment that holds the password; read once, when a container starts."""


class DatabaseUser(Spec):
    """A role of a database that may log in."""

    name: str
    secret: str = ""
    """`namespace/secret/key` whose value at the start is its password; empty: it has none."""
    superuser: bool = False


class Database(Spec):
    """Accepts connections after recovery."""

    kind: Literal["database"]
    startup: DurationRange
    """From process start to accepting connections."""
    shutdown: Duration
    memory: Size
    users: tuple[DatabaseUser, ...] = ()
    """Who may log in over the network, beside `postgres`; left out, anybody may with any password."""
    log_statement: Literal["none", "ddl"] = "none"
    """Whether its log shows statements that define things, `ALTER ROLE` among them."""


class Gateway(Spec):
    """Takes users in and calls an application through its Service."""

    kind: Literal["gateway"]
    upstream: Name
    connect_timeout: Duration
    memory: Size


class Neighbour(Spec):
    """Keeps connections open and makes a few new ones all the time."""

    kind: Literal["neighbour"]
    calls: Name
    """Application it dials."""
    rate: float
    """New connections per second and pod."""
    timeout: Duration
    memory: Size


class Idle(Spec):
    """Runs and does nothing that matters here."""

    kind: Literal["idle"]
    memory: Size


Behaviour = Annotated[
    WebService | Database | Gateway | Neighbour | Idle, Field(discriminator="kind")
]


class Volume(Spec):
    """A claim on network storage, mounted into an application's container."""

    claim: Name
    path: str
    size: str
    """A quantity, e.g. `200Gi`."""


class Application(Spec):
    """A Deployment and its Service."""

    name: Name
    namespace: Name
    team: str
    replicas: int
    image: str
    version: str
    """Image tag before the run; history may bring others."""
    tools: Literal["full", "busybox", "none"] = "busybox"
    """What a shell in its image finds: a toolbox, busybox' applets, or not even a shell."""
    pool: Name
    nodes: Literal["any", "first-zone", "last-zone"] = "any"
    """Where its pods sit at the start: any node of the pool, or those of its first or last zone."""
    spread: bool = False
    """Spread softly over zones (ScheduleAnyway)."""
    strategy: Literal["RollingUpdate", "Recreate"] = "RollingUpdate"
    surge: str = "25%"
    unavailable: str = "25%"
    history_limit: int = 10
    service: ServicePort
    readiness: Readiness
    resources: Resources
    grace: Duration = 30_000
    env: dict[str, str] = Field(default_factory=dict)
    """Environment; values may hold `{role}` placeholders."""
    secret_env: dict[str, str] = Field(default_factory=dict)
    """Environment from Secrets: variable -> `secret/key`; a Secret that the scenario does not list
    itself is made with drawn values."""
    age: Duration
    """How long its newest pods have been running at the start."""
    volume: Volume | None = None
    config: dict[str, str] = Field(default_factory=dict)
    """A ConfigMap of the application's name, mounted at `/etc/<name>`: file -> text."""
    behaviour: Behaviour
