"""What does not depend on a cluster, as the real network tools print it in an empty namespace."""

from __future__ import annotations

import pytest

from .conftest import World
from .recorded import expected, said

LINES = {
    "ip": [
        "ip -V", "ip foo", "ip addr foo", "ip link foo", "ip route foo", "ip neigh foo", "ip -x addr",
        "ip link show nosuch", "ip addr show nosuch", "ip link set nosuch up", "ip link set",
        "ip addr add 1.2.3.4", "ip addr add 300.1.1.1/24 dev lo", "ip route add foo",
        "ip route add 1.0.0.0/8", "ip route add 1.0.0.0/8 dev nosuch", "ip route del 99.0.0.0/8",
        "ip route get", "ip route get foo", "ip rule", "ip ru", "ip addr show lo", "ip -4 a s lo",
        "ip -br addr show lo", "ip -o addr show lo", "ip link show lo", "ip -br link show lo",
        "ip -j addr show lo", "ip addr del 9.9.9.9/32 dev lo", "ip link set lo foo",
        "ip route add blackhole 10.9.0.0/16", "ip route add blackhole 10.9.0.0/16",
        "ip route show 10.9.0.0/16", "ip route get 10.9.1.1", "ip -j route show 10.9.0.0/16",
        "ip route add unreachable 9.0.0.0/8", "ip route add prohibit 7.0.0.0/8",
        "ip route get 9.1.1.1", "ip route get 7.1.1.1", "ip route del blackhole 10.9.0.0/16",
        "ip route change 3.3.3.0/24 dev lo", "ip route get 127.0.0.1",
    ],
    "ss": ["ss -V", "ss -tn state foo", "ss -Htn dport = :1"],
    "ping": [
        "ping", "ping -c 0 127.0.0.1", "ping -c x 127.0.0.1", "ping -c 1 -M foo 127.0.0.1",
        "ping -c 1 -I nope 127.0.0.1",
    ],
    "nc": [
        "nc -zv 127.0.0.1 99", "nc 127.0.0.1", "nc -zv 127.0.0.1 99999", "nc -zv 127.0.0.1 foo",
        "nc -w x 127.0.0.1 9", "nc -zv 127.0.0.1 90-92", "nc -zvn 127.0.0.1 99",
    ],
    "conntrack": [
        "conntrack -V", "conntrack -L -p foo", "conntrack -X", "conntrack -L -d foo",
        "conntrack -L -o foo", "conntrack -D -d 1.2.3.4", "conntrack -L --dport 80",
        "conntrack -L -p tcp --state FOO", "conntrack -L expect",
    ],
    "ipset": ["ipset", "ipset list foo", "ipset list"],
    "nft": ["nft", "nft -v", "nft list chain ip nat NOPE"],
    "dig": ["dig -Z", "dig +foo x", "dig @nosuch.example foo"],
    "ethtool": ["ethtool nope", "ethtool"],
    "route": ["route -n | head -2"],
    "tcpdump": ["tcpdump -c 1 -i nope", "tcpdump -i lo -c x", "tcpdump -i lo -c 1 foo"],
}  # fmt: skip


@pytest.mark.parametrize("tool", LINES)
def test_words_are_the_real_tools(world: World, tool: str) -> None:
    lines = LINES[tool]
    before = "ip link set lo up\niptables -t nat -N KUBE-X\n"
    known = expected(tool, ("ip", "iptables", tool), lines, before)
    ours = []
    for line in lines:
        ran = world.run(line)
        ours.append(said(ran.out, ran.err, ran.code))
    pairs = list(zip(lines, ours, known, strict=True))
    assert [one[:2] for one in pairs if one[1] != one[2]] == [
        (one[0], one[2]) for one in pairs if one[1] != one[2]
    ]
