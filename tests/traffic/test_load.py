from __future__ import annotations

from dataclasses import replace

import pytest

from sim.kernel import Stream
from sim.traffic import Application, ClientClass, LoadStep
from sim.traffic.errands import errands_of
from sim.traffic.load import demand
from tests.traffic.plain_world import PAYMENTS

STEPS = replace(PAYMENTS, load=(LoadStep(at_ms=0, rps=480.0), LoadStep(at_ms=90_000, rps=600.0)))


def wanted(application, at):
    return demand(application, errands_of(application), Stream(0), at)


@pytest.mark.parametrize(("at", "rps"), [(-1, 480.0), (89_999, 480.0), (90_000, 600.0)])
def test_demand_follows_its_steps(at, rps):
    assert wanted(STEPS, at).rps == rps


def test_wobble_stays_in_its_band_and_holds_for_a_minute():
    wobbly = replace(PAYMENTS, wobble=0.02)
    drawn = [wanted(wobbly, minute * 60_000).rps for minute in range(200)]
    assert all(480 * 0.98 <= rps <= 480 * 1.02 for rps in drawn)
    assert len(set(drawn)) == 200
    assert wanted(wobbly, 59_999).rps == drawn[0]


@pytest.mark.parametrize(("at", "then"), [(0, 60_000), (60_000, 90_000), (90_000, 120_000)])
def test_demand_changes_at_minutes_and_at_its_steps(at, then):
    assert wanted(STEPS, at).until == then


def test_application_without_load_is_refused():
    with pytest.raises(ValueError, match="no load step"):
        replace(PAYMENTS, load=())


def test_classes_that_do_not_add_up_are_refused():
    with pytest.raises(ValueError, match=r"add up to 0\.7"):
        Application(
            name="x",
            service_ip="1",
            service_port=1,
            load=STEPS.load,
            classes=(ClientClass(name="a", share=0.7),),
        )
