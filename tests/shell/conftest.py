from __future__ import annotations

import pytest

from tests.shell.world import Laptop


@pytest.fixture
def laptop() -> Laptop:
    return Laptop()
