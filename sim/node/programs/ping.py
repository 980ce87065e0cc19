"""ping: whether an address answers, one probe a second of simulated time.

A ClusterIP never answers in iptables mode: its rules only know the Service's ports. This file must
not know who has which address.
"""

from __future__ import annotations

from sim.bash.process import Proc, Running
from sim.kernel import Interrupted
from sim.node.programs.host import machine_of, own_address
from sim.node.programs.options import UsageError, parse, waiting
from sim.node.programs.reach import resolve, seconds

INTERVAL_MS = 1000
LINGER_MS = 10_000
"""How long the last probe is waited for without -W."""
ARP_MS = 3_000
MAX_PROBES = 100_000


@waiting(1)
def ping(proc: Proc) -> Running:
    """Send ICMP echo requests."""
    options = parse(proc, "c:W:w:i:qn4vs:")
    if len(options.operands) != 1:
        raise UsageError("ping: usage error: Destination address required")
    name = options.operands[0]
    ip = resolve(proc, name)
    if ip is None:
        proc.stderr.write(f"ping: {name}: Name or service not known\n")
        return 2
    count = options.value("-c", default=str(MAX_PROBES))
    if not count.isdigit() or not int(count):
        raise UsageError(f"ping: invalid argument: '{count}'")
    interval = seconds(options.value("-i", default="1")) or INTERVAL_MS
    linger = seconds(options.value("-W")) or LINGER_MS
    deadline = seconds(options.value("-w")) or None
    proc.asked()
    machine = machine_of(proc)
    state, hops = _reach(proc, ip)
    proc.print(f"PING {name} ({ip}) 56(84) bytes of data.")
    started = proc.env.now
    sent, times = 0, []
    try:
        for sequence in range(1, min(int(count), MAX_PROBES) + 1):
            sent = sequence
            state, hops = _reach(proc, ip)
            if state == "ok":
                low, high = (0.02, 0.06) if hops == 0 else (0.18, 0.61)
                drawn = machine.stream.at("ping", ip, proc.env.now).uniform(low, high)
                times.append(drawn)
                if not options.has("-q"):
                    proc.print(
                        f"64 bytes from {ip}: icmp_seq={sequence} ttl={64 - hops} time={drawn:.3f} ms"
                    )
            elif state == "unreachable" and not options.has("-q"):
                proc.print(
                    f"From {own_address(proc)} icmp_seq={sequence} Destination Host Unreachable"
                )
            if sequence < int(count):
                yield proc.env.timeout(interval)
            elif state != "ok":
                yield proc.env.timeout(linger if state == "silent" else ARP_MS)
            if deadline is not None and proc.env.now - started >= deadline:
                break
    except Interrupted:
        _summary(proc, name, sent, times, proc.env.now - started, lost_to=state)
        raise
    _summary(proc, name, sent, times, proc.env.now - started, lost_to=state)
    return 0 if times else 1


def _reach(proc: Proc, ip: str) -> tuple[str, int]:
    """Return (`ok`|`silent`|`unreachable`, routers in between)."""
    machine = machine_of(proc)
    network = machine.network
    if ip.startswith("127.") or ip == own_address(proc):
        return "ok", 0
    if network.is_service_ip(ip):
        return "silent", 0
    for one in network.machines.values():
        if one.internal_ip == ip:
            return "ok", 0 if proc.host is machine else 1
    found = network.find_pod(ip, 0)
    if found is None:
        return ("unreachable" if ip.startswith("10.") else "silent"), 0
    inside = found.machine is machine
    return "ok", (0 if proc.host is machine else 1) if inside else 2


def _summary(
    proc: Proc, name: str, sent: int, times: list[float], took: int, *, lost_to: str
) -> None:
    errors = f", +{sent - len(times)} errors" if lost_to == "unreachable" else ""
    loss = 100 * (sent - len(times)) / sent if sent else 0
    proc.print(
        "",
        f"--- {name} ping statistics ---",
        f"{sent} packets transmitted, {len(times)} received{errors},"
        f" {loss:.6g}% packet loss, time {took}ms",
    )
    if times:
        mean = sum(times) / len(times)
        spread = (sum((t - mean) ** 2 for t in times) / len(times)) ** 0.5
        proc.print(
            f"rtt min/avg/max/mdev = {min(times):.3f}/{mean:.3f}/{max(times):.3f}/{spread:.3f} ms"
        )
