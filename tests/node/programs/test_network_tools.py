from __future__ import annotations

from .conftest import POSTGRES, World


def test_pod_answers_ping_and_a_cluster_ip_does_not(world: World) -> None:
    ran = world.run("ping -c 2 10.244.1.9")
    assert (ran.code, ran.took) == (0, 1_000)
    assert ran.lines[0] == "PING 10.244.1.9 (10.244.1.9) 56(84) bytes of data."
    assert ran.lines[1].startswith("64 bytes from 10.244.1.9: icmp_seq=1 ttl=63 time=0.")
    assert ran.lines[5] == "2 packets transmitted, 2 received, 0% packet loss, time 1000ms"
    silent = world.run(f"ping -c 1 -W 1 {POSTGRES}")
    assert (silent.code, silent.took) == (1, 1_000)
    assert silent.lines[-2] == "1 packets transmitted, 0 received, 100% packet loss, time 0ms"


def test_ping_sums_up_when_interrupted(world: World) -> None:
    ran = world.run("ping node-worker-1", interrupt_after=2_500)
    assert ran.code == 130
    assert "3 packets transmitted, 3 received, 0% packet loss, time 2000ms" in ran.lines


def test_interfaces_follow_from_the_pods(world: World) -> None:
    lines = world.run("ip -br addr").lines
    assert world.run("ip -4 -br addr").lines == [
        "lo               UNKNOWN        127.0.0.1/8 ",
        "eth0             UP             172.30.0.13/24 ",
        "nodelocaldns     DOWN           169.254.20.10/32 ",
        "cni0             UP             10.244.3.1/24 ",
    ]
    assert len(lines) == 6
    assert lines[4].startswith("veth")
    inside = world.run("ip addr show eth0", world.postgres).lines
    assert inside[2] == "    inet 10.244.1.9/24 brd 10.244.1.255 scope global eth0"


def test_routes_lead_to_every_node(world: World) -> None:
    assert world.run("ip route").lines == [
        "default via 172.30.0.1 dev eth0 proto dhcp src 172.30.0.13 metric 100 ",
        "10.244.1.0/24 via 172.30.0.11 dev eth0 ",
        "10.244.3.0/24 dev cni0 proto kernel scope link src 10.244.3.1 ",
        "172.30.0.0/24 dev eth0 proto kernel scope link src 172.30.0.13 metric 100 ",
    ]
    assert world.run("ip route add 10.9.0.0/16 via 1.1.1.1").err == (
        "Error: Nexthop has invalid gateway.\n"
    )


def test_listeners_come_and_go_with_kube_proxy(world: World) -> None:
    assert ":10256" in world.run("ss -tlnp").out
    world.find(world.bad, "kube-proxy").kill()
    world.env.settle()
    assert ":10256" not in world.run("ss -tlnp").out
    assert "0.0.0.0:5432" in world.run("ss -tln", world.postgres).out
    assert "0.0.0.0:postgresql" in world.run("ss -tl", world.postgres).out


def test_connections_are_seen_and_flushed(world: World) -> None:
    debug = world.find(world.bad, "toolbox")
    link = world.network.open(debug, POSTGRES, 5432)
    assert "ESTABLISHED" in world.run("sudo conntrack -L", user="oncall").out
    assert f"{POSTGRES}:5432" in world.run("ss -tn", debug).out
    assert f"{POSTGRES}:5432" not in world.run("ss -tn").out
    world.bad.proxy.state = world.bad.proxy.state.flush_kube()
    ran = world.run("conntrack -F")
    assert (
        ran.err
        == "conntrack v1.4.7 (conntrack-tools): connection tracking table has been emptied.\n"
    )
    assert link.lost.triggered  # type: ignore[union-attr]
    assert world.run("conntrack -C").lines == ["0"]


def test_conntrack_needs_rights(world: World) -> None:
    assert "sorry, you must be root" in world.run("conntrack -L", world.postgres).err
    assert world.run("conntrack -S | head -1").lines[0].startswith("cpu=0   \tfound=")
    assert world.run("conntrack -I").code == 2


def test_names_resolve_in_pods_by_the_local_cache(world: World) -> None:
    world.api.load(
        "services",
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "postgres", "namespace": "payments", "uid": "u"},
            "spec": {"clusterIP": POSTGRES, "ports": [{"port": 5432}]},
        },
    )
    ran = world.run("nslookup postgres", world.postgres)
    assert ran.lines == [
        "Server:\t\t169.254.20.10",
        "Address:\t169.254.20.10#53",
        "",
        "Name:\tpostgres.payments.svc.cluster.local",
        "Address: 10.96.45.12",
        "",
    ]
    assert world.run("dig +short postgres.payments.svc.cluster.local", world.postgres).lines == [
        POSTGRES
    ]
    assert world.run("getent hosts postgres", world.postgres).lines == [
        "10.96.45.12     postgres.payments.svc.cluster.local"
    ]
    assert world.run("nc -zv postgres 5432", world.postgres).err == (
        "Connection to postgres (10.96.45.12) 5432 port [tcp/postgresql] succeeded!\n"
    )
    assert world.run("nslookup postgres").lines[-2] == "** server can't find postgres: NXDOMAIN"
    assert world.run("getent hosts node-worker-1").lines == ["172.30.0.11     node-worker-1"]
    assert world.run(f"host {POSTGRES}", world.postgres).lines == [
        "12.45.96.10.in-addr.arpa domain name pointer postgres.payments.svc.cluster.local."
    ]


def test_a_login_has_connections_and_only_root_knows_whose(world: World) -> None:
    assert f"{world.bad.internal_ip}:22" in world.run("ss -tn").out
    assert "kubelet" in world.run("ss -tlnp").out
    assert "users:" not in world.run("ss -tlnp", user="oncall").out
