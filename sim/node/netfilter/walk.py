"""What a node's tables do to one packet: chain by chain, with shares where a rule asks for chance.

This file must not know which way a packet takes through the machine, nor who wrote a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from typing import NamedTuple

from sim.node.netfilter.rules import Match, Rule
from sim.node.netfilter.ruleset import Ruleset

DEEPEST = 16
"""Jumps within jumps (the kernel's NFT_JUMP_STACK_SIZE)."""
MOST_BRANCHES = 4_096


class Packet(NamedTuple):
    """One packet, as far as rules look at it."""

    src: str
    dst: str
    proto: str
    """`tcp`, `udp`, `icmp`."""
    sport: int = 0
    """0: some ephemeral port."""
    dport: int = 0
    into: str = ""
    """Interface it came in by; empty for one made here."""
    out: str = ""
    state: str = "NEW"
    """conntrack's word: NEW, ESTABLISHED."""
    mark: int = 0
    icmp: int = -1
    """Type of an ICMP packet."""
    translated: bool = False
    """Its destination was changed on the way."""


class Branch(NamedTuple):
    """What becomes of a share of such packets."""

    share: float
    verdict: str
    """`ACCEPT`, `DROP`, `REJECT`, `DNAT`, `SNAT`, `MASQUERADE`, `REDIRECT`; empty: fell off the end."""
    packet: Packet
    rule: Rule | None = None
    """Whose verdict it is; None for a policy or the end."""


Met = Callable[[str, Rule, float], None]
"""Called with (chain, rule, share) for each rule that matches."""
TERMINAL = frozenset(
    ("ACCEPT", "DROP", "REJECT", "DNAT", "SNAT", "MASQUERADE", "REDIRECT", "NOTRACK")
)


def walk(
    rules: Ruleset,
    table: str,
    chain: str,
    packet: Packet,
    local: frozenset[str],
    met: Met | None = None,
) -> list[Branch]:
    """Return what one of the kernel's chains does to *packet*; *local* are the machine's addresses.

    Most often one branch with share 1.
    """
    policy = rules.policy(table, chain)
    return [
        branch if branch.verdict else branch._replace(verdict=policy)
        for branch in _Walk(rules, table, local, met).chain(chain, packet, 1.0, 0)
    ]


class _Walk:
    """One packet's way through one table."""

    def __init__(self, rules: Ruleset, table: str, local: frozenset[str], met: Met | None) -> None:
        self._rules = rules
        self._met = met
        self._table = table
        self._local = local

    def chain(self, name: str, packet: Packet, share: float, depth: int) -> list[Branch]:
        """Return the branches of a chain; an empty verdict returns to the caller."""
        done: list[Branch] = []
        live = [(share, packet)]
        if depth > DEEPEST:
            return [Branch(share, "DROP", packet)]
        candidates = self._rules.worth_a_look(
            self._table, name, packet.dst, packet.dport, packet.proto
        )
        for rule in candidates:
            following: list[tuple[float, Packet]] = []
            for part, one in live:
                likely = matches(rule, one, self._local)
                if likely < 1.0:
                    following.append((part * (1.0 - likely), one))
                if likely > 0.0:
                    if self._met is not None:
                        self._met(name, rule, part * likely)
                    self._target(rule, one, part * likely, depth, done, following)
            live = following
            if not live or len(done) > MOST_BRANCHES:
                break
        done.extend(Branch(part, "", one) for part, one in live)
        return done

    def _target(
        self,
        rule: Rule,
        packet: Packet,
        share: float,
        depth: int,
        done: list[Branch],
        following: list[tuple[float, Packet]],
    ) -> None:
        jump = rule.jump
        if jump in TERMINAL:
            done.append(Branch(share, jump, packet, rule))
        elif jump == "RETURN":
            done.append(Branch(share, "", packet, rule))
        elif jump == "MARK":
            value, mask = rule.act
            following.append((share, packet._replace(mark=(packet.mark & ~mask) ^ value)))
        elif jump in ("LOG", ""):
            following.append((share, packet))
        else:
            for branch in self.chain(jump, packet, share, depth + 1):
                if branch.verdict or rule.goto:
                    done.append(branch)
                else:
                    following.append((branch.share, branch.packet))


def matches(rule: Rule, packet: Packet, local: frozenset[str]) -> float:
    """Return how likely *rule* matches *packet*: 0, 1, or what `-m statistic` says."""
    if rule.proto and not _is(rule.proto, packet.proto):
        return 0.0
    if rule.destination and not in_network(rule.destination, packet.dst):
        return 0.0
    if rule.source and not in_network(rule.source, packet.src):
        return 0.0
    if rule.into and not _interface(rule.into, packet.into):
        return 0.0
    if rule.out and not _interface(rule.out, packet.out):
        return 0.0
    likely = 1.0
    for match in rule.matches:
        if match.test:
            likely *= _asks(match, packet, local)
            if not likely:
                break
    return likely


def _is(wanted: str, proto: str) -> bool:
    inverted = wanted.startswith("!")
    return (wanted.removeprefix("!") == proto) != inverted


def _interface(wanted: str, name: str) -> bool:
    inverted = wanted.startswith("!")
    plain = wanted.removeprefix("!")
    same = name.startswith(plain[:-1]) if plain.endswith("+") else name == plain
    return same != inverted


@lru_cache(maxsize=65536)
def in_network(wanted: str, ip: str) -> bool:
    """Return True if *ip* is what `-s` or `-d` asks for: `10.1.2.3`, `10.0.0.0/8`, `!10.0.0.0/8`.

    >>> in_network("!10.244.0.0/16", "10.244.3.7")
    False
    """
    inverted = wanted.startswith("!")
    plain = wanted.removeprefix("!")
    if "/" not in plain:
        return (plain == ip) != inverted
    try:
        return (IPv4Address(ip) in IPv4Network(plain, strict=False)) != inverted
    except (AddressValueError, ValueError):
        return False


def _asks(match: Match, packet: Packet, local: frozenset[str]) -> float:
    kind, *asked = match.test
    if kind == "share":
        return float(asked[0])
    if kind == "all":
        return 1.0 if all(_holds(one, more, packet, local) for one, *more in asked[0]) else 0.0
    return 1.0 if _holds(kind, asked, packet, local) else 0.0


def _holds(kind: str, asked: Sequence[object], packet: Packet, local: frozenset[str]) -> bool:
    if kind in ("dport", "sport", "ports"):
        ranges, inverted = asked[0], asked[1]
        numbers = {"dport": (packet.dport,), "sport": (packet.sport,)}.get(
            kind, (packet.sport, packet.dport)
        )
        hit = any(low <= number <= high for low, high in ranges for number in numbers)  # type: ignore[attr-defined]
        return hit != inverted
    if kind == "state":
        states, inverted = asked[0], asked[1]
        now = {packet.state, "DNAT"} if packet.translated else {packet.state}
        return bool(now.intersection(states)) != inverted  # type: ignore[arg-type]
    if kind == "mark":
        value, mask, inverted = asked
        return ((packet.mark & mask) == value) != inverted  # type: ignore[operator]
    if kind == "local":
        side, inverted = asked[0], asked[1]
        ip = packet.dst if side == "dst" else packet.src
        return (ip in local or ip.startswith("127.")) != inverted
    if kind == "syn":
        return (packet.state == "NEW") != asked[0]
    if kind == "icmp":
        return (packet.icmp == asked[0]) != asked[1]
    return False
