"""Programs that ask the DNS: nslookup, dig, host and getent.

They print what `reach` resolves; this file must not know where names come from.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from sim.bash.process import Proc
from sim.node.dns import is_address
from sim.node.programs.host import machine_of, own_address, own_name
from sim.node.programs.options import UsageError, parse, program, waiting
from sim.node.programs.portnames import parse_port, port_name
from sim.node.programs.reach import asks_in_vain, full_name, resolve, resolver, reverse

Asking = Generator[simpy.Event, Any, int]
PATIENCE_MS = 5_000
TRIES = 3
"""Each question waits 5 s for its answer and is asked three times."""
NO_ANSWER = ";; connection timed out; no servers could be reached"


@waiting(1)
def nslookup(proc: Proc) -> Asking:
    """Look a name up, bind's nslookup."""
    return (yield from _nslookup(proc, "#53"))


@waiting(1)
def busybox_nslookup(proc: Proc) -> Asking:
    """Look a name up, busybox' nslookup."""
    return (yield from _nslookup(proc, ":53"))


def _nslookup(proc: Proc, suffix: str) -> Asking:
    names = [word for word in proc.argv[1:] if not word.startswith("-")]
    if not names:
        proc.stderr.write("Usage: nslookup [HOST] [DNS_SERVER]\n")
        return 1
    proc.asked()
    server = resolver(proc)
    name = names[0]
    if asks_in_vain(proc):
        yield proc.env.timeout(TRIES * PATIENCE_MS)
        proc.print(NO_ANSWER, "")
        return 1
    proc.print(f"Server:\t\t{server}", f"Address:\t{server}{suffix}", "")
    if is_address(name):
        told = reverse(proc, name)
        backwards = ".".join(reversed(name.split("."))) + ".in-addr.arpa"
        if told is None:
            proc.print(f"** server can't find {backwards}: NXDOMAIN", "")
            return 1
        proc.print(f"{backwards}\tname = {told}.", "")
        return 0
    ip = resolve(proc, name)
    if ip is None:
        proc.print(f"** server can't find {name}: NXDOMAIN", "")
        return 1
    proc.print(f"Name:\t{full_name(proc, name)}", f"Address: {ip}", "")
    return 0


@waiting(1)
def dig(proc: Proc) -> Asking:
    """Look a name up, with the answer's anatomy."""
    words = [w for w in proc.argv[1:] if not w.startswith("@")]
    short = "+short" in words
    if any(w.startswith("-") and w != "-x" for w in words):
        bad = next(w for w in words if w.startswith("-") and w != "-x")
        raise UsageError(f"Invalid option: {bad}\nUsage:  dig [@global-server] [domain] [q-type]")
    plain = [w for w in words if not w.startswith(("+", "-")) and w.upper() not in ("A", "IN")]
    if not plain:
        proc.fail("the root zone is not served here")
        return 9
    proc.asked()
    if asks_in_vain(proc):
        yield from _dig_in_vain(proc)
        return 9
    name = plain[0]
    other = next((w.upper() for w in plain[1:]), "A")
    kind = "PTR" if "-x" in words else other
    if kind == "PTR":
        told = reverse(proc, name)
        value = None if told is None else f"{told}."
        asked = ".".join(reversed(name.split("."))) + ".in-addr.arpa"
    else:
        # dig does not use the search list: a short name stays what it is.
        value = resolve(proc, name) if kind == "A" and "." in name else None
        asked = name.rstrip(".")
    if short:
        if value is not None:
            proc.print(value)
        return 0
    _anatomy(proc, asked, kind, value)
    return 0


def _dig_in_vain(proc: Proc) -> Generator[simpy.Event, Any, None]:
    server = resolver(proc)
    for _ in range(TRIES):
        yield proc.env.timeout(PATIENCE_MS)
        proc.print(f";; communications error to {server}#53: timed out")
    proc.print(
        "",
        f"; <<>> DiG 9.18.28 <<>> {' '.join(proc.argv[1:])}",
        ";; global options: +cmd",
        ";; no servers could be reached",
    )


def _anatomy(proc: Proc, asked: str, kind: str, value: str | None) -> None:
    machine = machine_of(proc)
    number = machine.stream.at("dig", asked, proc.env.now).integer(1000, 65535)
    when = machine.epoch.datetime(proc.env.now).strftime("%a %b %d %H:%M:%S UTC %Y")
    status = "NXDOMAIN" if value is None else "NOERROR"
    count = 0 if value is None else 1
    proc.print(
        "",
        f"; <<>> DiG 9.18.28 <<>> {' '.join(proc.argv[1:])}",
        ";; global options: +cmd",
        ";; Got answer:",
        f";; ->>HEADER<<- opcode: QUERY, status: {status}, id: {number}",
        f";; flags: qr aa rd ra; QUERY: 1, ANSWER: {count}, AUTHORITY: 0, ADDITIONAL: 1",
        "",
        ";; QUESTION SECTION:",
        f";{asked}.\t\tIN\t{kind}",
    )
    if value is not None:
        proc.print("", ";; ANSWER SECTION:", f"{asked}.\t30\tIN\t{kind}\t{value}")
    server = resolver(proc)
    proc.print(
        "",
        ";; Query time: 0 msec",
        f";; SERVER: {server}#53({server}) (UDP)",
        f";; WHEN: {when}",
        f";; MSG SIZE  rcvd: {len(asked) + 40 + 16 * count}",
        "",
    )


@waiting(1)
def host(proc: Proc) -> Asking:
    """Look a name up, in one line."""
    options = parse(proc, "t:v")
    if not options.operands:
        raise UsageError("Usage: host [-aCdilrTvVw] [-t type] {hostname} [server]")
    proc.asked()
    name = options.operands[0]
    if asks_in_vain(proc):
        yield proc.env.timeout(TRIES * PATIENCE_MS)
        proc.print(NO_ANSWER)
        return 1
    if is_address(name):
        told = reverse(proc, name)
        backwards = ".".join(reversed(name.split("."))) + ".in-addr.arpa"
        if told is None:
            proc.print(f"Host {backwards}. not found: 3(NXDOMAIN)")
            return 1
        proc.print(f"{backwards} domain name pointer {told}.")
        return 0
    ip = resolve(proc, name)
    if ip is None:
        proc.print(f"Host {name} not found: 3(NXDOMAIN)")
        return 1
    proc.print(f"{full_name(proc, name)} has address {ip}")
    return 0


@program(1)
def getent(proc: Proc) -> int:
    """Look names up the way the C library does."""
    if len(proc.argv) < 2:
        raise UsageError("Usage: getent [OPTION...] database [key ...]")
    database, keys = proc.argv[1], proc.argv[2:]
    if database not in ("hosts", "ahosts", "ahostsv4", "services", "passwd"):
        proc.stderr.write(f"Unknown database: {database}\n")
        return 1
    if database == "passwd":
        proc.print("root:x:0:0:root:/root:/bin/bash")
        return 0
    proc.asked()
    code = 0
    for key in keys:
        if database == "services":
            number = parse_port(key)
            name = None if number is None else port_name(number)
            if name is None:
                code = 2
            else:
                proc.print(f"{name:<21} {number}/tcp")
            continue
        ip = own_address(proc) if key == own_name(proc) else resolve(proc, key)
        name = reverse(proc, key) if is_address(key) else full_name(proc, key)
        if ip is None or name is None:
            code = 2
        elif database == "hosts":
            proc.print(f"{ip:<15} {name}")
        else:
            proc.print(f"{ip:<15} STREAM {name}", f"{ip:<15} DGRAM  ", f"{ip:<15} RAW    ")
    return code
