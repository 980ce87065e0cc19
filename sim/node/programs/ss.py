"""ss: sockets in iproute2's columns, with its filter language.

This file must not know where sockets come from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network
from typing import NamedTuple

from sim.bash.process import Proc
from sim.node.machine import Machine
from sim.node.portnames import parse_port, port_name
from sim.node.programs.host import is_root, machine_of
from sim.node.programs.options import Options, UsageError, parse, program
from sim.node.programs.sockets import Socket, connected, datagrams, listeners, unix_sockets

VERSION = "ss utility, iproute2-6.1.0"
_LONG = (
    "summary", "tcp", "udp", "unix", "raw", "listening", "numeric", "processes", "all", "no-header",
    "extended", "info", "memory", "options", "ipv4", "ipv6", "help", "version", "oneline",
    "resolve", "family=", "query=",
)  # fmt: skip
_STATES = {
    "established": ("ESTAB",), "listening": ("LISTEN", "UNCONN"), "listen": ("LISTEN", "UNCONN"),
    "connected": ("ESTAB", "SYN-SENT", "TIME-WAIT"), "all": ("ESTAB", "LISTEN", "UNCONN"),
    "syn-sent": ("SYN-SENT",), "syn-recv": (), "fin-wait-1": (), "fin-wait-2": (),
    "time-wait": ("TIME-WAIT",), "closed": ("UNCONN",), "close": ("UNCONN",), "close-wait": (),
    "last-ack": (), "closing": (), "synchronized": ("ESTAB",), "bucket": (), "big": ("ESTAB",),
    "unconnected": ("UNCONN",),
}  # fmt: skip
_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "=": lambda a, b: a == b, "==": lambda a, b: a == b, "eq": lambda a, b: a == b,
    "!=": lambda a, b: a != b, "ne": lambda a, b: a != b, "neq": lambda a, b: a != b,
    ">": lambda a, b: a > b, "gt": lambda a, b: a > b, "<": lambda a, b: a < b,
    "lt": lambda a, b: a < b, ">=": lambda a, b: a >= b, "ge": lambda a, b: a >= b,
    "geq": lambda a, b: a >= b, "<=": lambda a, b: a <= b, "le": lambda a, b: a <= b,
    "leq": lambda a, b: a <= b,
}  # fmt: skip
Test = Callable[[Socket], bool]


class Column(NamedTuple):
    """One column of the table."""

    title: str
    before: str
    right: bool = False


_COLUMNS = (
    Column("Netid", ""), Column("State", " "), Column("Recv-Q", " "), Column("Send-Q", " "),
    Column("Local Address:", " ", True), Column("Port", ""), Column("Peer Address:", " ", True),
    Column("Port", ""), Column("Process", ""),
)  # fmt: skip


@program(255)
def ss(proc: Proc) -> int:
    """Show sockets."""
    try:
        options = parse(proc, "stuxwlnpaeiom46HOhVrf:A:", _LONG)
    except UsageError as problem:
        raise UsageError(
            f"{problem}\nUsage: ss [ OPTIONS ]\n       ss [ OPTIONS ] [ FILTER ]"
        ) from None
    if options.has("-V", "--version"):
        proc.print(VERSION)
        return 0
    if options.has("-h", "--help"):
        proc.print("Usage: ss [ OPTIONS ]", "       ss [ OPTIONS ] [ FILTER ]")
        return 0
    states, test = _filter(options.operands)
    proc.asked()
    if options.has("-s", "--summary"):
        return _summary(proc)
    shown, kinds = _shown(proc, options, states)
    shown = [one for one in shown if test(one)]
    proc.charge(100 * len(shown))
    rows = [_row(proc, options, one) for one in shown]
    skip = set()
    if len(kinds) == 1 and "unix" not in kinds:
        skip.add(0)
    if states is not None and len(states) == 1:
        skip.add(1)
    more = [_more(proc, options, one) for one in shown]
    _print(proc, options, rows, skip, more)
    return 0


def _shown(
    proc: Proc, options: Options, states: tuple[str, ...] | None
) -> tuple[list[Socket], set[str]]:
    """Return the sockets asked for, and the kinds of which there may be some."""
    asked = {name for name, flags in (
        ("tcp", ("-t", "--tcp")), ("udp", ("-u", "--udp")), ("unix", ("-x", "--unix")),
        ("raw", ("-w", "--raw")),
    ) if options.has(*flags)}  # fmt: skip
    kinds = asked or {"tcp", "udp", "unix"}
    found: list[Socket] = []
    if "unix" in kinds and (options.has("-l", "-a", "--listening", "--all")):
        found += unix_sockets(proc)
    if "udp" in kinds:
        found += datagrams(proc)
    if "tcp" in kinds:
        found += listeners(proc) + connected(proc)
    if states is not None:
        wanted = states
    elif options.has("-l", "--listening"):
        wanted = ("LISTEN", "UNCONN")
    elif options.has("-a", "--all"):
        wanted = ("LISTEN", "UNCONN", "ESTAB")
    else:
        wanted = ("ESTAB",)
    found = [one for one in found if one.state in wanted]
    if options.has("-6", "--ipv6"):
        found = [one for one in found if one.six]
    if options.has("-4", "--ipv4"):
        found = [one for one in found if not one.six and one.netid != "u_str"]
    return found, kinds


def _row(proc: Proc, options: Options, one: Socket) -> list[str]:
    numeric = options.has("-n", "--numeric")
    queue = "4096" if one.state == "LISTEN" and one.netid == "tcp" else "0"
    # Whose sockets they are can be told only to root.
    with_owner = options.has("-p", "--processes") and is_root(proc) and one.pid
    owner = f' users:(("{one.owner}",pid={one.pid},fd={one.fd}))' if with_owner else ""
    if options.has("-e", "--extended"):
        inode = (
            machine_of(proc)
            .stream.at("ino", one.local, one.port, one.peer_port)
            .integer(20_000, 900_000)
        )
        owner += f" ino:{inode} sk:{inode % 4096:x} cgroup:/ <->"
    if one.netid == "u_str":
        return [one.netid, one.state, "0", "4096", f"{one.local} ", str(one.port), "* ", "0", owner]
    local, peer = one.local, one.peer
    return [
        one.netid, one.state, "0", queue, f"{local}:", _port(one.port, one.netid, numeric),
        f"{peer}:", _port(one.peer_port, one.netid, numeric), owner,
    ]  # fmt: skip


def _port(port: int, netid: str, numeric: bool) -> str:
    if not port:
        return "*"
    return str(port) if numeric else port_name(port, netid) or str(port)


def _more(proc: Proc, options: Options, one: Socket) -> str:
    """Return the line below a connection that -i and -m ask for; empty for none."""
    parts = []
    if options.has("-m", "--memory"):
        parts.append("skmem:(r0,rb131072,t0,tb87040,f0,w0,o0,bl0,d0)")
    if options.has("-i", "--info") and one.netid == "tcp":
        if one.state == "LISTEN":
            parts.append("cubic cwnd:10")
        else:
            draw = machine_of(proc).stream.at(
                "tcp-info", one.local, one.port, one.peer, one.peer_port
            )
            rtt = draw.uniform(0.2, 1.4)
            parts.append(
                f"cubic wscale:7,7 rto:204 rtt:{rtt:.3f}/{rtt / 2:.3f} ato:40 mss:1448 pmtu:1500"
                f" rcvmss:536 advmss:1448 cwnd:10 bytes_acked:{draw.at('a').integer(2_000, 900_000)}"
                f" bytes_received:{draw.at('r').integer(2_000, 900_000)} send 82.7Mbps"
                f" pacing_rate 165Mbps delivery_rate 41.4Mbps app_limited rcv_space:14600"
                f" rcv_ssthresh:64076 minrtt:{rtt * 0.8:.3f}"
            )
    return " ".join(parts)


def _print(
    proc: Proc, options: Options, rows: Sequence[list[str]], skip: set[int], more: Sequence[str]
) -> None:
    bare = options.has("-H", "--no-header")
    used = [index for index in range(len(_COLUMNS)) if index not in skip]
    heads = [column.title for column in _COLUMNS]
    minimum = {2: 6, 3: 6}
    content = {
        index: max(
            [len(row[index]) for row in rows]
            + ([minimum.get(index, 0)] if bare else [len(heads[index])])
        )
        for index in used
    }
    widths = {
        index: content[index] + (len(_COLUMNS[index].before) if place and content[index] else 0)
        for place, index in enumerate(used)
    }
    if proc.stdout.tty and proc.terminal is not None:
        spare = proc.terminal.columns - sum(widths.values())
        if spare > 0:
            each, rest = divmod(spare, len(used))
            for place, index in enumerate(used):
                widths[index] += each + (1 if place < rest else 0)
    out = []
    for row in rows if bare else [heads, *rows]:
        line = ""
        for place, index in enumerate(used):
            text = row[index]
            if _COLUMNS[index].right:
                line += f"{text:>{widths[index]}}"
            else:
                before = _COLUMNS[index].before if place else ""
                line += f"{before + text:<{widths[index]}}"
        out.append(line.rstrip() if bare else line)
    if not bare:
        proc.stdout.write(out.pop(0) + "\n")
    for line, extra in zip(out, more, strict=True):
        proc.stdout.write(f"{line}\n" + (f"\t {extra}\n" if extra else ""))


def _summary(proc: Proc) -> int:
    listening, established, udp = len(listeners(proc)), len(connected(proc)), len(datagrams(proc))
    machine = machine_of(proc)
    waiting = machine.stream.at("timewait", machine.env.now // 60_000).integer(4, 60)
    if not isinstance(proc.host, Machine):
        waiting = 0
    tcp = listening + established
    wide = sum(one.six for one in listeners(proc))
    proc.print(
        f"Total: {tcp + udp + 160}",
        f"TCP:   {tcp + waiting} (estab {established}, closed {waiting}, orphaned 0, timewait {waiting})",
        "",
        "Transport Total     IP        IPv6",
        "RAW\t  0         0         0        ",
        f"UDP\t  {udp:<10}{udp:<10}0        ",
        f"TCP\t  {tcp:<10}{tcp - wide:<10}{wide:<9}",
        f"INET\t  {tcp + udp:<10}{tcp + udp - wide:<10}{wide:<9}",
        "FRAG\t  0         0         0        ",
        "",
    )
    return 0


# -- the filter ----------------------------------------------------------------------------------


def _filter(words: Sequence[str]) -> tuple[tuple[str, ...] | None, Test]:
    """Read `[state NAME ...] [exclude NAME] [EXPRESSION]`.

    Raises:
        UsageError: in ss' own words.
    """
    tokens = [part for word in words for part in _split(word)]
    states: tuple[str, ...] | None = None
    while tokens and tokens[0] in ("state", "exclude"):
        how = tokens.pop(0)
        if not tokens or tokens[0] not in _STATES:
            raise UsageError(f"ss: wrong state name: {tokens[0] if tokens else ''}")
        named = _STATES[tokens.pop(0)]
        if how == "state":
            states = (*(states or ()), *named)
        else:
            states = tuple(
                one for one in states or ("ESTAB", "LISTEN", "UNCONN") if one not in named
            )
    if not tokens:
        return states, lambda _: True
    reader = _Reader(tokens)
    test = reader.either()
    if reader.tokens:
        reader.fail()
    return states, test


def _split(word: str) -> list[str]:
    return word.replace("(", " ( ").replace(")", " ) ").split()


class _Reader:
    """Reads an expression by recursive descent."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    def fail(self) -> None:
        """Refuse what is left.

        Raises:
            UsageError: always.
        """
        raise UsageError(
            'ss: bison bellows (while parsing filter): "syntax error!" Sorry.\nUsage: ss [ OPTIONS ]'
        )

    def _next(self) -> str:
        if not self.tokens:
            self.fail()
        return self.tokens.pop(0)

    def either(self) -> Test:
        """Read tests joined by `or`."""
        left = self._both()
        while self.tokens and self.tokens[0] in ("or", "|", "||"):
            self.tokens.pop(0)
            left = _any(left, self._both())
        return left

    def _both(self) -> Test:
        left = self._one()
        while self.tokens and self.tokens[0] not in ("or", "|", "||", ")"):
            if self.tokens[0] in ("and", "&", "&&"):
                self.tokens.pop(0)
            left = _all(left, self._one())
        return left

    def _one(self) -> Test:
        word = self._next()
        if word in ("not", "!"):
            inner = self._one()
            return lambda one: not inner(one)
        if word == "(":
            inside = self.either()
            if self._next() != ")":
                self.fail()
            return inside
        if word in ("sport", "dport"):
            return self._ports(word)
        if word in ("src", "dst"):
            if self.tokens and self.tokens[0] in ("=", "==", "eq"):
                self.tokens.pop(0)
            return _host(word, self._next())
        self.fail()
        raise AssertionError

    def _ports(self, side: str) -> Test:
        operator = self._next()
        if operator in _COMPARE:
            text = self._next()
        else:
            operator, text = "=", operator
        port = parse_port(text.removeprefix(":"))
        if port is None:
            raise UsageError(f'Error: "{text.removeprefix(":")}" does not look like a port.')
        compare = _COMPARE[operator]
        if side == "sport":
            return lambda one: compare(one.port, port)
        return lambda one: compare(one.peer_port, port)


def _any(left: Test, right: Test) -> Test:
    return lambda one: left(one) or right(one)


def _all(left: Test, right: Test) -> Test:
    return lambda one: left(one) and right(one)


def _host(side: str, text: str) -> Test:
    host, colon, port = text.rpartition(":") if ":" in text else (text, "", "")
    number = parse_port(port) if colon else None
    try:
        network = IPv4Network(host, strict=False) if host not in ("", "*") else None
    except ValueError:
        raise UsageError(f'Error: an inet prefix is expected rather than "{host}".') from None

    def test(one: Socket) -> bool:
        ip, at = (one.local, one.port) if side == "src" else (one.peer, one.peer_port)
        if number is not None and at != number:
            return False
        if network is None:
            return True
        plain = "0.0.0.0" if ip in ("*", "[::]") else ip.partition("%")[0]
        return plain.count(".") == 3 and plain[0].isdecimal() and IPv4Address(plain) in network

    return test
