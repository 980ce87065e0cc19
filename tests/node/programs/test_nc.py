from __future__ import annotations

from sim.node.kubeproxy.rules import RuleState

from .conftest import POSTGRES, World, service, snapshot


def refuse_postgres(world: World) -> None:
    dead = service("payments", "postgres", POSTGRES, 5432, port_name="pg")
    world.bad.proxy.state = RuleState(snapshot(dead))


def test_open_port_succeeds_by_its_name(world: World) -> None:
    ran = world.run("nc -zv 10.96.45.12 5432")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "Connection to 10.96.45.12 5432 port [tcp/postgresql] succeeded!\n"
    assert "[tcp/*]" in world.run("nc -zvn 10.96.45.12 5432").err


def test_stale_reject_is_refused_at_once(world: World) -> None:
    refuse_postgres(world)
    ran = world.run("nc -zv 10.96.45.12 5432")
    assert (ran.code, ran.took) == (1, 0)
    assert ran.err == "nc: connect to 10.96.45.12 port 5432 (tcp) failed: Connection refused\n"


def test_missing_rules_wait_for_the_kernel(world: World) -> None:
    world.bad.proxy.state = world.bad.proxy.state.flush_kube()
    ran = world.run("nc -zv 10.96.45.12 5432")
    assert (ran.code, ran.took) == (1, 127_000)
    assert ran.err == "nc: connect to 10.96.45.12 port 5432 (tcp) failed: Connection timed out\n"


def test_w_limits_the_wait(world: World) -> None:
    world.bad.proxy.state = world.bad.proxy.state.flush_kube()
    ran = world.run("nc -zv -w3 10.96.45.12 5432")
    assert (ran.code, ran.took) == (1, 3_000)
    assert ran.err == (
        "nc: connect to 10.96.45.12 port 5432 (tcp) timed out: Operation now in progress\n"
    )


def test_quiet_without_v(world: World) -> None:
    refuse_postgres(world)
    assert world.run("nc -z 10.96.45.12 5432").err == ""


def test_a_pod_uses_its_own_nodes_rules(world: World) -> None:
    refuse_postgres(world)
    assert world.run("nc -z 10.96.45.12 5432", world.postgres).code == 0


def test_closed_port_of_a_living_pod_is_refused(world: World) -> None:
    assert world.run("nc -zv 10.244.1.9 81").err.endswith("(tcp) failed: Connection refused\n")


def test_unknown_names_and_ports_are_said(world: World) -> None:
    assert world.run("nc -zv nope 80").err == (
        'nc: getaddrinfo for host "nope" port 80: Name or service not known\n'
    )
    assert world.run("nc -zv 10.96.45.12 70000").err == "nc: port number too large: 70000\n"
    assert world.run("nc -l 80").code == 1


def test_busybox_says_it_its_own_way(world: World) -> None:
    debug = world.find(world.bad, "busybox")
    ran = world.run("nc -zv 10.96.45.12 5432", debug)
    assert ran.err == "10.96.45.12 (10.96.45.12:5432) open\n"
    refuse_postgres(world)
    ran = world.run("nc -zv 10.96.45.12 5432", debug)
    assert ran.err == "nc: 10.96.45.12 (10.96.45.12:5432): Connection refused\n"
    world.bad.proxy.state = world.bad.proxy.state.flush_table("filter")
    ran = world.run("nc -zv -w 3 10.96.45.12 5432", debug)
    assert (ran.err, ran.took) == (
        "nc: 10.96.45.12 (10.96.45.12:5432): Connection timed out\n",
        3_000,
    )


def test_interrupt_ends_the_wait(world: World) -> None:
    world.bad.proxy.state = world.bad.proxy.state.flush_kube()
    ran = world.run("nc -zv 10.96.45.12 5432", interrupt_after=5_000)
    assert (ran.code, ran.took) == (130, 5_000)
