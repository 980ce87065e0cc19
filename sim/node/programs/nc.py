"""nc in its two common forms: OpenBSD's, and busybox'.

Each waits as long in simulated time as the kernel would let it; this file must not know what stands
between here and there.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from sim.bash.process import Proc, Running
from sim.node.portnames import parse_port, port_name
from sim.node.programs.http import converse
from sim.node.programs.options import Options, UsageError, parse, waiting
from sim.node.programs.reach import Dialled, dial, resolve, seconds

ERRORS = {
    "refused": "Connection refused",
    "timeout": "Connection timed out",
    "unreachable": "No route to host",
}
"""strerror(3) of how a connect ends."""
_USAGE = (
    "usage: nc [-46bCDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]\n"
    "\t  [-m minttl] [-O length] [-P proxy_username] [-p source_port]\n"
    "\t  [-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]\n"
    "\t  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]\n"
    "\t  [destination] [port]"
)
_MAX_PORTS = 1024
"""A scan of more ports than this is not what the tool is for here."""


@waiting(1)
def nc(proc: Proc) -> Running:
    """Connect to a port, OpenBSD's nc."""
    options = parse(proc, "46bCDdFhklNnrStUuvzI:i:M:m:O:p:q:s:T:V:W:w:X:x:", mixed=False)
    if options.has("-h"):
        proc.stderr.write(f"OpenBSD netcat (Debian patchlevel 1.219-1)\n{_USAGE}\n")
        return 0
    host, ports, proto = _target(proc, options, _USAGE)
    limit = _limit(options)
    if resolve(proc, host) is None:
        proc.stderr.write(
            f'nc: getaddrinfo for host "{host}" port {ports[0]}: Name or service not known\n'
        )
        return 1
    code = 0
    for port in ports:
        done = yield from _attempt(proc, host, port, proto, limit)
        if options.has("-v") and (proto == "tcp" or done.result.kind == "ok"):
            proc.stderr.write(_told(options, host, port, proto, done, resolve(proc, host) or host))
        if done.result.kind != "ok":
            code = 1
        elif not options.has("-z"):
            yield from converse(proc, done.result, host, port)
            return 0
    return code


def _attempt(
    proc: Proc, host: str, port: int, proto: str, limit: int | None
) -> Generator[simpy.Event, Any, Dialled]:
    ip = resolve(proc, host) or host
    done = yield from dial(proc, ip, port, limit_ms=limit, protocol=proto.upper())
    if proto == "udp" and done.result.kind == "timeout":
        # Nothing comes back from a lost datagram either, so nc takes silence for success.
        return Dialled(type(done.result)("ok", 0), done.ms, gave_up=False)
    return done


def _told(options: Options, host: str, port: int, proto: str, done: Dialled, ip: str) -> str:
    where = host if host == ip else f"{host} ({ip})"
    if done.result.kind == "ok":
        service = None if options.has("-n") else port_name(port, proto)
        name = service or "*"
        place = f"{where} {port}"
        return f"Connection to {place} port [{proto}/{name}] succeeded!\n"
    if done.gave_up:
        return (
            f"nc: connect to {where} port {port} ({proto}) timed out: Operation now in progress\n"
        )
    why = ERRORS[done.result.kind]
    return f"nc: connect to {where} port {port} ({proto}) failed: {why}\n"


def _target(proc: Proc, options: Options, usage: str) -> tuple[str, list[int], str]:
    """Return (host, ports, protocol) of the command line.

    Raises:
        UsageError: if there is not one of each, or this is about listening.
    """
    if options.has("-l", "-U"):
        raise UsageError("nc: listening and Unix sockets are not supported in this simulator")
    if len(options.operands) == 1:
        raise UsageError("nc: missing port number")
    if len(options.operands) != 2:
        raise UsageError(usage)
    host, text = options.operands
    proto = "udp" if options.has("-u") else "tcp"
    first, dash, last = text.partition("-")
    low = parse_port(first, proto)
    high = parse_port(last, proto) if dash else low
    if low is None or high is None:
        bad = first if low is None else last
        how = (
            "too large"
            if bad.isdecimal() and int(bad[:9])
            else "too small"
            if bad.isdecimal()
            else "invalid"
        )
        raise UsageError(f"nc: port number {how}: {bad}")
    if not options.has("-z") or high < low:
        high = low
    return host, list(range(low, min(high, low + _MAX_PORTS) + 1)), proto


def _limit(options: Options) -> int | None:
    text = options.value("-w")
    if text and not text.isdecimal():
        raise UsageError(f"nc: timeout invalid: {text}")
    return (seconds(text) if text else None) or None


_BUSYBOX = (
    "BusyBox v1.36.1 () multi-call binary.\n\n"
    "Usage: nc [OPTIONS] HOST PORT  - connect\n"
    "nc [OPTIONS] -l -p PORT [HOST] [PORT]  - listen"
)


@waiting(1)
def busybox_nc(proc: Proc) -> Running:
    """Connect to a port, busybox' nc."""
    options = parse(proc, "lkp:s:w:i:nuvzo:e:", mixed=False)
    host, ports, proto = _target(proc, options, _BUSYBOX)
    port = ports[0]
    limit = _limit(options)
    ip = resolve(proc, host)
    if ip is None:
        proc.stderr.write(f"nc: bad address '{host}'\n")
        return 1
    done = yield from _attempt(proc, host, port, proto, limit)
    where = f"{host} ({ip}:{port})"
    if done.result.kind != "ok":
        proc.stderr.write(f"nc: {where}: {ERRORS[done.result.kind]}\n")
        return 1
    if options.has("-v"):
        proc.stderr.write(f"{where} open\n")
    if not options.has("-z"):
        yield from converse(proc, done.result, host, port)
    return 0


@waiting(1)
def telnet(proc: Proc) -> Running:
    """Connect to a port and talk, inetutils' telnet."""
    words = [word for word in proc.argv[1:] if not word.startswith("-")]
    if not words:
        raise UsageError(
            "telnet: the prompt is not supported in this simulator; telnet HOST [PORT]"
        )
    host, text = words[0], words[1] if len(words) > 1 else "telnet"
    port = parse_port(text)
    ip = resolve(proc, host)
    if ip is None:
        raise UsageError(f"telnet: could not resolve {host}/{text}: Name or service not known")
    if port is None:
        raise UsageError(
            f"telnet: could not resolve {host}/{text}: Servname not supported for ai_socktype"
        )
    proc.print(f"Trying {ip}...")
    done = yield from dial(proc, ip, port)
    if done.result.kind != "ok":
        proc.stderr.write(f"telnet: Unable to connect to remote host: {ERRORS[done.result.kind]}\n")
        return 1
    proc.print(f"Connected to {host}.", "Escape character is '^]'.")
    yield from converse(proc, done.result, host, port)
    proc.stderr.write("Connection closed by foreign host.\n")
    return 1


@waiting(255)
def nmap(proc: Proc) -> Running:
    """Scan a few ports of one host, TCP connect only."""
    options = parse(proc, "p:Pnvs:T:AO", ("open", "reason"))
    if not options.has("-p") or not options.operands:
        raise UsageError("nmap: only `nmap [-Pn] -p PORTS HOST` is supported in this simulator")
    ip = resolve(proc, options.operands[0])
    if ip is None:
        raise UsageError(
            f'Failed to resolve "{options.operands[0]}".\nWARNING: No targets were specified, so 0 hosts scanned.'
        )
    ports: list[int] = []
    for part in options.value("-p").split(","):
        low, dash, high = part.partition("-")
        first, last = parse_port(low), parse_port(high if dash else low)
        if first is None or last is None:
            raise UsageError(
                "Your port specifications are illegal.  Example of proper form:"
                ' "-100,200-1024,T:3000-4000,U:60000-"\nQUITTING!'
            )
        ports += range(first, min(last, first + _MAX_PORTS) + 1)
    began = proc.env.now
    rows = []
    for port in ports[:_MAX_PORTS]:
        done = yield from dial(proc, ip, port, limit_ms=1_000)
        state = {"ok": "open", "refused": "closed"}.get(done.result.kind, "filtered")
        rows.append(f"{f'{port}/tcp':<8} {state:<8} {port_name(port) or 'unknown'}")
    spent = (proc.env.now - began) / 1000 + 0.05
    proc.print("Starting Nmap 7.93 ( https://nmap.org )", f"Nmap scan report for {options.operands[0]} ({ip})",
               "Host is up (0.00031s latency).", "", "PORT     STATE    SERVICE", *rows, "",
               f"Nmap done: 1 IP address (1 host up) scanned in {spent:.2f} seconds")  # fmt: skip
    return 0
