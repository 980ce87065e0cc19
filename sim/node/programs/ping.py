"""ping: whether an address answers, one probe after the other in simulated time.

A ClusterIP never answers in iptables mode: its rules only know the Service's ports. This file must
not know who has which address.

Texts are those of iputils 20221126 and busybox 1.36.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import simpy

from sim.bash.process import Proc, Running
from sim.kernel import Interrupted
from sim.node.programs.host import container_of, machine_of, own_address
from sim.node.programs.interfaces import links
from sim.node.programs.options import Options, UsageError, parse, waiting
from sim.node.programs.reach import resolve, seconds

INTERVAL_MS = 1000
LINGER_MS = 10_000
"""How long the last probe is waited for without -W."""
ARP_MS = 3_000
MAX_PROBES = 100_000
PROBE = 1_000
"""Work of one, see `sim.bash.Budget`: one a second is for nothing, a flood ends."""
ECHO = 8
IP_HEADER, ICMP_HEADER = 20, 8


@dataclass
class _Wish:
    """What a command line asks for."""

    name: str
    ip: str
    count: int = MAX_PROBES
    interval: int = INTERVAL_MS
    linger: int = LINGER_MS
    deadline: int | None = None
    size: int = 56
    quiet: bool = False
    whole: bool = False
    """-M do: never in fragments."""
    device: str = ""
    busybox: bool = False


@dataclass
class _Tally:
    """What came of it."""

    sent: int = 0
    errors: int = 0
    times: list[float] = field(default_factory=list)


@waiting(1)
def ping(proc: Proc) -> Running:
    """Send ICMP echo requests, iputils' ping."""
    try:
        options = parse(proc, "46aABc:CDdfhI:i:Ll:m:M:nOp:qQ:rRs:S:t:T:UvVw:W:")
    except UsageError as problem:
        proc.stderr.write(f"{problem}\n\nUsage\n  ping [options] <destination>\n")
        return 2
    if options.has("-V"):
        proc.print("ping from iputils 20221126")
        return 0
    if options.has("-6") or proc.argv[0].endswith("6"):
        proc.stderr.write(f"{proc.argv[0]}: connect: Network is unreachable\n")
        return 2
    if options.has("-f", "-R", "-T", "-Q", "-m", "-p"):
        raise UsageError("ping: -f, -R, -T, -Q, -m and -p are not supported in this simulator")
    if len(options.operands) != 1:
        raise UsageError("ping: usage error: Destination address required")
    wish = _wish(proc, options)
    if isinstance(wish, int):
        return wish
    return (yield from _pinging(proc, wish))


@waiting(1)
def busybox_ping(proc: Proc) -> Running:
    """Send ICMP echo requests, busybox' ping."""
    options = parse(proc, "46c:s:i:AI:W:w:qp:t:")
    if len(options.operands) != 1:
        raise UsageError("BusyBox v1.36.1 () multi-call binary.\n\nUsage: ping [OPTIONS] HOST")
    name = options.operands[0]
    ip = resolve(proc, name)
    if ip is None:
        proc.stderr.write(f"ping: bad address '{name}'\n")
        return 1
    wish = _Wish(name, ip, busybox=True, quiet=options.has("-q"))
    _numbers(options, wish)
    return (yield from _pinging(proc, wish))


def _wish(proc: Proc, options: Options) -> _Wish | int:
    name = options.operands[0]
    ip = resolve(proc, name)
    if ip is None:
        proc.stderr.write(f"ping: {name}: Name or service not known\n")
        return 2
    wish = _Wish(name, ip, quiet=options.has("-q"), device=options.value("-I"))
    pmtu = options.value("-M")
    if pmtu and pmtu not in ("do", "dont", "want", "probe"):
        proc.stderr.write(f"ping: invalid -M argument: {pmtu}\n")
        return 2
    wish.whole = pmtu in ("do", "probe")
    named = bool(wish.device) and not wish.device[0].isdecimal()
    if named and all(one.name != wish.device for one in links(proc)):
        proc.stderr.write(f"ping: SO_BINDTODEVICE {wish.device}: No such device\n")
        return 2
    _numbers(options, wish)
    return wish


def _numbers(options: Options, wish: _Wish) -> None:
    for flag, most in (("-c", 9_223_372_036_854_775_807), ("-s", 65_507)):
        text = options.value(flag)
        if not text:
            continue
        if not text.isdecimal():
            raise UsageError(f"ping: invalid argument: '{text}'")
        low = 1 if flag == "-c" else 0
        if not low <= int(text[:20]) <= most:
            raise UsageError(
                f"ping: invalid argument: '{text}': out of range: {low} <= value <= {most}"
            )
        if flag == "-c":
            wish.count = min(int(text[:20]), MAX_PROBES)
        else:
            wish.size = int(text)
    interval = seconds(options.value("-i", default="1"))
    wish.interval = max(2, INTERVAL_MS if interval is None else interval)
    wish.linger = seconds(options.value("-W")) or LINGER_MS
    wish.deadline = seconds(options.value("-w")) or None


def _pinging(proc: Proc, wish: _Wish) -> Generator[simpy.Event, Any, int]:
    proc.asked()
    machine = machine_of(proc)
    state, _ = reach(proc, wish.ip)
    if state in ("no-route", "invalid", "denied"):
        why = {"no-route": "Network is unreachable", "invalid": "Invalid argument",
               "denied": "Permission denied"}[state]  # fmt: skip
        proc.stderr.write(f"ping: {'sendto' if wish.busybox else 'connect'}: {why}\n")
        return 2
    if wish.busybox:
        proc.print(f"PING {wish.name} ({wish.ip}): {wish.size} data bytes")
    else:
        whole = wish.size + IP_HEADER + ICMP_HEADER
        origin = f"from {own_address(proc)} {wish.device}: " if wish.device else ""
        proc.print(f"PING {wish.name} ({wish.ip}) {origin}{wish.size}({whole}) bytes of data.")
    tally = _Tally()
    started = proc.env.now
    try:
        for sequence in range(1, wish.count + 1):
            tally.sent = sequence
            proc.charge(PROBE)
            state, hops = reach(proc, wish.ip)
            if wish.whole and wish.size + IP_HEADER + ICMP_HEADER > (mtu := _mtu(proc)):
                tally.errors += 1
                proc.print(f"ping: local error: message too long, mtu={mtu}")
            elif state == "ok":
                low, high = (0.02, 0.06) if hops == 0 else (0.18, 0.61)
                drawn = machine.stream.at("ping", wish.ip, proc.env.now).uniform(low, high)
                tally.times.append(drawn)
                _answered(proc, wish, sequence, 64 - hops, drawn)
            elif state == "unreachable":
                tally.errors += 1
                if not wish.quiet and not wish.busybox:
                    proc.print(
                        f"From {own_address(proc)} icmp_seq={sequence} Destination Host Unreachable"
                    )
            elif state == "refused":
                tally.errors += 1
                if not wish.quiet and not wish.busybox:
                    proc.print(
                        f"From {own_gateway(proc)} icmp_seq={sequence} Destination Port Unreachable"
                    )
            if wish.deadline is not None and proc.env.now - started + wish.interval > wish.deadline:
                yield proc.env.timeout(max(0, started + wish.deadline - proc.env.now))
                break
            if sequence < wish.count:
                yield proc.env.timeout(wish.interval)
            elif state not in ("ok", "refused"):
                yield proc.env.timeout(wish.linger if state == "silent" else ARP_MS)
    except Interrupted:
        _summary(proc, wish, tally)
        raise
    _summary(proc, wish, tally)
    return 0 if tally.times else 1


def _answered(proc: Proc, wish: _Wish, sequence: int, ttl: int, ms: float) -> None:
    if wish.quiet:
        return
    size = wish.size + ICMP_HEADER
    if wish.busybox:
        proc.print(f"{size} bytes from {wish.ip}: seq={sequence - 1} ttl={ttl} time={ms:.3f} ms")
    else:
        shown = f"{ms:.3f}" if ms < 1 else f"{ms:.2f}"
        proc.print(f"{size} bytes from {wish.ip}: icmp_seq={sequence} ttl={ttl} time={shown} ms")


def own_gateway(proc: Proc) -> str:
    """Return the address of the first router: a pod's bridge, or the machine itself."""
    container, machine = container_of(proc), machine_of(proc)
    inside = container is not None and not container.host_network
    return machine.links.bridge_ip if inside else machine.internal_ip


def _mtu(proc: Proc) -> int:
    return next((one.mtu for one in links(proc) if one.name == "eth0"), 1500)


def reach(proc: Proc, ip: str) -> tuple[str, int]:
    """Return (how an echo request fares, routers in between).

    `ok`, `silent`, `unreachable`, `refused`, `no-route`, `invalid` (a blackhole).
    """
    machine = machine_of(proc)
    network = machine.network
    container = container_of(proc)
    inside = container is not None and not container.host_network
    own = ip.startswith("127.") or ip == own_address(proc)
    if own and (not network.meddled or inside):
        return "ok", 0
    if network.meddled:
        return _by_passage(proc, ip, inside=inside)
    if network.is_service_ip(ip):
        return "silent", 0
    bridge = network.pod_range_of(ip)
    if bridge is not None and ip == bridge.links.bridge_ip:
        return "ok", 0 if bridge is machine else 1
    if ip in (machine.links.gateway, machine.links.site_dns):
        return "ok", 1 if inside else 0
    other = network.machine_at(ip)
    if other is not None:
        return "ok", 0 if not inside or other is machine else 1
    found = network.find_pod(ip, 0)
    if found is None:
        missing = network.pod_range_of(ip) is not None or ip.startswith(
            machine.internal_ip.rpartition(".")[0] + "."
        )
        return ("unreachable" if missing else "silent"), 0
    if not inside:
        return "ok", 0 if found.machine is machine else 1
    return "ok", 0 if found.machine is machine else 2


def _by_passage(proc: Proc, ip: str, *, inside: bool) -> tuple[str, int]:
    machine = machine_of(proc)
    if not inside and ip not in machine.links.addresses():
        kind = machine.links.route(ip).kind
        if kind != "unicast":
            return {"none": "no-route", "blackhole": "invalid", "prohibit": "denied"}.get(
                kind, "unreachable"
            ), 0
    end = max(machine.network.ways(proc.host, ip, 0, "ICMP"), key=lambda one: one.share)
    hops = 0 if end.machine is machine else 2 if inside else 1
    if end.kind == "ok":
        return "ok", hops
    return {"timeout": "silent", "refused": "refused"}.get(end.kind, "unreachable"), 0


def _summary(proc: Proc, wish: _Wish, tally: _Tally) -> None:
    received = len(tally.times)
    loss = 100 * (tally.sent - received) / tally.sent if tally.sent else 0
    if wish.busybox:
        proc.print(
            "",
            f"--- {wish.name} ping statistics ---",
            f"{tally.sent} packets transmitted, {received} packets received,"
            f" {int(loss)}% packet loss",
        )
        if tally.times:
            mean = sum(tally.times) / received
            proc.print(
                f"round-trip min/avg/max = {min(tally.times):.3f}/{mean:.3f}/{max(tally.times):.3f} ms"
            )
        return
    errors = f", +{tally.errors} errors" if tally.errors else ""
    # Until the last was sent, not until it was given up.
    took = max(0, tally.sent - 1) * wish.interval
    proc.print(
        "",
        f"--- {wish.name} ping statistics ---",
        f"{tally.sent} packets transmitted, {received} received{errors},"
        f" {loss:.6g}% packet loss, time {took}ms",
    )
    if tally.times:
        mean = sum(tally.times) / received
        spread = (sum((t - mean) ** 2 for t in tally.times) / received) ** 0.5
        proc.print(
            f"rtt min/avg/max/mdev = {min(tally.times):.3f}/{mean:.3f}/{max(tally.times):.3f}/{spread:.3f} ms"
        )
    elif tally.errors > 1:
        proc.print(f"pipe {min(tally.errors, 4)}")
    else:
        proc.print("")
