"""How time is cut leaves no trace, and looking leaves none either."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.node.world import build, lose_database


def picture(world):
    """Return everything a run has left behind, as text."""
    journals = {
        name: machine.journal.query(now=world.env.now) for name, machine in world.machines.items()
    }
    histories = {name: machine.proxy.history for name, machine in world.machines.items()}
    objects = {kind: world.api.list(kind) for kind in ("pods", "events", "endpointslices")}
    logs = [world.logs(f"payment-{n}") for n in (1, 2, 3)]
    return json.dumps([objects, journals, histories, logs], sort_keys=True)


def play(cuts, *, looking=False):
    """Play ten minutes of the night, advanced in steps that end at *cuts* (ms after the loss)."""
    world = build(services=405)
    lose_database(world)
    begin = world.env.now
    for cut in sorted(cuts):
        world.env.advance(begin + cut)
        if looking:
            machine = world.machines["node-worker-3"]
            machine.processes(), machine.units(), machine.memory()
            world.logs("payment-3"), machine.journal.query(now=world.env.now)
    world.env.advance(begin + 600_000)
    return picture(world)


WHOLE = play([])


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(1, 599_999), max_size=12, unique=True))
def test_any_cut_of_time_gives_the_same_bytes(cuts):
    assert play(cuts) == WHOLE


def test_reading_everything_in_between_gives_the_same_bytes():
    assert play(range(7_000, 600_000, 41_000), looking=True) == WHOLE
