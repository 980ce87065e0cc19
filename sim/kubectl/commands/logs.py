"""`kubectl logs`: a container's log, the previous one's, many pods' logs, or a stream.

It must not know what a log line means.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import simpy

from sim.apimachinery.wire import Obj
from sim.client.doors import TextStream
from sim.client.rest import ApiStatusError, object_path
from sim.kubectl.builder import Lookup, select
from sim.kubectl.errors import CommandError, plain
from sim.kubectl.flags import flags
from sim.kubectl.goformat import time_problem
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.pods import (
    DEFAULT_CONTAINER,
    all_containers,
    container_names,
    find_object,
    pods_behind,
    require_container,
    selector_of,
)

_USAGE = (
    "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\n"
    "POD or TYPE/NAME is a required argument for the logs command"
)
_SELECTOR_TAIL = 10
_RETRY_MS = 1000


@dataclass(frozen=True, slots=True)
class Source:
    """One container whose log is wanted."""

    pod: Obj
    container: str

    @property
    def prefix(self) -> str:
        """Return what `--prefix` puts before each line."""
        return f"[pod/{self.pod['metadata']['name']}/{self.container}] "


@dataclass
class LogsOptions:
    """What `logs` was asked."""

    args: Sequence[str]
    container: str
    container_flag: bool
    selector: str
    follow: bool
    previous: bool
    timestamps: bool
    prefix: bool
    all_containers: bool
    all_pods: bool
    ignore_errors: bool
    tail: int | None
    since_s: int | None
    since_time: str
    limit_bytes: int
    max_streams: int
    timeout_ms: int

    @classmethod
    def complete(cls, call: Invocation) -> LogsOptions:
        """Read flags and arguments."""
        flags, args = call.flags, call.args
        selector = flags.text("selector")
        if (not args and not selector) or len(args) > 2:
            raise call.usage_error(_USAGE)
        if len(args) == 1 and selector:
            raise call.usage_error("only a selector (-l) or a POD name is allowed")
        tail: int | None = flags.number("tail")
        if tail == -1:
            tail = _SELECTOR_TAIL if selector and not flags.is_set("tail") else None
        since_ms = flags.duration_ms("since")
        return cls(
            args=[name for name in args[:1] if name],
            container=args[1] if len(args) == 2 else flags.text("container"),
            container_flag=len(args) == 2 and flags.is_set("container"),
            selector=selector,
            follow=flags.on("follow"),
            previous=flags.on("previous"),
            timestamps=flags.on("timestamps"),
            prefix=flags.on("prefix") or flags.on("all-pods"),
            all_containers=flags.on("all-containers"),
            all_pods=flags.on("all-pods"),
            ignore_errors=flags.on("ignore-errors"),
            tail=tail,
            since_s=(since_ms + 500) // 1000 if since_ms else None,
            since_time=flags.text("since-time"),
            limit_bytes=flags.number("limit-bytes"),
            max_streams=flags.number("max-log-requests"),
            timeout_ms=flags.duration_ms("pod-running-timeout"),
        )

    def validate(self) -> None:
        """Refuse a time that is none; the rest waits until the object has been found."""
        if self.since_time and (problem := time_problem(self.since_time)):
            raise CommandError(problem)

    def check_flags(self) -> None:
        """Refuse flags that contradict each other."""
        if self.since_time and self.since_s is not None:
            raise CommandError("at most one of `sinceTime` or `sinceSeconds` may be specified")
        if self.all_containers and self.container:
            raise CommandError(
                "--all-containers=true should not be specified with container name "
                f"{self.container}"
            )
        if self.container_flag:
            raise CommandError("only one of -c or an inline [CONTAINER] arg is allowed")
        if self.limit_bytes < 0:
            raise CommandError("--limit-bytes must be greater than 0")
        if self.since_s is not None and self.since_s < 0:
            raise CommandError("--since must be greater than 0")
        if self.tail is not None and self.tail < -1:
            raise CommandError("--tail must be greater than or equal to -1")

    def run(self, call: Invocation) -> Running:
        """Print the logs."""
        pods = yield from self._pods(call)
        sources = [source for pod in pods for source in self._sources(call, pod)]
        if not self.follow:
            for source in sources:
                self._print(call, source)
                yield from call.proc.stdout.drain()
            return 0
        if len(sources) > self.max_streams > 0 and len(sources) > 1:
            raise CommandError(
                f"you are attempting to follow {len(sources)} log streams, but maximum allowed "
                f"concurrency is {self.max_streams}, use --max-log-requests to increase the limit"
            )
        yield from self._following(call, sources)
        return 0

    def _pods(self, call: Invocation) -> Generator[simpy.Event, Any, list[Obj]]:
        if self.selector:
            found = select(call, ["pods"], Lookup(labels=self.selector, chunk=0)).require()
            if not found:
                call.err(f"No resources found in {call.namespace} namespace.\n")
            self.check_flags()
            return [info.object for info in found]
        try:
            obj = find_object(call, self.args)
        except ApiStatusError as error:
            if error.code != 404:
                raise
            raise CommandError(
                f'error from server (NotFound): {error.message} in namespace "{call.namespace}"'
            ) from None
        self.check_flags()
        if obj.get("kind") == "Pod":
            return [obj]
        selector = selector_of(obj)
        if selector is None:
            kind = f"*v1.{obj.get('kind')}"
            raise CommandError(
                f"cannot get the logs from {kind}: selector for {kind} not implemented"
            )
        pods = yield from pods_behind(call, obj, selector, self.timeout_ms)
        if len(pods) > 1 and not self.all_pods:
            name = pods[0]["metadata"]["name"]
            call.err(f"Found {len(pods)} pods, using pod/{name}\n")
        return pods if self.all_pods else pods[:1]

    def _sources(self, call: Invocation, pod: Obj) -> list[Source]:
        if self.all_containers:
            spec = pod.get("spec") or {}
            ordered = [
                *(spec.get("initContainers") or []),
                *(spec.get("containers") or []),
                *(spec.get("ephemeralContainers") or []),
            ]
            return [Source(pod, container["name"]) for container in ordered]
        return [Source(pod, self._container(call, pod))]

    def _container(self, call: Invocation, pod: Obj) -> str:
        name = self.container
        if not name:
            preset = (pod["metadata"].get("annotations") or {}).get(DEFAULT_CONTAINER, "")
            names = [container["name"] for container in all_containers(pod)]
            if preset in names:
                return str(preset)
            if preset:
                pod_name = pod["metadata"]["name"]
                call.err(f'Default container name "{preset}" not found in pod {pod_name}\n')
            name = names[0]
            if len(names) > 1 and not self.all_pods:
                call.err(f'Defaulted container "{name}" out of: {container_names(pod)}\n')
        require_container(pod, name)
        return name

    def _query(self, source: Source) -> list[tuple[str, str]]:
        query = [("container", source.container)]
        for name, wanted in (
            ("follow", self.follow),
            ("previous", self.previous),
        ):
            if wanted:
                query.append((name, "true"))
        if self.since_s is not None:
            query.append(("sinceSeconds", str(self.since_s)))
        if self.since_time:
            query.append(("sinceTime", self.since_time))
        if self.timestamps:
            query.append(("timestamps", "true"))
        if self.tail is not None:
            query.append(("tailLines", str(self.tail)))
        if self.limit_bytes:
            query.append(("limitBytes", str(self.limit_bytes)))
        return query

    def _path(self, call: Invocation, source: Source) -> str:
        metadata = source.pod["metadata"]
        return object_path(call.known("pods"), metadata["namespace"], metadata["name"], "log")

    def _print(self, call: Invocation, source: Source) -> None:
        try:
            body = call.client.get(self._path(call, source), self._query(source), accept="*/*")
        except ApiStatusError as error:
            if not self.ignore_errors:
                raise
            call.out(f"error: {plain(error)}\n")
            return
        self._write(call, source, body if isinstance(body, str) else str(body))

    def _write(self, call: Invocation, source: Source, text: str) -> None:
        if self.prefix and text:
            text = "".join(source.prefix + line for line in text.splitlines(keepends=True))
        call.out(text)

    def _following(self, call: Invocation, sources: Sequence[Source]) -> Running:
        open_streams: list[tuple[Source, TextStream]] = []
        try:
            for source in sources:
                stream = yield from self._open(call, source)
                if stream is not None:
                    open_streams.append((source, stream))
            while open_streams:
                for source, stream in open_streams:
                    self._write(call, source, stream.poll())
                open_streams = [pair for pair in open_streams if not pair[1].closed]
                if open_streams:
                    yield from call.proc.stdout.drain()
                    events = [stream.wait() for _, stream in open_streams]
                    yield events[0] if len(events) == 1 else call.proc.env.any_of(events)
        finally:
            for _, stream in open_streams:
                stream.close()
        return 0

    def _open(
        self, call: Invocation, source: Source
    ) -> Generator[simpy.Event, Any, TextStream | None]:
        """Open a stream; a container that has not started is asked again each second."""
        deadline = call.proc.env.now + self.timeout_ms
        while True:
            try:
                return call.client.stream(self._path(call, source), self._query(source))
            except ApiStatusError as error:
                if self.ignore_errors:
                    call.out(f"error: {plain(error)}\n")
                    return None
                call.err(f"{plain(error)}\n")
            if call.proc.env.now + _RETRY_MS > deadline:
                raise CommandError("context deadline exceeded")
            yield call.proc.env.timeout(_RETRY_MS)


COMMAND = Command(
    "logs",
    "Print the logs for a container in a pod",
    LogsOptions,
    flags(
        "all-containers bool",
        "all-pods bool",
        "container,c",
        "follow,f bool",
        "ignore-errors bool",
        "insecure-skip-tls-verify-backend bool",
        "limit-bytes int=0",
        "max-log-requests int=5",
        "pod-running-timeout duration=20s",
        "prefix bool",
        "previous,p bool",
        "selector,l",
        "since duration=0s",
        "since-time",
        "tail int=-1",
        "timestamps bool",
    ),
    usage="[-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]",
    aliases=("log",),
)
