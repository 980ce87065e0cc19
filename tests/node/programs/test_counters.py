"""Rules count what goes through them: the same in every listing, only ever more, nothing for nobody."""

from __future__ import annotations

import re

import pytest

from tests.node.programs.conftest import POSTGRES, World


@pytest.fixture
def world() -> World:
    """Return a world of its own: rules are changed here."""
    return World()


def counts(world: World, chain: str, table: str = "nat") -> list[tuple[int, int, str]]:
    """Return (packets, bytes, rule) of a chain, as -L -x shows them."""
    lines = world.run(f"iptables -t {table} -L {chain} -vnx").lines[2:]
    cells = (line.split(None, 2) for line in lines)
    return [(int(packets), int(size), rest) for packets, size, rest in cells]


def test_a_called_service_counts_first_packets_and_its_endpoints_share_them(world: World) -> None:
    rows = {
        rest.split()[0]: (packets, size) for packets, size, rest in counts(world, "KUBE-SERVICES")
    }
    svc = next(name for name in rows if name.startswith("KUBE-SVC"))
    called = [name for name in rows if name.startswith("KUBE-SVC") and rows[name][0]]
    assert called
    assert all(rows[name][1] in range(60 * rows[name][0], 60 * rows[name][0] + 79) or
               rows[name][1] // rows[name][0] == 78 for name in called)  # fmt: skip
    ends = [row for row in counts(world, svc) if "KUBE-SEP" in row[2]]
    assert abs(sum(packets for packets, _, _ in ends) - rows[svc][0]) <= rows[svc][0] // 1000 + 2


def test_all_listings_agree(world: World) -> None:
    listed = counts(world, "FORWARD", "filter")
    saved = world.run("iptables-save -c -t filter").out
    ruleset = world.run("nft list chain ip filter FORWARD").out
    spoken = world.run("iptables -S FORWARD -v").out
    for packets, size, _ in listed:
        assert f"[{packets}:{size}] -A FORWARD" in saved
        assert f"counter packets {packets} bytes {size}" in ruleset
        assert f"-c {packets} {size}" in spoken


def test_nothing_is_counted_where_nothing_passes(world: World) -> None:
    assert {row[:2] for row in counts(world, "KUBE-FIREWALL", "filter")} == {(0, 0)}
    assert "[0:0]" in world.run("ip6tables-save -c").out
    assert not re.search(r"\[[1-9]", world.run("ip6tables-save -c").out)


def test_a_rule_put_in_by_hand_counts_from_then_on(world: World) -> None:
    world.run(
        "iptables -I FORWARD -d 10.244.1.9 -p tcp --dport 5432 -j DROP; iptables -I FORWARD -s 9.9.9.9 -j DROP"
    )
    first, second = counts(world, "FORWARD", "filter")[:2]
    assert first[:2] == second[:2] == (0, 0)
    world.env.advance(world.env.now + 60_000)
    first, second = counts(world, "FORWARD", "filter")[:2]
    assert first[:2] == (0, 0)
    assert second[0] > 0
    assert second[1] == pytest.approx(60 * second[0], abs=60)


def test_counters_only_grow_between_looks(world: World) -> None:
    before = counts(world, "FORWARD", "filter")
    world.run("iptables -A INPUT -s 10.9.8.7 -j DROP")
    for ms in (1, 900, 7_000, 3_000_000):
        world.env.advance(world.env.now + ms)
        now = counts(world, "FORWARD", "filter")
        assert all(new[:2] >= old[:2] for new, old in zip(now, before, strict=True))
        before = now
    assert before[0][0] > 0


def test_z_sets_one_chain_back(world: World) -> None:
    output = counts(world, "OUTPUT", "filter")
    assert world.run("iptables -Z FORWARD").code == 0
    assert {row[:2] for row in counts(world, "FORWARD", "filter")} == {(0, 0)}
    assert counts(world, "OUTPUT", "filter") == output
    shown = world.run("iptables -t nat -L PREROUTING -vnxZ").lines[2].split()
    assert int(shown[0]) > 0
    assert counts(world, "PREROUTING")[0][:2] == (0, 0)
    assert world.run("iptables -Z NOPE").err == "iptables: No chain/target/match by that name.\n"


def test_a_sync_writes_its_chains_without_counters(world: World) -> None:
    held = counts(world, "KUBE-SERVICES"), counts(world, "PREROUTING")
    world.bad.proxy.write(full=True)
    assert {row[:2] for row in counts(world, "KUBE-SERVICES")} == {(0, 0)}
    assert counts(world, "PREROUTING") == held[1]
    assert any(row[0] for row in held[0])


def test_looking_changes_nothing(world: World) -> None:
    other = World()
    world.run("iptables -I INPUT -p tcp -j ACCEPT")
    other.run("iptables -I INPUT -p tcp -j ACCEPT")
    for _ in range(3):
        world.env.advance(world.env.now + 5_000)
        world.run("iptables -L -v")
    other.env.advance(world.env.now)
    assert other.run("iptables-save -c").out == world.run("iptables-save -c").out


def test_conntrack_says_everywhere_how_much_it_holds(world: World) -> None:
    def said() -> set[int]:
        return {
            int(world.run("conntrack -C").out),
            int(world.run("conntrack -L 2>/dev/null | wc -l").out),
            int(world.run("cat /proc/sys/net/netfilter/nf_conntrack_count").out),
            int(world.run("sysctl -n net.netfilter.nf_conntrack_count").out),
            int(world.run("wc -l < /proc/net/nf_conntrack").out),
        }

    assert said() == {16_000}
    world.run("conntrack -F")
    assert said() == {0}
    world.env.advance(world.env.now + 30_000)
    (count,) = said()
    assert 0 < count < 16_000
    world.run("iptables -t nat -F")
    assert len(said()) == 1
    assert "[UNREPLIED]" in world.run(f"conntrack -L -d {POSTGRES} | head -50").out
