"""What a netfilter rule is, and the rules that kubelet and kube-proxy put on every node alike.

This file must not know which Services there are, nor how a listing is laid out.

Layout: https://github.com/kubernetes/kubernetes/blob/master/pkg/proxy/iptables/proxier.go
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from sim.node.portnames import port_name

MASQUERADE_MARK = "0x4000/0x4000"
"""Bit 14, kube-proxy's default `masqueradeBit`."""


class Match(NamedTuple):
    """One match of a rule in its three spellings."""

    saved: str
    """As iptables-save writes it: `-m tcp --dport 5432`."""
    listed: str
    """As `iptables -L -n` lists it: `tcp dpt:5432`."""
    named: str
    """As `iptables -L` lists it: `tcp dpt:postgresql`."""
    test: tuple[Any, ...] = ()
    """What it asks of a packet, for `walk`; empty asks nothing."""


class Rule(NamedTuple):
    """One rule; empty strings stand for anything."""

    jump: str
    """Target: a chain or ACCEPT, DROP, REJECT, DNAT, MARK, MASQUERADE, RETURN."""
    proto: str = ""
    source: str = ""
    """CIDR or address, with a leading `!` if inverted: `!10.244.0.0/16`."""
    destination: str = ""
    matches: tuple[Match, ...] = ()
    jump_saved: str = ""
    """Options of the target in iptables-save: `--to-destination 10.244.1.9:5432`."""
    jump_listed: str = ""
    """The same in a listing: `to:10.244.1.9:5432`."""
    act: tuple[Any, ...] = ()
    """What the target does with a packet: DNAT (address, port), MARK (value, mask), REJECT (type,)."""
    into: str = ""
    """Interface it came in by, with `+` at the end for a prefix and a leading `!` if inverted."""
    out: str = ""
    """Interface it leaves by, likewise."""
    goto: bool = False
    """-g instead of -j: who falls off the end of the chain does not come back."""
    counts: tuple[int, int] = (0, 0)
    """Packets and bytes, as given by `-c` or a restored file."""


def comment(text: str) -> Match:
    """Match everything and say *text*."""
    plain = text.replace("_", "").replace("-", "").isalnum()
    listed = f"/* {text} */"
    quoted = text if plain else f'"{text}"'
    return Match(f"-m comment --comment {quoted}", listed, listed)


@lru_cache(maxsize=4096)
def dport(proto: str, port: int) -> Match:
    """Match a destination port."""
    return Match(
        f"-m {proto} --dport {port}",
        f"{proto} dpt:{port}",
        f"{proto} dpt:{port_name(port, proto) or port}",
        ("dport", ((port, port),), False),
    )


def same(saved: str, listed: str, *test: Any) -> Match:
    """Return a match that is listed alike with and without -n."""
    return Match(saved, listed, listed, test)


NEW = same("-m conntrack --ctstate NEW", "ctstate NEW", "state", ("NEW",), False)
INVALID = same("-m conntrack --ctstate INVALID", "ctstate INVALID", "state", ("INVALID",), False)
_MASQUERADE_BIT = 0x4000
_PORTALS = comment("kubernetes service portals")
_FIREWALL = Rule("KUBE-PROXY-FIREWALL", matches=(NEW, comment("kubernetes load balancer firewall")))
_EXTERNAL = Rule(
    "KUBE-EXTERNAL-SERVICES",
    matches=(NEW, comment("kubernetes externally-visible service portals")),
)
_KUBELET = Rule("KUBE-FIREWALL")

BUILTIN: dict[str, tuple[str, ...]] = {
    "raw": ("PREROUTING", "OUTPUT"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "security": ("INPUT", "FORWARD", "OUTPUT"),
}
"""The kernel's own chains, in the order in which they are listed."""

FIXED: dict[tuple[str, str], tuple[Rule, ...]] = {
    ("filter", "INPUT"): (
        _FIREWALL,
        Rule("KUBE-NODEPORTS", matches=(comment("kubernetes health check service ports"),)),
        _EXTERNAL,
        _KUBELET,
    ),
    ("filter", "FORWARD"): (
        _FIREWALL,
        Rule("KUBE-FORWARD", matches=(comment("kubernetes forwarding rules"),)),
        Rule("KUBE-SERVICES", matches=(NEW, _PORTALS)),
        _EXTERNAL,
    ),
    ("filter", "OUTPUT"): (
        _FIREWALL,
        Rule("KUBE-SERVICES", matches=(NEW, _PORTALS)),
        _KUBELET,
    ),
    ("filter", "KUBE-FIREWALL"): (
        Rule(
            "DROP",
            source="!127.0.0.0/8",
            destination="127.0.0.0/8",
            matches=(
                comment("block incoming localnet connections"),
                same(
                    "-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT",
                    "! ctstate RELATED,ESTABLISHED,DNAT",
                    "state",
                    ("RELATED", "ESTABLISHED", "DNAT"),
                    True,
                ),
            ),
        ),
    ),
    ("filter", "KUBE-FORWARD"): (
        Rule("DROP", matches=(INVALID,)),
        Rule(
            "ACCEPT",
            matches=(
                comment("kubernetes forwarding rules"),
                same(
                    f"-m mark --mark {MASQUERADE_MARK}",
                    f"mark match {MASQUERADE_MARK}",
                    "mark",
                    _MASQUERADE_BIT,
                    _MASQUERADE_BIT,
                    False,
                ),
            ),
        ),
        Rule(
            "ACCEPT",
            matches=(
                comment("kubernetes forwarding conntrack rule"),
                same(
                    "-m conntrack --ctstate RELATED,ESTABLISHED",
                    "ctstate RELATED,ESTABLISHED",
                    "state",
                    ("RELATED", "ESTABLISHED"),
                    False,
                ),
            ),
        ),
    ),
    ("nat", "PREROUTING"): (Rule("KUBE-SERVICES", matches=(_PORTALS,)),),
    ("nat", "OUTPUT"): (Rule("KUBE-SERVICES", matches=(_PORTALS,)),),
    ("nat", "POSTROUTING"): (
        Rule("KUBE-POSTROUTING", matches=(comment("kubernetes postrouting rules"),)),
    ),
    ("nat", "KUBE-MARK-MASQ"): (
        Rule(
            "MARK",
            jump_saved=f"--set-xmark {MASQUERADE_MARK}",
            jump_listed="MARK or 0x4000",
            act=(_MASQUERADE_BIT, _MASQUERADE_BIT),
        ),
    ),
    ("nat", "KUBE-POSTROUTING"): (
        Rule(
            "RETURN",
            matches=(
                same(
                    f"-m mark ! --mark {MASQUERADE_MARK}",
                    f"mark match ! {MASQUERADE_MARK}",
                    "mark",
                    _MASQUERADE_BIT,
                    _MASQUERADE_BIT,
                    True,
                ),
            ),
        ),
        Rule(
            "MARK",
            jump_saved="--set-xmark 0x4000/0x0",
            jump_listed="MARK xor 0x4000",
            act=(_MASQUERADE_BIT, 0),
        ),
        Rule(
            "MASQUERADE",
            matches=(comment("kubernetes service traffic requiring SNAT"),),
            jump_saved="--random-fully",
            jump_listed="random-fully",
        ),
    ),
}
"""The rules that are the same on every node while nothing has flushed them."""

KUBE_CHAINS: dict[str, tuple[str, ...]] = {
    "mangle": ("KUBE-IPTABLES-HINT", "KUBE-KUBELET-CANARY", "KUBE-PROXY-CANARY"),
    "filter": (
        "KUBE-EXTERNAL-SERVICES",
        "KUBE-FIREWALL",
        "KUBE-FORWARD",
        "KUBE-KUBELET-CANARY",
        "KUBE-NODEPORTS",
        "KUBE-PROXY-CANARY",
        "KUBE-PROXY-FIREWALL",
        "KUBE-SERVICES",
    ),
    "nat": (
        "KUBE-KUBELET-CANARY",
        "KUBE-MARK-MASQ",
        "KUBE-NODEPORTS",
        "KUBE-POSTROUTING",
        "KUBE-PROXY-CANARY",
        "KUBE-SERVICES",
    ),
}
"""Chains of kubelet and kube-proxy that every node has, sorted."""
