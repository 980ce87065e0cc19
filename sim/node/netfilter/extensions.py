"""Matches and targets that a rule by hand may use: their options, and what is made of them.

What the model cannot evaluate is refused here instead of being kept without effect. This file must
not know tables, chains or command lines.

Source: iptables-extensions(8).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from sim.node.netfilter.rules import Match, comment
from sim.node.portnames import parse_port, port_name


class SpecError(Exception):
    """A rule that iptables does not take; `str()` is its own message, without its name in front."""

    def __init__(self, text: str, *, code: int = 2, hint: bool = True, banner: bool = True) -> None:
        """Keep *text*; *hint*: `Try ...` follows; *banner*: name and version go before it."""
        super().__init__(text)
        self.code = code
        self.hint = hint
        self.banner = banner


def unmodelled(what: str) -> SpecError:
    """Return the refusal of what would have no effect here."""
    return SpecError(f"{what} is not supported in this simulator", hint=False)


class Option(NamedTuple):
    """One option of a match or target as given."""

    name: str
    values: tuple[str, ...]
    inverted: bool


Given = Sequence[Option]
Made = Callable[[str, Given], Match]
STATES = ("INVALID", "NEW", "RELATED", "ESTABLISHED", "UNTRACKED", "SNAT", "DNAT")
"""In the order in which they are printed."""
_FLAGS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32}
_SYN_MASK, _SYN = ("FIN", "SYN", "RST", "ACK"), ("SYN",)
ICMP_TYPES = {
    "echo-reply": 0, "destination-unreachable": 3, "redirect": 5, "echo-request": 8,
    "time-exceeded": 11, "parameter-problem": 12, "pong": 0, "ping": 8,
}  # fmt: skip
REJECTIONS = {
    "icmp-net-unreachable": "icmp-net-unreachable", "net-unreach": "icmp-net-unreachable",
    "icmp-host-unreachable": "icmp-host-unreachable", "host-unreach": "icmp-host-unreachable",
    "icmp-proto-unreachable": "icmp-proto-unreachable", "proto-unreach": "icmp-proto-unreachable",
    "icmp-port-unreachable": "icmp-port-unreachable", "port-unreach": "icmp-port-unreachable",
    "icmp-net-prohibited": "icmp-net-prohibited", "net-prohib": "icmp-net-prohibited",
    "icmp-host-prohibited": "icmp-host-prohibited", "host-prohib": "icmp-host-prohibited",
    "icmp-admin-prohibited": "icmp-admin-prohibited", "admin-prohib": "icmp-admin-prohibited",
    "tcp-reset": "tcp-reset", "tcp-rst": "tcp-reset",
}  # fmt: skip


def _range(text: str, proto: str) -> tuple[int, int]:
    low, colon, high = text.partition(":")
    first = _port(low, proto) if low or not colon else 0
    return first, (_port(high, proto) if high else 65535) if colon else first


def _port(text: str, proto: str) -> int:
    number = 0 if text == "0" else parse_port(text, proto)
    if number is None:
        msg = f"invalid port/service `{text}' specified"
        raise SpecError(msg)
    return number


def _shown(number: int, proto: str, *, named: bool) -> str:
    return (port_name(number, proto) if named else None) or str(number)


def _ports(proto: str, given: Given) -> Match:
    """Make a match of tcp or udp; their parts are printed in a fixed order."""
    saved, listed, named = [f"-m {proto}"], [proto], [proto]
    tests: list[tuple[object, ...]] = []
    by_name = {one.name: one for one in given}
    for name, short in (("--sport", "spt"), ("--dport", "dpt")):
        one = by_name.get(name)
        if one is None:
            continue
        low, high = _range(one.values[0], proto)
        text = str(low) if low == high else f"{low}:{high}"
        saved.append(f"{'! ' if one.inverted else ''}{name} {text}")
        for words, wordy in ((listed, False), (named, True)):
            shown = _shown(low, proto, named=wordy)
            if low != high:
                shown += f":{_shown(high, proto, named=wordy)}"
            mark = "!" if one.inverted else ""
            words.append(f"{short}{'' if low == high else 's'}:{mark}{shown}")
        tests.append((name[2:], ((low, high),), one.inverted))
    flags = by_name.get("--tcp-flags") or by_name.get("--syn")
    if flags is not None:
        mask, comp = (
            (_flags(flags.values[0]), _flags(flags.values[1]))
            if flags.values
            else (_SYN_MASK, _SYN)
        )
        mark = "! " if flags.inverted else ""
        saved.append(f"{mark}--tcp-flags {','.join(mask) or 'NONE'} {','.join(comp) or 'NONE'}")
        sums = (sum(_FLAGS[one] for one in part) for part in (mask, comp))
        inverted = "!" if flags.inverted else ""
        listed.append("flags:" + inverted + "/".join(f"0x{one:02X}" for one in sums))
        named.append(f"flags:{inverted}{','.join(mask) or 'NONE'}/{','.join(comp) or 'NONE'}")
        if "SYN" not in comp or "ACK" in comp:
            raise unmodelled("--tcp-flags other than those of a SYN")
        tests.append(("syn", flags.inverted))
    if len(tests) > 1:
        return Match(" ".join(saved), " ".join(listed), " ".join(named), ("all", tuple(tests)))
    test = tests[0] if tests else ()
    if not tests:
        return Match(saved[0], proto, proto)
    return Match(" ".join(saved), " ".join(listed), " ".join(named), test)


def _flags(text: str) -> tuple[str, ...]:
    if text == "NONE":
        return ()
    wanted = list(_FLAGS) if text == "ALL" else text.split(",")
    for one in wanted:
        if one not in _FLAGS:
            msg = f"Unknown TCP flag `{one}'"
            raise SpecError(msg)
    return tuple(one for one in _FLAGS if one in wanted)


def _multiport(proto: str, given: Given) -> Match:
    if proto not in ("tcp", "udp"):
        raise SpecError("multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'")
    if not given:
        raise SpecError("multiport expection an option")
    one = given[0]
    ranges = [_range(part, proto) for part in one.values[0].split(",")]
    kind = {"--dports": "dport", "--sports": "sport"}.get(one.name, "ports")
    texts = [f"{low}" if low == high else f"{low}:{high}" for low, high in ranges]
    names = [
        _shown(low, proto, named=True)
        + ("" if low == high else ":" + _shown(high, proto, named=True))
        for low, high in ranges
    ]
    mark, bang = ("! ", " !") if one.inverted else ("", "")
    return Match(
        f"-m multiport {mark}{one.name} {','.join(texts)}",
        f"multiport {one.name[2:]} {bang}{','.join(texts)}",
        f"multiport {one.name[2:]} {bang}{','.join(names)}",
        (kind, tuple(ranges), one.inverted),
    )


def _states(module: str, given: Given) -> Match:
    option = "--ctstate" if module == "conntrack" else "--state"
    if not given:
        raise SpecError(
            f"{module}: At least one option is required"
            if module == "conntrack"
            else 'state: option "--state" must be specified\n'
        )
    one = given[0]
    if one.name != option:
        raise unmodelled(f"{module} {one.name}")
    wanted = [word.upper() for word in one.values[0].split(",")]
    for word, upper in zip(one.values[0].split(","), wanted, strict=True):
        if upper not in STATES:
            msg = f'Bad {option[2:]} "{word}"'
            raise SpecError(msg)
    text = ",".join(word for word in STATES if word in wanted)
    mark = "! " if one.inverted else ""
    return Match(
        f"-m {module} {mark}{option} {text}",
        f"{mark}{option[2:]} {text}",
        f"{mark}{option[2:]} {text}",
        ("state", tuple(wanted), one.inverted),
    )


def number(text: str) -> int:
    """Return a number as C reads it: 10, 0x4000.

    Raises:
        ValueError: if it is none.
    """
    return int(text, 0) if not (text.isdecimal() and text.startswith("0")) else int(text, 8)


def _mark(_proto: str, given: Given) -> Match:
    if not given:
        raise SpecError('mark: option "--mark" must be specified\n')
    one = given[0]
    value, slash, mask = one.values[0].partition("/")
    try:
        bits, cover = number(value), number(mask) if slash else 0xFFFFFFFF
    except ValueError:
        raise SpecError('mark: bad integer value for option "--mark", or out of range.\n') from None
    text = f"0x{bits:x}" if cover == 0xFFFFFFFF else f"0x{bits:x}/0x{cover:x}"
    return Match(
        f"-m mark {'! ' if one.inverted else ''}--mark {text}",
        f"mark match {'! ' if one.inverted else ''}{text}",
        f"mark match {'! ' if one.inverted else ''}{text}",
        ("mark", bits, cover, one.inverted),
    )


def _statistic(_proto: str, given: Given) -> Match:
    by_name = {one.name: one for one in given}
    mode = by_name.get("--mode")
    if mode is not None and mode.values[0] != "random":
        raise unmodelled(f"statistic mode {mode.values[0]}")
    chance = by_name.get("--probability")
    if chance is None:
        raise SpecError("--probability must be specified when using random mode")
    try:
        share = float(chance.values[0])
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise SpecError('statistic: bad value for option "--probability", or out of range (0-1).\n')
    kept = round(share * (1 << 31)) / (1 << 31)
    mark = "! " if chance.inverted else ""
    return Match(
        f"-m statistic --mode random {mark}--probability {kept:.11f}",
        f"statistic mode random {mark}probability {kept:.11f}",
        f"statistic mode random {mark}probability {kept:.11f}",
        ("share", 1 - kept if mark else kept),
    )


def _addrtype(_proto: str, given: Given) -> Match:
    if not given:
        raise SpecError("addrtype: you must specify --src-type or --dst-type")
    one = given[0]
    if one.name not in ("--dst-type", "--src-type") or one.values[0] != "LOCAL" or len(given) > 1:
        raise unmodelled(f"addrtype {one.name} {' '.join(one.values)}")
    mark, bang = ("! ", "!") if one.inverted else ("", "")
    return Match(
        f"-m addrtype {mark}{one.name} LOCAL",
        f"ADDRTYPE match {one.name[2:]} {bang}LOCAL",
        f"ADDRTYPE match {one.name[2:]} {bang}LOCAL",
        ("local", one.name[2:5], one.inverted),
    )


def _comment(_proto: str, given: Given) -> Match:
    if not given:
        raise SpecError('comment: option "--comment" must be specified\n')
    return comment(given[0].values[0][:255])


def _icmp(_proto: str, given: Given) -> Match:
    if not given:
        return Match("-m icmp --icmp-type any", "icmptype 255", "icmp any")
    one = given[0]
    text = one.values[0]
    code = ICMP_TYPES.get(text, int(text) if text.isdecimal() else -1)
    if code < 0:
        msg = f"Invalid ICMP type `{text}'"
        raise SpecError(msg)
    name = next((key for key, value in ICMP_TYPES.items() if value == code), str(code))
    mark, bang = ("! ", "!") if one.inverted else ("", "")
    return Match(
        f"-m icmp {mark}--icmp-type {code}",
        f"{bang}icmptype {code}",
        f"icmp {bang}{name}",
        ("icmp", code, one.inverted),
    )


class Extension(NamedTuple):
    """A match: its options with how many words follow each, and what makes it."""

    options: Mapping[str, int]
    make: Made


_PORT_OPTIONS = {
    "--dport": 1, "--destination-port": 1, "--sport": 1, "--source-port": 1,
}  # fmt: skip
MATCHES: Mapping[str, Extension] = {
    "tcp": Extension({**_PORT_OPTIONS, "--tcp-flags": 2, "--syn": 0}, lambda _, o: _ports("tcp", o)),
    "udp": Extension(_PORT_OPTIONS, lambda _, o: _ports("udp", o)),
    "icmp": Extension({"--icmp-type": 1}, _icmp),
    "multiport": Extension(
        {"--dports": 1, "--destination-ports": 1, "--sports": 1, "--source-ports": 1, "--ports": 1},
        _multiport,
    ),
    "conntrack": Extension(
        {"--ctstate": 1, "--ctproto": 1, "--ctorigdst": 1, "--ctorigsrc": 1, "--ctstatus": 1,
         "--ctdir": 1, "--ctorigdstport": 1},
        lambda _, o: _states("conntrack", o),
    ),
    "state": Extension({"--state": 1}, lambda _, o: _states("state", o)),
    "mark": Extension({"--mark": 1}, _mark),
    "statistic": Extension({"--mode": 1, "--probability": 1, "--every": 1, "--packet": 1}, _statistic),
    "addrtype": Extension({"--dst-type": 1, "--src-type": 1, "--limit-iface-in": 0}, _addrtype),
    "comment": Extension({"--comment": 1}, _comment),
}  # fmt: skip
LONG_NAMES = {
    "--destination-port": "--dport", "--source-port": "--sport",
    "--destination-ports": "--dports", "--source-ports": "--sports",
}  # fmt: skip
NOT_EVALUATED = frozenset(
    ("ah", "bpf", "cgroup", "cluster", "connbytes", "connlabel", "connlimit", "connmark", "cpu",
     "dccp", "devgroup", "dscp", "ecn", "esp", "hashlimit", "helper", "iprange", "length", "limit",
     "mac", "nfacct", "osf", "owner", "physdev", "pkttype", "policy", "quota", "rateest", "realm",
     "recent", "rpfilter", "sctp", "socket", "string", "tcpmss", "time", "tos", "ttl", "u32")
)  # fmt: skip
"""Matches that exist and would have no effect here."""
TARGETS_NOT_EVALUATED = frozenset(
    ("AUDIT", "CHECKSUM", "CLASSIFY", "CONNMARK", "CT", "DSCP", "ECN", "HL", "HMARK", "IDLETIMER",
     "LED", "LOG", "NETMAP", "NFLOG", "NFQUEUE", "NOTRACK", "QUEUE", "RATEEST", "SECMARK", "SET",
     "SYNPROXY", "TCPMSS", "TEE", "TOS", "TPROXY", "TRACE", "TTL", "ULOG")
)  # fmt: skip
