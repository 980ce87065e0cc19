"""What is needed is named once: a missing browser, kubectl or PostgreSQL skips at home and fails in CI."""

import os
from importlib.util import find_spec

import pytest

from tests.server import postgres

REQUIRED = set(filter(None, os.environ.get("UNCORDON_REQUIRE", "").split(",")))
"""Set by .ci/run: `browser,kubectl,postgres,tools`."""


os.environ["UNCORDON_STRICT"] = "1"
# A model that breaks fails its test, wherever it runs.


def missing(what: str, how: str) -> None:
    """Skip a test because *what* is not on this machine, or fail it where that is required."""
    if what in REQUIRED:
        pytest.fail(f"{what} is required here and missing: {how}", pytrace=False)
    pytest.skip(f"{what} is not on this machine: {how}")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the contract suite ask a real cluster."""
    parser.addoption(
        "--kubeconfig", help="ask the cluster of this file instead of the simulated one"
    )
    parser.addoption(
        "--cluster-has", default="", help="parts of it, of: metrics,storage,dns,loadbalancer"
    )


@pytest.fixture(scope="session")
def postgres_server():
    """Run a real PostgreSQL server; yield the folder of its socket."""
    bin_ = postgres.binaries()
    if bin_ is None or find_spec("psycopg") is None:
        missing("postgres", postgres.HOW)
    with postgres.serving(bin_) as socket:
        yield socket


@pytest.fixture
def postgres_url(postgres_server):
    """Return the URL of an empty database."""
    return postgres.new_database(postgres_server)
