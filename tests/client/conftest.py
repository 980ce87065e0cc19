"""A living cluster behind the doors."""

from __future__ import annotations

import pytest

from tests.kubectl.cluster import Cluster


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()
