"""conntrack: the kernel's table of flows, listed, counted and emptied.

What is modelled one by one stands first; the rest of the table is drawn from what pods of the node
call, and stays the same for as long as nothing changes. This file must not know who calls whom.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import NamedTuple

from sim.bash.process import Proc
from sim.node.kubeproxy.rules import Dnat, NoRule
from sim.node.machine import Machine
from sim.node.network import Connection
from sim.node.programs.host import administers_network, changed, container_of, machine_of
from sim.node.programs.options import Options, UsageError, parse, program

NAME = "conntrack v1.4.7 (conntrack-tools)"
_LONG = (
    "dump", "count", "stats", "flush", "delete", "event", "proto=", "src=", "dst=", "orig-src=",
    "orig-dst=", "reply-src=", "reply-dst=", "sport=", "dport=", "orig-port-src=",
    "orig-port-dst=", "reply-port-src=", "reply-port-dst=", "state=", "status=", "output=",
    "src-nat", "dst-nat", "any-nat", "version", "help", "get", "create", "update", "timeout=",
    "mark=", "zone=", "family=",
)  # fmt: skip
_STATES = (
    "NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK",
    "TIME_WAIT", "CLOSE", "LISTEN",
)  # fmt: skip
_NUMBERS = {"tcp": 6, "udp": 17}
_TRY = "Try `conntrack -h' or 'conntrack --help' for more information."
MOST_DRAWN = 20_000


class Flow(NamedTuple):
    """One entry of the table."""

    proto: str
    seconds: int
    """Until it expires."""
    state: str
    """Of TCP; empty for UDP."""
    src: str
    dst: str
    sport: int
    dport: int
    back: tuple[str, str, int, int]
    """Source, destination and ports of the answers."""
    mark: str = "[ASSURED]"
    """`[ASSURED]`, `[UNREPLIED]` or empty."""
    link: Connection | None = None
    """The open connection behind it, if it is modelled."""

    def line(self, *, extended: bool = False) -> str:
        """Return it as -L prints it."""
        head = "ipv4     2 " if extended else ""
        state = f"{self.state} " if self.state else ""
        first = f"src={self.src} dst={self.dst} sport={self.sport} dport={self.dport} "
        src, dst, sport, dport = self.back
        second = f"src={src} dst={dst} sport={sport} dport={dport} "
        unreplied = "[UNREPLIED] " if self.mark == "[UNREPLIED]" else ""
        assured = "[ASSURED] " if self.mark == "[ASSURED]" else ""
        return (
            f"{head}{self.proto:<8} {_NUMBERS[self.proto]} {self.seconds} {state}{first}{unreplied}"
            f"{second}{assured}mark=0 use=1"
        )


@program(2)
def conntrack(proc: Proc) -> int:
    """Show, count, delete or empty."""
    try:
        options = parse(proc, "LCSFDEGIUVhd:s:p:o:r:q:t:m:u:f:w:njg", _LONG)
    except UsageError as problem:
        raise UsageError(f"{NAME}: {_wrong(str(problem))}\n{_TRY}") from None
    if options.has("-V", "--version"):
        proc.print(NAME)
        return 0
    commands = [name for name in ("-L", "-C", "-S", "-F", "-D", "-E", "-G", "-I", "-U")
                if options.has(name) or options.has(_long(name))]  # fmt: skip
    if not commands:
        proc.print(
            "Command line interface for the connection tracking system. Version 1.4.7",
            "Usage: conntrack [commands] [options]",
        )
        return 0
    if len(commands) > 1:
        raise UsageError(f"{NAME}: Cannot use -{commands[1][1]} with -{commands[0][1]}\n{_TRY}")
    if commands[0] in ("-E", "-G", "-I", "-U"):
        raise UsageError(f"{NAME}: {commands[0]} is not supported in this simulator")
    _check(options)
    if not administers_network(proc):
        proc.stderr.write(
            f"{NAME}: Operation failed: sorry, you must be root or get CAP_NET_ADMIN capability"
            " to do this\n"
        )
        return 1
    proc.asked()
    return _run(proc, options, commands[0])


def _long(short: str) -> str:
    return {"-L": "--dump", "-C": "--count", "-S": "--stats", "-F": "--flush", "-D": "--delete",
            "-E": "--event", "-G": "--get", "-I": "--create", "-U": "--update"}[short]  # fmt: skip


def _wrong(text: str) -> str:
    if "requires an argument" in text:
        name = text.rpartition("'")[0].rpartition("'")[2]
        return f"option `-{name.lstrip('-')}' requires an argument"
    name = text.rpartition("'")[0].rpartition("'")[2]
    return f"unknown option `{'-' if len(name) == 1 else ''}{name}'"


def _check(options: Options) -> None:
    proto = options.value("-p", "--proto")
    if proto and proto.lower() not in ("tcp", "udp", "6", "17", "icmp"):
        raise UsageError(f"{NAME}: `{proto}' unsupported protocol\n{_TRY}")
    for name in ("-s", "-d", "-r", "-q", "--src", "--dst", "--orig-src", "--orig-dst",
                 "--reply-src", "--reply-dst"):  # fmt: skip
        text = options.value(name)
        try:
            if text:
                IPv4Network(text, strict=False)
        except ValueError:
            raise UsageError(f"{NAME}: Invalid IP address `{text}'\n{_TRY}") from None
    for name in ("--sport", "--dport", "--orig-port-src", "--orig-port-dst"):
        if options.has(name) and not proto:
            raise UsageError(f"{NAME}: unknown option `{name}'\n{_TRY}")
    state = options.value("--state")
    if state and not proto:
        raise UsageError(f"{NAME}: unknown option `--state'\n{_TRY}")
    if state and state.upper() not in _STATES:
        raise UsageError(f"{NAME}: unknown TCP state `{state}'\n{_TRY}")
    for word in options.value("-o", "--output").split(","):
        if word and word not in ("extended", "id", "timestamp", "ktimestamp", "labels"):
            if word in ("xml", "save"):
                raise UsageError(f"{NAME}: -o {word} is not supported in this simulator")
            raise UsageError(f"{NAME}: Bad parameter `{word}'\n{_TRY}")


def _run(proc: Proc, options: Options, command: str) -> int:
    machine = machine_of(proc)
    if command == "-C":
        proc.print(str(machine.flows.count(proc.env.now)))
        return 0
    if command == "-S":
        for cpu in range(machine.cores):
            draw = machine.stream.at("conntrack-stats", cpu)
            lost = machine.flows.dropped(proc.env.now) // machine.cores
            proc.print(
                f"cpu={cpu}   \tfound={draw.integer(900, 9000)} invalid={draw.at('i').integer(0, 400)}"
                f" insert=0 insert_failed={draw.at('f').integer(0, 9) + lost}"
                f" drop={lost} early_drop=0 error={draw.at('e').integer(0, 30)}"
                f" search_restart={draw.at('s').integer(0, 900)} clash_resolve={draw.at('c').integer(0, 200)}"
                " chaintoolong=0 "
            )
        return 0
    if command == "-F":
        machine.network.flush_conntrack(machine)
        changed(proc, "conntrack", "-F")
        proc.stderr.write(f"{NAME}: connection tracking table has been emptied.\n")
        return 0
    if options.operands[:1] in (["expect"], ["dying"], ["unconfirmed"]):
        what = "expectations" if options.operands[0] == "expect" else "flow entries"
        proc.stderr.write(f"{NAME}: 0 {what} have been shown.\n")
        return 0
    tests = _tests(options)
    found = [flow for flow in table(proc, machine) if all(test(flow) for test in tests)]
    if command == "-D":
        return _delete(proc, machine, found)
    proc.charge(200 * len(found))
    extended = "extended" in options.value("-o", "--output")
    proc.stdout.write("".join(f"{flow.line(extended=extended)}\n" for flow in found))
    proc.stderr.write(f"{NAME}: {len(found)} flow entries have been shown.\n")
    return 0


def _delete(proc: Proc, machine: Machine, found: list[Flow]) -> int:
    links = [flow.link for flow in found if flow.link is not None]
    machine.network.forget(machine, links)
    if found:
        machine.flows.delete(len(found), proc.env.now)
        changed(proc, "conntrack", " ".join(proc.argv[1:]))
    proc.stdout.write("".join(f"{flow.line()}\n" for flow in found))
    proc.stderr.write(f"{NAME}: {len(found)} flow entries have been deleted.\n")
    return 0 if found else 1


Test = Callable[[Flow], bool]


def _tests(options: Options) -> list[Test]:
    """Return what a flow must pass to be meant by the options; made once for thousands of flows."""
    tests: list[Test] = []
    proto = options.value("-p", "--proto").lower()
    if proto:
        tests.append(lambda flow: proto in (flow.proto, str(_NUMBERS[flow.proto])))
    hosts: tuple[tuple[tuple[str, ...], Callable[[Flow], str]], ...] = (
        (("-s", "--src", "--orig-src"), lambda flow: flow.src),
        (("-d", "--dst", "--orig-dst"), lambda flow: flow.dst),
        (("-r", "--reply-src"), lambda flow: flow.back[0]),
        (("-q", "--reply-dst"), lambda flow: flow.back[1]),
    )
    for names, host in hosts:
        text = options.value(*names)
        if text:
            tests.append(_host_test(host, IPv4Network(text, strict=False)))
    ports: tuple[tuple[tuple[str, ...], Callable[[Flow], int]], ...] = (
        (("--sport", "--orig-port-src"), lambda flow: flow.sport),
        (("--dport", "--orig-port-dst"), lambda flow: flow.dport),
        (("--reply-port-src",), lambda flow: flow.back[2]),
        (("--reply-port-dst",), lambda flow: flow.back[3]),
    )
    for names, port in ports:
        text = options.value(*names)
        if text:
            tests.append(_port_test(port, text))
    state, status = options.value("--state").upper(), options.value("-u", "--status").upper()
    if state:
        tests.append(lambda flow: flow.state == state)
    if status == "SEEN_REPLY":
        tests.append(lambda flow: flow.mark != "[UNREPLIED]")
    elif status:
        tests.append(lambda flow: flow.mark == f"[{status}]")
    if options.has("-g", "--dst-nat", "-j", "--any-nat"):
        tests.append(lambda flow: flow.dst != flow.back[0])
    elif options.has("-n", "--src-nat"):
        tests.append(lambda _: False)
    return tests


def _host_test(host: Callable[[Flow], str], network: IPv4Network) -> Test:
    known: dict[str, bool] = {}

    def test(flow: Flow) -> bool:
        ip = host(flow)
        if ip not in known:
            known[ip] = IPv4Address(ip) in network
        return known[ip]

    return test


def _port_test(port: Callable[[Flow], int], text: str) -> Test:
    return lambda flow: str(port(flow)) == text


def table(proc: Proc, machine: Machine) -> Iterator[Flow]:
    """Yield the entries of a node's table."""
    count = 0
    for link in machine.network.connections(machine):
        source = link.source
        address = source.internal_ip if isinstance(source, Machine) else source.ip
        local = machine.stream.at("port", address, link.ip, link.port, link.opened_at).integer(
            32768, 60999
        )
        far, _, port = link.endpoint.rpartition(":")
        back = (far, address, int(port), local)
        left = 86_400 - (machine.env.now // 1000 + local) % 30
        count += 1
        yield Flow("tcp", left, "ESTABLISHED", address, link.ip, local, link.port, back, link=link)
    left = min(machine.flows.count(machine.env.now) - count, MOST_DRAWN)
    if container_of(proc) is None or administers_network(proc):
        yield from _drawn(machine, left)


def _drawn(machine: Machine, count: int) -> Iterator[Flow]:
    """Yield *count* entries of the pods' ordinary calls, by what the node's rules make of them now."""
    state = machine.proxy.state
    callers = [
        (pod.get("status") or {}).get("podIP")
        for pod in machine.kubelet.pods.values()
        if not pod["spec"].get("hostNetwork")
    ]
    sources = [ip for ip in callers if ip] or [machine.internal_ip]
    verdicts = [
        (rule, state.lookup(rule.cluster_ip, rule.port, rule.protocol))
        for rule in state.snapshot.rules.values()
        if rule.protocol in ("TCP", "UDP")
    ]
    usable = [(rule, found) for rule, found in verdicts if isinstance(found, Dnat | NoRule)]
    if not usable:
        return
    seconds = machine.env.now // 1000
    for number in range(count):
        # A cheap, fixed scramble: thousands of entries are wanted at once.
        mixed = (number * 2_654_435_761 + 97) & 0xFFFFFFFF
        rule, verdict = usable[mixed % len(usable)]
        src = sources[(mixed >> 7) % len(sources)]
        sport = 32768 + (mixed >> 11) % 28_232
        if isinstance(verdict, NoRule):
            if mixed % 40:
                continue
            back = (rule.cluster_ip, src, rule.port, sport)
            wait = 120 - (seconds + mixed) % 120
            yield Flow(rule.protocol.lower(), wait, "SYN_SENT" if rule.protocol == "TCP" else "",
                       src, rule.cluster_ip, sport, rule.port, back, "[UNREPLIED]")  # fmt: skip
            continue
        end = verdict.endpoints[(mixed >> 3) % len(verdict.endpoints)]
        back = (end.ip, src, end.port, sport)
        if rule.protocol == "UDP":
            wait = 30 - (seconds + mixed) % 30
            yield Flow("udp", wait, "", src, rule.cluster_ip, sport, rule.port, back, "")
        elif mixed % 5 < 2:
            wait = 86_400 - (seconds + mixed) % 300
            yield Flow("tcp", wait, "ESTABLISHED", src, rule.cluster_ip, sport, rule.port, back)
        else:
            wait = 120 - (seconds + mixed) % 120
            yield Flow("tcp", wait, "TIME_WAIT", src, rule.cluster_ip, sport, rule.port, back)
