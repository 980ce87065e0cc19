"""A machine of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backends.kind.machine import Api, FakeMachine


@pytest.fixture
def api() -> Iterator[Api]:
    made = Api()
    yield made
    made.close()


@pytest.fixture
def machine(tmp_path: Path, api: Api) -> FakeMachine:
    return FakeMachine(tmp_path, api)
