from __future__ import annotations

from pathlib import Path

import pytest

from tests.bash.coreutils import Tree
from tests.bash.place import Place


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.fixture
def both(tmp_path: Path) -> Tree:
    """The same files for the real tools and for ours."""
    return Tree(tmp_path)
