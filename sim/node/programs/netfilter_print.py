"""How iptables 1.8.9 spells rules: the listing of -L and the lines of -S and iptables-save.

Widths and blanks are those of xtables' own printing; this file must not know where rules come from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sim.node.netfilter.rules import Rule

NUMBERS = {"tcp": "6", "udp": "17", "icmp": "1", "": "0"}
"""1.8.9 prints the protocol's number with -n."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What a listing was asked to show."""

    numeric: bool = False
    verbose: bool = False
    exact: bool = False
    """-x: counters unabridged."""
    numbered: bool = False
    resolve: Callable[[str], str | None] = lambda _: None
    """Name of an address, or None; asked unless `numeric`."""
    six: bool = False
    """IPv6."""
    count: Callable[[Rule], tuple[int, int]] = lambda rule: rule.counts
    """Packets and bytes that a rule has matched."""


def abridged(number: int) -> str:
    """Return a counter in five columns, as the listing without -x has it.

    >>> abridged(0), abridged(123456), abridged(12_345_678)
    ('    0', ' 123K', '  12M')
    """
    if number <= 99_999:
        return f"{number:>5}"
    for unit in "KMGT":
        number = (number + 500) // 1000
        if number <= 9_999 or unit == "T":
            return f"{number:>4}{unit}"
    return ""


def format_header(
    chain: str,
    policy: str | None,
    references: int,
    columns: Columns,
    counts: tuple[int, int] = (0, 0),
) -> list[str]:
    """Return the two lines above a chain's rules; *counts* are those of its policy."""
    packets, size = (str(one) if columns.exact else abridged(one).strip() for one in counts)
    if policy is None:
        first = f"Chain {chain} ({references} references)"
    elif columns.verbose:
        first = f"Chain {chain} (policy {policy} {packets} packets, {size} bytes)"
    else:
        first = f"Chain {chain} (policy {policy})"
    number = "num  " if columns.numbered else ""
    if columns.verbose:
        width = (8, 10) if columns.exact else (5, 5)
        titles = f"{'pkts':>{width[0]}} {'bytes':>{width[1]}} "
        via = f" {'in':<6} {'out':<6} "
    else:
        titles = via = ""
    return [
        first,
        f"{number}{titles}{'target':<9}  prot opt{via} {'source':<19}  {'destination':<19} ",
    ]


def format_rows(rules: Sequence[Rule], columns: Columns) -> list[str]:
    """Return one line a rule."""
    rows: list[str] = []
    seen: dict[str, str] = {}
    numeric = columns.numeric
    fragment = "  " if columns.six else "--"
    for index, rule in enumerate(rules):
        head = f"{index + 1:<4} " if columns.numbered else ""
        via = ""
        if columns.verbose:
            packets, size = columns.count(rule)
            if columns.exact:
                head += f"{packets:>8} {size:>8} "
            else:
                head += f"{abridged(packets)} {abridged(size)} "
            anything = "*" if numeric else "any"
            via = f" {rule.into or anything:<6} {rule.out or anything:<6} "
        name = rule.proto.removeprefix("!")
        proto = NUMBERS[name] if numeric else name or "all"
        bang = "!" if rule.proto.startswith("!") else " "
        for address in (rule.source, rule.destination):
            if address not in seen:
                seen[address] = _address(address, columns)
        source, destination = seen[rule.source], seen[rule.destination]
        tail = "".join(f" {match.listed if numeric else match.named}" for match in rule.matches)
        if rule.jump_listed:
            tail += f" {rule.jump_listed}"
        rows.append(
            f"{head}{rule.jump:<9} {bang}{proto:<4} {fragment} {via}{source} {destination} "
            f"{'[goto] ' if rule.goto else ''}{tail}"
        )
    return rows


def _address(address: str, columns: Columns) -> str:
    mark = "!" if address.startswith("!") else ""
    plain = address.removeprefix("!")
    if not plain:
        everything = "::/0" if columns.six else "0.0.0.0/0"
        shown = everything if columns.numeric else "anywhere"
    elif columns.numeric:
        shown = plain
    else:
        host, slash, mask = plain.partition("/")
        shown = (columns.resolve(host) or host) + slash + mask
    # The blank in front of the address is where an inverted match has its mark.
    return f"{mark or ' '}{shown:<19}"


def format_rule(chain: str, rule: Rule, counts: tuple[int, int] | None = None) -> str:
    """Return a rule as iptables -S and iptables-save write it."""
    parts = [f"-A {chain}"]
    for flag, address in (("-s", rule.source), ("-d", rule.destination)):
        if address:
            plain = address.removeprefix("!")
            inverted = "! " if address.startswith("!") else ""
            parts.append(f"{inverted}{flag} {plain}{'' if '/' in plain else '/32'}")
    for flag, value in (("-i", rule.into), ("-o", rule.out), ("-p", rule.proto)):
        if value:
            parts.append(f"{'! ' if value.startswith('!') else ''}{flag} {value.removeprefix('!')}")
    parts.extend(match.saved for match in rule.matches)
    if counts is not None:
        parts.append(f"-c {counts[0]} {counts[1]}")
    if rule.jump:
        parts.append(f"{'-g' if rule.goto else '-j'} {rule.jump}")
    if rule.jump_saved:
        parts.append(rule.jump_saved)
    return " ".join(parts)
