"""getent and resolvectl: names as the C library and systemd-resolved look them up.

This file must not know where names come from.
"""

from __future__ import annotations

from sim.bash.process import FileProblem, Proc
from sim.node.dns import is_address
from sim.node.portnames import parse_port, port_name
from sim.node.programs.host import machine_of, own_address, own_name
from sim.node.programs.options import UsageError, program
from sim.node.programs.reach import full_name, resolve, reverse, site_dns

_FILES = {"passwd": "/etc/passwd", "group": "/etc/group", "hosts": "/etc/hosts"}


@program(1)
def getent(proc: Proc) -> int:
    """Look names up the way the C library does."""
    if len(proc.argv) < 2:
        raise UsageError(
            "getent: wrong number of arguments\nTry `getent --help' or `getent --usage' for more information."
        )
    database, keys = proc.argv[1], proc.argv[2:]
    if database not in ("hosts", "ahosts", "ahostsv4", "services", "passwd", "group"):
        proc.stderr.write(f"Unknown database: {database}\n"
                          "Try `getent --help' or `getent --usage' for more information.\n")  # fmt: skip
        return 1
    if database in ("passwd", "group") or (database == "hosts" and not keys):
        return _file(proc, database, keys)
    proc.asked()
    code = 0
    for key in keys:
        if database == "services":
            code = _service(proc, key) or code
            continue
        ip = own_address(proc) if key == own_name(proc) else resolve(proc, key)
        name = reverse(proc, key) if is_address(key) else full_name(proc, key)
        if database != "hosts" and is_address(key):
            name = key
        if ip is None or name is None:
            code = 2
        elif database == "hosts":
            proc.print(f"{ip:<15} {name}")
        else:
            proc.print(f"{ip:<15} STREAM {name}", f"{ip:<15} DGRAM  ", f"{ip:<15} RAW    ")
    return code


def _service(proc: Proc, key: str) -> int:
    word, slash, proto = key.partition("/")
    proto = proto or "tcp"
    number = parse_port(word, proto)
    name = None if number is None else port_name(number, proto)
    if name is None and not slash and number is None:
        proto, number = "udp", parse_port(word, "udp")
        name = None if number is None else port_name(number, proto)
    if name is None:
        return 2
    proc.print(f"{name:<21} {number}/{proto}")
    return 0


def _file(proc: Proc, database: str, keys: list[str]) -> int:
    try:
        text = proc.files.read(_FILES[database])
    except FileProblem:
        text = "root:x:0:0:root:/root:/bin/bash\n" if database == "passwd" else "root:x:0:\n"
    rows = [line for line in text.splitlines() if line and not line.startswith("#")]
    if database == "hosts":
        for line in rows:
            ip, *names = line.split()
            proc.print(f"{ip:<15} {' '.join(names)}")
        return 0
    if not keys:
        proc.print(*rows)
        return 0
    code = 0
    for key in keys:
        found = [row for row in rows if key in (row.split(":")[0], row.split(":")[2])]
        proc.print(*found[:1])
        code = code if found else 2
    return code


@program(1)
def resolvectl(proc: Proc) -> int:
    """Show how the node looks names up."""
    machine = machine_of(proc)
    words = [word for word in proc.argv[1:] if not word.startswith("-")]
    server = site_dns(machine.internal_ip)
    if proc.argv[0].endswith("systemd-resolve") and "--status" in proc.argv:
        words = ["status"]
    verb = words[0] if words else "status"
    proc.asked()
    if verb == "dns":
        proc.print("Global:", f"Link 2 (eth0): {server}")
        return 0
    if verb == "query" and len(words) > 1:
        ip = resolve(proc, words[1])
        if ip is None:
            proc.stderr.write(f"{words[1]}: resolve call failed: '{words[1]}' not found\n")
            return 1
        proc.print(f"{words[1]}: {ip}{' ' * max(1, 30 - len(words[1]) - len(ip))}-- link: eth0", "",
                   "-- Information acquired via protocol DNS in 1.2ms.",
                   "-- Data is authenticated: no; Data was acquired via local or encrypted transport: no",
                   "-- Data from: network")  # fmt: skip
        return 0
    if verb == "flush-caches":
        return 0
    if verb != "status":
        raise UsageError(f"resolvectl: {verb} is not supported in this simulator")
    proc.print(
        "Global",
        "       Protocols: +LLMNR +mDNS -DNSOverTLS DNSSEC=no/unsupported",
        "resolv.conf mode: uplink", "", "Link 2 (eth0)",
        "    Current Scopes: DNS LLMNR/IPv4",
        "         Protocols: +DefaultRoute +LLMNR -mDNS -DNSOverTLS DNSSEC=no/unsupported",
        f"Current DNS Server: {server}", f"       DNS Servers: {server}",
    )  # fmt: skip
    return 0
