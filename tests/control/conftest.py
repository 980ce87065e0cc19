"""A started world with three nodes in two zones."""

from __future__ import annotations

import pytest

from tests.control.world import World


@pytest.fixture
def world() -> World:
    built = World()
    built.node("node-1", zone="a")
    built.node("node-2", zone="a")
    built.node("node-3", zone="b")
    built.start()
    return built
