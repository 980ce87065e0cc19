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
from sim.node.programs.netfilter import (
    BUILTIN,
    FIXED,
    KUBE_CHAINS,
    Match,
    Rule,
    comment,
    dport,
    same,
)

_LOCAL = same("-m addrtype --dst-type LOCAL", "ADDRTYPE match dst-type LOCAL")
_LAST = comment("kubernetes service nodeports; NOTE: this must be the last rule in this chain")


class Ruleset:
    """The tables of one node at one instant."""

    def __init__(self, state: RuleState, cluster_cidr: str) -> None:
        """Derive the tables from *state*; packets from outside *cluster_cidr* are masqueraded."""
        self._state = state
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
    def _own_chains(self) -> dict[str, ServiceRule]:
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
        if table not in KUBE_CHAINS or not self._kube_chains(table):
            return list(BUILTIN[table])
        others = [*KUBE_CHAINS[table], *(self._own_chains if table == "nat" else ())]
        return [*BUILTIN[table], *sorted(others)]

    def _kube_chains(self, table: str) -> bool:
        return table == "mangle" or self._state.table(table).chains

    def exists(self, table: str, chain: str) -> bool:
        """Return whether *table* has a chain of that name."""
        if chain in BUILTIN[table]:
            return True
        if table not in KUBE_CHAINS or not self._kube_chains(table):
            return False
        return chain in KUBE_CHAINS[table] or (table == "nat" and chain in self._own_chains)

    def rules(self, table: str, chain: str) -> Sequence[Rule]:
        """Return the rules of an existing chain, in order."""
        key = (table, chain)
        if key not in self._made:
            self._made[key] = self._make(table, chain)
        return self._made[key]

    def _make(self, table: str, chain: str) -> Sequence[Rule]:
        if table not in ("nat", "filter"):
            return ()
        state = self._state.table(table)
        if chain in BUILTIN[table]:
            return FIXED.get((table, chain), ()) if state.jumps else ()
        if not state.chains or chain in state.emptied:
            return ()
        if table == "nat" and chain in self._own_chains:
            return self._own_rules(chain, self._own_chains[chain])
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

    def service_of(self, table: str, rule: Rule) -> ServiceRule | None:
        """Return the Service port for which *rule* stands in KUBE-SERVICES of *table*."""
        for service in self._services:
            if table == "nat" and rule.jump == service.chain:
                return service
            if table == "filter" and rule in _refusal(service):
                return service
        return None

    def _dispatch(self) -> list[Rule]:
        """Return nat KUBE-SERVICES: a rule a port with endpoints, then the node ports' jump."""
        removed = self._state.nat.removed
        rules: list[Rule] = []
        for chain, service in self._chained:
            if service.endpoints and service.key not in removed:
                proto = service.protocol.lower()
                matches = (_cluster_ip(service.title), dport(proto, service.port))
                rules.append(Rule(chain, proto, "", service.cluster_ip, matches))
        rules.append(Rule("KUBE-NODEPORTS", matches=(_LAST, _LOCAL)))
        return rules

    def _refusals(self) -> list[Rule]:
        """Return filter KUBE-SERVICES: a REJECT for each port without a usable endpoint."""
        removed = self._state.filter.removed
        return [
            rule
            for service in self._services
            if service.key not in removed
            for rule in _refusal(service)
        ]

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
    )
