"""iptables and ip6tables over the rules that the node's kernel holds.

Listings come from `Ruleset`; every change gives the node another `RuleState`, which connections,
users' traffic and other programs meet from then on. This file must not know why the rules are as
they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from sim.bash.process import Proc
from sim.node.dns import is_address
from sim.node.kubeproxy.rules import RuleState, ServiceSnapshot
from sim.node.netfilter import edit
from sim.node.netfilter.edit import Refused
from sim.node.netfilter.extensions import SpecError
from sim.node.netfilter.rules import BUILTIN, Rule
from sim.node.netfilter.ruleset import Ruleset
from sim.node.netfilter.spec import RULE_OPTIONS, parse_spec
from sim.node.programs.host import administers_network, changed, machine_of
from sim.node.programs.iptables_help import COMMANDS, HELP, SWITCHES
from sim.node.programs.netfilter_print import Columns, format_header, format_rows, format_rule
from sim.node.programs.options import UsageError, program

VERSION = "1.8.9"
LONGEST_CHAIN = 29
NO_SUCH_CHAIN = "No chain/target/match by that name."
BAD_RULE = "Bad rule (does a matching rule exist in that chain?)."
POD_RANGE_SIX = "fd00:10:244::/56"


@dataclass
class Line:
    """One command line, taken apart."""

    table: str = "filter"
    command: str = ""
    chain: str = ""
    number: int = 0
    """Rule number after the chain; 0 if there is none."""
    second: str = ""
    """New name of -E, policy of -P."""
    spec: list[str] = field(default_factory=list)
    switches: set[str] = field(default_factory=set)


@program(2)
def iptables(proc: Proc) -> int:
    """List and change the node's IPv4 rules."""
    return _run(proc, six=False)


@program(2)
def ip6tables(proc: Proc) -> int:
    """List the node's IPv6 rules: kube-proxy is dual-stack, its IPv6 side has no Services."""
    return _run(proc, six=True)


def banner(proc: Proc) -> str:
    """Return the name and version that stand before messages."""
    return f"{proc.argv[0].rpartition('/')[2]} v{VERSION} (nf_tables)"


def permitted(proc: Proc) -> bool:
    """Return whether the program may touch netfilter; say so if not."""
    if administers_network(proc):
        return True
    proc.stderr.write(
        f"{banner(proc)}: Could not fetch rule set generation id:"
        " Permission denied (you must be root)\n"
    )
    return False


def ruleset_of(proc: Proc, *, six: bool) -> Ruleset:
    """Return the tables that the program sees."""
    if six:
        return Ruleset(RuleState(ServiceSnapshot()), POD_RANGE_SIX)
    return machine_of(proc).ruleset()


def counter_of(proc: Proc, *, six: bool) -> Callable[[str, str, Rule], tuple[int, int]]:
    """Return what tells packets and bytes of a rule, by table and chain."""
    counted = {} if six else machine_of(proc).tally.counts()

    def count(table: str, chain: str, rule: Rule) -> tuple[int, int]:
        packets, size = counted.get((table, chain, rule), (0, 0))
        return packets + rule.counts[0], size + rule.counts[1]

    return count


def _run(proc: Proc, *, six: bool) -> int:
    try:
        line = parse_line(proc.argv[1:])
    except SpecError as problem:
        raise UsageError(told(proc, problem)) from None
    if line.command == "V":
        proc.print(banner(proc))
        return 0
    if line.command == "h":
        proc.stdout.write(f"{banner(proc)}\n\n{HELP.format(name=proc.argv[0])}")
        return 0
    if not permitted(proc):
        return 4
    if line.table not in BUILTIN:
        proc.stderr.write(
            f"{banner(proc)}: table '{line.table}' does not exist\n"
            f"Perhaps {proc.argv[0]} or your kernel needs to be upgraded.\n"
        )
        return 3
    proc.asked()
    rules = ruleset_of(proc, six=six)
    if line.command in ("L", "S") and line.chain and not rules.exists(line.table, line.chain):
        proc.stderr.write(
            f"{banner(proc)}: chain `{line.chain}' in table `{line.table}' is incompatible,"
            " use 'nft' tool.\n"
        )
        return 1
    if line.command == "L":
        code = _list(proc, line, rules, six=six)
    elif line.command == "S":
        code = _list_rules(proc, line, rules, six=six)
    else:
        code = 0
    if "zero" in line.switches or line.command == "Z":
        if line.chain and not rules.exists(line.table, line.chain):
            proc.stderr.write(f"{proc.argv[0]}: {NO_SUCH_CHAIN}\n")
            return 1
        if not six:
            machine_of(proc).tally.zero(rules, line.table, line.chain, line.number)
        return code
    if line.command in ("L", "S"):
        return code
    return _change(proc, line, rules, six=six)


def told(proc: Proc, problem: SpecError) -> str:
    """Return an error as the program prints it."""
    name = proc.argv[0]
    text = f"{banner(proc)}: {problem}" if problem.banner else str(problem)
    if not problem.hint:
        return text
    return f"{text}\nTry `{name} -h' or '{name} --help' for more information."


# -- the command line ----------------------------------------------------------------------------


def parse_line(argv: list[str]) -> Line:
    """Take a command line apart.

    Raises:
        SpecError: in iptables' own words.
    """
    line = Line()
    words = _unbundled(argv)
    while words:
        word = words.pop(0)
        letter = COMMANDS.get(word)
        if letter is not None:
            _command(line, letter, word, words)
        elif word in SWITCHES:
            line.switches.add(SWITCHES[word])
        elif word in ("-t", "--table"):
            if not words:
                msg = f'option "{word}" requires an argument'
                raise SpecError(msg)
            line.table = words.pop(0)
        elif word in ("-w", "--wait", "-W", "--wait-interval"):
            if words and words[0].replace(".", "").isdecimal():
                words.pop(0)
        elif word in ("-M", "--modprobe") and words:
            words.pop(0)
        elif not word.startswith(("-", "!")) and (not line.spec or not _wants_more(line.spec)):
            raise SpecError(f"Bad argument `{word}'", banner=False)
        else:
            line.spec.append(word)
            _take_values(line, words)
    if not line.command:
        if line.spec and line.spec[0] not in RULE_OPTIONS and line.spec[0].startswith("-"):
            msg = f'unknown option "{line.spec[0]}"'
            raise SpecError(msg)
        raise SpecError("no command specified")
    _check_line(line)
    return line


def _wants_more(spec: list[str]) -> bool:
    return spec[-1].startswith("-") and spec[-1] != "--syn"


def _take_values(line: Line, words: list[str]) -> None:
    """Move the words up to the next option: they are this one's values, whatever they are."""
    if line.spec[-1] in ("--comment",) and words:
        line.spec.append(words.pop(0))
    while words and not words[0].startswith(("-", "!")):
        if not _wants_more(line.spec) and not _second_value(line.spec):
            break
        line.spec.append(words.pop(0))


def _second_value(spec: list[str]) -> bool:
    """Return True while an option of several words is not complete."""
    return len(spec) > 1 and spec[-2] in ("-c", "--set-counters", "--tcp-flags", "--match-set")


def _command(line: Line, letter: str, word: str, words: list[str]) -> None:
    if line.command and {line.command, letter} not in ({"L", "Z"}, {"S", "Z"}):
        msg = f"Cannot use -{letter} with -{line.command}"
        raise SpecError(msg)
    if line.command:
        line.switches.add("zero")
        line.command = "S" if "S" in (line.command, letter) else "L"
        return
    line.command = letter
    if letter in "Vh":
        return
    has = bool(words) and not words[0].startswith(("-", "!"))
    if letter == "N" and words and words[0].startswith("-"):
        raise SpecError("chain name not allowed to start with `-'")
    if not has:
        if letter in "ADIRCNPE":
            msg = f'option "{word}" requires an argument'
            raise SpecError(msg)
        return
    line.chain = words.pop(0)
    has = bool(words) and not words[0].startswith(("-", "!"))
    if letter in "LSZDIR" and has:
        text = words.pop(0)
        if not text.isdecimal() or not int(text[:9]):
            msg = f"Invalid rule number `{text}'"
            raise SpecError(msg)
        line.number = int(text[:9])
    elif letter == "R":
        raise SpecError("-R requires a rule number")
    if letter in "PE":
        if not has:
            raise SpecError(
                "-P requires a chain and a policy"
                if letter == "P"
                else "-E requires old-chain-name and new-chain-name"
            )
        line.second = words.pop(0)


def _check_line(line: Line) -> None:
    for name in (line.chain, line.second if line.command == "E" else ""):
        if len(name) >= LONGEST_CHAIN:
            msg = f"chain name `{name}' too long (must be under {LONGEST_CHAIN} chars)"
            raise SpecError(msg)
        if " " in name:
            msg = f"Invalid chain name `{name}'"
            raise SpecError(msg)
    takes_rule = line.command in ("A", "I", "R", "C") or (line.command == "D" and not line.number)
    if not takes_rule:
        for word in line.spec:
            if word.startswith("-"):
                short = {"--jump": "-j", "--source": "-s", "--protocol": "-p"}.get(word, word)
                if short in ("-j", "-s", "-d", "-p", "-i", "-o"):
                    msg = f"Illegal option `{short}' with this command"
                    raise SpecError(msg)
                msg = f'unknown option "{word}"'
                raise SpecError(msg)


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


# -- listing -------------------------------------------------------------------------------------


def _list(proc: Proc, line: Line, rules: Ruleset, *, six: bool) -> int:
    machine = machine_of(proc)
    hosts = {m.internal_ip: m.name for m in machine.network.machines.values()}
    hosts["127.0.0.1"] = "localhost"
    columns = Columns(
        numeric="numeric" in line.switches,
        verbose="verbose" in line.switches,
        exact="exact" in line.switches,
        numbered="numbers" in line.switches,
        resolve=lambda ip: "localhost" if ip == "127.0.0.0" else hosts.get(ip),
        six=six,
    )
    count = counter_of(proc, six=six) if columns.verbose else None
    out: list[str] = []
    for chain in [line.chain] if line.chain else rules.chains(line.table):
        if count is not None:
            columns = replace(columns, count=partial(count, line.table, chain))
        held = rules.rules(line.table, chain)
        proc.charge(40 * len(held))
        if line.number:
            out.extend(format_rows(held, columns)[line.number - 1 : line.number])
            continue
        if out:
            out.append("")
        policy = rules.policy(line.table, chain) if chain in BUILTIN[line.table] else None
        references = 0 if policy else rules.references(line.table, chain)
        out.extend(format_header(chain, policy, references, columns))
        out.extend(format_rows(held, columns))
    proc.stdout.write("\n".join(out) + "\n" if out else "")
    return 0


def _list_rules(proc: Proc, line: Line, rules: Ruleset, *, six: bool) -> int:
    counted = "verbose" in line.switches
    count = counter_of(proc, six=six) if counted else None
    chains = [line.chain] if line.chain else rules.chains(line.table)
    out = []
    if not line.number:
        for chain in chains:
            if chain in BUILTIN[line.table]:
                tail = " -c 0 0" if counted else ""
                out.append(f"-P {chain} {rules.policy(line.table, chain)}{tail}")
            else:
                out.append(f"-N {chain}")
    for chain in chains:
        held = rules.rules(line.table, chain)
        found = [
            format_rule(chain, rule, count and count(line.table, chain, rule)) for rule in held
        ]
        out.extend(found[line.number - 1 : line.number] if line.number else found)
    proc.stdout.write("\n".join(out) + "\n" if out else "")
    return 0


# -- changing ------------------------------------------------------------------------------------


def _change(proc: Proc, line: Line, rules: Ruleset, *, six: bool) -> int:
    name = proc.argv[0]
    try:
        after = changed_state(proc, line, rules)
    except SpecError as problem:
        proc.stderr.write(f"{told(proc, problem)}\n")
        return problem.code
    except Refused as problem:
        text = f"{banner(proc)}:  {problem}" if problem.code == 4 else f"{name}: {problem}"
        proc.stderr.write(f"{text}\n")
        return problem.code
    if after is None or after is rules.state:
        return 0
    if six:
        proc.stderr.write(f"{banner(proc)}: IPv6 rules cannot be changed in this simulator\n")
        return 2
    machine_of(proc).proxy.state = after
    changed(proc, "iptables", " ".join(proc.argv))
    return 0


def changed_state(proc: Proc, line: Line, rules: Ruleset) -> RuleState | None:
    """Return the rules after the command; None if it only looks.

    Raises:
        SpecError, Refused: in iptables' own words.
    """
    table, chain, command = line.table, line.chain, line.command
    if command == "N":
        return edit.created(rules, table, chain)
    if command == "X":
        return edit.removed(rules, table, chain)
    if command == "P":
        return _policy(line, rules)
    if command == "E":
        return edit.renamed(rules, table, chain, line.second)
    if chain and not rules.exists(table, chain):
        if command in "AIRDC" and line.spec:
            _parsed(proc, line, rules)
            if command in "CD":
                raise Refused(BAD_RULE)
        raise Refused(NO_SUCH_CHAIN)
    if command == "F":
        return edit.flushed(rules, table, chain)
    if command == "D" and line.number:
        return edit.deleted(rules, table, chain, line.number - 1)
    made = _parsed(proc, line, rules)
    if command in ("C", "D"):
        after = rules
        for rule in made:
            index = edit.position(after, table, chain, rule)
            if index is None:
                raise Refused(BAD_RULE)
            if command == "D":
                after = Ruleset(edit.deleted(after, table, chain, index), rules.cidr)
        return after.state if command == "D" else None
    verb = {"A": "RULE_APPEND", "I": "RULE_INSERT", "R": "RULE_REPLACE"}[command]
    for rule in made:
        if not _allowed(table, chain, rule):
            msg = f"{verb} failed (Invalid argument): rule in chain {chain}"
            raise Refused(msg, 4)
    if command == "R":
        if len(made) > 1:
            raise SpecError("Replacement rule does not specify a unique address")
        return edit.replaced(rules, table, chain, line.number, made[0])
    number = 0 if command == "A" else line.number or 1
    return edit.insert(rules, table, chain, made, number)


def _parsed(proc: Proc, line: Line, rules: Ruleset) -> list[Rule]:
    machine = machine_of(proc)

    def resolve(name: str) -> str | None:
        return None if is_address(name) else machine.network.resolve(name, "default", machine)

    has: Callable[[str], bool] = lambda name: rules.exists(line.table, name)  # noqa: E731
    made = parse_spec(line.spec, has_chain=has, resolve=resolve)
    for rule in made:
        if rule.out and line.chain in ("PREROUTING", "INPUT"):
            msg = f"Can't use -o with {line.chain}\n"
            raise SpecError(msg)
        if rule.into and line.chain in ("POSTROUTING", "OUTPUT"):
            msg = f"Can't use -i with {line.chain}\n"
            raise SpecError(msg)
    return made


def _allowed(table: str, chain: str, rule: Rule) -> bool:
    """Return whether the kernel takes a target in this table and at this hook."""
    builtin = chain in BUILTIN[table]
    if rule.jump == "REJECT":
        if rule.act == ("tcp-reset",) and rule.proto != "tcp":
            return False
        return table == "filter"
    if rule.jump in ("DNAT", "REDIRECT"):
        return table == "nat" and (not builtin or chain in ("PREROUTING", "OUTPUT"))
    if rule.jump == "SNAT":
        return table == "nat" and (not builtin or chain in ("POSTROUTING", "INPUT"))
    if rule.jump == "MASQUERADE":
        return table == "nat" and (not builtin or chain == "POSTROUTING")
    return True


def _policy(line: Line, rules: Ruleset) -> RuleState:
    if line.chain not in BUILTIN[line.table]:
        raise Refused("Bad built-in chain name.")
    if line.second not in ("ACCEPT", "DROP"):
        raise Refused("Bad policy name. Run `dmesg' for more information.")
    if line.table == "nat" and line.second == "DROP":
        raise SpecError(
            '\nThe "nat" table is not intended for filtering,'
            " the use of DROP is therefore inhibited.\n\n"
        )
    return edit.with_policy(rules, line.table, line.chain, line.second)
