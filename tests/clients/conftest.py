"""One sandbox behind its HTTP door for Python clients that nobody here wrote."""

from __future__ import annotations

import gc
import itertools
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from kr8s._api import Api
from kr8s._async_utils import Portal

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


@pytest.fixture(scope="module", autouse=True)
def _swept() -> Iterator[None]:
    """Collect what these clients leave open here, not in the middle of somebody else's test."""
    yield
    sweep()


def sweep() -> None:
    """Close every connection of kr8s, which has no call for it, and collect what others left."""
    for known in list(Api._instances.values()):
        for client in list(known.values()):
            if client._session is not None:
                Portal().call(client._session.aclose)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        for _ in range(3):
            gc.collect()


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
