import pytest

from sim.scenario import Catalogue
from sim.session.live import Session
from tests.session.playing import BrokenStore, Wall


@pytest.fixture(scope="module")
def scenario():
    return Catalogue()["payments-0247"]


@pytest.fixture
def wall():
    return Wall()


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/uncordon.db"


@pytest.fixture
def store(url):
    store = BrokenStore(url, wall_ms=lambda: 1_000_000)
    yield store
    store.close()


@pytest.fixture
def session(scenario, store, wall):
    return Session.create(scenario, 0, store, holder="h", who="trainee", wall_ms=wall)
