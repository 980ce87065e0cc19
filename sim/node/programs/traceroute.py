"""traceroute, tracepath and mtr: the routers of the model between here and there.

A pod's packets pass its node's bridge and then the other node; this file must not know who has
which address.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from sim.bash.process import Proc, Running
from sim.node.programs.host import container_of, machine_of, own_name
from sim.node.programs.options import UsageError, parse, program, waiting
from sim.node.programs.ping import reach
from sim.node.programs.reach import resolve, reverse, seconds

MOST_HOPS = 30


def path(proc: Proc, ip: str) -> list[str]:
    """Return the addresses that answer on the way, the target last; empty strings are silent."""
    machine, container = machine_of(proc), container_of(proc)
    inside = container is not None and not container.host_network
    network = machine.network
    state, _ = reach(proc, ip)
    found = network.find_pod(ip, 0)
    owner = network.machine_at(ip) or (found.machine if found is not None else None)
    hops: list[str] = []
    if inside and ip != machine.links.bridge_ip and owner is not machine:
        hops.append(machine.links.bridge_ip)
    elif inside and found is None and owner is machine:
        pass
    if owner is not None and owner is not machine and network.machine_at(ip) is None:
        hops.append(owner.internal_ip)
    if owner is None and ip not in (machine.links.gateway, machine.links.site_dns):
        hops.append(machine.links.gateway)
    if state == "ok":
        return [*hops, ip]
    answering = []
    for hop in hops:
        if reach(proc, hop)[0] != "ok":
            break
        answering.append(hop)
    return answering


def _times(proc: Proc, ip: str, number: int) -> list[float]:
    stream = machine_of(proc).stream
    return [stream.at("trace", ip, proc.env.now, turn).uniform(0.02, 0.09) * (1 + 4 * (ip != "")) + number * 0.1
            for turn in range(3)]  # fmt: skip


@waiting(2)
def traceroute(proc: Proc) -> Running:
    """Show the way packets take."""
    try:
        options = parse(proc, "46dFITnreAUDVf:g:i:m:N:p:t:l:w:q:s:z:",
                        ("icmp", "tcp", "max-hops=", "port=", "version", "queries=", "wait="))  # fmt: skip
    except UsageError as problem:
        letter = str(problem).rpartition("'")[0].rpartition("'")[2]
        raise UsageError(f"Bad option `-{letter}' (argc 1)") from None
    if not options.operands:
        proc.print(
            "Usage:",
            "  traceroute [ -46dFITnreAUDV ] [ -f first_ttl ] [ -m max_ttl ] host [ packetlen ]",
        )
        return 0
    name = options.operands[0]
    ip = resolve(proc, name)
    if ip is None:
        raise UsageError(
            f"{name}: Name or service not known\n"
            f'Cannot handle "host" cmdline arg `{name}\' on position 1 (argc {len(proc.argv) - 1})'
        )
    text = options.value("-m", "--max-hops", default=str(MOST_HOPS))
    most = min(int(text), 255) if text.isdecimal() and int(text[:6]) else MOST_HOPS
    queries = options.value("-q", default="3")
    tries = min(int(queries), 10) if queries.isdecimal() and int(queries[:3]) else 3
    wait = seconds(options.value("-w", default="5")) or 5_000
    proc.asked()
    proc.print(f"traceroute to {name} ({ip}), {most} hops max, 60 byte packets")
    return (yield from _tracing(proc, ip, most, tries, wait, numeric=options.has("-n")))


def _tracing(
    proc: Proc, ip: str, most: int, tries: int, wait: int, *, numeric: bool
) -> Generator[simpy.Event, Any, int]:
    hops = path(proc, ip)
    silent = 0
    for number in range(1, most + 1):
        hop = hops[number - 1] if number <= len(hops) else ""
        if hop:
            label = hop if numeric else f"{reverse(proc, hop) or hop} ({hop})"
            times = "  ".join(f"{one:.3f} ms" for one in _times(proc, hop, number)[:tries])
            proc.print(f"{number:>2}  {label}  {times}")
            if hop == ip:
                return 0
            continue
        if silent % 16 == 0:  # so many probes are under way at once
            yield proc.env.timeout(wait)
        silent += 1
        proc.print(f"{number:>2}  " + " ".join(["*"] * tries))
    return 0


@program(1)
def tracepath(proc: Proc) -> int:
    """Show the way packets take, and how big they may be."""
    options = parse(proc, "46bnm:l:p:V")
    if not options.operands:
        raise UsageError("tracepath: usage error: Destination required")
    ip = resolve(proc, options.operands[0])
    if ip is None:
        proc.stderr.write(f"tracepath: {options.operands[0]}: Name or service not known\n")
        return 2
    proc.asked()
    hops = path(proc, ip)
    proc.print(f" 1?: {'[LOCALHOST]':<38}{'':<8} pmtu 1500")
    for number, hop in enumerate(hops, 1):
        label = hop if options.has("-n") else reverse(proc, hop) or hop
        end = " reached" if hop == ip else ""
        proc.print(f"{number:>2}:  {label:<50} {_times(proc, hop, number)[0]:>8.3f}ms{end}")
    if not hops or hops[-1] != ip:
        proc.print(*(f"{number:>2}:  no reply" for number in range(len(hops) + 1, MOST_HOPS + 1)))
        proc.print("     Too many hops: pmtu 1500", "     Resume: pmtu 1500 ")
        return 1
    proc.print(f"     Resume: pmtu 1500 hops {len(hops)} back {len(hops)} ")
    return 0


@waiting(1)
def mtr(proc: Proc) -> Running:
    """Report loss and time for every router on the way; only as a report."""
    options = parse(proc, "46rwnbTuc:i:P:m:s:z",
                    ("report", "report-wide", "no-dns", "report-cycles=", "tcp", "udp", "port="))  # fmt: skip
    if not options.has("-r", "--report", "-w", "--report-wide"):
        raise UsageError("mtr: the full screen is not supported in this simulator; use -r")
    if not options.operands:
        raise UsageError("mtr: a host is needed")
    ip = resolve(proc, options.operands[0])
    if ip is None:
        raise UsageError(
            f"mtr: Failed to resolve host: {options.operands[0]}: Name or service not known"
        )
    text = options.value("-c", "--report-cycles", default="10")
    count = min(int(text), 1000) if text.isdecimal() and int(text[:6]) else 10
    proc.asked()
    begun = machine_of(proc).epoch.datetime(proc.env.now)
    yield proc.env.timeout(count * 1000)
    hops = path(proc, ip)
    proc.print(f"Start: {begun:%Y-%m-%dT%H:%M:%S}+0000",
               f"HOST: {own_name(proc):<29} Loss%   Snt   Last   Avg  Best  Wrst StDev")  # fmt: skip
    for number, hop in enumerate(hops, 1):
        label = hop if options.has("-n", "--no-dns") else reverse(proc, hop) or hop
        times = _times(proc, hop, number)
        mean = sum(times) / 3
        spread = (sum((one - mean) ** 2 for one in times) / 3) ** 0.5
        proc.print(
            f"{number:>3}.|-- {label:<26} {0.0:>6.1f}%{count:>6} {times[0]:>6.1f} {mean:>5.1f}"
            f" {min(times):>5.1f} {max(times):>5.1f} {spread:>5.1f}"
        )
    if not hops or hops[-1] != ip:
        proc.print(
            f"{len(hops) + 1:>3}.|-- {'???':<26} {100.0:>6.1f}%{count:>6}    0.0   0.0   0.0   0.0   0.0"
        )
    return 0
