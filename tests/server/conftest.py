"""Servers for the tests of this folder."""

import pytest

from tests.server.serving import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Run one server for the tests of a file; they have visitors and runs of their own."""
    server = Server(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    server.end()


@pytest.fixture
def own_server(tmp_path):
    """Return a server that the test starts, kills and starts again."""
    server = Server(tmp_path)
    yield server
    server.end()
