"""A real cluster with a scenario's world on it, real users and their evidence.

Its time is the wall's. Everything that is done to it stands in the journal before it is done.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sim import ENGINE_VERSION
from sim.backends.base import Actor, nobody
from sim.backends.deeds import keep
from sim.backends.kind.auditsetup import audit_log
from sim.backends.kind.cluster import KindCluster
from sim.backends.kind.cut import CutPlan
from sim.backends.kind.doors import Doors, Hearing
from sim.backends.kind.handwork import deeds_in
from sim.backends.kind.journal import JournalError
from sim.backends.kind.lifecycle import LifecycleError, Opened, use_cluster
from sim.backends.kind.manifests import sample_pods
from sim.backends.kind.measured import SPREAD_S, MeasuredUsers
from sim.backends.kind.nodes import KindNodes
from sim.backends.kind.roles import measures
from sim.backends.kind.samples import Sampler, Source
from sim.backends.kind.site import Progress, Site, SiteError
from sim.backends.kind.tools import ToolError, Tools
from sim.backends.observability import make_telemetry, users_of
from sim.client.doors import NodeAccess, Telemetry, Transport
from sim.client.https import HttpsTransport, UnreachableError
from sim.client.rest import ApiStatusError, RestClient
from sim.evidence import EvidenceLog, RunRecord
from sim.kernel import Environment, Epoch
from sim.scenario import Scenario

CALM_S = 60.0
"""How long users may take to be served well once everything is ready."""
CALM_SHARE = 0.02
"""At most so many of the requests fail on a good evening."""
PROBED = "A prober calls the service every five seconds: `incident dashboard prober probes`, or those charts."
UNSEEN = "Its API server writes no audit log, so what is done past the terminal is not seen."
_SETUP_MS = 120_000
"""About how long the world takes to be built; for dates only."""


def unheard(_payload: dict[str, Any]) -> int:
    """Return that nobody takes note of what was seen outside."""
    return -1


class KindBackend:
    """Fulfils `sim.backends.base.Backend` on a cluster whose nodes are containers here."""

    name = "kind"
    drawn = False
    """Set by whoever has drawn the night: nothing that is written for people may say which it is."""

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        *,
        cluster: KindCluster,
        env: Environment,
        log: EvidenceLog,
        epoch: Epoch | None = None,
        tools: Tools | None = None,
        own_python: bool = False,
        progress: Progress = lambda _: None,
        release: Callable[[], None] = lambda: None,
    ) -> None:
        """Build the world on *cluster*, which takes a minute or two, and begin the evening.

        The clock is set to where the evening begins, so that it is then the wall's; *epoch* is not
        heeded. *release* gives the cluster back, restored, when the run is over.

        Raises:
            SiteError: if the world cannot be built.
        """
        self.scenario = scenario
        self.seed = seed
        self.env = env
        self.log = log
        self.cluster = cluster
        self.server = cluster.endpoint.server
        self.actor: Actor = nobody
        self.notes = [PROBED]
        """What whoever plays has to know of it."""
        self.outside: Callable[[dict[str, Any]], int] = unheard
        """Set by whoever stores what was done by others; returns the input's number."""
        self._release = release
        self._closed = False
        self.plan = CutPlan(scenario, seed, aliases=cluster.aliases, addresses=cluster.addresses)
        tools = tools or cluster.tools
        self._https = HttpsTransport(cluster.endpoint, env)
        self._doors = Doors(self._https, env, log)
        self.world: Transport = self._doors.world
        self.transport: Transport = self._doors.trainee
        self._kind_nodes = KindNodes(env, cluster.aliases, tools)
        self.nodes: NodeAccess = self._kind_nodes
        about = Epoch(_unix_ms() + _SETUP_MS - self.plan.start_at)
        self.site = Site(
            self.plan,
            cluster,
            self.world,
            tools,
            about,
            token=f"{_unix_ms():x}",
            own_python=own_python,
        )
        self._sampler = Sampler(
            self.world,
            [Source(*one) for one in sample_pods(self.plan)],
            tuple(dict.fromkeys(one.namespace for one in scenario.applications)),
        )
        try:
            self.site.build(progress)
            self._await_calm(progress)
            self._begin()
        except (ApiStatusError, UnreachableError, ToolError) as error:
            msg = f"the world could not be built on {cluster.context}: {error}"
            raise SiteError(msg) from error

    def healthy(self) -> str:
        """Return what is wrong with the world in one sentence; empty: nothing."""
        try:
            waiting = self.site.not_ready()
        except (ApiStatusError, UnreachableError) as error:
            return f"the API server cannot be asked: {error}"
        return f"not ready: {', '.join(waiting)}" if waiting else ""

    def close(self) -> None:
        """Stop measuring, end every session on a node, and give the cluster back as it was; once."""
        if self._closed:
            return
        self._closed = True
        self._sampler.stop()
        self._kind_nodes.close()
        self._https.close()
        # What could not be undone stays in the journal; `uncordon kind restore` tells it.
        with suppress(LifecycleError, JournalError, ToolError, OSError):
            self._release()

    # -- inside ----------------------------------------------------------------------------------

    def _await_calm(self, progress: Progress) -> None:
        """Wait until users have been served well for as long as a sample counts."""
        progress("users come in")
        end = time.monotonic() + CALM_S + SPREAD_S
        share = 1.0
        while time.monotonic() < end:
            time.sleep(2.0)
            look = self._sampler.first(SPREAD_S)
            groups = [line for program, line in look.lines if program == "users"]
            done = sum(one["count"] for one in groups)
            bad = sum(one["count"] for one in groups if one["outcome"] != "ok")
            seconds = {one["at"] for one in groups}
            share = bad / done if done else 1.0
            if len(seconds) >= SPREAD_S - 2 and share <= CALM_SHARE:
                progress(f"{done / SPREAD_S:.0f} requests/s are served")
                return
        msg = (
            f"users are not served well on {self.cluster.context}: {share:.0%} of their requests "
            f"fail {CALM_S:.0f} s after everything was ready"
        )
        raise SiteError(msg)

    def _begin(self) -> None:
        """Set the clock, read the roles, begin to measure."""
        plan, scenario, env = self.plan, self.scenario, self.env
        self.roles: dict[str, Any] = plan.roles(measures(self))
        self.epoch = Epoch((_unix_ms() - plan.start_at) // 1000 * 1000)
        self.site.epoch = self.epoch
        env.advance(_unix_ms() - self.epoch.unix_ms)
        self._tell_time()
        self.log.append(
            RunRecord(
                at=env.now,
                scenario=scenario.slug,
                digest=scenario.digest,
                seed=self.seed,
                engine=ENGINE_VERSION,
                epoch=self.epoch.rfc3339(0),
                roles=self.roles,
                fault_at=plan.fault_at(plan.scenario.hurts_from),
                backend=self.name,
            )
        )
        users = users_of(plan, scenario.traffic[0])
        self.users = MeasuredUsers(env, self.log, self.epoch, plan, users, self._sampler)
        self.users.start(self._sampler.first(SPREAD_S + 2))
        probes = self.users.prober.probes
        self.telemetry: Telemetry = make_telemetry(
            plan, env, self.log, self.users, self.epoch, probes
        )
        self._sampler.start()
        self._doors.heed(self._acting)
        self._kind_nodes.heard = self._by_hand
        plane, path = self.cluster.aliases.control_plane, audit_log(self.cluster)
        if path:
            self._doors.follow(self._kind_nodes, plane, path, self._seen)
        else:
            self.notes.append(UNSEEN)

    # Both are set by others once the backend has been made, so they are looked up when asked.

    def _acting(self) -> tuple[int, int]:
        return self.actor()

    def _by_hand(self, node: str, line: str) -> None:
        """Write down what a line that somebody entered on *node* changes there."""
        who = self.actor()
        if who[1] < 0:
            return
        for verb, detail in deeds_in(line):
            keep(self.log, self.env.now, who, f"node:{node}", verb, detail)

    def hear_out(self) -> Hearing:
        """Begin to hear all that others have done up to now."""
        return self._doors.hear_out()

    def _seen(self, payload: dict[str, Any]) -> int:
        return self.outside(payload)

    def _tell_time(self) -> None:
        """Tell the programs what simulated time it is: some users work by the clock, and services have an age."""
        epoch_ms = self.epoch.unix_ms
        for source in self._sampler.sources:
            if source.program != "users":
                continue
            pods = self._pods_of(source.namespace, source.application)
            for turn, pod in enumerate(pods):
                phase = (turn + 0.5) / len(pods)
                told = {"epoch_ms": epoch_ms, "phase": round(phase, 4)}
                self._tell(f"{pod}:{source.port}/proxy/clock", told)
        for one in self.plan.scenario.applications:
            if one.behaviour.kind == "web-service":
                for pod in self._pods_of(one.namespace, one.name):
                    where = f"{pod}:{one.service.target}/proxy/age"
                    self._tell(where, {"since_ms": epoch_ms - one.age})

    def _pods_of(self, namespace: str, application: str) -> list[str]:
        """Return the paths of an application's pods."""
        path = f"/api/v1/namespaces/{namespace}/pods"
        found = RestClient(self.world).items(path, (("labelSelector", f"app={application}"),))
        return [f"{path}/{pod['metadata']['name']}" for pod in found]

    def _tell(self, path: str, told: dict[str, float]) -> None:
        # One that is just being replaced has the time of its settings, which is near, or is as young as it is.
        with suppress(ApiStatusError):
            RestClient(self.world).send("POST", path, (), told)


def _unix_ms() -> int:
    return time.time_ns() // 1_000_000


def on_cluster(
    context: str, what: str, progress: Progress = lambda _: None, *, own_python: bool = False
) -> Callable[..., KindBackend]:
    """Return the factory of a run that has the cluster behind *context* for itself.

    Raises (the factory):
        NoClusterError, BusyError, ToolError, JournalError, LifecycleError, SiteError
    """

    def make(
        scenario: Scenario, seed: int, *, env: Environment, log: EvidenceLog, epoch: Epoch
    ) -> KindBackend:
        opened: Opened = use_cluster(context, what, progress)
        try:
            return KindBackend(
                scenario,
                seed,
                cluster=opened.cluster,
                env=env,
                log=log,
                epoch=epoch,
                tools=opened.hold.tools,
                own_python=own_python,
                progress=progress,
                release=lambda: opened.close(progress),
            )
        except BaseException:
            try:
                opened.close(progress)
            except LifecycleError as left:
                # Why it failed is told first; what is left stands in the journal.
                progress(str(left))
            raise

    return make
