"""What bystanders print: their beginning, and drawn lines that stay what they were."""

import re

import pytest

from sim.apps import COMPONENTS, Bystander, IdleSettings
from sim.apps.talk import Voice, component, zap
from sim.apps.voices import TEAMS
from tests.node.world import build

MINUTE_MS = 60_000


@pytest.fixture
def container():
    world = build(services=5)
    world.env.advance(30 * MINUTE_MS)
    found = world.container("cart-1", "retail")
    found.started_at = 0
    return found


def test_beginning_comes_first_and_the_rest_now_and_then(container):
    voice = Voice(("hello from <name>", "listening on :<port>"), ("batch of {3-9}",), 10_000)
    lines = voice.read(container, 0, 30 * MINUTE_MS, None)
    assert lines[0].text.endswith("INFO: hello from cart")
    assert re.search(r"INFO: batch of [3-9]$", lines[2].text)
    assert 170 <= len(lines) <= 190
    assert lines == sorted(lines)


def test_windows_together_are_the_whole(container):
    voice = TEAMS["api"]
    whole = voice.read(container, 0, 20 * MINUTE_MS, None)
    cut = [
        line
        for start in range(0, 20 * MINUTE_MS, 7_000)
        for line in voice.read(container, start, min(start + 7_000, 20 * MINUTE_MS), None)
    ]
    assert cut == whole
    assert voice.read(container, 0, 20 * MINUTE_MS, 5) == whole[-5:]
    assert voice.read(container, 0, 20 * MINUTE_MS, 0) == []


def test_forms_are_those_of_the_components(container):
    epoch = container.epoch
    assert re.fullmatch(
        r"I\d{4} \d\d:\d\d:\d\d\.\d{6}       1 server\.go:1\] x",
        component(epoch, 0, "server.go:1] x"),
    )
    assert zap(epoch, 0, '"msg":"x"').startswith('{"level":"info","ts":"')


def test_components_use_what_such_components_use(container):
    manner = COMPONENTS["registry.k8s.io/kube-apiserver:"]
    server = Bystander.of(manner)(container)
    assert server.memory(container, 0) > 8 * IdleSettings().memory_bytes
    assert manner.millicores[0] <= server.millicores(container) <= manner.millicores[1]
