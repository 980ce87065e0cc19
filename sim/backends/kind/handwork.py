"""What a command line on a node changes there, as far as its words tell: in one verb and one line.

A real node tells nobody what was done to it, so that the words have to do; what scripts, aliases and
editors do goes unseen. Nothing is run here.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from os.path import basename

LONGEST = 200
"""Characters of a detail, and commands of a line that are looked at."""
_BETWEEN = re.compile(r"[;&|\n()<>]+")
_ASSIGNED = re.compile(r"[A-Za-z_]\w*=")
_VALUED_SUDO = frozenset("ughpCDrtT")
_RULES = frozenset(
    (
        *("-A", "-D", "-I", "-R", "-F", "-X", "-N", "-P", "-E", "-Z"),
        *("--append", "--delete", "--insert", "--replace", "--flush", "--delete-chain"),
        *("--new-chain", "--policy", "--rename-chain", "--zero"),
    )
)


def _words(*verbs: str, at: int = 0) -> Callable[[Sequence[str]], bool]:
    """Return whether the word at place *at*, options not counted, is one of *verbs*."""

    def changes(args: Sequence[str]) -> bool:
        plain = [one for one in args if not one.startswith("-")]
        return len(plain) > at and plain[at] in verbs

    return changes


def _options(*options: str) -> Callable[[Sequence[str]], bool]:
    return lambda args: any(one in options for one in args)


def _always(_args: Sequence[str]) -> bool:
    return True


def _filters(args: Sequence[str]) -> bool:
    return any(one in _RULES for one in args)


def _routes(args: Sequence[str]) -> bool:
    verbs = ("add", "del", "delete", "set", "flush", "replace", "change", "append")
    return _words(*verbs, at=1)(args)


def _sets(args: Sequence[str]) -> bool:
    return any("=" in one for one in args) or "-w" in args


CHANGES: Mapping[str, tuple[str, Callable[[Sequence[str]], bool]]] = {
    "conntrack": ("conntrack", _options("-F", "-D", "-U", "-I", "--flush", "--delete")),
    "crictl": ("crictl", _words("stop", "rm", "stopp", "rmp", "rmi", "pull", "update", "create")),
    "ctr": ("ctr", _words("rm", "delete", "kill", at=1)),
    "dd": ("dd", _always),
    "fallocate": ("fallocate", _always),
    "halt": ("reboot", _always),
    "ip": ("ip", _routes),
    "ip6tables": ("iptables", _filters),
    "ip6tables-restore": ("iptables", _always),
    "ipset": ("ipset", _words("add", "del", "flush", "destroy", "create")),
    "iptables": ("iptables", _filters),
    "iptables-restore": ("iptables", _always),
    "ipvsadm": ("ipvsadm", _options("-A", "-E", "-D", "-C", "-R", "-a", "-e", "-d")),
    "kill": ("kill", lambda args: "-l" not in args),
    "killall": ("kill", _always),
    "nft": ("nft", _words("add", "delete", "flush", "insert", "replace", "destroy")),
    "pkill": ("kill", _always),
    "poweroff": ("reboot", _always),
    "reboot": ("reboot", _always),
    "rm": ("rm", _always),
    "shutdown": ("reboot", _always),
    "sysctl": ("sysctl", _sets),
    "systemctl": (
        "systemctl",
        _words(
            *("start", "stop", "restart", "reload", "kill", "enable", "disable", "mask", "unmask"),
            *("daemon-reload", "try-restart", "reload-or-restart", "set-property", "reset-failed"),
        ),
    ),
    "tc": ("tc", _routes),
    "truncate": ("truncate", _always),
}
"""Program -> what evidence calls it, and whether these arguments change anything."""
_OWN_NAME = frozenset({"iptables", "ip", "kill", "reboot"})
"""Evidence has these with the program's name in the detail."""


def deeds_in(line: str) -> list[tuple[str, str]]:
    """Return (verb, detail) of each command in *line* that changes something.

    >>> deeds_in("sudo iptables -t nat -F; sudo systemctl restart kubelet | cat; ls")
    [('iptables', 'iptables -t nat -F'), ('systemctl', 'restart kubelet')]
    """
    found = []
    for words in simple_commands(line)[:LONGEST]:
        name, args = basename(words[0]), words[1:]
        if name in ("sh", "bash") and "-c" in args[:-1]:
            found += deeds_in(args[args.index("-c") + 1])
            continue
        verb, changes = CHANGES.get(name, ("", _always))
        if verb and changes(args):
            detail = " ".join([name, *args] if verb in _OWN_NAME else args)
            found.append((verb, detail[:LONGEST]))
    return found


def simple_commands(line: str) -> list[list[str]]:
    """Return the simple commands of *line*, without `sudo` and assignments before them."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|\n()<>")
    lexer.whitespace, lexer.commenters = " \t", "#"
    found: list[list[str]] = [[]]
    try:
        for word in lexer:
            if _BETWEEN.fullmatch(word):
                found.append([])
            else:
                found[-1].append(word)
    except ValueError:
        return []  # a quote that is not closed: the shell will ask for the rest, or complain
    return [bare for words in found if (bare := _bare(words))]


def _bare(words: list[str]) -> list[str]:
    rest = list(words)
    while rest:
        word = rest[0]
        if _ASSIGNED.match(word) or word in (
            "then",
            "do",
            "else",
            "{",
            "!",
            "time",
            "nohup",
            "exec",
        ):
            rest.pop(0)
        elif word in ("sudo", "env"):
            rest.pop(0)
            while rest and rest[0].startswith("-"):
                option = rest.pop(0)
                if option[-1] in _VALUED_SUDO and len(option) == 2 and rest:
                    rest.pop(0)
        elif word in ("timeout", "nice") and len(rest) > 1:
            rest = rest[2:] if word == "timeout" else rest[1:]
        else:
            break
    return rest
