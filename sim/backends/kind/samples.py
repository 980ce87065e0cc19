"""What the workload on a real cluster measured, fetched by a thread and handed over in a queue.

Nobody who asks ever waits for the network. What the samples mean to users is known elsewhere.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sim.apimachinery.wire import ApiRequest, Obj
from sim.client.doors import Transport
from sim.client.https import UnreachableError

EVERY_S = 1.0
PATIENCE_S = 90.0
"""An API server that answers nothing for so long is lost."""


@dataclass(frozen=True, slots=True)
class Source:
    """Pods that measure."""

    namespace: str
    application: str
    """The value of their label `app`."""
    port: int
    program: str
    """`users`, `neighbour` or `prober`."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the cluster."""

    at_ms: int
    """Unix time at which it was taken."""
    until_s: int
    """Unix second up to which every source has told all."""
    lines: tuple[tuple[str, Mapping[str, Any]], ...]
    """(program, group of one second) for the seconds since the last look."""
    pods: tuple[Obj, ...]
    """The pods of all applications that were asked about."""
    silent: bool
    """No pod of the users' is there to measure anything."""
    lost: str = ""
    """Why the cluster cannot be asked any more; empty: it can."""


@dataclass(slots=True)
class _Heard:
    """How far a pod has told."""

    until: int
    started: float = 0.0


@dataclass(slots=True)
class Sampler:
    """Asks every second until it is stopped."""

    transport: Transport
    sources: Sequence[Source]
    namespaces: Sequence[str]
    """Whose pods are looked at."""
    wall: Callable[[], float] = time.time
    _looks: queue.SimpleQueue[Look] = field(default_factory=queue.SimpleQueue)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _heard: dict[str, _Heard] = field(default_factory=dict)
    _since: int = 0
    _answered_at: float = 0.0
    _thread: threading.Thread | None = None

    def first(self, back_s: int) -> Look:
        """Take one look at the last *back_s* seconds; `start` goes on from there.

        Raises:
            UnreachableError: if the API server does not answer.
        """
        self._since = int(self.wall()) - back_s
        self._heard.clear()
        return self.look()

    def start(self) -> None:
        """Look every second from now on."""
        self._since = self._since or int(self.wall())
        self._answered_at = self.wall()
        self._thread = threading.Thread(target=self._run, name="samples", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(2.0)

    def take(self) -> list[Look]:
        """Return and forget the looks that were taken."""
        found = []
        with suppress(queue.Empty):
            while True:
                found.append(self._looks.get_nowait())
        return found

    def look(self) -> Look:
        """Take one look.

        Raises:
            UnreachableError: if the API server does not answer.
        """
        pods = [pod for namespace in self.namespaces for pod in self._pods(namespace)]
        lines: list[tuple[str, Mapping[str, Any]]] = []
        until, there = [], False
        for source in self.sources:
            for pod in pods:
                if not _measures(pod, source):
                    continue
                told = self._ask(source, pod)
                if told is None:
                    continue
                head, groups = told
                lines += [(source.program, group) for group in groups]
                if source.program == "users":
                    there = True
                    until.append(int(head["until"]))
        now = self.wall()
        return Look(
            round(now * 1000),
            min(until, default=int(now) - 2),
            tuple(lines),
            tuple(pods),
            not there,
        )

    # -- inside ----------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopped.wait(EVERY_S):
            try:
                self._looks.put(self.look())
                self._answered_at = self.wall()
            except (UnreachableError, _RefusedError) as error:
                away = self.wall() - self._answered_at
                if away > PATIENCE_S:
                    why = f"the API server has not answered for {away:.0f} s: {error}"
                    self._looks.put(Look(round(self.wall() * 1000), 0, (), (), False, why))
                    return

    def _pods(self, namespace: str) -> Iterable[Obj]:
        path = f"/api/v1/namespaces/{namespace}/pods"
        answer = self.transport.send(ApiRequest("GET", path))
        if answer.code == 404 or not isinstance(answer.body, dict):
            return ()
        if answer.code != 200:
            raise _RefusedError(str(answer.body.get("message", answer.code)))
        return answer.body.get("items") or ()

    def _ask(
        self, source: Source, pod: Obj
    ) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]] | None:
        """Return what a pod tells since it was asked last; None if it does not answer now."""
        name = pod["metadata"]["name"]
        heard = self._heard.setdefault(name, _Heard(self._since))
        path = f"/api/v1/namespaces/{source.namespace}/pods/{name}:{source.port}/proxy/samples"
        query = (("since", str(heard.until)),)
        answer = self.transport.send(ApiRequest("GET", path, query, {"accept": "*/*"}))
        if answer.code != 200:
            return None
        text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
        try:
            head, *groups = [json.loads(line) for line in text.splitlines() if line.strip()]
            heard.until = max(heard.until, int(head["until"]))
        except (ValueError, KeyError, TypeError):
            return None
        return head, groups


class _RefusedError(Exception):
    """The API server answers, but not this."""


def _measures(pod: Obj, source: Source) -> bool:
    metadata = pod["metadata"]
    return (
        metadata.get("namespace") == source.namespace
        and (metadata.get("labels") or {}).get("app") == source.application
        and (pod.get("status") or {}).get("phase") == "Running"
    )
