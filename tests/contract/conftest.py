"""Which server is asked, and a namespace of its own for each check."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.client.endpoint import Endpoint
from tests.contract.place import Place, deployment
from tests.contract.servers import Server, by_calls, by_http
from tests.serving import sandbox

NUMBERS = itertools.count(1)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask a sandbox by calls and through its HTTP door, or the cluster of --kubeconfig."""
    if "server" in metafunc.fixturenames:
        outside = metafunc.config.getoption("--kubeconfig")
        ways = ["outside"] if outside else ["calls", "door"]
        metafunc.parametrize("server", ways, indirect=True, scope="session")


@pytest.fixture(scope="session")
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Yield the server that is asked."""
    if request.param == "outside":
        with by_http(Endpoint.of(Path(request.config.getoption("--kubeconfig")))) as made:
            yield made
    elif request.param == "door":
        with (
            sandbox(tmp_path_factory.mktemp("sandbox")) as address,
            by_http(Endpoint(address)) as made,
        ):
            yield made
    else:
        yield by_calls()


@pytest.fixture(autouse=True)
def _for_this_version(request: pytest.FixtureRequest, server: Server) -> None:
    """Leave out what a cluster is too old or too bare for; ours is neither."""
    outside = request.config.getoption("--kubeconfig")
    for mark in request.node.iter_markers("since"):
        if server.version < tuple(int(part) for part in mark.args[0].split(".")):
            assert outside, "the simulated server is new enough for every check"
            pytest.skip(f"since {mark.args[0]}")
    for mark in request.node.iter_markers("needs"):
        if outside and mark.args[0] not in request.config.getoption("--cluster-has").split(","):
            pytest.skip(f"the cluster has no {mark.args[0]}")


@pytest.fixture
def place(server: Server) -> Iterator[Place]:
    """Yield a namespace that nothing else uses; it is deleted afterwards."""
    made = Place(server, f"contract-{os.getpid()}-{next(NUMBERS)}")
    made.open()
    yield made
    made.close()


@pytest.fixture
def web(place: Place) -> str:
    """Create a Deployment of nothing, `web`; return its path."""
    path = place.at("deployments", group="apps/v1")
    place.ok("POST", path, deployment("web", 0))
    return f"{path}/web"
