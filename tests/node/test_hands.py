"""What a hand on a node's rules, links and routes does to connections, probes, DNS and the kubelet."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sim.apimachinery.errors import ApiError
from sim.node.door import KubeletDoor
from sim.node.machine import Machine
from tests.node.programs.conftest import POSTGRES, World

POD = "10.244.1.9"
NC = f"nc -zw2 {POSTGRES} 5432"


@pytest.fixture
def world() -> World:
    return World()


def reaches(world: World) -> bool:
    """Return whether a pod on the bad node gets to the database on the good one."""
    return world.run(NC, world.find(world.bad, "toolbox")).code == 0


CUTS = [
    ("bad", f"iptables -I FORWARD -d {POD} -j DROP", f"iptables -D FORWARD -d {POD} -j DROP"),
    ("good", f"iptables -I FORWARD -d {POD} -j DROP", "iptables -D FORWARD 1"),
    ("good", f"iptables -I FORWARD -s {POD} -j DROP", "iptables -D FORWARD 1"),
    ("bad", "iptables -I FORWARD -p tcp --dport 5432 -j REJECT", "iptables -D FORWARD 1"),
    ("bad", f"iptables -t nat -I PREROUTING -d {POSTGRES} -j RETURN",
     f"iptables -t nat -D PREROUTING -d {POSTGRES} -j RETURN"),
    ("bad", f"iptables -t raw -A PREROUTING -d {POSTGRES}/32 -j DROP", "iptables -t raw -F"),
    ("bad", "iptables -t mangle -A FORWARD -p tcp -m multiport --dports 22,5432 -j DROP",
     "iptables -t mangle -F FORWARD"),
    ("bad", "iptables -P FORWARD DROP", "iptables -P FORWARD ACCEPT"),
    ("bad", "iptables -N NO; iptables -A NO -j DROP; iptables -I FORWARD -i cni0 -g NO",
     "iptables -D FORWARD 1; iptables -F NO; iptables -X NO"),
    ("bad", "iptables -I FORWARD -m state --state NEW -j DROP", "iptables -D FORWARD 1"),
    ("bad", "iptables-save > /tmp/kept; iptables -t nat -F KUBE-SERVICES", "iptables-restore /tmp/kept"),
    ("bad", "iptables -t nat -D KUBE-SERVICES 3; iptables -t nat -D KUBE-SERVICES 2",
     "systemctl restart kube-proxy; sleep 20"),
    ("bad", "ip link set cni0 down", "ip link set cni0 up"),
    ("good", "ip link set eth0 down", "ip link set eth0 up"),
    ("bad", "ip route del 10.244.1.0/24", "ip route add 10.244.1.0/24 via 172.30.0.11"),
    ("good", "ip route del 10.244.3.0/24", "ip route add 10.244.3.0/24 via 172.30.0.13"),
    ("bad", "ip route add blackhole 10.244.1.9/32", "ip route del blackhole 10.244.1.9/32"),
    ("bad", "sysctl -w net.netfilter.nf_conntrack_max=1", "sysctl -w net.netfilter.nf_conntrack_max=262144"),
]  # fmt: skip


@pytest.mark.parametrize(("where", "cut", "undo"), CUTS, ids=[cut for _, cut, _ in CUTS])
def test_what_is_cut_is_cut_until_it_is_undone(
    world: World, where: str, cut: str, undo: str
) -> None:
    machine: Machine = getattr(world, where)
    assert reaches(world)
    assert world.run(cut, machine).code == 0
    assert not reaches(world)
    assert world.run(undo, machine).code == 0
    assert reaches(world)
    assert not world.network.meddled


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("iptables -A OUTPUT -d 10.244.1.9 -p tcp -j REJECT --reject-with tcp-reset", "Connection refused"),
        ("iptables -A OUTPUT -d 10.244.1.9 -p tcp -j REJECT --reject-with icmp-host-unreachable",
         "No route to host"),
        ("iptables -A OUTPUT -d 10.244.1.9 -j DROP", "timed out"),
        ("ip link set eth0 down", "No route to host"),
    ],
)  # fmt: skip
def test_how_it_is_cut_is_how_it_fails(world: World, line: str, told: str) -> None:
    world.run(line)
    assert told in world.run(f"nc -zvw5 {POD} 5432").err


def test_rules_translate_as_they_say(world: World) -> None:
    world.run(
        f"iptables -t nat -A OUTPUT -d 192.0.2.7 -p tcp --dport 80 -j DNAT --to-destination {POD}:5432"
    )
    assert world.run("nc -zw2 192.0.2.7 80").code == 0
    world.run("iptables -t nat -A POSTROUTING -p tcp --dport 5432 -j SNAT --to-source 192.0.2.9")
    world.run("iptables -I FORWARD -s 192.0.2.9 -j DROP", world.good)
    assert world.run("nc -zw2 192.0.2.7 80").code == 1


def test_kube_proxy_brings_its_own_back_and_leaves_the_others(world: World) -> None:
    world.run(
        "iptables -N MINE; iptables -I FORWARD -j MINE; iptables -t nat -F; iptables -F KUBE-FORWARD"
    )
    world.run("systemctl restart kube-proxy")
    world.env.advance(world.env.now + 60_000)
    lines = world.run("iptables -S").lines
    assert "-N MINE" in lines
    assert "-A FORWARD -j MINE" in lines
    assert any(line.startswith("-A KUBE-FORWARD") for line in lines)
    assert reaches(world)


def test_a_lost_canary_is_noticed_within_half_a_minute(world: World) -> None:
    world.run(
        "iptables -t nat -F; iptables -t nat -X; iptables -t mangle -F; iptables -t mangle -X"
    )
    world.env.advance(world.env.now + 31_000)
    assert reaches(world)


def test_dns_of_pods_is_an_input_of_their_node(world: World) -> None:
    pod = world.find(world.bad, "toolbox")
    assert world.network.reaches_dns(pod)
    world.run("iptables -I INPUT -p udp --dport 53 -j DROP")
    assert not world.network.reaches_dns(pod)
    ran = world.run("nslookup -timeout=1 postgres.payments", pod)
    assert (ran.code, ran.took) == (1, 3_000)
    assert ran.lines[0] == ";; communications error to 169.254.20.10#53: timed out"
    world.run("iptables -D INPUT 1")
    assert world.network.reaches_dns(pod)


def test_open_connections_are_missed_after_a_while(world: World) -> None:
    link = world.network.open(world.find(world.bad, "toolbox"), POSTGRES, 5432)
    world.run("iptables -I FORWARD -p tcp --dport 5432 -m state --state NEW -j DROP")
    world.env.advance(world.env.now + 30_000)
    assert not link.lost.triggered  # type: ignore[union-attr]
    world.run("iptables -I FORWARD -p tcp --dport 5432 -j DROP")
    assert not link.lost.triggered  # type: ignore[union-attr]
    world.env.advance(world.env.now + 11_000)
    assert link.lost.triggered  # type: ignore[union-attr]


def test_probes_are_packets_of_the_node(world: World) -> None:
    world.run("iptables -I OUTPUT -d 10.244.1.5 -p tcp --dport 8080 -j DROP", world.good)
    world.env.advance(world.env.now + 60_000)
    events = [one["message"] for one in world.api.list("events") if one["reason"] == "Unhealthy"]
    assert any("Client.Timeout exceeded" in message for message in events)
    world.run("iptables -D OUTPUT 1", world.good)
    world.env.advance(world.env.now + 60_000)
    pod = world.api.get("pods", "payments", "api-1")
    assert pod is not None
    ready = next(one for one in pod["status"]["conditions"] if one["type"] == "Ready")
    assert ready["status"] == "True"


def test_the_api_server_needs_the_kubelets_port(world: World) -> None:
    door, pod = KubeletDoor(world.kubelets), world.api.get("pods", "payments", "api-1")
    assert pod is not None
    world.run("iptables -I INPUT -p tcp --dport 10250 -j DROP", world.good)
    with pytest.raises(ApiError, match=r"error dialing backend: dial tcp .*:10250: i/o timeout"):
        door.exec(pod, "", ("ls",), stdin=False, tty=False)
    world.run("iptables -F INPUT", world.good)
    door.exec(pod, "", ("ls",), stdin=False, tty=False)


def test_a_share_of_connections_is_lost_by_chance(world: World) -> None:
    world.run("iptables -I FORWARD -m statistic --mode random --probability 0.25 -j DROP")
    ends = world.network.ways(world.find(world.bad, "toolbox"), POSTGRES, 5432)
    lost = sum(end.share for end in ends if end.kind == "timeout")
    assert lost == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("iptables -A INPUT -j LOG", "target LOG is not supported in this simulator"),
        ("iptables -A INPUT -m recent --set", "match recent is not supported in this simulator"),
        ("iptables -A INPUT -p sctp -j DROP", "protocol sctp is not supported in this simulator"),
        ("nft add table ip x", "nft: add is not supported in this simulator"),
        ("ip rule add from 1.1.1.1 lookup 7", "ip: rule add is not supported in this simulator"),
        ("ip tunnel show", "ip: tunnel is not supported in this simulator"),
        ("conntrack -E", "-E is not supported in this simulator"),
        ("tcpdump -w /tmp/x", "tcpdump: -w is not supported in this simulator"),
    ],
)
def test_what_has_no_effect_is_refused(world: World, line: str, told: str) -> None:
    ran = world.run(line)
    assert ran.code != 0
    assert told in ran.err


def test_a_pod_may_not_touch_the_network(world: World) -> None:
    pod = world.find(world.bad, "toolbox")
    assert (
        world.run("ip link set eth0 down", pod).err
        == "RTNETLINK answers: Operation not permitted\n"
    )
    assert "Permission denied (you must be root)" in world.run("iptables -F", pod).err


def test_the_same_hands_do_the_same(world: World) -> None:
    lines = (
        "tcpdump -i any -c 30",
        "conntrack -L | tail -40",
        "ss -tan",
        "ip -s link",
        "netstat -s",
    )

    def told(one: World) -> list[str]:
        return [one.run(line).out for line in lines]

    again: Callable[[], World] = World
    assert told(world) == told(again())
