"""The laptop's network: its own ports, the API server, and nothing beyond them.

`curl`, `openssl` and `nc` reach what `kubectl port-forward` and `kubectl proxy` listen on. Of
the cluster's names and addresses this machine knows nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any
from urllib.parse import urlsplit

import simpy

from sim.bash import Proc, Program, Running
from sim.bash.tools.curl import Dialled, Reply, Request, TimedOut, curl_program
from sim.bash.tools.openssl import Met, Refusal, openssl_program
from sim.client.doors import Connection, Transport
from sim.client.localports import LocalPorts
from sim.shell.apiline import ApiLine

SERVER = "https://api.k8s.internal:6443"
_BALANCER = "10.20.0.10"
"""The load balancer before the API server."""
_LOOPBACK = ("127.0.0.1", "::1")
_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost", "laptop")
_MOST_HEAD = 64 * 1024


class ApiPlace:
    """Where the API server is, as the kubeconfig says it."""

    def __init__(self, server: str = SERVER) -> None:
        """Take it from a URL."""
        parts = urlsplit(server)
        self.host = parts.hostname or ""
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        self.address = self.host if is_address(self.host) else _BALANCER


class LocalLine:
    """An HTTP client's end of a connection to a local port."""

    tls = False

    def __init__(self, env: simpy.Environment, connection: Connection | None) -> None:
        """Speak over *connection*; None: it was closed as soon as it was taken."""
        self._env = env
        self._connection = connection
        self._held = ""
        self._left: int | None = 0
        """Bytes of the body still to come; None: until the end."""
        self._chunked = False

    def ask(
        self, request: Request, *, secure: bool, limit_ms: int | None
    ) -> Generator[simpy.Event, Any, Reply | None]:
        """Send *request* and return the head of the answer."""
        if self._connection is None:
            return None
        self._connection.write(request.head + request.body)
        while "\r\n\r\n" not in self._held:
            if len(self._held) > _MOST_HEAD or not (yield from self._more(limit_ms)):
                return None
        head, _, self._held = self._held.partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        words = first.split(" ", 2)
        if len(words) < 2 or not words[1].isdecimal():
            return None
        pairs = tuple(
            (name, value.strip()) for name, _, value in (line.partition(":") for line in lines)
        )
        reply = Reply(int(words[1]), words[2] if len(words) > 2 else "", pairs)
        length = reply.header("content-length")
        self._chunked = reply.header("transfer-encoding").lower() == "chunked"
        self._left = int(length) if length.isdecimal() else None
        if request.method == "HEAD" or reply.status in (204, 304):
            self._left = 0
        return reply

    def read(self, *, limit_ms: int | None) -> Generator[simpy.Event, Any, str | None]:
        """Return the next piece of the body, None at its end."""
        if self._chunked:
            return (yield from self._chunk(limit_ms))
        if self._left == 0:
            return None
        while not self._held:
            if not (yield from self._more(limit_ms)):
                return None
        raw = self._held.encode("utf-8", "surrogateescape")
        piece = raw if self._left is None else raw[: self._left]
        if self._left is not None:
            self._left -= len(piece)
        self._held = raw[len(piece) :].decode("utf-8", "surrogateescape")
        return piece.decode("utf-8", "surrogateescape")

    def _chunk(self, limit_ms: int | None) -> Generator[simpy.Event, Any, str | None]:
        while "\r\n" not in self._held:
            if not (yield from self._more(limit_ms)):
                return None
        text, _, rest = self._held.partition("\r\n")
        size = int(text, 16)
        while len(rest.encode("utf-8", "surrogateescape")) < size + 2:
            if not (yield from self._more(limit_ms)):
                return None
            rest = self._held.partition("\r\n")[2]
        raw = rest.encode("utf-8", "surrogateescape")
        self._held = raw[size + 2 :].decode("utf-8", "surrogateescape")
        if size == 0:
            self._chunked, self._left = False, 0
            return None
        return raw[:size].decode("utf-8", "surrogateescape")

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()

    def _more(self, limit_ms: int | None) -> Generator[simpy.Event, Any, bool]:
        """Wait for more; return False when nothing more will come."""
        connection = self._connection
        assert connection is not None
        text = connection.poll()
        deadline = None if limit_ms is None else self._env.timeout(limit_ms)
        while not text:
            if connection.closed:
                return False
            news = connection.wait()
            yield news if deadline is None else news | deadline
            text = connection.poll()
            if not text and deadline is not None and deadline.processed:
                raise TimedOut
        self._held += text
        return True


class LocalNetwork:
    """What `curl` on the laptop reaches."""

    def __init__(self, ports: LocalPorts, transport: Transport, api: ApiPlace) -> None:
        """Reach *ports* of this machine, and the server behind *transport* at *api*."""
        self._ports = ports
        self.api = api
        self._transport = transport

    def addresses(self, proc: Proc, host: str) -> list[str]:
        """Return the addresses of *host*: this machine's own name, or an address as it is."""
        if host in _NAMES:
            return list(_LOOPBACK)
        if host == self.api.host:
            return [self.api.address]
        return [host] if is_address(host) else []

    def connect(
        self, proc: Proc, ip: str, port: int, *, limit_ms: int | None
    ) -> Generator[simpy.Event, Any, Dialled]:
        """Connect to a local port; nothing else has a route."""
        if (ip, port) == (self.api.address, self.api.port):
            proc.asked()
            return Dialled("ok", 0, line=ApiLine(self._transport))
        if not is_local(ip):
            return Dialled("refused" if ip == self.api.address else "unreachable", 0)
        if not self._ports.listening(port):
            return Dialled("refused", 0)
        return Dialled("ok", 0, line=LocalLine(proc.env, self._ports.connect(port)))
        yield


class LocalPeers:
    """What `openssl` on the laptop reaches; what a port is forwarded to speaks no TLS."""

    def __init__(self, network: LocalNetwork) -> None:
        """Meet what is on *network*."""
        self._network = network

    def unix_ms(self, proc: Proc) -> int:
        """Return the time of day."""
        return proc.files.clock()

    def address(self, proc: Proc, host: str) -> str | None:
        """Return the address of *host*: IPv4 first, where a port-forward listens."""
        return next(iter(self._network.addresses(proc, host)), None)

    def meet(self, proc: Proc, ip: str, port: int) -> Generator[simpy.Event, Any, Met]:
        """Connect to a local port; what the API server shows is not known on this side."""
        api = self._network.api
        if (ip, port) == (api.address, api.port):
            raise Refusal(
                "openssl: the API server's certificate is not shown from here in this simulator; "
                "ssh to the control plane: openssl s_client -connect localhost:6443"
            )
        done = yield from self._network.connect(proc, ip, port, limit_ms=None)
        if done.line is not None:
            done.line.close()
        return Met(done.kind)


def is_address(host: str) -> bool:
    """Return whether *host* is an IP address."""
    parts = host.split(".")
    return ":" in host or (len(parts) == 4 and all(one.isdecimal() for one in parts))


def is_local(ip: str) -> bool:
    """Return whether *ip* is this machine itself."""
    return ip.startswith("127.") or ip in ("::1", "0.0.0.0")


def network_tools(
    ports: LocalPorts, transport: Transport, server: str = SERVER
) -> Mapping[str, Program]:
    """Return the network clients of the laptop over its *ports* and *transport*, which leads to *server*."""
    network = LocalNetwork(ports, transport, ApiPlace(server))

    def nc(proc: Proc) -> Running:
        """Connect to a port, OpenBSD's nc."""
        return (yield from _nc(proc, network, ports))

    return {
        "curl": curl_program(network),
        "openssl": openssl_program(LocalPeers(network)),
        "nc": nc,
        "ncat": nc,
        "netcat": nc,
    }


def _nc(proc: Proc, network: LocalNetwork, ports: LocalPorts) -> Running:
    letters, operands = _nc_words(proc.argv[1:])
    if "l" in letters or len(operands) != 2:
        return proc.fail("only `nc [-vzn] [-w seconds] HOST PORT` is supported in this simulator")
    host, text = operands
    first, dash, last = text.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        return proc.fail(f'service "{text}" unknown')
    numbers = range(int(first), min(int(last) if dash else int(first), int(first) + 1024) + 1)
    addresses = network.addresses(proc, host)
    if not addresses:
        proc.stderr.write(
            f'nc: getaddrinfo for host "{host}" port {first}: Name or service not known\n'
        )
        return 1
    code = 0
    for port in numbers:
        where = host if host == addresses[0] else f"{host} ({addresses[0]})"
        local = is_local(addresses[0])
        server = addresses[0] == network.api.address
        if server and port == network.api.port and "z" in letters:
            if "v" in letters:
                proc.stderr.write(f"Connection to {where} {port} port [tcp/*] succeeded!\n")
            continue
        if not local or not ports.listening(port):
            why = "Connection refused" if local or server else "No route to host"
            if "v" in letters:
                proc.stderr.write(f"nc: connect to {where} port {port} (tcp) failed: {why}\n")
            code = 1
            continue
        if "v" in letters:
            proc.stderr.write(f"Connection to {where} {port} port [tcp/*] succeeded!\n")
        connection = ports.connect(port)
        if connection is None:
            continue
        if "z" in letters:
            connection.close()
            continue
        yield from _relay(proc, connection)
        return 0
    return code


def _nc_words(words: list[str]) -> tuple[str, list[str]]:
    letters, operands, rest = "", [], list(words)
    while rest:
        word = rest.pop(0)
        if word.startswith("-") and len(word) > 1:
            letters += word[1:]
            if word[-1] in "wqips" and rest:
                rest.pop(0)
        else:
            operands.append(word)
    return letters, operands


def _relay(proc: Proc, connection: Connection) -> Generator[simpy.Event, Any, None]:
    """Carry standard input there and the answers back, until the far end has closed."""
    stdin = True
    try:
        while True:
            proc.stdout.write(connection.poll())
            if connection.closed:
                return
            if stdin:
                if text := proc.stdin.poll():
                    connection.write(text)
                    continue
                if proc.stdin.closed:
                    connection.close_stdin()
                    stdin = False
                    continue
            yield connection.wait() | proc.stdin.wait() if stdin else connection.wait()
    finally:
        connection.close()
