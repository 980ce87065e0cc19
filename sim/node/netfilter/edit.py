"""What a hand does to chains: each function returns another `RuleState`, or says why not.

Undoing a change by hand leaves the state as it was before. This file must not know command lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sim.node.kubeproxy.rules import RuleState, TableState
from sim.node.netfilter.rules import BUILTIN, KUBE_CHAINS, Rule
from sim.node.netfilter.ruleset import Ruleset

BUSY = "CHAIN_DEL failed (Device or resource busy): chain {}"


class Refused(Exception):  # noqa: N818 - the kernel's answer, not a fault
    """The kernel does not do it; `str()` is what iptables says."""

    def __init__(self, text: str, code: int = 1) -> None:
        """Keep *text*; code 4 is for what netlink refuses."""
        super().__init__(text)
        self.code = code


def _with(rules: Ruleset, table: str, chain: str, content: Sequence[Rule]) -> RuleState:
    """Return the state with *chain* holding *content*; without a trace if it held that anyway."""
    state = rules.state
    new = state.table(table).with_chain(chain, content)
    bare = {name: held for name, held in new.edited.items() if name != chain}
    without = state.with_table(table, replace(new, edited=bare))
    before = Ruleset(without, rules.cidr)
    known = chain in BUILTIN[table] or before.exists(table, chain)
    if known and tuple(before.rules(table, chain)) == tuple(content):
        return without
    return state.with_table(table, new)


def insert(rules: Ruleset, table: str, chain: str, new: Sequence[Rule], number: int) -> RuleState:
    """Put *new* before rule *number* (1 is the first); 0 appends."""
    held = list(rules.rules(table, chain))
    if number > len(held) + 1:
        raise Refused("Index of insertion too big.")
    place = len(held) if not number else number - 1
    held[place:place] = new
    return _with(rules, table, chain, held)


def replaced(rules: Ruleset, table: str, chain: str, number: int, new: Rule) -> RuleState:
    """Put *new* in the place of rule *number*."""
    held = list(rules.rules(table, chain))
    if number > len(held):
        raise Refused("Index of replacement too big.")
    held[number - 1] = new
    return _with(rules, table, chain, held)


def position(rules: Ruleset, table: str, chain: str, wanted: Rule) -> int | None:
    """Return the place of the first rule that says the same as *wanted*; None if there is none."""
    key = _essence(wanted)
    for index, rule in enumerate(rules.rules(table, chain)):
        if _essence(rule) == key:
            return index
    return None


def _essence(rule: Rule) -> tuple[object, ...]:
    said = sorted(match.saved for match in rule.matches)
    return (
        rule.jump, rule.goto, rule.proto, rule.source, rule.destination, rule.into, rule.out,
        rule.jump_saved, said,
    )  # fmt: skip


def deleted(rules: Ruleset, table: str, chain: str, index: int) -> RuleState:
    """Take the rule at *index* (0 is the first) out."""
    held = list(rules.rules(table, chain))
    if index >= len(held):
        raise Refused("Index of deletion too big.")
    del held[index]
    return _with(rules, table, chain, held)


def flushed(rules: Ruleset, table: str, chain: str) -> RuleState:
    """Empty one chain, or with an empty name all of them."""
    if not chain:
        return rules.state.flush_table(table)
    return _with(rules, table, chain, ())


def created(rules: Ruleset, table: str, chain: str) -> RuleState:
    """Make a chain."""
    if rules.exists(table, chain):
        raise Refused("Chain already exists.")
    return _with(rules, table, chain, ())


def removed(rules: Ruleset, table: str, chain: str) -> RuleState:
    """Delete a chain, or with an empty name every chain that is not the kernel's."""
    state = rules.state
    if not chain:
        for name in rules.chains(table):
            if name not in BUILTIN[table] and not _idle(rules, table, name):
                raise Refused(BUSY.format(name), 4)
        old = state.table(table)
        kept = {name: held for name, held in old.edited.items() if name in BUILTIN[table]}
        gone = replace(old, chains=False, edited=kept, gone=frozenset())
        return state.with_table(table, gone)
    if not rules.exists(table, chain):
        raise Refused("No chain/target/match by that name.")
    if not _idle(rules, table, chain):
        raise Refused(BUSY.format(chain), 4)
    if chain in BUILTIN[table]:
        return state  # its hook comes back with the next rule
    after = state.table(table).without_chain(chain)
    if chain not in KUBE_CHAINS.get(table, ()) and not chain.startswith("KUBE-"):
        after = replace(after, gone=state.table(table).gone)
    return state.with_table(table, after)


def _idle(rules: Ruleset, table: str, chain: str) -> bool:
    return not rules.rules(table, chain) and not rules.references(table, chain)


def renamed(rules: Ruleset, table: str, old: str, new: str) -> RuleState:
    """Give a hand-made chain another name, also where rules jump to it."""
    if not rules.exists(table, old):
        raise Refused("No chain/target/match by that name.")
    if rules.exists(table, new):
        raise Refused("File exists.")
    state = rules.state.table(table)
    if old.startswith("KUBE-") or old in BUILTIN[table]:
        raise Refused("only chains made by hand can be renamed in this simulator")
    edited = {
        new if name == old else name: tuple(
            rule._replace(jump=new) if rule.jump == old else rule for rule in held
        )
        for name, held in state.edited.items()
    }
    return rules.state.with_table(table, replace(state, edited=edited))


def with_policy(rules: Ruleset, table: str, chain: str, policy: str) -> RuleState:
    """Set what becomes of packets that fall off the end of one of the kernel's chains."""
    state: TableState = rules.state.table(table)
    policies = {name: held for name, held in state.policies.items() if name != chain}
    if policy != "ACCEPT":
        policies[chain] = policy
    return rules.state.with_table(table, replace(state, policies=policies))
