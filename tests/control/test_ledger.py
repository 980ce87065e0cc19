"""What is taken on each node."""

from __future__ import annotations

from sim.apimachinery.wire import Obj
from sim.control.ledger import DEFAULT_CPU, DEFAULT_MEMORY, Ledger, allocatable, demand_of
from sim.reconcile import Informer
from tests.control.world import World, template


def container(cpu: str = "", **extra: object) -> Obj:
    requests = {"cpu": cpu} if cpu else {}
    return {"name": "c", "image": "x", "resources": {"requests": requests}, **extra}


def test_containers_add_up_and_the_largest_init_container_counts() -> None:
    spec = {
        "containers": [container("100m"), container("250m")],
        "initContainers": [container("1")],
    }
    assert demand_of({"spec": spec}).amounts["cpu"] == 1000


def test_scoring_assumes_something_of_a_container_that_asks_for_nothing() -> None:
    demand = demand_of({"spec": {"containers": [container()]}})
    assert demand.amounts == {}
    assert (demand.score_cpu, demand.score_memory) == (DEFAULT_CPU, DEFAULT_MEMORY)


def test_host_ports_are_taken() -> None:
    ports = [{"containerPort": 80, "hostPort": 8080}, {"containerPort": 81}]
    assert demand_of({"spec": {"containers": [container(ports=ports)]}}).ports == (("TCP", 8080),)


def test_totals_follow_binding_finishing_and_deletion() -> None:
    world = World()
    ledger = Ledger(Informer(world.api, "pods"))
    pod = template("tool", nodeName="node-1")
    metadata = {"name": "tool", "namespace": "shop"}
    world.api.create("pods", {**pod, "metadata": metadata})
    assert ledger.of("node-1").taken["cpu"] == 100
    world.api.modify(
        "pods", "shop", "tool", lambda old: {**old, "status": {**old["status"], "phase": "Failed"}}
    )
    assert ledger.of("node-1").taken["cpu"] == 0
    world.api.delete("pods", "shop", "tool", grace_s=0)
    assert ledger.of("node-1").pods == {}


def test_terminating_pod_still_holds_what_it_has() -> None:
    world = World()
    ledger = Ledger(Informer(world.api, "pods"))
    pod = template("tool", nodeName="node-1")
    world.api.create("pods", {**pod, "metadata": {"name": "tool", "namespace": "shop"}})
    world.api.delete("pods", "shop", "tool")
    assert ledger.of("node-1").taken["cpu"] == 100


def test_allocatable_is_read_in_the_unit_of_demands() -> None:
    node = {"status": {"allocatable": {"cpu": "3920m", "memory": "1Mi"}}}
    assert (allocatable(node, "cpu"), allocatable(node, "memory")) == (3920, 1048576)
    assert allocatable(node, "pods") == 110
