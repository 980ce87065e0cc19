"""One sandbox behind its HTTP door for Python clients that nobody here wrote."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import sandbox

NUMBERS = itertools.count(1)
IMAGE = "docker.io/library/busybox:1.35"
LEFT_OPEN = "ignore::pytest.PytestUnraisableExceptionWarning"
"""These clients leave sockets to the garbage collector."""
WEB = "docker.io/library/nginx:1.27"


@pytest.fixture(scope="session")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield the kubeconfig of a sandbox, its secret in the path."""
    folder = tmp_path_factory.mktemp("sandbox")
    with sandbox(folder):
        yield folder / "kubeconfig"


@pytest.fixture
def fresh() -> str:
    """Return a name that nothing else has."""
    return f"client-{next(NUMBERS)}"


def pod(name: str, *command: str, image: str = IMAGE) -> dict[str, object]:
    """Return a pod that idles, or runs *command*."""
    container = {"name": "main", "image": image}
    if image == IMAGE:
        container["command"] = list(command or ("sleep", "1000000"))  # type: ignore[assignment]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"terminationGracePeriodSeconds": 1, "containers": [container]},
    }
