"""The rules of a node of a real cluster, restored, listed, saved again, and asked where they lead."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sim.node.kubeproxy.rules import BARE, RuleState, ServiceSnapshot
from tests.node.programs.conftest import World

HERE = Path(__file__).parent / "netfilter"
_COUNTS = re.compile(r"^\[\d+:\d+\] | ?\[\d+:\d+\]$")


@pytest.fixture(scope="module")
def world() -> World:
    """Return a node whose rules are the recorded ones."""
    world = World()
    bare = RuleState(ServiceSnapshot(), nat=BARE, filter=BARE, mangle=BARE)
    world.bad.proxy.state = bare
    ran = world.run("iptables-restore", stdin=(HERE / "iptables-save.txt").read_text())
    assert (ran.code, ran.err) == (0, "")
    return world


def rules(text: str) -> list[str]:
    """Return chains and rules without counters and dates, table by table."""
    return [_COUNTS.sub("", line) for line in text.splitlines() if not line.startswith("#")]


def test_what_was_restored_is_saved_again(world: World) -> None:
    recorded = rules((HERE / "iptables-save.txt").read_text())
    assert sorted(rules(world.run("iptables-save").out)) == sorted(recorded)


def test_a_listing_has_the_recorded_lines(world: World) -> None:
    recorded = (HERE / "iptables-L-KUBE-SERVICES.txt").read_text().splitlines()
    listed = world.run("iptables -t nat -L KUBE-SERVICES -n").lines
    assert listed[: len(recorded)] == recorded


def test_the_rules_lead_where_they_led(world: World) -> None:
    ends = world.network.ways(world.bad, "10.96.180.30", 80)
    led = {line.rpartition(" ")[2] for line in rules((HERE / "iptables-save.txt").read_text())
           if "--to-destination" in line and '"default/payment-service:http"' in line}  # fmt: skip
    assert {f"{end.ip}:{end.port}" for end in ends} == led
    assert sum(end.share for end in ends) == pytest.approx(1.0)
