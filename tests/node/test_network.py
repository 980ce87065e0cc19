"""Connections as the sender's kernel sees them."""

import pytest

from sim.node.network import Connection
from tests.node.world import DB_IP, DB_PORT, build, endpoint_slice, lose_database, service


@pytest.fixture
def world():
    world = build(services=5)
    world.env.advance(5_000)
    return world


def outcome(world, ip, port, source="payment-3"):
    result = world.network.connect(world.container(source), ip, port)
    return (result.kind, result.errno, result.endpoint)


def test_cluster_ip_leads_to_a_container_that_listens(world):
    assert outcome(world, DB_IP, DB_PORT) == ("ok", "", "10.244.1.10:5432")


def test_port_without_a_service_rule_times_out(world):
    assert outcome(world, DB_IP, 80) == ("timeout", "ETIMEDOUT", "")


def test_pod_address_goes_past_the_rules(world):
    proxy = world.machines["node-worker-3"].proxy
    proxy.state = proxy.state.flush_kube()
    assert outcome(world, "10.244.1.10", DB_PORT)[0] == "ok"
    assert outcome(world, DB_IP, DB_PORT)[0] == "timeout"


def test_closed_port_of_a_living_pod_refuses(world):
    assert outcome(world, "10.244.1.10", 80)[:2] == ("refused", "ECONNREFUSED")


def test_address_that_nobody_has_is_unreachable_after_three_arp_requests(world):
    result = world.network.connect(world.machines["node-worker-1"], "10.244.1.99", 80)
    assert (result.kind, result.ms, result.errno) == ("unreachable", 3_070, "EHOSTUNREACH")


def test_stale_endpoint_of_a_pod_that_is_gone_is_unreachable(world):
    ends = [{"addresses": ["10.244.2.77"], "conditions": {"ready": True}}]
    world.api.create("services", service("old", "10.96.7.7", 80))
    world.api.create("endpointslices", endpoint_slice("old", 80, ends))
    world.env.advance(10_000)
    assert outcome(world, "10.96.7.7", 80) == ("unreachable", "EHOSTUNREACH", "10.244.2.77:80")


def test_service_made_after_the_last_sync_has_no_rule_yet(world):
    ends = [{"addresses": ["10.244.1.10"], "conditions": {"ready": True}}]
    world.api.create("services", service("fresh", "10.96.7.8", DB_PORT))
    world.api.create("endpointslices", endpoint_slice("fresh", DB_PORT, ends))
    assert outcome(world, "10.96.7.8", DB_PORT)[0] == "timeout"
    world.env.advance(8_000)
    assert outcome(world, "10.96.7.8", DB_PORT)[0] == "ok"


@pytest.mark.parametrize(
    ("port", "kind"), [(22, "ok"), (10250, "ok"), (10256, "ok"), (80, "refused")]
)
def test_node_answers_on_its_own_daemons_ports(world, port, kind):
    assert outcome(world, "172.30.0.12", port)[0] == kind


def test_kube_proxy_health_port_is_closed_while_it_is_down(world):
    lose_database(world, "01:41:00")
    world.env.advance(world.at("01:43:20"))
    assert world.machines["node-worker-3"].proxy.running
    world.machines["node-worker-3"].proxy.restart()
    world.env.advance(world.env.now + 200)
    assert outcome(world, "172.30.0.13", 10256)[0] == "refused"


def test_established_connection_survives_the_loss_of_rules(world):
    container = world.container("payment-3")
    link = container.open(DB_IP, DB_PORT)
    assert isinstance(link, Connection)
    proxy = world.machines["node-worker-3"].proxy
    proxy.state = proxy.state.flush_kube()
    world.env.advance(world.env.now + 600_000)
    assert link.open


def test_established_connection_ends_with_the_far_container(world):
    link = world.container("payment-3").open(DB_IP, DB_PORT)
    world.container("postgres-0").kill()
    world.env.advance(world.env.now + 10)
    assert (link.open, link.lost.triggered) == (False, True)


def test_flushed_conntrack_loses_connections_only_where_rules_are_missing(world):
    healthy = world.container("payment-1").open(DB_IP, DB_PORT)
    broken = world.container("payment-3").open(DB_IP, DB_PORT)
    proxy = world.machines["node-worker-3"].proxy
    proxy.state = proxy.state.flush_kube()
    for machine in world.machines.values():
        world.network.flush_conntrack(machine)
    assert (healthy.open, broken.open) == (True, False)
    assert proxy.machine.flows.count(world.env.now) == 0
    assert proxy.machine.flows.count(world.env.now + 600_000) > 39_000


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("postgres", DB_IP),
        ("postgres.payments", DB_IP),
        ("postgres.payments.svc.cluster.local", DB_IP),
        ("postgres.other", None),
        ("nowhere.example.org", None),
        ("node-worker-2", "172.30.0.12"),
        ("10.1.2.3", "10.1.2.3"),
    ],
)
def test_names_resolve_on_the_node_even_when_its_rules_are_gone(world, name, answer):
    proxy = world.machines["node-worker-3"].proxy
    proxy.state = proxy.state.flush_kube()
    assert world.network.resolve(name, "payments", world.container("payment-3")) == answer


def test_machine_itself_does_not_know_service_names(world):
    machine = world.machines["node-worker-1"]
    assert world.network.resolve("postgres.payments", "default", machine) is None


def test_node_port_leads_to_the_services_endpoints_from_any_node(world):
    made = service("public", "10.96.7.9", DB_PORT)
    made["spec"] |= {"type": "NodePort"}
    made["spec"]["ports"][0]["nodePort"] = 30432
    ends = [{"addresses": ["10.244.1.10"], "conditions": {"ready": True}}]
    world.api.create("services", made)
    world.api.create("endpointslices", endpoint_slice("public", DB_PORT, ends))
    world.env.advance(world.env.now + 8_000)
    assert outcome(world, "172.30.0.12", 30432) == ("ok", "", "10.244.1.10:5432")
    assert outcome(world, "172.30.0.12", 30433)[0] == "refused"
