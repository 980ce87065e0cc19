"""What is needed is named once: a missing browser, kubectl or PostgreSQL skips at home and fails in CI."""

import os

import pytest

REQUIRED = set(filter(None, os.environ.get("UNCORDON_REQUIRE", "").split(",")))
"""Set by .ci/run: `browser,kubectl,postgres`."""


def missing(what: str, how: str) -> None:
    """Skip a test because *what* is not on this machine, or fail it where that is required."""
    if what in REQUIRED:
        pytest.fail(f"{what} is required here and missing: {how}", pytrace=False)
    pytest.skip(f"{what} is not on this machine: {how}")
