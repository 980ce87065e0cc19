"""What a node's rules answer after syncs and after hands were on them."""

import pytest

from sim.node.kubeproxy.rules import (
    Dnat,
    EndpointRule,
    NoRule,
    Reject,
    RuleState,
    ServiceRule,
    ServiceSnapshot,
    chain_suffix,
)

ENDS = (EndpointRule("10.244.1.9", 5432), EndpointRule("10.244.2.9", 5432))
DB = ServiceRule("default", "postgres", "pg", "TCP", "10.96.44.7", 5432, ENDS)
EMPTY = ServiceRule("default", "dead", "http", "TCP", "10.96.99.9", 80)
STATE = RuleState(ServiceSnapshot(1, {DB.key: DB, EMPTY.key: EMPTY}))


def verdict(state, rule=DB):
    return type(state.lookup(rule.cluster_ip, rule.port))


def test_chain_names_are_those_of_a_real_kube_proxy():
    assert DB.chain == "KUBE-SVC-K6TQW55MFOJWHDJU"
    assert DB.endpoint_chain(ENDS[0]) == "KUBE-SEP-W5XZ7WI4ZMJ47ASK"
    assert chain_suffix("default/payment:httptcp") == "2BSAYDKRGZLMO2IK"


def test_whole_rules_send_on_and_refuse_what_has_no_endpoint():
    assert STATE.lookup("10.96.44.7", 5432) == Dnat(ENDS)
    assert STATE.lookup("10.96.99.9", 80) == Reject("default/dead:http has no endpoints")
    assert STATE.lookup("10.96.1.1", 80) == NoRule()
    assert STATE.lookup("10.96.44.7", 5432, "UDP") == NoRule()


@pytest.mark.parametrize(
    ("change", "database", "dead"),
    [
        (lambda s: s.flush_table("nat"), NoRule, Reject),
        (lambda s: s.flush_table("filter"), Dnat, NoRule),
        (lambda s: s.flush_table("mangle"), Dnat, Reject),
        (lambda s: s.flush_kube(), NoRule, NoRule),
    ],
)
def test_hand_on_the_rules_has_its_consequence(change, database, dead):
    state = change(STATE)
    assert (verdict(state), verdict(state, EMPTY)) == (database, dead)


def test_counts_are_of_services_and_of_endpoints_over_all_ports():
    second = ServiceRule("default", "postgres", "metrics", "TCP", "10.96.44.7", 9187, ENDS[:1])
    snapshot = ServiceSnapshot(1, {one.key: one for one in (DB, EMPTY, second)})
    assert (snapshot.service_count, snapshot.endpoint_count) == (2, 3)


def test_listing_is_sorted_by_name():
    assert [rule.title for rule in STATE.services()] == ["default/dead:http", "default/postgres:pg"]
    assert [end.ip for _, end in STATE.endpoints()] == ["10.244.1.9", "10.244.2.9"]
