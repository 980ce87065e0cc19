import pytest

from tests.apiserver.world import World


@pytest.fixture
def world() -> World:
    return World()
