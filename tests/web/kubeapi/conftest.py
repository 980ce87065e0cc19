from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest
from werkzeug.test import Client

from tests.web.kubeapi.clients import OPENED, Dial, SpdyClient
from tests.web.kubeapi.scripted import SECRET, Scripted, listening
from web.kubeapi import Door, OneCluster


@pytest.fixture
def access() -> Scripted:
    return Scripted()


@pytest.fixture
def door(access: Scripted) -> Door:
    return Door(OneCluster(access, SECRET))


@pytest.fixture(autouse=True)
def _nothing_left_open() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


@pytest.fixture
def client(door: Door) -> Client:
    return Client(door)


@pytest.fixture
def address(door: Door) -> Iterator[tuple[str, int]]:
    with listening(door) as found:
        yield found


@pytest.fixture
def spdy(address: tuple[str, int]) -> Iterator[Dial]:
    """Connect SPDY clients, all of which are gone after the test."""
    with ExitStack() as living:

        def dial(path: str, protocol: str) -> SpdyClient:
            return living.enter_context(closing(SpdyClient(address, path, protocol)))

        yield dial
