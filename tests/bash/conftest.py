from __future__ import annotations

import pytest

from tests.bash.place import Place


@pytest.fixture
def place() -> Place:
    return Place()
