"""What kube-proxy's syncs make of rules that a hand has changed: its own come back, foreign ones stay.

This file must not know when a sync happens.

Source: kubernetes/kubernetes pkg/proxy/iptables/proxier.go (iptablesJumpChains, syncProxyRules).
"""

from __future__ import annotations

from dataclasses import replace

from sim.node.kubeproxy.rules import RuleState, ServiceKey, ServiceSnapshot, TableState
from sim.node.netfilter.rules import BUILTIN, FIXED, KUBE_CHAINS, Rule

KUBE = "KUBE-"
TABLES = ("nat", "filter", "mangle")


def whole(state: RuleState) -> bool:
    """Return True if all that kubelet and kube-proxy wrote is there, whatever else may be."""
    return all(_whole(name, state.table(name)) for name in TABLES)


def _whole(name: str, table: TableState) -> bool:
    if table.untouched:
        return True
    flags = table.jumps and table.services and table.service_chains and table.chains
    return (
        flags
        and not table.gone
        and all(
            not chain.startswith(KUBE) and not _missing(name, chain, rules)
            for chain, rules in table.edited.items()
        )
    )


def _missing(name: str, chain: str, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Return the jumps that kube-proxy and the kubelet keep in *chain* and that are not there."""
    return tuple(one for one in FIXED.get((name, chain), ()) if one not in rules)


def repaired(old: RuleState, wanted: ServiceSnapshot, now: int) -> RuleState:
    """Return the rules after a full sync."""
    nat, filter_, mangle = (_repaired(name, old.table(name)) for name in TABLES)
    return replace(
        old, snapshot=wanted, nat=nat, filter=filter_, mangle=mangle, programmed_at=now, full_at=now
    )


def _repaired(name: str, table: TableState) -> TableState:
    """Return a table whole again: each jump that is missing is put in front (EnsureRule, Prepend)."""
    if table.untouched:
        return table
    edited = {}
    for chain, rules in table.edited.items():
        if chain.startswith(KUBE):
            continue
        found = (*_missing(name, chain, rules), *rules)
        if chain not in BUILTIN[name] or found != FIXED.get((name, chain), ()):
            edited[chain] = found
    return TableState(edited=edited, policies=table.policies)


def partly_repaired(
    old: RuleState, wanted: ServiceSnapshot, touched: frozenset[ServiceKey], now: int
) -> RuleState:
    """Return the rules after a partial sync, which leaves jumps and unchanged Services' chains alone."""
    again = {wanted.rules[key] for key in touched if key in wanted.rules}
    own = {rule.chain for rule in again}
    own |= {rule.endpoint_chain(end) for rule in again for end in rule.endpoints}
    return replace(
        old,
        snapshot=wanted,
        nat=_partly("nat", old.nat, touched, own),
        filter=_partly("filter", old.filter, frozenset(), set()),
        programmed_at=now,
    )


def _partly(
    name: str, table: TableState, touched: frozenset[ServiceKey], own: set[str]
) -> TableState:
    if table.untouched:
        return table
    written = own.union(KUBE_CHAINS[name])
    return replace(
        table,
        services=True,
        rewritten=frozenset() if table.service_chains else table.rewritten | touched,
        edited={chain: rules for chain, rules in table.edited.items() if chain not in written},
        gone=table.gone - written,
    )
