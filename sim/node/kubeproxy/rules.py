"""The Service rules in a node's kernel, as last programmed, plus what hands did to them since.

They survive the death of kube-proxy. This file must not know who writes them, when, or how `iptables` prints them.
"""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from sim.node.netfilter.rules import Rule

LONG_AGO = -(1 << 50)
"""Of what was there before anybody remembers (simulated ms)."""
ServiceKey = tuple[str, int, str]
"""(cluster IP, port, protocol in upper case), e.g. `("10.96.45.12", 5432, "TCP")`."""


@lru_cache(maxsize=65536)
def chain_suffix(text: str) -> str:
    """Return kube-proxy's 16 characters for a chain (iptables/proxier.go portProtoHash).

    >>> chain_suffix("default/postgres:pgtcp")
    'K6TQW55MFOJWHDJU'
    """
    return b32encode(sha256(text.encode()).digest()).decode()[:16]


class EndpointRule(NamedTuple):
    """One address behind a Service port."""

    ip: str
    port: int
    node: str = ""
    """Name of the node the pod runs on; empty when unknown."""
    terminating: bool = False


@dataclass(frozen=True)
class ServiceRule:
    """What one (Service, port) asks for."""

    namespace: str
    name: str
    port_name: str
    """Empty for an unnamed port."""
    protocol: str
    """`TCP`, `UDP` or `SCTP`."""
    cluster_ip: str
    port: int
    endpoints: tuple[EndpointRule, ...] = ()
    """Usable ones only, sorted by ip and port."""
    node_port: int = 0
    local_only: bool = False
    """internalTrafficPolicy: Local."""
    affinity_s: int = 0
    """Session affinity timeout in seconds; 0 when there is none."""
    made_at: int = field(default=LONG_AGO, compare=False)
    """Simulated ms at which it became what it is."""

    @property
    def key(self) -> ServiceKey:
        """Return where packets for this Service port go to."""
        return (self.cluster_ip, self.port, self.protocol)

    @property
    def title(self) -> str:
        """Return the name that stands in rule comments: `payments/postgres:pg`."""
        return f"{self.namespace}/{self.name}" + (f":{self.port_name}" if self.port_name else "")

    @property
    def chain(self) -> str:
        """Return the Service's chain, `KUBE-SVC-...`."""
        return "KUBE-SVC-" + chain_suffix(f"{self.title}{self.protocol.lower()}")

    def endpoint_chain(self, endpoint: EndpointRule) -> str:
        """Return the chain of one of its endpoints, `KUBE-SEP-...`."""
        text = f"{self.title}{self.protocol.lower()}{endpoint.ip}:{endpoint.port}"
        return "KUBE-SEP-" + chain_suffix(text)


@dataclass(frozen=True)
class ServiceSnapshot:
    """Services and endpoints of the whole cluster at one instant; shared by every node that programmed it."""

    version: int = 0
    """Counts changes; the same number means the same content."""
    rules: Mapping[ServiceKey, ServiceRule] = field(default_factory=dict)

    @cached_property
    def node_ports(self) -> Mapping[tuple[int, str], ServiceRule]:
        """Return the rules of Services that nodes answer for, by port and protocol."""
        return {
            (rule.node_port, rule.protocol): rule for rule in self.rules.values() if rule.node_port
        }

    @cached_property
    def service_count(self) -> int:
        """Return the number of Services (not ports)."""
        return len({(rule.namespace, rule.name) for rule in self.rules.values()})

    @cached_property
    def endpoint_count(self) -> int:
        """Return the number of endpoints over all Service ports."""
        return sum(len(rule.endpoints) for rule in self.rules.values())


class Dnat(NamedTuple):
    """New connections go to one of these."""

    endpoints: tuple[EndpointRule, ...]


class Reject(NamedTuple):
    """New connections are refused at once (icmp-port-unreachable)."""

    comment: str
    """`payments/postgres:pg has no endpoints`."""


class NoRule(NamedTuple):
    """Nothing matches: the packet leaves by the default route and is lost."""


Verdict = Dnat | Reject | NoRule


@dataclass(frozen=True)
class TableState:
    """What hands (or a remediation script) did to kube-proxy's part of one table since its last full sync."""

    jumps: bool = True
    """PREROUTING, OUTPUT ... still jump to the KUBE-* chains; `iptables -t nat -F` removes the jumps."""
    services: bool = True
    """KUBE-SERVICES holds its rules."""
    service_chains: bool = True
    """KUBE-SVC-* and KUBE-SEP-* hold their rules."""
    rewritten: frozenset[ServiceKey] = frozenset()
    """Services whose own chains a partial sync has written again while `service_chains` is False."""
    chains: bool = True
    """The KUBE-* chains exist at all; False after `-X`, also after a fresh boot."""
    edited: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    """What a hand left in the chains it touched, and chains of its own making, by name."""
    policies: Mapping[str, str] = field(default_factory=dict)
    """Of the kernel's own chains, where it is not ACCEPT."""
    gone: frozenset[str] = frozenset()
    """Single KUBE-* chains deleted or renamed by hand."""

    @property
    def untouched(self) -> bool:
        """True when nothing was done to the table."""
        return self == INTACT

    @property
    def plain(self) -> bool:
        """True when no chain holds anything but what was written, or nothing."""
        return not self.edited and not self.policies and not self.gone

    def with_chain(self, chain: str, rules: Iterable[Rule]) -> TableState:
        """Return a copy in which *chain* holds *rules*."""
        return replace(self, edited={**self.edited, chain: tuple(rules)}, gone=self.gone - {chain})

    def without_chain(self, chain: str) -> TableState:
        """Return a copy that has no *chain*."""
        edited = {name: rules for name, rules in self.edited.items() if name != chain}
        return replace(self, edited=edited, gone=self.gone | {chain})


INTACT = TableState()
BARE = TableState(jumps=False, services=False, service_chains=False, chains=False)
"""A table kube-proxy never wrote to."""


@dataclass(frozen=True)
class RuleState:
    """A node's Service rules now."""

    snapshot: ServiceSnapshot
    """What the last sync wrote."""
    nat: TableState = INTACT
    filter: TableState = INTACT
    mangle: TableState = INTACT
    raw: TableState = BARE
    security: TableState = BARE
    programmed_at: int = 0
    """Simulated ms of the last sync."""
    full_at: int = 0
    """Simulated ms of the last full sync, which writes every chain."""

    def lookup(self, ip: str, port: int, protocol: str = "TCP") -> Verdict:
        """Return what happens to a new connection to *ip*:*port*."""
        rule = self.snapshot.rules.get((ip, port, protocol))
        if rule is None:
            return NoRule()
        if not rule.endpoints:
            return Reject(f"{rule.title} has no endpoints") if self.rejects(rule) else NoRule()
        if not self.dispatches(rule) or not self.chain_filled(rule):
            return NoRule()
        return Dnat(rule.endpoints)

    @property
    def plain(self) -> bool:
        """True if `lookup` tells the whole truth: no chain was edited by hand."""
        return (
            self.nat.plain
            and self.filter.plain
            and self.mangle.plain
            and self.raw.plain
            and self.security.plain
        )

    def lookup_node_port(self, port: int, protocol: str = "TCP") -> Verdict:
        """Return what happens to a new connection to *port* of the node itself."""
        rule = self.snapshot.node_ports.get((port, protocol))
        return NoRule() if rule is None else self.lookup(rule.cluster_ip, rule.port, protocol)

    def dispatches(self, rule: ServiceRule) -> bool:
        """True if nat KUBE-SERVICES is reached and sends *rule*'s packets on."""
        nat = self.nat
        return bool(rule.endpoints) and nat.jumps and nat.services

    def chain_filled(self, rule: ServiceRule) -> bool:
        """True if *rule*'s own KUBE-SVC chain holds rules."""
        nat = self.nat
        return nat.service_chains or rule.key in nat.rewritten

    def rejects(self, rule: ServiceRule) -> bool:
        """True if filter KUBE-SERVICES is reached and refuses *rule*'s packets."""
        state = self.filter
        return not rule.endpoints and state.jumps and state.services

    def services(self) -> Iterator[ServiceRule]:
        """Yield the rules of the last sync, sorted as kube-proxy writes them (by title)."""
        return iter(sorted(self.snapshot.rules.values(), key=lambda rule: (rule.title, rule.port)))

    def endpoints(self) -> Iterator[tuple[ServiceRule, EndpointRule]]:
        """Yield every endpoint of the last sync with its Service."""
        for rule in self.services():
            for endpoint in rule.endpoints:
                yield rule, endpoint

    def table(self, name: str) -> TableState:
        """Return the state of one table."""
        found: TableState = getattr(self, name)
        return found

    def with_table(self, name: str, state: TableState) -> RuleState:
        """Return a copy with another state of one table."""
        changed: dict[str, Any] = {name: state}
        return replace(self, **changed)

    def flush_table(self, name: str) -> RuleState:
        """Return the state after `iptables -t NAME -F`: every chain empty, jumps gone, chains kept."""
        old = self.table(name)
        kept = {chain: () for chain in old.edited if not _ours(chain)}
        flushed = replace(
            old,
            jumps=False,
            services=False,
            service_chains=False,
            rewritten=frozenset(),
            edited=kept,
        )
        return self.with_table(name, flushed)

    def flush_chain(self, name: str, chain: str) -> RuleState:
        """Return the state after `iptables -t NAME -F CHAIN`; built-in chains lose their jumps."""
        return self.with_table(name, self.table(name).with_chain(chain, ()))

    def flush_kube(self) -> RuleState:
        """Return the state after every KUBE-* chain of nat and filter was flushed; jumps stay."""
        return replace(self, nat=_flushed_kube(self.nat), filter=_flushed_kube(self.filter))


def _ours(chain: str) -> bool:
    """Return True for a chain that is not of a hand's making."""
    return chain.startswith("KUBE-") or chain in _KERNELS


_KERNELS = ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")


def _flushed_kube(table: TableState) -> TableState:
    edited = {name: rules for name, rules in table.edited.items() if not name.startswith("KUBE-")}
    return replace(
        table, services=False, service_chains=False, rewritten=frozenset(), edited=edited
    )
