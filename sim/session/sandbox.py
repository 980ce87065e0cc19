"""A sandbox: a healthy cluster whose time is the wall's, kept in memory and nowhere else.

Its access is the same as a run's, without inputs and evidence. One thread advances it while a
client waits for something to happen.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from sim.apimachinery.wire import ApiRequest, ApiResponse, ExecRequest
from sim.backends.simulated.cluster import SimulatedCluster
from sim.backends.simulated.sandbox import VERSIONS, sandbox_scenario
from sim.client.doors import Transport
from sim.kernel import Environment, Epoch
from sim.session.access import answered, open_payload, refusal_for
from sim.session.channel import AccessClosedError, Channel, QueuedChannel
from sim.session.guard import Guard
from sim.session.inputs import parse_input
from sim.session.outside import Asked, Frame, Outside
from sim.session.outside_inputs import request_payload

LONGEST_STEP_S = 0.25
"""While somebody waits, the cluster is looked at this often at least."""
SHORTEST_STEP_S = 0.005
LATEST = VERSIONS[-1]


class _Unseen:
    """The witness of a cluster that nobody will ever judge."""

    command = -1

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def asks(self, client: str, asked: Asked, given: int) -> Transport:
        return self._transport

    def answered(self, asked: Asked, answer: ApiResponse) -> None:
        pass

    def opened(self, asked: Asked, answer: object) -> Callable[[Frame], None]:
        return lambda _frame: None

    def entered(self, asked: ExecRequest, line: str, given: int) -> int:
        return -1


class Sandbox:
    """One healthy cluster; safe to use from several threads."""

    def __init__(
        self,
        *,
        nodes: int = 3,
        version: str = LATEST,
        unix_ms: int,
        steady_ms: Callable[[], int],
    ) -> None:
        """Build it at *unix_ms*; *steady_ms* counts from anywhere and is never set back."""
        self.env = Environment()
        self.guard = Guard(self.env)
        self.version = version
        self._steady_ms = steady_ms
        self._began_ms = steady_ms()
        cluster = SimulatedCluster(
            sandbox_scenario(nodes, version), 0, env=self.env, epoch=Epoch(unix_ms)
        )
        self.transport = cluster.transport
        self.load = cluster.api.load
        """Puts an object there as it is, as if it had always been there."""
        self.outside = Outside(self.env, _Unseen(cluster.transport))
        self.lock = threading.RLock()
        self.closed = False
        self._wanted = threading.Event()
        self._ticker: threading.Thread | None = None

    def advance(self) -> None:
        """Let the cluster go on to now; what breaks in it is logged and left behind."""
        with self.lock:
            self.guard.advance(self._steady_ms() - self._began_ms)

    def act(self, kind: str, payload: dict[str, Any]) -> ApiResponse | None:
        """Let a client act now, and everything that is due at once."""
        with self.lock:
            if self.closed:
                raise AccessClosedError("the sandbox is closed")
            given = parse_input(0, kind, payload)
            self.advance()
            self.outside.act(kind, given.payload, 0)
            answer = self.outside.answer
            self.guard.settle()
            self._wanted.set()
            return answer

    def tick(self) -> None:
        """Start the thread that advances the cluster while channels are open."""
        if self._ticker is None:
            self._ticker = threading.Thread(target=self._ticking, name="sandbox", daemon=True)
            self._ticker.start()
        self._wanted.set()

    def close(self) -> None:
        """End it: every channel is over, and nothing is answered any more."""
        with self.lock:
            self.closed = True
            self.outside.end()
            self._wanted.set()

    def _ticking(self) -> None:
        while not self.closed:
            self._wanted.clear()
            with self.lock:
                self.advance()
                busy = bool(self.outside.channels())
                due = (self.env.peek() - self.env.now) / 1000
            if busy:
                self._wanted.wait(min(LONGEST_STEP_S, max(SHORTEST_STEP_S, due)))
            else:
                self._wanted.wait()


class SandboxAccess:
    """The access of any client to a sandbox."""

    def __init__(self, sandbox: Sandbox, client: str = "") -> None:
        """Ask *sandbox*."""
        self._sandbox = sandbox
        self._client = client

    def handle(self, request: ApiRequest) -> ApiResponse:
        """Answer a request that ends at once."""
        try:
            payload = request_payload(self._client, request)
            return answered(self._sandbox.act("request", payload))
        except Exception as error:
            return refusal_for(error)

    def open(self, request: Asked) -> Channel | ApiResponse:
        """Open a channel."""
        sandbox = self._sandbox
        try:
            with sandbox.lock:
                number = sandbox.outside.next_channel
                channel = QueuedChannel(number, sandbox.act, keep=_nothing, left=_nothing)
                sandbox.outside.listen(number, channel.bring)
                payload = {**open_payload(self._client, request), "channel": number}
                answer = sandbox.act("open", payload)
                sandbox.tick()
                return channel if answer is None else answer
        except Exception as error:
            return refusal_for(error)


def _nothing() -> None:
    pass
