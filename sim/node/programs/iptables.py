"""iptables, ip6tables and iptables-save over the rules that the node's kernel holds.

Listings come from `Ruleset`; flushing and deleting change the node's `RuleState`. This file must not
know why the rules are as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sim.bash.process import Proc
from sim.node.kubeproxy.rules import RuleState, ServiceSnapshot
from sim.node.programs.host import (
    administers_network,
    changed,
    machine_of,
    unix_ms,
)
from sim.node.programs.netfilter import BUILTIN, Rule
from sim.node.programs.netfilter_print import Columns, format_header, format_rows, format_rule
from sim.node.programs.options import UsageError, program
from sim.node.programs.ruleset import Ruleset

VERSION = "1.8.9"
_SWITCHES = {
    "-n": "numeric", "--numeric": "numeric", "-v": "verbose", "--verbose": "verbose",
    "-x": "exact", "--exact": "exact", "--line-numbers": "numbers", "--line-number": "numbers",
    "-4": "", "--ipv4": "", "-6": "", "--ipv6": "",
}  # fmt: skip
_COMMANDS = {
    "-L": "L", "--list": "L", "-S": "S", "--list-rules": "S", "-F": "F", "--flush": "F",
    "-D": "D", "--delete": "D", "-A": "A", "--append": "A", "-I": "I", "--insert": "I",
    "-R": "R", "--replace": "R", "-N": "N", "--new-chain": "N", "-X": "X", "--delete-chain": "X",
    "-P": "P", "--policy": "P", "-Z": "Z", "--zero": "Z", "-C": "C", "--check": "C",
    "-V": "V", "--version": "V", "-h": "h", "--help": "h",
}  # fmt: skip
_USAGE = """Usage: {name} -[FXZ] [chain] [options]
       {name} -[LS] [chain [rulenum]] [options]
       {name} -D chain rulenum [options]
       {name} -D chain rule-specification [options]
       {name} -V | -h
"""


@dataclass
class _Line:
    """One command line, taken apart."""

    table: str = "filter"
    command: str = ""
    chain: str = ""
    number: int = 0
    """Rule number after the chain; 0 if there is none."""
    spec: tuple[str, ...] = ()
    switches: frozenset[str] = frozenset()


@program(2)
def iptables(proc: Proc) -> int:
    """List, flush and delete the node's IPv4 rules."""
    return _run(proc, six=False)


@program(2)
def ip6tables(proc: Proc) -> int:
    """List the node's IPv6 rules: kube-proxy is dual-stack, its IPv6 side has no Services."""
    return _run(proc, six=True)


def _banner(proc: Proc) -> str:
    return f"{proc.argv[0]} v{VERSION} (nf_tables)"


def _run(proc: Proc, *, six: bool) -> int:
    line = _parse(proc)
    if line.command == "V":
        proc.print(_banner(proc))
        return 0
    if line.command == "h":
        proc.stdout.write(f"{_banner(proc)}\n\n{_USAGE.format(name=proc.argv[0])}")
        return 0
    if not administers_network(proc):
        proc.stderr.write(
            f"{_banner(proc)}: Could not fetch rule set generation id:"
            " Permission denied (you must be root)\n"
        )
        return 4
    if line.table not in BUILTIN:
        proc.stderr.write(
            f"{_banner(proc)}: table '{line.table}' does not exist\n"
            f"Perhaps {proc.argv[0]} or your kernel needs to be upgraded.\n"
        )
        return 3
    proc.asked()
    rules = _ruleset(proc, six=six)
    if line.chain and not rules.exists(line.table, line.chain):
        proc.stderr.write(f"{proc.argv[0]}: No chain/target/match by that name.\n")
        return 1
    if line.command == "L":
        return _list(proc, line, rules, six=six)
    if line.command == "S":
        return _list_rules(proc, line, rules)
    if line.command == "C":
        return _check(proc, line, rules)
    return _change(proc, line, rules, six=six)


def _ruleset(proc: Proc, *, six: bool) -> Ruleset:
    machine = machine_of(proc)
    if six:
        return Ruleset(RuleState(ServiceSnapshot()), "fd00:10:244::/56")
    return Ruleset(machine.proxy.state, machine.network.pod_cidr)


def _parse(proc: Proc) -> _Line:
    """Take the command line apart.

    Raises:
        UsageError: in iptables' own words.
    """
    line = _Line()
    switches: set[str] = set()
    spec: list[str] = []
    words = _unbundled(proc.argv[1:])
    while words:
        word = words.pop(0)
        if word in _COMMANDS:
            letter = _COMMANDS[word]
            if line.command and {line.command, letter} != {"L", "Z"}:
                raise UsageError(_try(proc, f"Cannot use -{letter} with -{line.command}"))
            line.command = line.command or letter
            if words and not words[0].startswith(("-", "!")):
                line.chain = words.pop(0)
                if letter in "LSDIR" and words and words[0].isdigit():
                    line.number = int(words.pop(0)[:9])
        elif word in _SWITCHES:
            switches.add(_SWITCHES[word])
        elif word in ("-t", "--table"):
            if not words:
                raise UsageError(_try(proc, f'option "{word}" requires an argument'))
            line.table = words.pop(0)
        elif word in ("-w", "--wait", "-W", "--wait-interval"):
            if words and words[0].isdigit():
                words.pop(0)
        elif line.command in ("D", "A", "I", "R", "C", "P", "N"):
            spec.append(word)
        elif word.startswith("-"):
            raise UsageError(_try(proc, f'unknown option "{word}"'))
        else:
            raise UsageError(_try(proc, f"Bad argument `{word}'"))
    if not line.command:
        raise UsageError(_try(proc, "no command specified"))
    line.switches = frozenset(switches)
    line.spec = tuple(spec)
    return line


def _unbundled(words: list[str]) -> list[str]:
    """Split bundled letters: `-nvL` is `-n -v -L`, `-tnat` is `-t nat`."""
    result: list[str] = []
    for word in words:
        if len(word) < 3 or word[0] != "-" or word[1] == "-":
            result.append(word)
            continue
        for index, letter in enumerate(word[1:], 1):
            result.append(f"-{letter}")
            if letter in "tmpsdjiow" and index + 1 < len(word):
                result.append(word[index + 1 :])
                break
    return result


def _try(proc: Proc, message: str) -> str:
    name = proc.argv[0]
    return f"{_banner(proc)}: {message}\nTry `{name} -h' or '{name} --help' for more information."


def _list(proc: Proc, line: _Line, rules: Ruleset, *, six: bool) -> int:
    hosts = {m.internal_ip: m.name for m in machine_of(proc).network.machines.values()}
    hosts["127.0.0.1"] = "localhost"
    columns = Columns(
        numeric="numeric" in line.switches,
        verbose="verbose" in line.switches,
        exact="exact" in line.switches,
        numbered="numbers" in line.switches,
        resolve=lambda ip: "localhost" if ip == "127.0.0.0" else hosts.get(ip),
        six=six,
    )
    out: list[str] = []
    for chain in [line.chain] if line.chain else rules.chains(line.table):
        if out:
            out.append("")
        policy = "ACCEPT" if chain in BUILTIN[line.table] else None
        references = 0 if policy else rules.references(line.table, chain)
        rows = format_rows(rules.rules(line.table, chain), columns)
        if line.number:
            out.extend(rows[line.number - 1 : line.number])
            continue
        out.extend(format_header(chain, policy, references, columns))
        out.extend(rows)
    proc.stdout.write("\n".join(out) + "\n" if out else "")
    return 0


def _list_rules(proc: Proc, line: _Line, rules: Ruleset) -> int:
    chains = [line.chain] if line.chain else rules.chains(line.table)
    out = []
    if not line.number:
        for chain in chains:
            builtin = chain in BUILTIN[line.table]
            out.append(f"-P {chain} ACCEPT" if builtin else f"-N {chain}")
    for chain in chains:
        found = [format_rule(chain, rule) for rule in rules.rules(line.table, chain)]
        out.extend(found[line.number - 1 : line.number] if line.number else found)
    proc.stdout.write("\n".join(out) + "\n" if out else "")
    return 0


def _find(line: _Line, rules: Ruleset) -> Rule | None:
    """Return the rule that a number or a specification names."""
    found = rules.rules(line.table, line.chain)
    if line.number:
        return found[line.number - 1] if line.number <= len(found) else None
    wanted = _normal(line.spec)
    for rule in found:
        if _normal(_words(format_rule(line.chain, rule))[2:]) == wanted:
            return rule
    return None


def _words(rule: str) -> tuple[str, ...]:
    """Split a saved rule at its blanks; a quoted comment stays one word."""
    words: list[str] = []
    for index, part in enumerate(rule.split('"')):
        words.extend([part] if index % 2 else part.split())
    return tuple(words)


def _normal(spec: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return a specification as a sorted list of options, for which the order means nothing."""
    groups: list[list[str]] = []
    for word in spec:
        if word.startswith("--") or (word.startswith("-") and len(word) == 2) or word == "!":
            if groups and groups[-1] == ["!"]:
                groups[-1].append(word)
            else:
                groups.append([word])
        elif groups:
            plain = word.strip('"')
            bare = plain.removesuffix("/32") if groups[-1][-1] in ("-s", "-d") else plain
            groups[-1].append(bare)
    return sorted(tuple(group) for group in groups if group[0] != "-m")


def _check(proc: Proc, line: _Line, rules: Ruleset) -> int:
    if _find(line, rules) is not None:
        return 0
    proc.stderr.write(f"{proc.argv[0]}: Bad rule (does a matching rule exist in that chain?).\n")
    return 1


def _change(proc: Proc, line: _Line, rules: Ruleset, *, six: bool) -> int:
    """Flush, delete or zero; a hand-written rule is refused, because the model could not obey it."""
    name = proc.argv[0]
    proxy = machine_of(proc).proxy
    if line.command == "Z":
        return 0
    if line.command in ("A", "I", "R", "N", "P") or six:
        proc.stderr.write(
            f"{_banner(proc)}: -{line.command} is not supported in this simulator;"
            " -L, -S, -C, -F, -D and -X are\n"
        )
        return 2
    state = proxy.state
    if line.command == "F":
        after = (
            state.flush_chain(line.table, line.chain)
            if line.chain
            else state.flush_table(line.table)
        )
    elif line.command == "X":
        after = state.delete_chains(line.table)
    else:
        if not line.chain:
            raise UsageError(_try(proc, 'option "-D" requires an argument'))
        rule = _find(line, rules)
        if rule is None:
            proc.stderr.write(
                f"{name}: Index of deletion too big.\n"
                if line.number
                else f"{name}: Bad rule (does a matching rule exist in that chain?).\n"
            )
            return 1
        service = rules.service_of(line.table, rule) if line.chain == "KUBE-SERVICES" else None
        if service is None:
            proc.stderr.write(
                f"{_banner(proc)}: only a Service's own rule in KUBE-SERVICES can be deleted"
                " in this simulator\n"
            )
            return 2
        after = state.remove_rule(line.table, service.key)
    proxy.state = after
    changed(proc, "iptables", " ".join(proc.argv))
    return 0


@program(1)
def iptables_save(proc: Proc) -> int:
    """Print every rule in the form that iptables-restore reads."""
    six = proc.argv[0].startswith("ip6")
    words, only, counters = list(proc.argv[1:]), "", False
    while words:
        word = words.pop(0)
        if word in ("-t", "--table") and words:
            only = words.pop(0)
        elif word in ("-c", "--counters"):
            counters = True
        elif word in ("-V", "--version"):
            proc.print(f"{_banner(proc)}")
            return 0
        else:
            proc.stderr.write(f"{proc.argv[0]}: invalid option -- '{word.lstrip('-')[:1]}'\n")
            return 1
    if not administers_network(proc):
        proc.stderr.write(
            f"{_banner(proc)}: Could not fetch rule set generation id:"
            " Permission denied (you must be root)\n"
        )
        return 4
    proc.asked()
    rules = _ruleset(proc, six=six)
    when = datetime.fromtimestamp(unix_ms(proc) // 1000, UTC)
    stamp = when.strftime("%a %b ") + f"{when.day:>2}" + when.strftime(" %H:%M:%S %Y")
    head = "[0:0] " if counters else ""
    out: list[str] = []
    for table in ("mangle", "filter", "nat"):
        if only not in ("", table):
            continue
        chains = rules.chains(table)
        out.append(f"# Generated by {_banner(proc)} on {stamp}")
        out.append(f"*{table}")
        out.extend(
            f":{chain} {'ACCEPT' if chain in BUILTIN[table] else '-'} [0:0]" for chain in chains
        )
        out.extend(
            head + format_rule(chain, rule)
            for chain in chains
            for rule in rules.rules(table, chain)
        )
        out.append("COMMIT")
        out.append(f"# Completed on {stamp}")
    proc.stdout.write("\n".join(out) + "\n" if out else "")
    return 0
