"""tcpdump: one line a packet, of what passes the place at the moment.

This file must not know where packets come from.

Lines are those of tcpdump 4.99.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv4Network

from sim.bash.process import Proc, Running
from sim.kernel import Interrupted
from sim.node.observed import Seen, packets
from sim.node.portnames import parse_port, port_name
from sim.node.programs.host import container_of, is_root, machine_of
from sim.node.programs.interfaces import links
from sim.node.programs.options import UsageError, parse, waiting
from sim.node.programs.reach import resolve

BANNER = (
    "tcpdump version 4.99.3\nlibpcap version 1.10.3 (with TPACKET_V3)\nOpenSSL 3.0.17 1 Jul 2025"
)
LISTENING_MS = 300
LONGEST_MS = 3_600_000
"""A capture without an end stops after an hour of simulated time."""
Test = Callable[[Seen], bool]


@waiting(1)
def tcpdump(proc: Proc) -> Running:
    """Show packets as they pass."""
    options = parse(proc, "AbdDefhHi:c:IJKlLnNOpqr:s:StuUvVxXw:W:C:G:B:E:F:T:y:z:Z:",
                    ("version", "help", "immediate-mode", "print", "number", "count"))  # fmt: skip
    if options.has("--version", "-h", "--help"):
        proc.print(BANNER)
        return 0
    if options.has("-D"):
        for number, one in enumerate([*links(proc), None], 1):
            name = (
                "any (Pseudo-device that captures on all interfaces)" if one is None else one.name
            )
            kind = "" if one is None else ", Loopback" if one.name == "lo" else ", Connected"
            proc.print(f"{number}.{name} [Up, Running{kind}]")
        return 0
    for flag in ("-w", "-r", "-A", "-x", "-X", "-C", "-G", "-W", "-F"):
        if options.has(flag):
            raise UsageError(
                f"tcpdump: {flag} is not supported in this simulator; it prints summaries only"
            )
    text = options.value("-c")
    if text and (not text.isdecimal() or not int(text[:9])):
        raise UsageError(f"tcpdump: invalid packet count {text}")
    device = options.value("-i", default="eth0")
    if device != "any" and all(one.name != device for one in links(proc)):
        raise UsageError(f"tcpdump: {device}: No such device exists\n(No such device exists)")
    if not is_root(proc):
        raise UsageError(
            f"tcpdump: {device}: You don't have permission to perform this capture on that device\n"
            "(socket: Operation not permitted)"
        )
    wanted = _Filter(proc, " ".join(options.operands)).read()
    proc.asked()
    kind = "LINUX_SLL2 (Linux cooked v2)" if device == "any" else "EN10MB (Ethernet)"
    size = options.value("-s", default="262144")
    if device == "any":
        proc.stderr.write("tcpdump: data link type LINUX_SLL2\n")
    if options.has("-v"):
        proc.stderr.write(
            f"tcpdump: listening on {device}, link-type {kind}, snapshot length {size} bytes\n"
        )
    else:
        proc.stderr.write(
            "tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n"
            f"listening on {device}, link-type {kind}, snapshot length {size} bytes\n"
        )
    limit = int(text[:9]) if text else 0
    numeric = options.pairs.count(("-n", ""))
    shown = passed = 0
    last = (-1, 0)
    began = proc.env.now
    pods = _pods_behind(proc, device)
    try:
        yield proc.env.timeout(LISTENING_MS)
        if pods is not None and not pods:
            yield proc.env.timeout(LONGEST_MS)
        for seen in packets(machine_of(proc), container_of(proc)):
            if seen.after_ms:
                yield proc.env.timeout(seen.after_ms)
            if pods is not None and not pods:
                break
            passes = (
                device in ("any", seen.device)
                if pods is None
                else not pods.isdisjoint((seen.src, seen.dst))
            )
            if not passes:
                proc.charge(50)
                if proc.env.now - began > LONGEST_MS:
                    break
                continue
            passed += 1
            if not wanted(seen):
                if proc.env.now - began > LONGEST_MS:
                    break
                continue
            shown += 1
            below = _below(proc, passed, last)
            last = (proc.env.now, below)
            stamp = "" if options.has("-t") else _stamp(proc, below) + " "
            where = (
                f"{seen.device:<5} {'In ' if seen.incoming else 'Out'} " if device == "any" else ""
            )
            proc.print(f"{stamp}{where}{_line(proc, seen, numeric=numeric)}")
            if limit and shown >= limit:
                break
    except Interrupted:
        _end(proc, shown, passed)
        raise
    _end(proc, shown, passed)
    return 0


def _pods_behind(proc: Proc, device: str) -> frozenset[str] | None:
    """Return the addresses of pods behind a device that is not for all; empty where nothing passes."""
    if device in ("any", "eth0", "cni0"):
        return None
    machine = machine_of(proc)
    return frozenset(
        (pod.get("status") or {}).get("podIP", "")
        for pod in machine.kubelet.pods.values()
        if machine.veth(pod["metadata"]["uid"]) == device
    )


def _end(proc: Proc, shown: int, passed: int) -> None:
    plural = "" if shown == 1 else "s"
    proc.stderr.write(
        f"{shown} packet{plural} captured\n{max(shown, passed)} packets received by filter\n"
        "0 packets dropped by kernel\n"
    )


def _below(proc: Proc, number: int, last: tuple[int, int]) -> int:
    """Return the microseconds of a packet within its millisecond; time never goes back."""
    draw = machine_of(proc).stream.at("microseconds", proc.env.now, number)
    if last[0] != proc.env.now:
        return draw.integer(0, 400)
    return min(999, last[1] + draw.integer(9, 60))


def _stamp(proc: Proc, below: int) -> str:
    moment = machine_of(proc).epoch.datetime(proc.env.now)
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}{below:03d}"


def _line(proc: Proc, seen: Seen, *, numeric: int) -> str:
    def place(ip: str, port: int) -> str:
        host = ip
        if not numeric:
            machine = machine_of(proc).network.machine_at(ip)
            host = machine.name if machine is not None else ip
        if not port:
            return host
        name = None if numeric else port_name(port, seen.proto)
        return f"{host}.{name or port}"

    ends = f"IP {place(seen.src, seen.sport)} > {place(seen.dst, seen.dport)}:"
    if seen.proto == "icmp":
        return f"{ends} ICMP {seen.flags}, length {seen.length}"
    if seen.proto == "udp":
        return f"{ends} {seen.flags}"
    draw = machine_of(proc).stream.at("tcp-numbers", seen.src, seen.sport, seen.dst, seen.dport)
    if seen.flags == "S":
        first = draw.integer(10_000_000, 4_200_000_000)
        stamp = draw.at("ts").integer(100_000_000, 4_000_000_000)
        return (f"{ends} Flags [S], seq {first}, win 64240, options [mss 1460,sackOK,"
                f"TS val {stamp} ecr 0,nop,wscale 7], length 0")  # fmt: skip
    if seen.flags == "S.":
        back = machine_of(proc).stream.at("tcp-numbers", seen.dst, seen.dport, seen.src, seen.sport)
        ack = back.integer(10_000_000, 4_200_000_000) + 1
        first = draw.integer(10_000_000, 4_200_000_000)
        stamp = draw.at("ts").integer(100_000_000, 4_000_000_000)
        return (f"{ends} Flags [S.], seq {first}, ack {ack}, win 65160, options [mss 1460,sackOK,"
                f"TS val {stamp} ecr 0,nop,wscale 7], length 0")  # fmt: skip
    if seen.flags == "P.":
        return f"{ends} Flags [P.], seq 1:{seen.length + 1}, ack 1, win 502, length {seen.length}"
    if seen.flags == "F.":
        return f"{ends} Flags [F.], seq 1, ack 1, win 502, length 0"
    return f"{ends} Flags [{seen.flags}], ack 1, win 502, length 0"


class _Filter:
    """Reads the words after the options: primitives joined by `and`, `or`, `not` and brackets."""

    def __init__(self, proc: Proc, text: str) -> None:
        self._proc = proc
        self._words = text.replace("(", " ( ").replace(")", " ) ").split()

    def read(self) -> Test:
        """Return the whole filter.

        Raises:
            UsageError: in libpcap's words.
        """
        if not self._words:
            return lambda _: True
        test = self._either()
        if self._words:
            self._fail()
        return test

    def _fail(self) -> None:
        raise UsageError("tcpdump: can't parse filter expression: syntax error")

    def _next(self) -> str:
        if not self._words:
            self._fail()
        return self._words.pop(0)

    def _either(self) -> Test:
        parts = [self._both()]
        while self._words and self._words[0] in ("or", "||"):
            self._words.pop(0)
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda seen: any(one(seen) for one in parts)

    def _both(self) -> Test:
        parts = [self._one()]
        while self._words and self._words[0] in ("and", "&&"):
            self._words.pop(0)
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda seen: all(one(seen) for one in parts)

    def _one(self) -> Test:
        word = self._next()
        if word in ("not", "!"):
            inner = self._one()
            return lambda seen: not inner(seen)
        if word == "(":
            inside = self._either()
            if self._next() != ")":
                self._fail()
            return inside
        if word in ("tcp", "udp", "icmp", "ip", "arp", "ip6"):
            return self._proto(word)
        side = "either"
        if word in ("src", "dst"):
            side, word = word, self._next()
        if word == "host" or (side != "either" and word not in ("port", "net", "portrange")):
            return self._host(side, self._next() if word == "host" else word)
        if word == "port":
            return self._port(side, self._next())
        if word == "portrange":
            low, _, high = self._next().partition("-")
            if not (low.isdecimal() and high.isdecimal()):
                self._fail()
            return lambda seen: any(int(low) <= one <= int(high) for one in _ports(seen, side))
        if word == "net":
            return self._net(side, self._next())
        self._fail()
        raise AssertionError

    def _proto(self, word: str) -> Test:
        if self._words and self._words[0].startswith("["):
            raise UsageError("tcpdump: tests of single bits are not supported in this simulator")
        if word == "ip":
            base: Test = lambda _: True  # noqa: E731
        else:
            base = lambda seen: seen.proto == word  # noqa: E731
        if self._words and self._words[0] in ("port", "src", "dst", "host", "net"):
            inner = self._one()
            return lambda seen: base(seen) and inner(seen)
        return base

    def _host(self, side: str, name: str) -> Test:
        ip = resolve(self._proc, name)
        if ip is None:
            raise UsageError(f"tcpdump: can't parse filter expression: unknown host '{name}'")
        return lambda seen: ip in _hosts(seen, side)

    def _port(self, side: str, text: str) -> Test:
        port = parse_port(text) or parse_port(text, "udp")
        if port is None:
            raise UsageError(
                f"tcpdump: can't parse filter expression: illegal port number {text}"
                if text.isdecimal()
                else f"tcpdump: can't parse filter expression: unknown port '{text}'"
            )
        return lambda seen: port in _ports(seen, side)

    def _net(self, side: str, text: str) -> Test:
        try:
            network = IPv4Network(text, strict=False)
        except ValueError:
            raise UsageError(
                f"tcpdump: can't parse filter expression: unknown network '{text}'"
            ) from None
        return lambda seen: any(IPv4Address(one) in network for one in _hosts(seen, side))


def _hosts(seen: Seen, side: str) -> Iterator[str]:
    if side != "dst":
        yield seen.src
    if side != "src":
        yield seen.dst


def _ports(seen: Seen, side: str) -> Iterator[int]:
    if side != "dst":
        yield seen.sport
    if side != "src":
        yield seen.dport
