"""Programs that ask the DNS: nslookup and host; `reaching` waits as their questions would.

They print what the cluster's DNS answers; this file must not know where names come from.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, NamedTuple

import simpy

from sim.bash.process import Proc, Running
from sim.node.dns import is_address
from sim.node.dnsrecords import TYPES, Record, Reply, ask
from sim.node.links import NODE_LOCAL_DNS
from sim.node.programs.host import container_of, machine_of, namespace_of
from sim.node.programs.options import UsageError, parse, waiting
from sim.node.programs.reach import asks_in_vain, resolve, resolver

Asking = Generator[simpy.Event, Any, int]
PATIENCE_MS = 5_000
TRIES = 3
"""Each question waits 5 s for its answer and is asked three times."""
NO_ANSWER = ";; connection timed out; no servers could be reached"
NO_SERVERS = ";; no servers could be reached"
DNS_PORT = 53
NDOTS = 5


class Server(NamedTuple):
    """Whom a program asks."""

    ip: str
    inside: bool
    """It knows the cluster's names."""


def server_of(proc: Proc, asked: str = "") -> Server | None:
    """Return the server of the place, or the one that *asked* names; None if it has no address."""
    if not asked:
        ip = resolver(proc)
        return Server(ip, ip == NODE_LOCAL_DNS)
    found = resolve(proc, asked)
    if found is None:
        return None
    network = machine_of(proc).network
    inside = found == NODE_LOCAL_DNS or network.is_service_ip(found)
    pod = network.find_pod(found, DNS_PORT)
    return Server(found, inside or (pod is not None and network.machine_at(found) is None))


def trouble(proc: Proc, server: Server, *, tcp: bool = False) -> str:
    """Return why questions get no answer, `timed out` or `connection refused`; empty if they do."""
    machine = machine_of(proc)
    if server.ip == resolver(proc):
        return "timed out" if asks_in_vain(proc) else ""
    if server.ip in (machine.links.site_dns, NODE_LOCAL_DNS):
        network = machine.network
        if server.ip == NODE_LOCAL_DNS and not network.meddled:
            return ""
        ends = network.ways(proc.host, server.ip, DNS_PORT, "UDP")
        return "" if any(end.kind == "ok" for end in ends) else "timed out"
    done = machine.network.connect(proc.host, server.ip, DNS_PORT, protocol="TCP" if tcp else "UDP")
    if done.kind == "ok":
        return ""
    listening = done.kind == "refused" and done.endpoint and _answers_udp(proc, done.endpoint)
    if listening:
        return ""
    return "connection refused" if done.kind == "refused" else "timed out"


def _answers_udp(proc: Proc, endpoint: str) -> bool:
    """Return True if a DNS pod is at *endpoint*: containers only say what they do over TCP."""
    ip = endpoint.rpartition(":")[0]
    policies = machine_of(proc).network.policies
    pod = policies.peer_at(ip).pod if policies is not None else None
    labels = (pod or {}).get("metadata", {}).get("labels") or {}
    return labels.get("k8s-app") == "kube-dns"


def in_vain(
    proc: Proc, server: Server, why: str, *, tries: int = TRIES, patience: int = PATIENCE_MS
) -> Generator[simpy.Event, Any, None]:
    """Wait for every try and say how each ended."""
    for _ in range(tries):
        if why == "timed out":
            yield proc.env.timeout(patience)
        proc.print(f";; communications error to {server.ip}#{DNS_PORT}: {why}")


def search_list(proc: Proc) -> Sequence[str]:
    """Return the domains that short names are tried in; a node has none."""
    container = container_of(proc)
    if container is None or container.host_network:
        return ()
    domain = machine_of(proc).network.cluster_domain
    return (f"{namespace_of(proc)}.svc.{domain}", f"svc.{domain}", domain)


def look_up(proc: Proc, server: Server, name: str, kind: str) -> tuple[str, Reply]:
    """Return the name that was found in the end, and the answer, by the search list."""
    network = machine_of(proc).network
    if is_address(name):
        asked = ".".join(reversed(name.split("."))) + ".in-addr.arpa"
        return asked, ask(network, asked, "PTR", inside=server.inside)
    candidates = [name.rstrip(".")]
    if not name.endswith("."):
        searched = [f"{name}.{domain}" for domain in search_list(proc)]
        candidates = searched + candidates if name.count(".") < NDOTS else candidates + searched
    best = Reply("NXDOMAIN")
    for candidate in candidates:
        reply = ask(network, candidate, kind, inside=server.inside)
        if reply.status == "NOERROR" and (reply.answers or best.status != "NOERROR"):
            best, name = reply, candidate
            if reply.answers:
                break
    return name, best


def chased(proc: Proc, server: Server, reply: Reply, kind: str) -> Reply:
    """Return *reply* with the records that its alias leads to."""
    network = machine_of(proc).network
    answers = list(reply.answers)
    for _ in range(4):
        if not answers or answers[-1].type != "CNAME" or kind == "CNAME":
            break
        further = ask(network, answers[-1].data, kind, inside=server.inside)
        if not further.answers:
            break
        answers += further.answers
    return reply._replace(answers=tuple(answers))


@waiting(1)
def nslookup(proc: Proc) -> Running:
    """Look a name up, bind's nslookup."""
    words = [word for word in proc.argv[1:] if not word.startswith("-")]
    kinds = ["A", "AAAA"]
    patience, tries = PATIENCE_MS, TRIES
    for word in proc.argv[1:]:
        name, _, value = word.lstrip("-").partition("=")
        if word.startswith("-") and name in ("type", "query", "q", "querytype", "ty"):
            if value.upper() not in TYPES:
                proc.print(f"unknown query type: {value}")
            else:
                kinds = [value.upper()]
        elif word.startswith("-") and name == "timeout" and value.isdecimal():
            patience = int(value[:5]) * 1000
        elif word.startswith("-") and name == "retry" and value.isdecimal():
            tries = min(int(value[:3]) + 1, 20)
        elif word.startswith("-") and name not in (
            "debug",
            "nodebug",
            "search",
            "nosearch",
            "recurse",
        ):
            raise UsageError(f"*** Invalid option: {word.lstrip('-')}")
    if not words:
        raise UsageError("nslookup: interactive use is not supported in this simulator")
    proc.asked()
    server = server_of(proc, words[1] if len(words) > 1 else "")
    if server is None:
        raise UsageError(f"nslookup: couldn't get address for '{words[1]}': failure")
    why = trouble(proc, server)
    if why:
        yield from in_vain(proc, server, why, tries=tries, patience=patience)
        proc.print(NO_SERVERS, "")
        return 1
    if not is_address(words[0]):
        proc.print(f"Server:\t\t{server.ip}", f"Address:\t{server.ip}#53", "")
    return _nslookup(proc, server, words[0], kinds)


def _nslookup(proc: Proc, server: Server, wanted: str, kinds: list[str]) -> int:
    name, reply = look_up(proc, server, wanted, kinds[0])
    if reply.status == "NXDOMAIN":
        proc.print(f"** server can't find {name}: NXDOMAIN", "")
        return 1
    reply = chased(proc, server, reply, kinds[0])
    if not reply.answers:
        proc.print(f"*** Can't find {wanted}: No answer", "")
        return 0
    for one in reply.answers:
        label = one.name.rstrip(".")
        if one.type in ("A", "AAAA"):
            proc.print(f"Name:\t{label}", f"Address: {one.data}")
        else:
            words = {"CNAME": "canonical name", "PTR": "name", "SRV": "service", "TXT": "text",
                     "NS": "nameserver"}.get(one.type, one.type.lower())  # fmt: skip
            proc.print(f"{label}\t{words} = {one.data}")
    proc.print("")
    return 0


@waiting(1)
def busybox_nslookup(proc: Proc) -> Running:
    """Look a name up, busybox' nslookup."""
    words = [word for word in proc.argv[1:] if not word.startswith("-")]
    kinds = [word.partition("=")[2].upper() for word in proc.argv[1:] if word.startswith("-type=")]
    if not words:
        proc.stderr.write(
            "BusyBox v1.36.1 () multi-call binary.\n\n"
            "Usage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]\n"
        )
        return 1
    proc.asked()
    server = server_of(proc, words[1] if len(words) > 1 else "")
    if server is None:
        raise UsageError(f"nslookup: bad address '{words[1]}'")
    why = trouble(proc, server)
    if why:
        yield proc.env.timeout(TRIES * PATIENCE_MS if why == "timed out" else 0)
        proc.print(NO_ANSWER, "")
        return 1
    proc.print(f"Server:\t\t{server.ip}", f"Address:\t{server.ip}:53", "")
    kind = kinds[0] if kinds else "A"
    name, reply = look_up(proc, server, words[0], kind)
    if reply.status == "NXDOMAIN":
        proc.print(f"** server can't find {name}: NXDOMAIN", "")
        return 1
    reply = chased(proc, server, reply, kind)
    for one in reply.answers:
        label = one.name.rstrip(".")
        if one.type == "A":
            proc.print(f"Name:\t{label}", f"Address: {one.data}")
        else:
            words_ = {"CNAME": "canonical name", "PTR": "name", "SRV": "service"}
            proc.print(f"{label}\t{words_.get(one.type, one.type.lower())} = {one.data}")
    if not reply.answers:
        proc.print(f"*** Can't find {name}: No answer")
    proc.print("")
    return 0


@waiting(1)
def host(proc: Proc) -> Running:
    """Look a name up, in one line."""
    options = parse(proc, "aAc:CdilN:rR:st:TUvVwW:p:m:46")
    if options.has("-V"):
        proc.stderr.write("host 9.18.28\n")
        return 0
    if not options.operands:
        raise UsageError("Usage: host [-aCdilrTvVw] [-c class] [-N ndots] [-t type] [-W time]\n"
                         "            [-R number] [-m flag] [-p port] hostname [server]")  # fmt: skip
    proc.asked()
    asked = options.operands[1] if len(options.operands) > 1 else ""
    server = server_of(proc, asked)
    if server is None:
        raise UsageError(f"host: couldn't get address for '{asked}': failure")
    text = options.value("-W", default="5")
    patience = int(text) * 1000 if text.isdecimal() and len(text) < 6 else PATIENCE_MS
    why = trouble(proc, server, tcp=options.has("-T"))
    if why:
        yield from in_vain(proc, server, why, tries=2, patience=patience)
        proc.print(NO_SERVERS)
        return 1
    if asked:
        proc.print(
            "Using domain server:", f"Name: {asked}", f"Address: {server.ip}#53", "Aliases: ", ""
        )
    kind = "ANY" if options.has("-a") else options.value("-t").upper()
    if kind and kind not in TYPES:
        raise UsageError(f"host: invalid type: {options.value('-t')}")
    return _host(proc, server, options.operands[0], kind)


def _host(proc: Proc, server: Server, wanted: str, kind: str) -> int:
    name, reply = look_up(proc, server, wanted, kind or "A")
    if reply.status == "NXDOMAIN":
        tail = "." if name.endswith("arpa") else ""
        proc.print(f"Host {name}{tail} not found: 3(NXDOMAIN)")
        return 1
    reply = chased(proc, server, reply, kind or "A")
    for one in reply.answers:
        proc.print(_told(one))
    if not reply.answers and kind:
        proc.print(f"{name} has no {kind} record")
    return 0


def _told(one: Record) -> str:
    label = one.name.rstrip(".")
    if one.type == "A":
        return f"{label} has address {one.data}"
    if one.type == "CNAME":
        return f"{label} is an alias for {one.data}"
    if one.type == "PTR":
        return f"{label} domain name pointer {one.data}"
    if one.type == "NS":
        return f"{label} name server {one.data}"
    if one.type == "TXT":
        return f"{label} descriptive text {one.data}"
    return f"{label} has {one.type} record {one.data}"
