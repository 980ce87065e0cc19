"""nft: the node's rules as nftables shows what iptables-nft wrote.

The tables are iptables' own, so changes go through iptables. This file must not know how rules are
evaluated.
"""

from __future__ import annotations

import re

from sim.bash.process import Proc
from sim.node.netfilter.rules import BUILTIN, Rule
from sim.node.netfilter.ruleset import Ruleset
from sim.node.programs.host import administers_network
from sim.node.programs.iptables import counter_of, ruleset_of
from sim.node.programs.options import UsageError, program

VERSION = "nftables v1.0.6 (Lester Gooch #5)"
TABLES = ("mangle", "filter", "nat")
_HOOKS = {
    "PREROUTING": "prerouting", "INPUT": "input", "FORWARD": "forward", "OUTPUT": "output",
    "POSTROUTING": "postrouting",
}  # fmt: skip
_VERDICTS = {"ACCEPT": "accept", "DROP": "drop", "RETURN": "return"}
_REJECTS = {
    "icmp-port-unreachable": "reject", "tcp-reset": "reject with tcp reset",
    "icmp-host-unreachable": "reject with icmp host-unreachable",
    "icmp-net-unreachable": "reject with icmp net-unreachable",
    "icmp-proto-unreachable": "reject with icmp prot-unreachable",
    "icmp-net-prohibited": "reject with icmp net-prohibited",
    "icmp-host-prohibited": "reject with icmp host-prohibited",
    "icmp-admin-prohibited": "reject with icmp admin-prohibited",
}  # fmt: skip


@program(1)
def nft(proc: Proc) -> int:
    """List tables, chains and rules."""
    words = list(proc.argv[1:])
    handles = False
    while words and words[0].startswith("-"):
        flag = words.pop(0)
        if flag in ("-v", "--version", "-V"):
            proc.print(VERSION)
            return 0
        if flag in ("-a", "--handle", "-na", "-an"):
            handles = True
        elif flag in ("-j", "--json", "-f", "--file", "-i", "--interactive", "-c"):
            raise UsageError(f"nft: {flag} is not supported in this simulator")
        elif flag not in ("-n", "--numeric", "-s", "--stateless", "-t", "--terse", "-y", "-nn"):
            raise UsageError(f"nft: unrecognized option '{flag}'")
    if not words:
        raise UsageError("nft: no command specified")
    if words[0] != "list":
        verbs = ("add", "create", "insert", "delete", "destroy", "flush", "replace", "rename",
                 "reset", "monitor", "export", "import", "get")  # fmt: skip
        if words[0] in verbs:
            raise UsageError(
                f"nft: {words[0]} is not supported in this simulator; the tables are"
                " iptables-nft's, change them with iptables"
            )
        text = " ".join(words)
        raise UsageError(f"Error: syntax error, unexpected string\n{text}\n{'^' * len(words[0])}")
    if not administers_network(proc):
        proc.stderr.write(
            "Operation not permitted (you must be root)\n"
            "netlink: Error: cache initialization failed: Operation not permitted\n"
        )
        return 1
    proc.asked()
    return _list(proc, words[1:], handles=handles)


def _list(proc: Proc, words: list[str], *, handles: bool) -> int:
    rules = ruleset_of(proc, six=False)
    there = [one for one in TABLES if one != "raw"]
    there += [one for one in ("raw", "security") if not rules.state.table(one).plain]
    what = words[0] if words else ""
    rest = [word for word in words[1:] if word not in ("ip", "inet", "ip6", "arp", "bridge")]
    six = "ip6" in words[1:2]
    if what == "tables":
        families = [("ip", one) for one in there] + [("ip6", one) for one in there]
        proc.print(*(f"table {family} {one}" for family, one in families))
        return 0
    if what in ("ruleset", "chains"):
        for family in ("ip", "ip6"):
            found = ruleset_of(proc, six=family == "ip6")
            for table in there:
                if what == "ruleset":
                    _table(proc, found, family, table, found.chains(table), handles=handles)
                else:
                    _heads(proc, found, family, table)
        return 0
    family = "ip6" if six else "ip"
    rules = ruleset_of(proc, six=six)
    if what == "table" and rest:
        if rest[0] not in there:
            return _missing(proc, words, rest[0])
        _table(proc, rules, family, rest[0], rules.chains(rest[0]), handles=handles)
        return 0
    if what == "chain" and len(rest) > 1:
        if rest[0] not in there:
            return _missing(proc, words, rest[0])
        if not rules.exists(rest[0], rest[1]):
            return _missing(proc, words, rest[1])
        _table(proc, rules, family, rest[0], [rest[1]], handles=handles)
        return 0
    if what in ("sets", "maps", "counters", "quotas", "flowtables", "meters", "set", "map"):
        return 0
    text = "list " + " ".join(words)
    raise UsageError(f"Error: syntax error, unexpected newline\n{text}\n{' ' * len(text)}^")


def _missing(proc: Proc, words: list[str], name: str) -> int:
    text = "list " + " ".join(words)
    proc.stderr.write(
        f"Error: No such file or directory\n{text}\n{' ' * text.rindex(name)}{'^' * len(name)}\n"
    )
    return 1


def _heads(proc: Proc, rules: Ruleset, family: str, table: str) -> None:
    proc.print(f"table {family} {table} {{")
    for chain in rules.chains(table):
        proc.print(f"\tchain {chain} {{")
        if chain in BUILTIN[table]:
            proc.print(f"\t\t{_hook(rules, table, chain)}")
        proc.print("\t}")
    proc.print("}")


def _hook(rules: Ruleset, table: str, chain: str) -> str:
    kind = (
        "nat" if table == "nat" else "route" if (table, chain) == ("mangle", "OUTPUT") else "filter"
    )
    priority = {"mangle": "mangle", "raw": "raw", "security": "security"}.get(table, "filter")
    if table == "nat":
        priority = {"PREROUTING": "dstnat", "OUTPUT": "-100"}.get(
            chain, "srcnat" if chain == "POSTROUTING" else "100"
        )
    policy = rules.policy(table, chain).lower()
    return f"type {kind} hook {_HOOKS[chain]} priority {priority}; policy {policy};"


def _table(
    proc: Proc, rules: Ruleset, family: str, table: str, chains: list[str], *, handles: bool
) -> None:
    out = [f"# Warning: table {family} {table} is managed by iptables-nft, do not touch!",
           f"table {family} {table} {{"]  # fmt: skip
    count = counter_of(proc, six=family == "ip6")
    handle = 0
    for number, chain in enumerate(chains):
        handle += 1
        mark = f" # handle {handle}" if handles else ""
        if number:
            out.append("")
        out.append(f"\tchain {chain} {{{mark}")
        if chain in BUILTIN[table]:
            out.append(f"\t\t{_hook(rules, table, chain)}")
        for rule in rules.rules(table, chain):
            handle += 1
            out.append(
                f"\t\t{_rule(rule, *count(table, chain, rule))}"
                + (f" # handle {handle}" if handles else "")
            )
        out.append("\t}")
    out.append("}")
    proc.stdout.write("\n".join(out) + "\n")


def _rule(rule: Rule, packets: int, size: int) -> str:
    """Return a rule in nft's words; comments are xtables matches, which it leaves out."""
    parts: list[str] = []
    for name, device in (("iifname", rule.into), ("oifname", rule.out)):
        if device:
            plain = device.removeprefix("!").replace("+", "*")
            parts.append(f'{name} {"!= " if device.startswith("!") else ""}"{plain}"')
    ports = any(match.test and match.test[0] in ("dport", "sport", "all") for match in rule.matches)
    plain_ports = ports and not any("multiport" in match.saved for match in rule.matches)
    if rule.proto and (
        not plain_ports or rule.destination or rule.matches[0].saved.startswith("-m comment")
    ):
        inverted = "!= " if rule.proto.startswith("!") else ""
        parts.append(f"meta l4proto {inverted}{rule.proto.removeprefix('!')}")
    for name, address in (("saddr", rule.source), ("daddr", rule.destination)):
        if address:
            inverted = "!= " if address.startswith("!") else ""
            parts.append(f"ip {name} {inverted}{address.removeprefix('!')}")
    parts.extend(_match(match.saved, rule.proto) for match in rule.matches)
    parts.append(f"counter packets {packets} bytes {size}")
    parts.append(_target(rule))
    return " ".join(parts).rstrip()


def _match(saved: str, proto: str) -> str:
    words = saved.split()
    kind, rest = words[1], " ".join(words[2:])
    if kind == "comment":
        return ""
    if kind in ("tcp", "udp"):
        found = []
        for inverted, side, text in re.findall(r"(! )?--(sport|dport) (\S+)", rest):
            sign = "!= " if inverted else ""
            found.append(f"{kind} {side} {sign}{text.replace(':', '-')}")
        if "--tcp-flags" in rest:
            found.append(
                "tcp flags " + ("!= " if "! --tcp" in rest else "") + "syn / fin,syn,rst,ack"
            )
        return " ".join(found)
    if kind == "multiport":
        sign = "!= " if rest.startswith("!") else ""
        return f"{proto} {words[-2][2:-1]} {sign}{{ {words[-1].replace(',', ', ').replace(':', '-')} }}"
    if kind in ("conntrack", "state"):
        sign = "! " if rest.startswith("!") else ""
        return f"ct state {sign}{words[-1].lower()}"
    if kind == "mark":
        value, _, mask = words[-1].partition("/")
        sign = "!=" if rest.startswith("!") else "=="
        return f"meta mark & 0x{int(mask or '0xffffffff', 16):08x} {sign} 0x{int(value, 16):08x}"
    if kind == "statistic":
        return f"meta random & 2147483647 < {round(float(words[-1]) * 2**31)}"
    if kind == "addrtype":
        return (
            f"fib {'daddr' if 'dst' in rest else 'saddr'} type {'!= ' if '!' in rest else ''}local"
        )
    if kind == "icmp":
        return f"icmp type {words[-1]}".replace("type 8", "type echo-request")
    return f'xt match "{kind}"'


def _target(rule: Rule) -> str:
    if rule.jump in _VERDICTS:
        return _VERDICTS[rule.jump]
    if rule.jump == "REJECT":
        return _REJECTS[rule.act[0]]
    if rule.jump == "DNAT":
        return f"dnat to {rule.jump_listed.removeprefix('to:')}"
    if rule.jump == "SNAT":
        return f"snat to {rule.jump_listed.removeprefix('to:')}"
    if rule.jump == "MASQUERADE":
        return "masquerade" + (" fully-random" if "fully" in rule.jump_saved else "")
    if rule.jump == "REDIRECT":
        return f"redirect to :{rule.act[0]}" if rule.act[0] else "redirect"
    if rule.jump == "MARK":
        value, mask = rule.act
        how = "xor" if not mask else "or" if value == mask else ""
        return f"meta mark set mark {how} 0x{value:x}" if how else f"meta mark set 0x{value:08x}"
    return f"{'goto' if rule.goto else 'jump'} {rule.jump}" if rule.jump else ""


@program(2)
def ipvsadm(proc: Proc) -> int:
    """List the virtual servers of the kernel: none, as kube-proxy is in iptables mode."""
    words = proc.argv[1:]
    known = (
        "-L",
        "-l",
        "-n",
        "-Ln",
        "-ln",
        "--list",
        "--stats",
        "--rate",
        "-c",
        "-Lnc",
        "--numeric",
        "--exact",
        "--sort",
        "--timeout",
    )
    if "-v" in words or "--version" in words:
        proc.print("ipvsadm v1.31 2019/12/24 (compiled with popt and IPVS v1.2.1)")
        return 0
    for word in words:
        if word not in known:
            raise UsageError(f"ipvsadm: {word} is not supported in this simulator")
    if not administers_network(proc):
        proc.stderr.write("Can't initialize ipvs: Permission denied (you must be root)\n")
        return 255
    proc.asked()
    if "-c" in words or "-Lnc" in words:
        proc.print(
            "IPVS connection entries",
            "pro expire state       source             virtual            destination",
        )
        return 0
    if "--timeout" in words:
        proc.print("Timeout (tcp tcpfin udp): 900 120 300")
        return 0
    proc.print("IP Virtual Server version 1.2.1 (size=4096)")
    if "--stats" in words:
        proc.print("Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes",
                   "  -> RemoteAddress:Port")  # fmt: skip
    elif "--rate" in words:
        proc.print("Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS",
                   "  -> RemoteAddress:Port")  # fmt: skip
    else:
        proc.print("Prot LocalAddress:Port Scheduler Flags",
                   "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn")  # fmt: skip
    return 0


@program(2)
def ipset(proc: Proc) -> int:
    """List the kernel's sets: none, as nothing on the node uses them."""
    words = [word for word in proc.argv[1:] if word not in ("-n", "-name", "-t", "-terse", "-s")]
    if not words:
        raise UsageError(
            "ipset v7.17: No command specified.\nTry `ipset help' for more information."
        )
    verb = words[0].lstrip("-")
    if verb in ("version", "v", "V"):
        proc.print("ipset v7.17, protocol version: 7")
        return 0
    if not administers_network(proc):
        proc.stderr.write("ipset v7.17: Kernel error received: Operation not permitted\n")
        return 1
    proc.asked()
    if verb in ("list", "L", "save", "S", "destroy", "flush"):
        if len(words) > 1:
            proc.stderr.write("ipset v7.17: The set with the given name does not exist\n")
            return 1
        return 0
    raise UsageError(f"ipset: {words[0]} is not supported in this simulator")
