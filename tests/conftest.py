"""What is needed is named once: a missing browser, kubectl or PostgreSQL skips at home and fails in CI."""

import os
from importlib.util import find_spec

import pytest

from tests.server import postgres

REQUIRED = set(filter(None, os.environ.get("UNCORDON_REQUIRE", "").split(",")))
"""Set by .ci/run: `browser,kubectl,postgres,tools`."""
KIND_HOW = "UNCORDON_KIND_CONTEXT=NAME names one that they may change (docs/kind.md)"

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
def kind_context() -> str:
    """Return the context of the real cluster that tests with the marker `kind` may change."""
    context = os.environ.get("UNCORDON_KIND_CONTEXT", "")
    if not context:
        missing("kind", KIND_HOW)
    return context


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not tried on a real cluster."""
    skipped = terminalreporter.stats.get("skipped", ())
    if number := sum(KIND_HOW in str(report.longrepr) for report in skipped):
        terminalreporter.section("real cluster: NOT RUN", red=True, bold=True)
        terminalreporter.line(f"{number} tests against a real cluster were not run: {KIND_HOW}")


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
