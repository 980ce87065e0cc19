"""How many packets a node's rules have met: computed when somebody looks, from what goes on there.

Between two changes by hand every rule counts at a steady rate, so nothing is added up while nobody
looks. This file must not know who calls whom, nor how a counter is printed.

What a sync sets back to 0: pkg/proxy/iptables/proxier.go (rules are written without counters).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from sim.node.calls import FOLLOWING, Traffic, traffic
from sim.node.kubeproxy.rules import RuleState
from sim.node.netfilter.rules import Rule
from sim.node.netfilter.ruleset import Ruleset
from sim.node.netfilter.walk import Branch, Packet, walk

if TYPE_CHECKING:
    from sim.node.machine import Machine

Key = tuple[str, str, Rule]
"""Table, chain, rule."""
Rates = dict[Key, tuple[float, float]]
"""Packets and bytes each second."""

SHORTEST_MS = 1_000
"""Rules that stood for less are counted as if those after them had stood already."""
MOST_SPELLS = 48
_OWN = ("KUBE-SVC-", "KUBE-SEP-", "KUBE-EXT-")
_KUBELETS = ("KUBE-FIREWALL", "KUBE-KUBELET-CANARY")
_INTO = {"PREROUTING": ("raw", "mangle", "nat"), "OUTPUT": ("raw", "mangle", "nat", "filter")}


class _Spell(NamedTuple):
    """Rules that stood for a while."""

    until: int
    state: RuleState


class Tally:
    """The counters of one node's rules."""

    def __init__(self, machine: Machine) -> None:
        """Have counted since the machine booted."""
        self._machine = machine
        self._since = machine.facts.booted_at
        self._spells: list[_Spell] = []
        """What stood before, oldest first; empty on a node that no hand has touched."""
        self._folded: dict[Key, tuple[float, float]] = {}
        self._born: dict[Key, int] = {}
        """When a hand put a rule in its place, or set its counter to 0."""
        self._told: tuple[int, RuleState | None, dict[Key, tuple[int, int]]] = (0, None, {})
        """What `counts` answered last; a listing asks for it once a table."""

    def changed(self, old: RuleState, new: RuleState) -> None:
        """Take note that *new* rules stand from now on."""
        now = self._machine.env.now
        last = self._spells[-1].until if self._spells else self._since
        if now - last >= SHORTEST_MS:
            self._spells.append(_Spell(now, old))
            if len(self._spells) > MOST_SPELLS:
                self._fold()
        for name in ("raw", "mangle", "filter", "nat", "security"):
            before, after = old.table(name).edited, new.table(name).edited
            if before is after:
                continue
            held = Ruleset(old, self._machine.network.pod_cidr)
            for chain, rules in after.items():
                if before.get(chain) is rules:
                    continue
                known = held.rules(name, chain) if held.exists(name, chain) else ()
                for rule in _added(known, rules):
                    self._born[name, chain, rule] = now

    def zero(self, rules: Ruleset, table: str, chain: str, number: int = 0) -> None:
        """Set counters to 0, of one rule (from 1), of one chain or with an empty name of all."""
        for name in [chain] if chain else rules.chains(table):
            held = rules.rules(table, name)
            for rule in held[number - 1 : number] if number else held:
                self._born[table, name, rule] = self._machine.env.now
        self._told = (0, None, {})

    def counts(self) -> dict[Key, tuple[int, int]]:
        """Return packets and bytes of every rule that has met any."""
        now, state = self._machine.env.now, self._machine.proxy.state
        if self._told[0] == now and self._told[1] is state:
            return self._told[2]
        found = dict(self._folded)
        begun = self._since
        for spell in [*self._spells, _Spell(now, state)]:
            found = self._after(found, begun, spell)
            begun = spell.until
        counts = {key: (int(packets), int(size)) for key, (packets, size) in found.items()}
        self._told = (now, state, counts)
        return counts

    def _fold(self) -> None:
        spell = self._spells.pop(0)
        self._folded = self._after(self._folded, self._since, spell)
        self._since = spell.until

    def _after(
        self, before: Mapping[Key, tuple[float, float]], begun: int, spell: _Spell
    ) -> dict[Key, tuple[float, float]]:
        """Return the counters at the end of a spell, from those at its beginning."""
        machine, state = self._machine, spell.state
        rules = (
            machine.ruleset()
            if state is machine.proxy.state
            else Ruleset(state, machine.network.pod_cidr)
        )
        written = _Written(rules, machine.facts.booted_at)
        rates = _rates(machine, rules)
        found: dict[Key, tuple[float, float]] = {}
        for key in {**before, **rates}:
            table, chain, rule = key
            if key not in rates and not _holds(rules, table, chain, rule):
                continue
            since = max(written.at(table, chain), self._born.get(key, -(1 << 60)))
            packets, size = (0.0, 0.0) if since > begun else before.get(key, (0.0, 0.0))
            each, bytes_ = rates.get(key, (0.0, 0.0))
            seconds = max(0, spell.until - max(begun, since)) / 1000
            found[key] = (packets + each * seconds, size + bytes_ * seconds)
        return found


class _Written:
    """When chains were written last, which is when they counted nothing."""

    def __init__(self, rules: Ruleset, booted_at: int) -> None:
        self._state = rules.state
        self._booted_at = booted_at
        self._own = rules.own_chains

    def at(self, table: str, chain: str) -> int:
        """Return when *chain* was written."""
        if not chain.startswith("KUBE-") or chain in _KUBELETS:
            return self._booted_at
        if chain.startswith(_OWN):
            service = self._own.get(chain)
            if service is not None:
                return max(self._state.full_at, service.made_at)
        return self._state.programmed_at


def _holds(rules: Ruleset, table: str, chain: str, rule: Rule) -> bool:
    return rules.exists(table, chain) and rule in rules.rules(table, chain)


def _added(old: Iterable[Rule], new: Iterable[Rule]) -> list[Rule]:
    """Return the rules between what two chains begin and end with alike."""
    before, after = list(old), list(new)
    start = 0
    for one, other in zip(before, after, strict=False):
        if one is not other and one != other:
            break
        start += 1
    end = 0
    for one, other in zip(reversed(before[start:]), reversed(after[start:]), strict=False):
        if one is not other and one != other:
            break
        end += 1
    return after[start : len(after) - end]


def _ours(branch: Branch) -> bool:
    rule = branch.rule
    return rule is not None and any("has no endpoints" in one.saved for one in rule.matches)


# -- rates -----------------------------------------------------------------------------------------


def _rates(machine: Machine, rules: Ruleset) -> Rates:
    """Return what each rule meets in a second."""
    walker = _Walker(machine, rules)
    for kind in traffic(machine):
        walker.follow(kind)
    return walker.rates


class _Walker:
    """Leads packets through one machine's tables and counts at every rule that they match."""

    def __init__(self, machine: Machine, rules: Ruleset) -> None:
        self.rates: Rates = {}
        self._machine = machine
        self._rules = rules
        self._local = machine.links.addresses()
        self._devices: dict[str, str] = {}

    def follow(self, kind: Traffic) -> None:
        """Count the packets of one kind, and those that follow the first one of a connection."""
        first = kind.packet.state == "NEW"
        there, back = FOLLOWING
        for share, packet in self._through(kind.packet, kind.per_s, kind.size, kind.hook):
            if not first or kind.steady or packet.proto != "tcp":
                continue
            onward = kind.packet._replace(state="ESTABLISHED", translated=packet.translated)
            self._through(onward, share * there[0], there[1], kind.hook, end=packet)
            inside = packet.dst in self._local
            answer = Packet(
                packet.dst, kind.packet.src, packet.proto, packet.dport, packet.sport,
                "" if inside else self._device(packet.dst), "", "ESTABLISHED",
                translated=packet.translated,
            )  # fmt: skip
            hook = "OUTPUT" if inside else "PREROUTING"
            self._through(answer, share * back[0], back[1], hook)

    def _through(
        self, packet: Packet, per_s: float, size: int, hook: str, *, end: Packet | None = None
    ) -> list[tuple[float, Packet]]:
        """Count at the rules on the way; return what gets out, with packets each second."""
        live = [(per_s, packet)]
        if hook == "OUTPUT":
            live = [(per_s, packet._replace(out=self._device(packet.dst)))]
        for table in _INTO[hook]:
            if table == "nat" and packet.state != "NEW":
                continue
            live = self._table(table, hook, live, size)
        if end is not None:  # connection tracking sends it where the first one went
            live = [(share, one._replace(dst=end.dst, dport=end.dport)) for share, one in live]
        done: list[tuple[float, Packet]] = []
        for share, one in live:
            some = [(share, one)]
            if hook != "OUTPUT":
                inside = one.dst in self._local
                out = "" if inside else self._device(one.dst)
                some = [(share, one._replace(out=out))]
                for table in ("mangle", "filter"):
                    some = self._table(table, "INPUT" if inside else "FORWARD", some, size)
                if inside:
                    done.extend(some)
                    continue
            for table in ("mangle", "nat") if packet.state == "NEW" else ("mangle",):
                some = self._table(table, "POSTROUTING", some, size)
            done.extend(some)
        return done

    def _device(self, ip: str) -> str:
        if ip not in self._devices:
            inside = ip in self._local
            self._devices[ip] = "lo" if inside else self._machine.links.route(ip).device
        return self._devices[ip]

    def _table(
        self, table: str, chain: str, live: list[tuple[float, Packet]], size: int
    ) -> list[tuple[float, Packet]]:
        following: list[tuple[float, Packet]] = []
        if not self._rules.rules(table, chain) and self._rules.policy(table, chain) == "ACCEPT":
            return live
        for per_s, packet in live:

            def met(name: str, rule: Rule, share: float, each: float = per_s) -> None:
                key = (table, name, rule)
                packets, bytes_ = self.rates.get(key, (0.0, 0.0))
                more = each * share
                self.rates[key] = (packets + more, bytes_ + more * size)

            for branch in walk(self._rules, table, chain, packet, self._local, met):
                # Where kube-proxy refuses a Service others go on, so that the node's sum stays.
                refused = branch.verdict == "REJECT" and table == "filter" and _ours(branch)
                if refused or branch.verdict not in ("DROP", "REJECT"):
                    following.append((per_s * branch.share, self._rewritten(branch)))
        return following

    def _rewritten(self, branch: Branch) -> Packet:
        packet, act = branch.packet, () if branch.rule is None else branch.rule.act
        if branch.verdict == "DNAT":
            ip, port = act
            return packet._replace(
                dst=ip or packet.dst, dport=port or packet.dport, translated=True
            )
        if branch.verdict == "REDIRECT":
            port = act[0] or packet.dport
            return packet._replace(dst=self._machine.internal_ip, dport=port, translated=True)
        return packet
