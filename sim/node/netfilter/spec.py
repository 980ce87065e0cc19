"""A rule specification, `-p tcp --dport 80 -j DROP`, read into rules.

This file must not know chains' contents, nor what is done with a rule.

Source: iptables(8); messages are those of iptables 1.8.9.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address, IPv4Network

from sim.node.netfilter.extensions import (
    LONG_NAMES,
    MATCHES,
    NOT_EVALUATED,
    REJECTIONS,
    TARGETS_NOT_EVALUATED,
    Option,
    SpecError,
    number,
    unmodelled,
)
from sim.node.netfilter.rules import Match, Rule

PROTOCOLS = {"tcp": "tcp", "udp": "udp", "icmp": "icmp", "6": "tcp", "17": "udp", "1": "icmp"}
_TARGET_OPTIONS: Mapping[str, Mapping[str, int]] = {
    "REJECT": {"--reject-with": 1},
    "DNAT": {"--to-destination": 1, "--random": 0, "--persistent": 0},
    "SNAT": {"--to-source": 1, "--random": 0, "--random-fully": 0, "--persistent": 0},
    "MASQUERADE": {"--to-ports": 1, "--random": 0, "--random-fully": 0},
    "REDIRECT": {"--to-ports": 1, "--random": 0},
    "MARK": {
        "--set-mark": 1, "--set-xmark": 1, "--or-mark": 1, "--and-mark": 1, "--xor-mark": 1,
    },
}  # fmt: skip
_PLAIN = ("ACCEPT", "DROP", "RETURN")
RULE_OPTIONS = {
    "-p": "-p", "--protocol": "-p", "--proto": "-p", "-s": "-s", "--source": "-s", "--src": "-s",
    "-d": "-d", "--destination": "-d", "--dst": "-d", "-i": "-i", "--in-interface": "-i",
    "-o": "-o", "--out-interface": "-o", "-j": "-j", "--jump": "-j", "-g": "-g", "--goto": "-g",
    "-m": "-m", "--match": "-m", "-c": "-c", "--set-counters": "-c",
}  # fmt: skip


@dataclass
class _Loaded:
    """A match with the options given so far."""

    name: str
    given: list[Option] = field(default_factory=list)


@dataclass
class _Parts:
    """A rule as it is being read."""

    once: dict[str, tuple[str, bool]] = field(default_factory=dict)
    matches: list[_Loaded] = field(default_factory=list)
    target: list[Option] = field(default_factory=list)
    goto: bool = False
    counts: tuple[int, int] = (0, 0)


def parse_spec(
    words: list[str], *, has_chain: Callable[[str], bool], resolve: Callable[[str], str | None]
) -> list[Rule]:
    """Return the rules that *words* ask for: one for each pair of source and destination.

    Raises:
        SpecError: in iptables' own words.
    """
    parts = _read(list(words))
    target = parts.once.get("-j", ("", False))[0]
    if target and target not in _PLAIN and target not in _TARGET_OPTIONS:
        if target in TARGETS_NOT_EVALUATED:
            raise unmodelled(f"target {target}")
        if not has_chain(target):
            msg = f"Chain '{target}' does not exist"
            raise SpecError(msg)
    proto = _protocol(parts)
    plain = proto.removeprefix("!") if not proto.startswith("!") else ""
    matches = tuple(_made(one, plain) for one in parts.matches)
    saved, listed, act = _target(target, parts.target, plain)
    base = Rule(
        target,
        proto,
        matches=matches,
        jump_saved=saved,
        jump_listed=listed,
        act=act,
        into=_interface(parts, "-i"),
        out=_interface(parts, "-o"),
        goto=parts.goto,
        counts=parts.counts,
    )
    return [
        base._replace(source=source, destination=destination)
        for source in _addresses(parts, "-s", resolve)
        for destination in _addresses(parts, "-d", resolve)
    ]


def _made(one: _Loaded, proto: str) -> Match:
    return MATCHES[one.name].make(proto, one.given)


def _read(words: list[str]) -> _Parts:
    parts = _Parts()
    inverted = False
    while words:
        word = words.pop(0)
        if word == "!":
            inverted = True
            continue
        name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        base = RULE_OPTIONS.get(name)
        if base is not None:
            _basic(parts, base, name, [value, *words] if equals else words, inverted=inverted)
            if base == "-c":
                words.pop(0), words.pop(0)
            elif not equals:
                words.pop(0)
        elif word.startswith("-"):
            _option(parts, name, words, [value] if equals else [], inverted=inverted)
        else:
            raise SpecError(f"Bad argument `{word}'", banner=False)
        inverted = False
    return parts


def _basic(parts: _Parts, base: str, name: str, words: list[str], *, inverted: bool) -> None:
    if not words:
        msg = f'option "{name}" requires an argument'
        raise SpecError(msg)
    value = words[0]
    if base == "-c":
        if len(words) < 2 or not (value.isdecimal() and words[1].isdecimal()):
            if len(words) < 2:
                raise SpecError("-c requires packet and byte counter")
            which = "byte" if value.isdecimal() else "packet"
            msg = f"-c {which} counter not numeric"
            raise SpecError(msg)
        parts.counts = (int(value[:18]), int(words[1][:18]))
        return
    if base == "-m":
        if value in NOT_EVALUATED:
            raise unmodelled(f"match {value}")
        if value == "set":
            raise SpecError(f"Set {_set_name(words)} doesn't exist.\n")
        if value not in MATCHES:
            msg = f"Couldn't load match `{value}':No such file or directory\n"
            raise SpecError(msg)
        parts.matches.append(_Loaded(value))
        return
    key = "-j" if base == "-g" else base
    if key in parts.once:
        msg = f"multiple {base} flags not allowed"
        raise SpecError(msg)
    if key == "-j" and inverted:
        msg = f"cannot have ! before {name}"
        raise SpecError(msg)
    parts.once[key] = (value, inverted)
    parts.goto = parts.goto or base == "-g"


def _set_name(words: list[str]) -> str:
    return words[2] if len(words) > 2 and words[1] == "--match-set" else "?"


def _option(
    parts: _Parts, name: str, words: list[str], values: list[str], *, inverted: bool
) -> None:
    """Give one option to the match or target that knows it."""
    target = parts.once.get("-j", ("", False))[0]
    owners: list[tuple[str, Mapping[str, int], _Loaded | None]] = [
        (one.name, MATCHES[one.name].options, one) for one in reversed(parts.matches)
    ]
    owners.insert(0, (target, _TARGET_OPTIONS.get(target, {}), None))
    proto, denied = parts.once.get("-p", ("", False))
    implied = PROTOCOLS.get(proto.lower(), "")
    if implied and not denied and all(one.name != implied for one in parts.matches):
        owners.append((implied, MATCHES[implied].options, _Loaded(implied)))
    for _owner, options, loaded in owners:
        full = name if name in options else _abbreviated(name, options)
        if full is None:
            continue
        for _ in range(options[full] - len(values)):
            if not words:
                msg = f'option "{name}" requires an argument'
                raise SpecError(msg)
            values.append(words.pop(0))
        option = Option(LONG_NAMES.get(full, full), tuple(values), inverted)
        if loaded is None:
            parts.target.append(option)
        else:
            if loaded not in parts.matches:
                parts.matches.append(loaded)
            loaded.given.append(option)
        return
    msg = f'unknown option "{name}"'
    raise SpecError(msg)


def _abbreviated(name: str, options: Mapping[str, int]) -> str | None:
    if not name.startswith("--") or len(name) < 4:
        return None
    found = [one for one in options if one.startswith(name)]
    return found[0] if len(found) == 1 else None


def _protocol(parts: _Parts) -> str:
    text, inverted = parts.once.get("-p", ("", False))
    if text.lower() in ("", "all", "0"):
        if inverted:
            raise SpecError("rule would never match protocol")
        return ""
    proto = PROTOCOLS.get(text.lower())
    if proto is None:
        if text in ("sctp", "udplite", "dccp", "esp", "ah", "gre", "ipv6-icmp", "icmpv6", "igmp"):
            raise unmodelled(f"protocol {text}")
        msg = f'unknown protocol "{text}" specified'
        raise SpecError(msg)
    return f"!{proto}" if inverted else proto


def _interface(parts: _Parts, key: str) -> str:
    name, inverted = parts.once.get(key, ("", False))
    if name == "+":
        return ""
    return f"!{name}" if inverted and name else name


def _addresses(parts: _Parts, key: str, resolve: Callable[[str], str | None]) -> list[str]:
    text, inverted = parts.once.get(key, ("", False))
    if not text:
        return [""]
    found = [_address(one, resolve) for one in text.split(",")]
    if inverted and len(found) > 1:
        raise SpecError("! not allowed with multiple source or destination IP addresses")
    return [f"!{one}" if inverted and one else one for one in found]


def _address(text: str, resolve: Callable[[str], str | None]) -> str:
    host, slash, mask = text.partition("/")
    plain: str | None = host
    try:
        IPv4Address(host)
    except AddressValueError:
        plain = resolve(host)
    if plain is None:
        msg = f"host/network `{host}' not found"
        raise SpecError(msg)
    try:
        network = IPv4Network(f"{plain}/{mask or 32}" if slash else plain, strict=False)
    except ValueError:
        msg = f"invalid mask `{mask}' specified"
        raise SpecError(msg) from None
    if network.prefixlen == 0:
        return ""
    return str(network.network_address) if network.prefixlen == 32 else str(network)


def _target(target: str, given: list[Option], proto: str) -> tuple[str, str, tuple[object, ...]]:
    """Return (as saved, as listed, what it does) of the target's options."""
    by_name = {one.name: one.values for one in given}
    if target == "REJECT":
        asked = by_name.get("--reject-with", ("icmp-port-unreachable",))[0]
        kind = REJECTIONS.get(asked)
        if kind is None:
            msg = f'unknown reject type "{asked}"'
            raise SpecError(msg)
        return f"--reject-with {kind}", f"reject-with {kind}", (kind,)
    if target in ("DNAT", "SNAT"):
        return _translation(target, by_name, proto)
    if target == "MASQUERADE":
        if "--to-ports" in by_name:
            raise unmodelled("MASQUERADE --to-ports")
        words = [name for name in ("--random", "--random-fully") if name in by_name]
        return " ".join(words), " ".join(word[2:] for word in words), ()
    if target == "REDIRECT":
        port = by_name.get("--to-ports", ("",))[0]
        if port and not port.isdecimal():
            raise unmodelled("REDIRECT to a range of ports")
        if not port:
            return "", "", (0,)
        return f"--to-ports {port}", f"redir ports {port}", (int(port[:5]),)
    if target == "MARK":
        return _mark(given)
    return "", "", ()


def _translation(
    target: str, by_name: Mapping[str, tuple[str, ...]], proto: str
) -> tuple[str, str, tuple[object, ...]]:
    option = "--to-destination" if target == "DNAT" else "--to-source"
    if option not in by_name:
        msg = f'{target}: option "{option}" must be specified\n'
        raise SpecError(msg)
    text = by_name[option][0]
    ip, colon, port = text.partition(":")
    if colon and proto not in ("tcp", "udp"):
        raise SpecError("Need TCP, UDP, SCTP or DCCP with port specification")
    if "-" in text:
        raise unmodelled(f"{target} to a range")
    try:
        if ip:
            IPv4Address(ip)
    except AddressValueError:
        msg = f'Bad IP address "{ip}"'
        raise SpecError(msg) from None
    if colon and not (port.isdecimal() and 0 < int(port[:6]) < 65536):
        msg = f"Port `{port}' not valid"
        raise SpecError(msg)
    act: tuple[object, ...] = (ip, int(port) if port else 0) if target == "DNAT" else (ip,)
    more = [name for name in ("--random", "--random-fully", "--persistent") if name in by_name]
    return (
        " ".join((f"{option} {text}", *more)),
        " ".join((f"to:{text}", *(m[2:] for m in more))),
        act,
    )


def _mark(given: list[Option]) -> tuple[str, str, tuple[object, ...]]:
    if not given:
        raise SpecError("MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required")
    one = given[0]
    text, slash, cover = one.values[0].partition("/")
    try:
        value, mask = number(text), number(cover) if slash else 0xFFFFFFFF
    except ValueError:
        msg = f'MARK: bad integer value for option "{one.name}", or out of range.\n'
        raise SpecError(msg) from None
    if one.name == "--set-mark":
        mask = (mask | value) & 0xFFFFFFFF
    elif one.name == "--or-mark":
        mask = value
    elif one.name == "--xor-mark":
        mask = 0
    elif one.name == "--and-mark":
        value, mask = 0, ~value & 0xFFFFFFFF
    if value == 0 and mask != 0xFFFFFFFF:
        listed = f"MARK and 0x{~mask & 0xFFFFFFFF:x}"
    elif value == mask and mask != 0xFFFFFFFF:
        listed = f"MARK or 0x{value:x}"
    elif mask == 0:
        listed = f"MARK xor 0x{value:x}"
    elif mask == 0xFFFFFFFF:
        listed = f"MARK set 0x{value:x}"
    else:
        listed = f"MARK xset 0x{value:x}/0x{mask:x}"
    return f"--set-xmark 0x{value:x}/0x{mask:x}", listed, (value, mask)
