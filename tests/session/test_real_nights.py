"""The other nights on a cluster that is not the simulator's: played whole, and done again likewise."""

import re

import pytest

from sim.evidence import ActionRecord
from sim.scenario import Catalogue
from sim.scoring import Story
from sim.session.play import make_player, play
from sim.session.real import RealHands
from sim.session.reenact import reenact
from sim.session.storage import RunStore
from tests.session.fakekind import FakeGround, Wall, begin

TARGETS = {
    "payments-heron": ["deployments/payments/payment-service"],
    "payments-wren": ["database:postgres/role/payments", "pods/payments/payment-service-"],
    "payments-swift": ["alert:payment-service 5xx rate > 5% for 3 minutes"],
}
"""Slug -> what the expert changes."""


@pytest.mark.parametrize("slug", TARGETS)
def test_the_experts_night_is_done_again_in_the_simulator(slug, tmp_path):
    scenario, wall = Catalogue()[slug], Wall()
    store = RunStore(f"sqlite:///{tmp_path}/u.db", wall_ms=lambda: 1)
    session = begin(scenario, store, wall, FakeGround(), who="senior")
    play(session.run, make_player(session.run, "senior"), hands=RealHands(session, wall.sleep))
    session.wait_left()
    log = session.run.finish()
    made = reenact(Story(log, scenario), 0, session.run.inputs)
    store.close()
    assert session.closed
    assert dict(made.unmeasured) == {}
    real, there = (
        [
            re.sub(r"\w{8,10}-\w{5}$", "", one.target)
            for one in found.of(ActionRecord)
            if one.input >= 0
        ]
        for found in (log, made.log)
    )
    assert real == there == TARGETS[slug]
    if scenario.rubric.kind != "false-alarm":
        apart = [one.mitigated_at - one.paged_at for one in (Story(log, scenario), made.story)]
        assert abs(apart[0] - apart[1]) < 60_000
