"""What crosses the doors on the trainee's behalf becomes evidence, whatever stands behind them.

A recording door changes no answer; it must not know what the evidence is used for. Discovery is
left out: it is the client's own housekeeping and says nothing about what somebody looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from urllib.parse import quote_plus

from sim.apimachinery.wire import ApiRequest, ApiResponse, ExecRequest, ForwardRequest
from sim.client.doors import (
    Connection,
    Execution,
    NodeAccess,
    TextStream,
    Transport,
    WatchStream,
    node_of,
)
from sim.evidence import EvidenceLog, NodeCommandRecord, RequestRecord

_VERBS = {
    "POST": "create",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
}


class Context(Protocol):
    """Who asks at this moment; read anew for each record."""

    @property
    def at(self) -> int:
        """Simulated ms since the scenario's start."""

    @property
    def input(self) -> int:
        """The run's input that is being worked on, or -1."""

    @property
    def command(self) -> int:
        """The command line that asks, or -1."""

    @property
    def client(self) -> str:
        """The program outside that asks, e.g. `kubectl/v1.37.1`; empty: the workstation."""


class ParsedPath:
    """Verb, resource, namespace and name of a request, read from its method and path."""

    __slots__ = ("name", "namespace", "resource", "verb")

    def __init__(self, method: str, path: str, *, watch: bool = False) -> None:
        """Read *path*; what is no resource path (`/version`, discovery) has an empty resource."""
        self.verb = self.resource = self.namespace = self.name = ""
        parts = path.strip("/").split("/")
        if parts[0] == "api" and len(parts) > 2:
            group, rest = "", parts[2:]
        elif parts[0] == "apis" and len(parts) > 3:
            group, rest = parts[1], parts[3:]
        else:
            self.verb = method.lower()
            return
        if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in ("status", "finalize"):
            self.namespace, rest = rest[1], rest[2:]
        plural = f"{rest[0]}.{group}" if group else rest[0]
        self.name = rest[1] if len(rest) > 1 else ""
        subresource = "/".join(rest[2:])
        self.resource = f"{plural}/{subresource}" if subresource else plural
        self.verb = self._verb(method, subresource, watch=watch)

    def _verb(self, method: str, subresource: str, *, watch: bool) -> str:
        if subresource in ("exec", "attach", "portforward"):
            return "exec"
        if subresource == "log":
            return "log"
        if watch:
            return "watch"
        if method == "GET":
            return "get" if self.name else "list"
        if method == "DELETE" and not self.name:
            return "deletecollection"
        return _VERBS.get(method, method.lower())


def is_discovery(path: str) -> bool:
    """Return whether *path* only asks what the server offers."""
    parts = path.strip("/").split("/")
    return (
        (parts[0] == "api" and len(parts) <= 2)
        or (parts[0] == "apis" and len(parts) <= 3)
        or parts[0] in ("", "openapi", "version", "healthz", "livez", "readyz")
    )


class RecordingTransport:
    """A Transport that writes one RequestRecord for each request it passes on."""

    def __init__(self, inner: Transport, log: EvidenceLog, context: Context) -> None:
        """Record into *log* what goes to *inner*; *context* says for whom."""
        self._inner = inner
        self._log = log
        self._context = context

    def send(self, request: ApiRequest) -> ApiResponse:
        """Answer one request at once."""
        response = self._inner.send(request)
        self._note(request, response.code)
        return response

    def watch(self, request: ApiRequest) -> WatchStream | ApiResponse:
        """Open a watch, or return the refusal."""
        answer = self._inner.watch(request)
        self._note(request, answer.code if isinstance(answer, ApiResponse) else 200, watch=True)
        return answer

    def stream(self, request: ApiRequest) -> TextStream | ApiResponse:
        """Open a streaming text answer, or return the refusal."""
        answer = self._inner.stream(request)
        self._note(request, answer.code if isinstance(answer, ApiResponse) else 200)
        return answer

    def exec(self, request: ExecRequest) -> Execution | ApiResponse:
        """Start a program in a container, or return the refusal."""
        answer = self._inner.exec(request)
        how = "exec" if request.argv else "attach"
        query = [("command", word) for word in request.argv]
        if request.container:
            query.append(("container", request.container))
        path = f"/api/v1/namespaces/{request.namespace}/pods/{request.pod}/{how}"
        code = answer.code if isinstance(answer, ApiResponse) else 101
        self._note(ApiRequest("POST", path, tuple(query)), code)
        return answer

    def forward(self, request: ForwardRequest) -> Connection | ApiResponse:
        """Open one connection to a pod's port, or return the refusal."""
        answer = self._inner.forward(request)
        path = f"/api/v1/namespaces/{request.namespace}/pods/{request.pod}/portforward"
        code = answer.code if isinstance(answer, ApiResponse) else 101
        self._note(ApiRequest("POST", path, (("ports", str(request.port)),)), code)
        return answer

    def _note(self, request: ApiRequest, code: int, *, watch: bool = False) -> None:
        if is_discovery(request.path):
            return
        target = ParsedPath(request.method, request.path, watch=watch)
        context = self._context
        self._log.append(
            RequestRecord(
                at=context.at,
                input=context.input,
                command=context.command,
                method=request.method,
                path=path_with_query(request),
                code=code,
                verb=target.verb,
                resource=target.resource,
                namespace=target.namespace,
                name=target.name,
                client=context.client,
            )
        )


class RecordingNodeAccess:
    """A NodeAccess that writes one NodeCommandRecord for each command line it passes on."""

    def __init__(self, inner: NodeAccess, log: EvidenceLog, context: Context) -> None:
        """Record into *log* what runs on *inner*'s nodes; *context* says for whom."""
        self._inner = inner
        self._log = log
        self._context = context

    def nodes(self) -> Sequence[str]:
        """Return the names that `ssh` knows."""
        return self._inner.nodes()

    def run(self, node: str, command: str, *, stdin: bool = False, tty: bool = False) -> Execution:
        """Run *command* on *node* and record its line."""
        execution = self._inner.run(node, command, stdin=stdin, tty=tty)
        context = self._context
        self._log.append(
            NodeCommandRecord(
                at=context.at,
                input=context.input,
                command=context.command,
                node=node_of(execution, node),
                line=command,
            )
        )
        return execution


def path_with_query(request: ApiRequest) -> str:
    """Return the path and the encoded query, as an access log shows them."""
    if not request.query:
        return request.path
    query = "&".join(f"{quote_plus(key)}={quote_plus(value)}" for key, value in request.query)
    return f"{request.path}?{query}"
