"""`kubectl port-forward`: local ports whose connections end in a pod.

It runs until it is interrupted or a connection fails. It must not know who connects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

import simpy

from sim.apimachinery.wire import ForwardRequest, Obj
from sim.client.doors import Connection
from sim.client.rest import ApiStatusError
from sim.kernel import Interrupted
from sim.kubectl.errors import CommandError
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.pods import find_object, pod_for

_BOTH = ("127.0.0.1", "::1")
_PRIVILEGED = 1024
_LAST = 65535


@dataclass
class PortForwardOptions:
    """What `port-forward` was asked."""

    target: str
    ports: Sequence[str]
    addresses: Sequence[str]
    timeout_ms: int

    @classmethod
    def complete(cls, call: Invocation) -> PortForwardOptions:
        """Read flags and arguments."""
        if len(call.args) < 2:
            raise call.usage_error("TYPE/NAME and list of ports are required for port-forward")
        return cls(
            call.args[0],
            call.args[1:],
            call.flags.many("address"),
            call.flags.duration_ms("pod-running-timeout"),
        )

    def validate(self) -> None:
        """Nothing contradicts anything before the pod is known."""

    def run(self, call: Invocation) -> Running:
        """Listen, and hand connections on."""
        obj = find_object(call, [self.target])
        pod = yield from pod_for(call, obj, self.timeout_ms)
        named = obj if obj.get("kind") == "Service" else pod
        _refuse_udp(self.ports, named)
        ports = [_resolved(one, named, pod) for one in self.ports]
        phase = (pod.get("status") or {}).get("phase", "")
        if phase != "Running":
            raise CommandError(
                f"unable to forward port because pod is not running. Current status={phase}"
            )
        forwarding = _Forwarding(call, pod, self.addresses)
        return (yield from forwarding.serve([_parsed(one) for one in ports]))


class _Forwarding:
    """The listening ports of one command and the pod behind them."""

    def __init__(self, call: Invocation, pod: Obj, addresses: Sequence[str]) -> None:
        self._call = call
        self._namespace = pod["metadata"]["namespace"]
        self._pod = pod["metadata"]["name"]
        self._hosts = _hosts(addresses)
        self._lost: simpy.Event = call.proc.env.event()
        self._open: list[Connection] = []

    def serve(self, pairs: Sequence[tuple[int, int]]) -> Running:
        """Listen on the local port of each of *pairs* until Ctrl-C."""
        call = self._call
        try:
            call.client.forward(self._request(pairs[0][1])).close()
        except ApiStatusError as error:
            raise CommandError(f"error upgrading connection: {error.message}") from None
        listening: list[int] = []
        try:
            for local, remote in pairs:
                port = local or call.ports.free(self._pod, remote, call.clock())
                if self._listen(port, remote):
                    listening.append(port)
            if not listening:
                shown = " ".join(f"{{{local} {remote}}}" for local, remote in pairs)
                raise CommandError(f"unable to listen on any of the requested ports: [{shown}]")
            yield self._lost
        except Interrupted as signal:
            if signal.cause == "SIGTERM":
                raise
            return 0
        finally:
            for port in listening:
                call.ports.close(port)
            for connection in self._open:
                connection.close()
        raise CommandError("lost connection to pod")

    def _request(self, remote: int) -> ForwardRequest:
        return ForwardRequest(self._namespace, self._pod, remote)

    def _listen(self, port: int, remote: int) -> bool:
        call = self._call
        why = ""
        if port < _PRIVILEGED and call.proc.environ.get("USER", "root") != "root":
            why = "permission denied"
        elif not call.ports.listen(port, lambda: self._accept(port, remote)):
            why = "address already in use"
        if why:
            told = " ".join(
                f"unable to create listener: Error listen tcp{6 if ':' in host else 4} "
                f"{host}:{port}: bind: {why}"
                for host in self._hosts
            )
            call.err(
                f"Unable to listen on port {port}: Listeners failed to create with the following "
                f"errors: [{told}]\n"
            )
            return False
        call.out("".join(f"Forwarding from {host}:{port} -> {remote}\n" for host in self._hosts))
        return True

    def _accept(self, local: int, remote: int) -> Connection | None:
        call = self._call
        call.out(f"Handling connection for {local}\n")
        try:
            connection = call.client.forward(self._request(remote))
        except ApiStatusError as error:
            self._failed(error.message, local, remote)
            return None
        if connection.error:
            self._failed(connection.error, local, remote)
            return None
        self._open = [one for one in self._open if not one.closed]
        self._open.append(connection)
        return connection

    def _failed(self, why: str, local: int, remote: int) -> None:
        at = datetime.fromtimestamp(self._call.clock() / 1000, UTC)
        self._call.err(
            f'E{at:%m%d %H:%M:%S.%f}    4711 portforward.go:549] "An error occurred forwarding" '
            f"err={quote(why)} localPort={local} remotePort={remote}\n"
        )
        if not self._lost.triggered:
            self._lost.succeed()


def _hosts(addresses: Sequence[str]) -> list[str]:
    """Return the addresses to listen on, sorted as kubectl sorts them; IPv6 stands in brackets."""
    hosts: set[str] = set()
    for address in addresses:
        if address == "localhost":
            hosts.update(_BOTH)
            continue
        try:
            ip_address("%" if "%" in address else address)  # Go reads no zones
        except ValueError:
            raise CommandError(f"{address} is not a valid IP") from None
        hosts.add(address)
    return [f"[{host}]" if ":" in host else host for host in sorted(hosts)]


def _split(port: str) -> tuple[str, str]:
    parts = port.split(":")
    return (parts[0], parts[1]) if len(parts) == 2 else (parts[0], parts[0])


def _refuse_udp(ports: Sequence[str], obj: Obj) -> None:
    """Refuse ports that speak UDP only."""
    spec = obj.get("spec") or {}
    number, held = "port", spec.get("ports") or []
    if obj.get("kind") != "Service":
        number = "containerPort"
        held = [port for one in spec.get("containers") or [] for port in one.get("ports") or []]
    spoken: dict[Any, set[str]] = {}
    for port in held:
        spoken.setdefault(port[number], set()).add(port.get("protocol", "TCP"))
    for port in ports:
        remote = _split(port)[1]
        wanted = int(remote) if remote.isdecimal() else _by_name(obj, remote)
        if spoken.get(wanted) == {"UDP"}:
            raise CommandError(f"UDP protocol is not supported for {remote}")


def _by_name(obj: Obj, name: str) -> int:
    spec = obj.get("spec") or {}
    if obj.get("kind") == "Service":
        for port in spec.get("ports") or []:
            if port.get("name") == name:
                return int(port["port"])
        raise CommandError(
            f"Service '{obj['metadata']['name']}' does not have a named port '{name}'"
        )
    for container in [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]:
        for port in container.get("ports") or []:
            if port.get("name") == name:
                return int(port["containerPort"])
    raise CommandError(f"Pod '{obj['metadata']['name']}' does not have a named port '{name}'")


def _resolved(port: str, obj: Obj, pod: Obj) -> str:
    """Return *port* with the container's number behind the colon."""
    local, remote = _split(port)
    if obj.get("kind") != "Service":
        if not remote:
            raise CommandError("remote port cannot be empty")
        number = remote if remote.isdecimal() else str(_by_name(pod, remote))
        return f"{local}:{number}" if local != remote else number
    wanted = int(remote) if remote.isdecimal() else _by_name(obj, remote)
    if local == remote:
        local = str(wanted)
    target = _target(obj, pod, wanted)
    return f"{local}:{target}" if local != str(target) else str(target)


def _target(service: Obj, pod: Obj, port: int) -> int:
    for one in (service.get("spec") or {}).get("ports") or []:
        if one["port"] != port:
            continue
        target = one.get("targetPort", port)
        if (service.get("spec") or {}).get("clusterIP") == "None":
            return port
        return target if isinstance(target, int) else _by_name(pod, target)
    raise CommandError(f"Service {service['metadata']['name']} does not have a service port {port}")


def _parsed(port: str) -> tuple[int, int]:
    parts = port.split(":")
    if len(parts) > 2:
        raise CommandError(f"invalid port format '{port}'")
    local = _number("local", parts[0] or "0" if len(parts) == 2 else parts[0])
    remote = _number("remote", parts[-1])
    if remote == 0:
        raise CommandError("remote port must be > 0")
    return local, remote


def _number(which: str, text: str) -> int:
    if not text.isdecimal():
        why = "invalid syntax"
    elif int(text) > _LAST:
        why = "value out of range"
    else:
        return int(text)
    raise CommandError(
        f"error parsing {which} port '{text}': strconv.ParseUint: parsing {quote(text)}: {why}"
    )


COMMAND = Command(
    "port-forward",
    "Forward one or more local ports to a pod",
    PortForwardOptions,
    flags("address list=localhost", "pod-running-timeout duration=1m0s"),
    usage="TYPE/NAME [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]",
)
