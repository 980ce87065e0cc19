"""conntrack: the kernel's table of flows, listed, counted and emptied.

This file must not know which flows there are.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network

from sim.bash.process import Proc
from sim.node.machine import Machine
from sim.node.programs.host import administers_network, changed, machine_of
from sim.node.programs.options import Options, UsageError, parse, program
from sim.node.tracked import NUMBERS, Flow, tracked, tracked_count

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
_TRY = "Try `conntrack -h' or 'conntrack --help' for more information."


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
        proc.print(str(tracked_count(machine)))
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
    found = [flow for flow in tracked(machine) if all(test(flow) for test in tests)]
    if command == "-D":
        return _delete(proc, machine, found)
    proc.charge(20 * len(found))
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
        tests.append(lambda flow: proto in (flow.proto, str(NUMBERS[flow.proto])))
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
