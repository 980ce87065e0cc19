"""dig: a question and the whole anatomy of its answer, in BIND 9.18's layout.

This file must not know where answers come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sim.bash.process import Proc, Running
from sim.node.dns import is_address
from sim.node.dnsrecords import TYPES, Record, Reply, ask
from sim.node.programs.host import machine_of
from sim.node.programs.lookup import (
    NO_SERVERS,
    PATIENCE_MS,
    TRIES,
    Server,
    chased,
    in_vain,
    look_up,
    server_of,
    trouble,
)
from sim.node.programs.options import UsageError, waiting

VERSION = "9.18.28"
_USAGE = """Usage:  dig [@global-server] [domain] [q-type] [q-class] {q-opt}
            {global-d-opt} host [@local-server] {local-d-opt}
            [ host [@local-server] {local-d-opt} [...]]

Use "dig -h" (or "dig -h | more") for complete list of options"""
_SECTIONS = ("comments", "question", "answer", "authority", "additional", "stats", "cmd")
_IGNORED = (
    "recurse", "rec", "edns", "cookie", "dnssec", "adflag", "cdflag", "ignore", "fail", "nsid",
    "keepopen", "multiline", "crypto", "idnout", "idnin", "ttlid", "ttlunits", "class", "onesoa",
    "rrcomments", "identify", "besteffort", "aaflag", "aaonly", "mapped", "qr", "split",
)  # fmt: skip
_COLUMNS = (24, 32, 40, 48)
"""Where TTL, class, type and data begin (bin/dig/dighost.c)."""


@dataclass
class _Wish:
    """What a command line asks for."""

    name: str = "."
    kind: str = "A"
    server: str = ""
    reverse: bool = False
    short: bool = False
    search: bool = False
    tcp: bool = False
    patience: int = PATIENCE_MS
    tries: int = TRIES
    shown: set[str] = field(default_factory=lambda: set(_SECTIONS))


@waiting(1)
def dig(proc: Proc) -> Running:
    """Look a name up, with the answer's anatomy."""
    wish = _read(proc.argv[1:])
    if "-v" in proc.argv[1:]:
        proc.stderr.write(f"DiG {VERSION}\n")
        return 0
    proc.asked()
    server = server_of(proc, wish.server)
    if server is None:
        raise UsageError(f"dig: couldn't get address for '{wish.server}': failure")
    why = trouble(proc, server, tcp=wish.tcp)
    if why:
        yield from in_vain(proc, server, why, tries=wish.tries, patience=wish.patience)
        if not wish.short and "cmd" in wish.shown:
            proc.print("", *_banner(proc))
        proc.print(NO_SERVERS)
        return 9
    name, reply = _asked(proc, server, wish)
    if wish.short:
        proc.print(*(one.data for one in reply.answers))
        return 0
    _print(proc, server, wish, name, reply)
    return 0


def _read(words: Sequence[str]) -> _Wish:
    wish = _Wish()
    rest = list(words)
    named = False
    while rest:
        word = rest.pop(0)
        if word.startswith("@"):
            wish.server = word[1:]
        elif word.startswith("+"):
            _flag(wish, word)
        elif word in ("-x", "-t", "-q", "-p", "-c", "-b", "-f", "-k", "-y"):
            if not rest:
                raise UsageError(_USAGE)
            value = rest.pop(0)
            if word == "-x":
                wish.name, wish.kind, wish.reverse, named = value, "PTR", True, True
            elif word == "-t":
                wish.kind = value.upper()
            elif word == "-q":
                wish.name, named = value, True
            elif word in ("-f", "-k", "-y", "-b"):
                raise UsageError(f"dig: {word} is not supported in this simulator")
        elif word in ("-4", "-6", "-v", "-u", "-r", "-m", "-i"):
            continue
        elif word.startswith("-"):
            raise UsageError(f"Invalid option: {word}\n{_USAGE}")
        elif word.upper() in TYPES and (named or word.isupper()):
            wish.kind = word.upper()
        elif word.upper() in ("IN", "CH", "HS"):
            continue
        elif named:
            raise UsageError("dig: several names in one line are not supported in this simulator")
        else:
            wish.name, named = word, True
    if wish.kind not in TYPES:
        raise UsageError(f";; Warning, ignoring invalid type {wish.kind}")
    if not named:
        wish.kind = "NS"
    return wish


def _flag(wish: _Wish, word: str) -> None:
    name, _, value = word[1:].partition("=")
    on = not name.startswith("no")
    plain = name.removeprefix("no")
    if plain == "all":
        wish.shown = set(_SECTIONS) if on else {"cmd"} & wish.shown
        if not on:
            wish.shown.discard("cmd")
    elif plain in _SECTIONS:
        (wish.shown.add if on else wish.shown.discard)(plain)
    elif plain == "short":
        wish.short = on
    elif plain in ("search", "defname"):
        wish.search = on
    elif plain in ("tcp", "vc"):
        wish.tcp = on
    elif name in ("time", "timeout") and value.isdecimal():
        wish.patience = max(1, int(value[:5])) * 1000
    elif name in ("tries", "retry") and value.isdecimal():
        wish.tries = max(1, min(20, int(value[:3]) + (1 if name == "retry" else 0)))
    elif plain in ("trace", "nssearch", "yaml", "tls", "https", "showsearch", "subnet"):
        raise UsageError(f"dig: +{name} is not supported in this simulator")
    elif plain not in _IGNORED and name not in ("bufsize", "ndots", "domain"):
        raise UsageError(f"Invalid option: {word}\n{_USAGE}")


def _asked(proc: Proc, server: Server, wish: _Wish) -> tuple[str, Reply]:
    network = machine_of(proc).network
    if wish.reverse and is_address(wish.name):
        name = ".".join(reversed(wish.name.split("."))) + ".in-addr.arpa"
        return f"{name}.", ask(network, name, "PTR", inside=server.inside)
    if wish.search and not wish.name.endswith("."):
        name, reply = look_up(proc, server, wish.name, wish.kind)
    else:
        name = wish.name.rstrip(".")
        # dig does not use the search list: a short name stays what it is.
        reply = ask(network, name, wish.kind, inside=server.inside)
    return f"{name}.", chased(proc, server, reply, wish.kind)


def _banner(proc: Proc) -> list[str]:
    return [
        f"; <<>> DiG {VERSION} <<>> {' '.join(proc.argv[1:])}",
        ";; global options: +cmd",
    ]


def _print(proc: Proc, server: Server, wish: _Wish, name: str, reply: Reply) -> None:
    machine = machine_of(proc)
    number = machine.stream.at("dig", name, proc.env.now).integer(1000, 65535)
    shown = wish.shown
    out: list[str] = []
    if "cmd" in shown:
        out += ["", *_banner(proc)]
    if "comments" in shown:
        out.append(";; Got answer:")
        if name.endswith(".local."):
            out += [";; WARNING: .local is reserved for Multicast DNS",
                    ";; You are currently testing what happens when an mDNS query is leaked to DNS"]  # fmt: skip
        own = server.inside and name.endswith((".local.", ".arpa."))
        out += [
            f";; ->>HEADER<<- opcode: QUERY, status: {reply.status}, id: {number}",
            f";; flags: qr{' aa' if own else ''} rd{'' if own else ' ra'}; QUERY: 1,"
            f" ANSWER: {len(reply.answers)}, AUTHORITY: {len(reply.authority)}, ADDITIONAL: 1",
        ]
        if own:
            out.append(";; WARNING: recursion requested but not available")
        cookie = machine.stream.at("cookie", name, proc.env.now).hex(16)
        out += ["", ";; OPT PSEUDOSECTION:", "; EDNS: version: 0, flags:; udp: 1232",
                f"; COOKIE: {cookie} (echoed)"]  # fmt: skip
    if "question" in shown:
        out += [";; QUESTION SECTION:"] if "comments" in shown else []
        out += [f";{_laid_out(name, '', wish.kind, '')}", *([""] if "comments" in shown else [])]
    for title, records in (("answer", reply.answers), ("authority", reply.authority)):
        if records and title in shown:
            if "comments" in shown:
                out.append(f";; {title.upper()} SECTION:")
            out += [_laid_out(one.name, str(one.ttl), one.type, one.data) for one in records]
            if "comments" in shown:
                out.append("")
    if "stats" in shown:
        when = machine.epoch.datetime(proc.env.now).strftime("%a %b %d %H:%M:%S UTC %Y")
        out += [
            ";; Query time: 0 msec",
            f";; SERVER: {server.ip}#53({server.ip}) ({'TCP' if wish.tcp else 'UDP'})",
            f";; WHEN: {when}",
            f";; MSG SIZE  rcvd: {_size(name, reply)}",
            "",
        ]
    proc.print(*out)


def _laid_out(name: str, ttl: str, kind: str, data: str) -> str:
    """Return a record in columns of tabs and blanks, as masterdump.c sets them."""
    text, at = name, len(name)
    for value, column in zip((ttl, "IN", kind, data), _COLUMNS, strict=True):
        if not value:
            continue
        to = max(column, at + 1)
        tabs = to // 8 - at // 8
        start = to // 8 * 8 if tabs else at
        text += "\t" * tabs + " " * (to - start) + value
        at = to + len(value)
    return text


def _size(name: str, reply: Reply) -> int:
    """Return the octets of the message; CoreDNS compresses no names in short answers."""
    size = 12 + len(name) + 1 + 4 + 11 + 12
    return size + sum(
        len(one.name) + 1 + 10 + _data(one) for one in (*reply.answers, *reply.authority)
    )


def _data(one: Record) -> int:
    if one.type == "A":
        return 4
    if one.type == "SRV":
        return 6 + len(one.data.rpartition(" ")[2]) + 1
    if one.type == "SOA":
        first, second, *_ = one.data.split(" ")
        return len(first) + len(second) + 2 + 20
    return len(one.data) + 1
