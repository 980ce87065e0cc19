"""The letters, switches and help of iptables' command line; must not know what they do."""

from __future__ import annotations

SWITCHES = {
    "-n": "numeric", "--numeric": "numeric", "-v": "verbose", "--verbose": "verbose",
    "-x": "exact", "--exact": "exact", "--line-numbers": "numbers", "--line-number": "numbers",
    "--line": "numbers", "-4": "", "--ipv4": "", "-6": "", "--ipv6": "",
}  # fmt: skip
COMMANDS = {
    "-L": "L", "--list": "L", "-S": "S", "--list-rules": "S", "-F": "F", "--flush": "F",
    "-D": "D", "--delete": "D", "-A": "A", "--append": "A", "-I": "I", "--insert": "I",
    "-R": "R", "--replace": "R", "-N": "N", "--new-chain": "N", "--new": "N", "-X": "X",
    "--delete-chain": "X", "-P": "P", "--policy": "P", "-Z": "Z", "--zero": "Z", "-C": "C",
    "--check": "C", "-E": "E", "--rename-chain": "E", "-V": "V", "--version": "V", "-h": "h",
    "--help": "h",
}  # fmt: skip
HELP = """Usage: {name} -[ACD] chain rule-specification [options]
       {name} -I chain [rulenum] rule-specification [options]
       {name} -R chain rulenum rule-specification [options]
       {name} -D chain rulenum [options]
       {name} -[LS] [chain [rulenum]] [options]
       {name} -[FZ] [chain] [options]
       {name} -[NX] chain
       {name} -E old-chain-name new-chain-name
       {name} -P chain target [options]
       {name} -h (print this help information)

"""
"""What -h begins with; the list of options is left out."""
