"""What runs in containers on the trainee's behalf, recorded with the node it ran on."""

from __future__ import annotations

from collections.abc import Sequence

from sim.apimachinery.wire import ApiRequest, ApiResponse, ExecRequest
from sim.client.doors import Execution, Transport
from sim.client.recording import RecordingTransport
from sim.evidence import EvidenceLog, NodeCommandRecord
from sim.shell.attribution import Attribution
from sim.shell.terminal import Remote


class ContainerDoor:
    """A Transport that records what runs in containers, and tells which remote reads what is typed.

    An exec request names a pod, but evidence names the node too: it is read from the pod.
    """

    def __init__(
        self,
        recorded: RecordingTransport,
        plain: Transport,
        log: EvidenceLog,
        attribution: Attribution,
    ) -> None:
        """Record into *log* on behalf of *attribution*; *plain* is the door without records."""
        self._recorded = recorded
        self._plain = plain
        self._log = log
        self._attribution = attribution
        self.send = recorded.send
        self.watch = recorded.watch
        self.stream = recorded.stream
        self.forward = recorded.forward

    def exec(self, request: ExecRequest) -> Execution | ApiResponse:
        """Start a program in a container, or return the refusal."""
        answer = self._recorded.exec(request)
        if isinstance(answer, ApiResponse):
            return answer
        pod = f"{request.namespace}/{request.pod}"
        node, line = self._where(request)
        who = self._attribution
        self._log.append(
            NodeCommandRecord(
                at=who.at, input=who.input, command=who.command, node=node, line=line, pod=pod
            )
        )
        if who.acting is not None:
            reads = request.stdin and request.tty
            remote = Remote(f"exec {pod}", answer, node=node, pod=pod, reads=reads)
            who.hold(who.acting, remote)
        return answer

    def _where(self, request: ExecRequest) -> tuple[str, str]:
        """Return the node and the command line; an attach runs what the pod was made with."""
        path = f"/api/v1/namespaces/{request.namespace}/pods/{request.pod}"
        body = self._plain.send(ApiRequest("GET", path)).body
        spec = body.get("spec", {}) if isinstance(body, dict) else {}
        argv: Sequence[str] = request.argv
        if not argv:
            containers = spec.get("containers", [])
            named = [c for c in containers if c.get("name") == request.container]
            container = (named or containers or [{}])[0]
            argv = [*container.get("command", []), *container.get("args", [])]
        return str(spec.get("nodeName", "")), " ".join(argv)
