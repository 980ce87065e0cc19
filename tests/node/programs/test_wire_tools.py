"""What passes the wire, and what is asked over it: dig, tcpdump, openssl, conntrack's limit, traceroute."""

from __future__ import annotations

import re

import pytest

from .conftest import POSTGRES, World

SERVICE = {
    "metadata": {"name": "postgres", "namespace": "payments"},
    "spec": {"clusterIP": POSTGRES, "ports": [{"name": "pg", "port": 5432, "protocol": "TCP"}]},
}
ALIAS = {
    "metadata": {"name": "db", "namespace": "payments"},
    "spec": {"type": "ExternalName", "externalName": "postgres.payments.svc.cluster.local"},
}


@pytest.fixture
def named(world: World) -> World:
    """Return a world whose API has the Services too."""
    world.api.load("services", SERVICE)
    world.api.load("services", ALIAS)
    return world


def test_dig_shows_the_whole_anatomy(named: World) -> None:
    lines = named.run("dig postgres.payments.svc.cluster.local", named.postgres).lines
    assert lines[3] == ";; Got answer:"
    assert ";postgres.payments.svc.cluster.local. IN\tA" in lines
    assert "postgres.payments.svc.cluster.local. 30\tIN A\t10.96.45.12" in lines
    assert lines[-2:] == [";; MSG SIZE  rcvd: 127", ""]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("dig +short db.payments.svc.cluster.local",
         ["postgres.payments.svc.cluster.local.", POSTGRES]),
        ("dig +short -t SRV _pg._tcp.postgres.payments.svc.cluster.local",
         ["0 100 5432 postgres.payments.svc.cluster.local."]),
        ("dig +short -x 10.96.45.12", ["postgres.payments.svc.cluster.local."]),
        ("dig +short postgres", []),
        ("dig +short +search postgres", [POSTGRES]),
        ("dig +short TXT dns-version.cluster.local", ['"1.1.0"']),
        ("host -t AAAA postgres", ["postgres.payments.svc.cluster.local has no AAAA record"]),
        ("host db", ["db.payments.svc.cluster.local is an alias for postgres.payments.svc.cluster.local.",
                     f"postgres.payments.svc.cluster.local has address {POSTGRES}"]),
    ],
)  # fmt: skip
def test_every_type_has_its_answer(named: World, line: str, said: list[str]) -> None:
    assert named.run(line, named.postgres).lines == said


def test_tcpdump_ends_by_count_and_sums_up(world: World) -> None:
    ran = world.run("tcpdump -nn -i cni0 tcp and dst port 5432 -c 3")
    assert len(ran.lines) == 3
    assert all(re.match(r"[\d:.]{15} IP 10\.244\.3\.\d+\.\d+ > 10\.96\.45\.12\.5432: Flags", line)
               for line in ran.lines)  # fmt: skip
    assert "3 packets captured\n" in ran.err


def test_tcpdump_sums_up_when_interrupted(world: World) -> None:
    ran = world.run("tcpdump -i any", interrupt_after=5_000)
    assert ran.code == 130
    assert ran.err.endswith("0 packets dropped by kernel\n")
    assert f"{len(ran.lines)} packets captured" in ran.err


def test_a_lost_service_shows_its_syn_again_and_again(world: World) -> None:
    world.bad.proxy.state = world.bad.proxy.state.flush_kube()
    lines = world.run("tcpdump -nn -i cni0 -c 3 tcp", interrupt_after=400).lines
    assert all("Flags [S]," in line for line in lines)


def test_certificates_are_those_of_who_listens(world: World) -> None:
    ran = world.run(
        "openssl s_client -connect 172.30.0.11:10250 </dev/null 2>/dev/null"
        " | openssl x509 -noout -subject -enddate -checkend 86400"
    )
    assert ran.lines[0].startswith("subject=CN = node-worker-1@")
    assert re.fullmatch(r"notAfter=\w{3} [ \d]\d [\d:]{8} 20\d\d GMT", ran.lines[1])
    assert ran.lines[2] == "Certificate will not expire"
    assert "wrong version number" in world.run(f"openssl s_client -connect {POSTGRES}:5432").err


def test_a_full_table_says_so(world: World) -> None:
    world.network.limit_flows(world.bad, 8_000)
    assert world.run("conntrack -C").lines == ["8000"]
    assert "nf_conntrack: table full, dropping packet" in world.run("dmesg | tail -3").out
    ends = world.network.ways(world.find(world.bad, "toolbox"), POSTGRES, 5432)
    assert sum(end.share for end in ends if end.kind == "timeout") == pytest.approx(0.5)


def test_the_way_leads_over_bridge_and_node(world: World) -> None:
    lines = world.run("traceroute -n 10.244.1.9", world.find(world.bad, "toolbox")).lines
    assert [line.split()[1] for line in lines[1:]] == ["10.244.3.1", "172.30.0.11", "10.244.1.9"]
