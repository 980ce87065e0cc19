"""A living cluster and a terminal for each test."""

from __future__ import annotations

import pytest

from tests.kubectl.cluster import Cluster, Terminal


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def kubectl(cluster: Cluster) -> Terminal:
    return cluster.terminal()
