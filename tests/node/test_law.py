"""The law of kube-proxy's memory and start."""

import pytest

from sim.node.kubeproxy.law import ProxyLaw

MIB = 1 << 20
LAW = ProxyLaw()


def test_growth_by_forty_services_takes_the_start_over_the_old_limit():
    assert LAW.peak(360, 720) < 128 * MIB < LAW.peak(408, 816)
    assert LAW.steady(408, 816) < 128 * MIB


def test_only_a_crowded_flow_table_takes_the_clean_up_over_the_limit():
    assert LAW.cleanup(408, 816, 22_000) < 128 * MIB < LAW.cleanup(408, 816, 40_000)


@pytest.mark.parametrize(
    ("limit", "warm", "outcome", "about_s"),
    [
        (128, True, "killed", 24),
        (128, False, "thrashes", 24),
        (144, True, "syncs", 24),
        (160, True, "syncs", 2.5),
        (256, True, "syncs", 2.5),
        (256, False, "syncs", 24),
        (160, False, "thrashes", 24),
        (0, True, "syncs", 2.5),
    ],
)
def test_start_depends_on_headroom_and_on_the_page_cache(limit, warm, outcome, about_s):
    start = LAW.start(limit * MIB, 408, 816, warm=warm)
    assert start.outcome == outcome
    assert start.ms / 1000 == pytest.approx(about_s, rel=0.05)
