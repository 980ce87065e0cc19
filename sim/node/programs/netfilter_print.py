"""How iptables 1.8.9 spells rules: the listing of -L and the lines of -S and iptables-save.

Widths and blanks are those of xtables' own printing; this file must not know where rules come from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sim.node.programs.netfilter import Rule

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


def format_header(chain: str, policy: str | None, references: int, columns: Columns) -> list[str]:
    """Return the two lines above a chain's rules."""
    if policy is None:
        first = f"Chain {chain} ({references} references)"
    elif columns.verbose:
        first = f"Chain {chain} (policy {policy} 0 packets, 0 bytes)"
    else:
        first = f"Chain {chain} (policy {policy})"
    number = "num  " if columns.numbered else ""
    if columns.verbose:
        width = (8, 10) if columns.exact else (5, 5)
        counts = f"{'pkts':>{width[0]}} {'bytes':>{width[1]}} "
        via = f" {'in':<6} {'out':<6} "
    else:
        counts = via = ""
    return [
        first,
        f"{number}{counts}{'target':<9}  prot opt{via} {'source':<19}  {'destination':<19} ",
    ]


def format_rows(rules: Sequence[Rule], columns: Columns) -> list[str]:
    """Return one line a rule.

    Counters are 0: kube-proxy writes its chains anew, without counters, with every sync.
    """
    rows: list[str] = []
    seen: dict[str, str] = {}
    numeric = columns.numeric
    fragment = "  " if columns.six else "--"
    for index, rule in enumerate(rules):
        head = f"{index + 1:<4} " if columns.numbered else ""
        via = ""
        if columns.verbose:
            head += f"{0:>8} {0:>10} " if columns.exact else f"{0:>5} {0:>5} "
            via = f" {'*' if numeric else 'any':<6} {'*' if numeric else 'any':<6} "
        proto = NUMBERS[rule.proto] if numeric else rule.proto or "all"
        for address in (rule.source, rule.destination):
            if address not in seen:
                seen[address] = _address(address, columns)
        source, destination = seen[rule.source], seen[rule.destination]
        tail = "".join(f" {match.listed if numeric else match.named}" for match in rule.matches)
        if rule.jump_listed:
            tail += f" {rule.jump_listed}"
        rows.append(
            f"{head}{rule.jump:<9}  {proto:<4} {fragment} {via}{source} {destination} {tail}"
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


def format_rule(chain: str, rule: Rule) -> str:
    """Return a rule as iptables -S and iptables-save write it."""
    parts = [f"-A {chain}"]
    for flag, address in (("-s", rule.source), ("-d", rule.destination)):
        if address:
            plain = address.removeprefix("!")
            inverted = "! " if address.startswith("!") else ""
            parts.append(f"{inverted}{flag} {plain}{'' if '/' in plain else '/32'}")
    if rule.proto:
        parts.append(f"-p {rule.proto}")
    parts.extend(match.saved for match in rule.matches)
    parts.append(f"-j {rule.jump}")
    if rule.jump_saved:
        parts.append(rule.jump_saved)
    return " ".join(parts)
