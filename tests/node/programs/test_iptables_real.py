"""The same command lines as through a real iptables, in a network namespace of its own."""

from __future__ import annotations

import shlex

import pytest

from sim.node.kubeproxy.rules import BARE, RuleState, ServiceSnapshot

from .conftest import World
from .recorded import expected, said

MADE = """
-N FOO
-A FOO -s 10.0.0.1 -p tcp --dport 5432 -j DROP
-A INPUT -p tcp -m multiport --dports 80,443 -m conntrack --ctstate NEW,ESTABLISHED -j REJECT
-A INPUT -p tcp -m multiport ! --dports 80,443 -m state --state NEW -j REJECT --reject-with tcp-reset
-A INPUT -i eth0 ! -s 10.1.0.0/16 -m mark --mark 0x4000/0x4000 -m comment --comment "hello there" -j FOO
-A OUTPUT -o eth+ -p udp --sport 53 -j ACCEPT
-A OUTPUT -p icmp --icmp-type echo-request -j DROP
-A FORWARD -p tcp --syn -j RETURN
-A FORWARD -p tcp --dport 1000:2000 -m addrtype --dst-type LOCAL -j MARK --set-mark 5
-A FORWARD -j MARK --set-mark 0x1/0x3
-A FORWARD -j MARK --and-mark 0x3
-A FORWARD -p tcp ! --dport 80 --sport 1
-t mangle -A FORWARD -p tcp -m tcp -j MARK --or-mark 2
-t nat -A PREROUTING -d 10.96.0.1 -p tcp --dport 443 -j DNAT --to-destination 10.0.0.2:6443
-t nat -A PREROUTING -d 10.96.0.1 -p tcp --dport 443 -j DNAT --to-destination 10.0.0.2
-t nat -A PREROUTING -p tcp -j REDIRECT --to-ports 8080
-t nat -A POSTROUTING -s 10.244.0.0/16 -j MASQUERADE
-t nat -A POSTROUTING -s 10.244.0.0/16 -j SNAT --to-source 1.2.3.4
-A INPUT -m statistic --mode random --probability 0.3 -j DROP
-A INPUT ! -p tcp ! -i lo -j ACCEPT
-A INPUT -g FOO
-A INPUT -c 5 6 -j DROP
-A INPUT -s 10.0.0.1,10.0.0.2 -j DROP
-A INPUT -s 10.0.0.1/255.255.0.0 -j DROP
-I INPUT 2 -p 6 -j ACCEPT
-R INPUT 1 -p all -j ACCEPT
-D INPUT 3
-D OUTPUT -o eth+ -p udp -m udp --sport 53 -j ACCEPT
-C FORWARD -p tcp --syn -j RETURN
-C FORWARD -p tcp -j RETURN
-P FORWARD DROP
-S
-t nat -S
-t mangle -S
-S -v
-L -n -v --line-numbers
-L
-L INPUT 2 -n
-L FOO -v -x
-t nat -nL
-E FOO BAR
-S INPUT
-X BAR
-X
-F INPUT
-F BAR
-X BAR
-L -n
-F
-Z
-P FORWARD ACCEPT
-S
"""

WRONG = """
-A INPUT -j ACCEPT
-D INPUT 1

-A
-N A
-A NOPE -j DROP
-A INPUT -j NOPE
-A INPUT --dport 80 -j DROP
-A INPUT -p tcp --dport nosuch -j DROP
-A INPUT -p tcp --dport 99999 -j DROP
-A INPUT -p foo -j DROP
-A INPUT -s 300.1.1.1 -j DROP
-A INPUT -s 1.2.3.4/99 -j DROP
-A INPUT -m nosuch -j DROP
-A INPUT -j DNAT --to 1.2.3.4
-t nat -A PREROUTING -j DNAT
-t nosuch -L
-D INPUT 5
-D INPUT 0
-D INPUT x
-D INPUT 1 2
-D INPUT -s 1.2.3.4 -j DROP
-I INPUT 7 -j DROP
-I INPUT 0 -j DROP
-R INPUT
-R INPUT 9 -j DROP
-N INPUT
-N A
-X INPUT
-X NOPE
-A INPUT -j A
-X A
-E NOPE X
-E A INPUT
-P INPUT NOPE
-P A DROP
-P INPUT
-C INPUT -s 1.1.1.1 -j DROP
-C NOPE -j DROP
-L NOPE
-S NOPE
-F NOPE
-Z NOPE
-L INPUT 9
-L -A INPUT
-L -Q
--wibble
foo
-L INPUT OUTPUT
-A INPUT foo
-A INPUT -j
-A INPUT -o eth0 -j DROP
-A OUTPUT -i eth0 -j DROP
-A INPUT -j REJECT --reject-with foo
-A INPUT -p udp -j REJECT --reject-with tcp-reset
-A INPUT -m conntrack --ctstate FOO -j DROP
-A INPUT -m conntrack -j DROP
-A INPUT -p tcp -m multiport --dports 1,2,x -j DROP
-A INPUT -m multiport --dports 1 -j DROP
-A INPUT -m set --match-set foo src -j DROP
-A INPUT -j A -j DROP
-A INPUT -p tcp -p udp
-A thisnameistoolongforachain1234567890 -j DROP
-A INPUT -j MASQUERADE
-t nat -A POSTROUTING -j REJECT
-t nat -A PREROUTING -j MASQUERADE
-t nat -P PREROUTING DROP
-F INPUT OUTPUT
-t
-A INPUT -m statistic -j DROP
-A INPUT -m statistic --mode random --probability 2 -j DROP
-A INPUT -m mark --mark x
-A INPUT -m comment -j DROP
-A INPUT -j MARK
-A INPUT -j MARK --set-mark x
-A INPUT -p tcp --tcp-flags FOO SYN -j DROP
-A INPUT ! -j DROP
-A INPUT -c 1
-A INPUT ! -p all
-N -x
-N "a b"
-D INPUT 1 -j DROP
-C INPUT 1
-L -j DROP
-E A
-I
-V
-S
"""

FILES = [
    "*filter\n:FOO - [0:0]\n-A FOO -j DROP\n-A INPUT -p tcp --dport x -j DROP\nCOMMIT\n",
    "*filter\n-A NOPE -j DROP\nCOMMIT\n",
    "*nosuch\nCOMMIT\n",
    "garbage\n",
    "*filter\n:FOO\n",
    "*filter\n:FOO - [0:0]\n-A FOO -j DROP\n",
    "*filter\n:FOO - [0:0]\n-A FOO foo\nCOMMIT\n",
    '*nat\n:FOO - [0:0]\n-A FOO -p tcp -m comment --comment "a b" -j RETURN\n'
    "-A PREROUTING -j FOO\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n",
]


def _ours(world: World, script: list[str]) -> list[str]:
    world.bad.proxy.state = RuleState(ServiceSnapshot(), nat=BARE, filter=BARE, mangle=BARE)
    ran = (world.run(line) for line in script)
    return [said(one.out, one.err, one.code) for one in ran]


@pytest.mark.parametrize(
    ("name", "lines"), [("made", MADE), ("wrong", WRONG)], ids=["made", "wrong"]
)
def test_command_lines_print_what_the_real_one_prints(world: World, name: str, lines: str) -> None:
    script = [f"iptables {line}" for line in lines.strip("\n").split("\n")]
    known = expected(f"iptables-{name}", ("iptables",), script)
    ours = _ours(world, script)
    pairs = list(zip(script, ours, known, strict=True))
    assert [one[:2] for one in pairs if one[1] != one[2]] == [
        (one[0], one[2]) for one in pairs if one[1] != one[2]
    ]


def test_files_are_restored_and_saved_alike(world: World) -> None:
    script = []
    for text in FILES:
        script += [f"printf %s {shlex.quote(text)} | iptables-restore -n", "iptables-save -t nat",
                   "iptables-save -t filter"]  # fmt: skip
    assert _ours(world, script) == expected("iptables-restore", ("iptables",), script)
