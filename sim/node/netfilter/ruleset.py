"""A node's netfilter tables, derived from its `RuleState`: which chains exist and what they hold.

Every listing of a node is made from this and from nothing else; this file must not know how a rule
is printed, nor who asks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from operator import itemgetter

from sim.node.kubeproxy.rules import RuleState, ServiceRule, chain_suffix
from sim.node.netfilter.rules import (
    BUILTIN,
    FIXED,
    KUBE_CHAINS,
    Match,
    Rule,
    comment,
    dport,
    same,
)

_LOCAL = same(
    "-m addrtype --dst-type LOCAL", "ADDRTYPE match dst-type LOCAL", "local", "dst", False
)
_LAST = comment("kubernetes service nodeports; NOTE: this must be the last rule in this chain")
_NODE_PORTS = Rule("KUBE-NODEPORTS", matches=(_LAST, _LOCAL))


class Ruleset:
    """The tables of one node at one instant."""

    def __init__(self, state: RuleState, cluster_cidr: str) -> None:
        """Derive the tables from *state*; packets from outside *cluster_cidr* are masqueraded."""
        self.state = self._state = state
        self.cidr = cluster_cidr
        self._away = f"!{cluster_cidr}"
        self._references: dict[str, Counter[str]] = {}
        self._made: dict[tuple[str, str], Sequence[Rule]] = {}

    @cached_property
    def _chained(self) -> list[tuple[str, ServiceRule]]:
        """Return every Service port with its chain, in the order of their rules.

        kube-proxy walks a Go map, whose order means nothing; the hashes stand in for it.
        """
        found = [(rule.chain, rule) for rule in self._state.snapshot.rules.values()]
        return sorted(found, key=itemgetter(0))

    @cached_property
    def _services(self) -> list[ServiceRule]:
        return [rule for _, rule in self._chained]

    @cached_property
    def own_chains(self) -> dict[str, ServiceRule]:
        """Return each chain that belongs to one Service port with endpoints."""
        return {
            chain: rule
            for rule in self._services
            if rule.endpoints
            for chain in (
                rule.chain,
                *(rule.endpoint_chain(endpoint) for endpoint in rule.endpoints),
                *((_external(rule),) if rule.node_port else ()),
            )
        }

    def chains(self, table: str) -> list[str]:
        """Return the chains of *table*: the kernel's, then the others by name."""
        edited = self._state.table(table).edited
        others = {chain for chain in edited if chain not in BUILTIN[table]}
        if table in KUBE_CHAINS and self._kube_chains(table):
            others.update(KUBE_CHAINS[table], self.own_chains if table == "nat" else ())
            others -= self._state.table(table).gone
        return [*BUILTIN[table], *sorted(others)]

    def policy(self, table: str, chain: str) -> str:
        """Return what becomes of a packet that falls off the end of one of the kernel's chains."""
        return self._state.table(table).policies.get(chain, "ACCEPT")

    def _kube_chains(self, table: str) -> bool:
        return self._state.table(table).chains

    def exists(self, table: str, chain: str) -> bool:
        """Return whether *table* has a chain of that name."""
        state = self._state.table(table)
        if chain in BUILTIN[table] or chain in state.edited:
            return True
        if table not in KUBE_CHAINS or not self._kube_chains(table) or chain in state.gone:
            return False
        return chain in KUBE_CHAINS[table] or (table == "nat" and chain in self.own_chains)

    def rules(self, table: str, chain: str) -> Sequence[Rule]:
        """Return the rules of an existing chain, in order."""
        key = (table, chain)
        if key not in self._made:
            self._made[key] = self._make(table, chain)
        return self._made[key]

    def _make(self, table: str, chain: str) -> Sequence[Rule]:
        state = self._state.table(table)
        if chain in state.edited:
            return state.edited[chain]
        if table not in ("nat", "filter"):
            return ()
        if chain in BUILTIN[table]:
            return FIXED.get((table, chain), ()) if state.jumps else ()
        if not state.chains:
            return ()
        if table == "nat" and chain in self.own_chains:
            return self._own_rules(chain, self.own_chains[chain])
        if not state.services:
            return ()
        if chain == "KUBE-SERVICES":
            return self._dispatch() if table == "nat" else self._refusals()
        if table == "nat" and chain == "KUBE-NODEPORTS":
            return self._node_ports()
        return FIXED.get((table, chain), ())

    def references(self, table: str, chain: str) -> int:
        """Return how many rules jump to *chain*."""
        if chain == "KUBE-SERVICES":  # only the kernel's own chains jump here
            return sum(
                rule.jump == chain
                for builtin in BUILTIN[table]
                for rule in self.rules(table, builtin)
            )
        if table not in self._references:
            self._references[table] = Counter(
                rule.jump for name in self.chains(table) for rule in self.rules(table, name)
            )
        return self._references[table][chain]

    def worth_a_look(
        self, table: str, chain: str, ip: str, port: int, proto: str
    ) -> Sequence[Rule]:
        """Return those rules of a chain that can match a packet to *ip*:*port*; short for the long ones."""
        state = self._state.table(table)
        if (
            chain != "KUBE-SERVICES"
            or chain in state.edited
            or not (state.chains and state.services)
        ):
            return self.rules(table, chain)
        service = self._state.snapshot.rules.get((ip, port, proto.upper()))
        if table == "filter":
            return _refusal(service) if service is not None else ()
        if service is None or not service.endpoints:
            return (_NODE_PORTS,)
        self._know(service)
        return (_dispatched(service), _NODE_PORTS)

    def _know(self, service: ServiceRule) -> None:
        """Make the chains of one Service, without looking for them among all others."""
        state = self._state.nat
        if ("nat", service.chain) in self._made or state.edited or state.gone:
            return
        for chain in (service.chain, *(service.endpoint_chain(one) for one in service.endpoints)):
            self._made["nat", chain] = self._own_rules(chain, service)

    def _dispatch(self) -> list[Rule]:
        """Return nat KUBE-SERVICES: a rule a port with endpoints, then the node ports' jump."""
        rules: list[Rule] = []
        for chain, service in self._chained:
            if service.endpoints:
                proto = service.protocol.lower()
                matches = (_cluster_ip(service.title), dport(proto, service.port))
                rules.append(Rule(chain, proto, "", service.cluster_ip, matches))
        rules.append(_NODE_PORTS)
        return rules

    def _refusals(self) -> list[Rule]:
        """Return filter KUBE-SERVICES: a REJECT for each port without a usable endpoint."""
        return [rule for service in self._services for rule in _refusal(service)]

    def _node_ports(self) -> list[Rule]:
        return [
            Rule(
                _external(service),
                service.protocol.lower(),
                matches=(
                    comment(service.title),
                    dport(service.protocol.lower(), service.node_port),
                ),
            )
            for service in self._services
            if service.node_port and service.endpoints
        ]

    def _masquerade(self, service: ServiceRule) -> Rule:
        """Return the first rule of a Service's chain: what comes from no pod is masqueraded."""
        proto = service.protocol.lower()
        matches = (_cluster_ip(service.title), dport(proto, service.port))
        return Rule("KUBE-MARK-MASQ", proto, self._away, service.cluster_ip, matches)

    def _own_rules(self, chain: str, service: ServiceRule) -> list[Rule]:
        nat = self._state.nat
        if not nat.service_chains and service.key not in nat.rewritten:
            return []
        if chain == service.chain:
            return [self._masquerade(service), *_spread(service)]
        if service.node_port and chain == _external(service):
            told = comment(f"masquerade traffic for {service.title} external destinations")
            return [Rule("KUBE-MARK-MASQ", matches=(told,)), Rule(service.chain)]
        return _endpoint(chain, service)


def _dispatched(service: ServiceRule) -> Rule:
    proto = service.protocol.lower()
    matches = (_cluster_ip(service.title), dport(proto, service.port))
    return Rule(service.chain, proto, "", service.cluster_ip, matches)


@lru_cache(maxsize=16384)
def _cluster_ip(title: str) -> Match:
    return comment(f"{title} cluster IP")


def _external(service: ServiceRule) -> str:
    return "KUBE-EXT-" + chain_suffix(f"{service.title}{service.protocol.lower()}")


def _refusal(service: ServiceRule) -> tuple[Rule, ...]:
    if service.endpoints:
        return ()
    proto = service.protocol.lower()
    return (
        Rule(
            "REJECT",
            proto,
            "",
            service.cluster_ip,
            (comment(f"{service.title} has no endpoints"), dport(proto, service.port)),
            "--reject-with icmp-port-unreachable",
            "reject-with icmp-port-unreachable",
            ("icmp-port-unreachable",),
        ),
    )


def _spread(service: ServiceRule) -> Iterator[Rule]:
    """Yield a Service's own chain: who came before stays, then each endpoint with its share."""
    steps = [
        (comment(f"{service.title} -> {one.ip}:{one.port}"), service.endpoint_chain(one))
        for one in service.endpoints
    ]
    if service.affinity_s:
        for told, chain in steps:
            seconds = service.affinity_s
            recent = same(
                f"-m recent --rcheck --seconds {seconds} --reap --name {chain}"
                " --mask 255.255.255.255 --rsource",
                f"recent: CHECK seconds: {seconds} reap name: {chain}"
                " side: source mask: 255.255.255.255",
                "never",
            )
            yield Rule(chain, matches=(told, recent))
    for index, (told, chain) in enumerate(steps):
        left = len(steps) - index
        yield Rule(chain, matches=(told, _probability(left)) if left > 1 else (told,))


def _endpoint(chain: str, service: ServiceRule) -> list[Rule]:
    """Return an endpoint's chain: hairpin packets are marked, all are sent to its address."""
    one = next(one for one in service.endpoints if service.endpoint_chain(one) == chain)
    proto = service.protocol.lower()
    told = comment(service.title)
    matches: tuple[Match, ...] = (told,)
    if service.affinity_s:
        recent = same(
            f"-m recent --set --name {chain} --mask 255.255.255.255 --rsource",
            f"recent: SET name: {chain} side: source mask: 255.255.255.255",
        )
        matches = (told, recent)
    return [
        Rule("KUBE-MARK-MASQ", source=one.ip, matches=(told,)),
        Rule(
            "DNAT",
            proto,
            matches=(*matches, same(f"-m {proto}", proto)),
            jump_saved=f"--to-destination {one.ip}:{one.port}",
            jump_listed=f"to:{one.ip}:{one.port}",
            act=(one.ip, one.port),
        ),
    ]


@lru_cache(maxsize=1024)
def _probability(left: int) -> Match:
    # The kernel keeps a share of 2^31, so a third comes back as 0.33333333349.
    kept = round(round(1 / left, 10) * (1 << 31)) / (1 << 31)
    text = f"{kept:.11f}"
    return same(
        f"-m statistic --mode random --probability {text}",
        f"statistic mode random probability {text}",
        "share",
        kept,
    )
