"""Servers that do not answer: one line, and nothing but."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from sim.apimachinery.wire import ApiRequest
from sim.client.endpoint import Endpoint
from sim.client.https import HttpsTransport, UnreachableError
from sim.client.unreachable import unreachable
from sim.kernel import Environment

VERSION = ApiRequest("GET", "/version")


@pytest.fixture
def hangs_up() -> Iterator[str]:
    """Yield the address of a server that takes connections and closes them."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def serve() -> None:
            try:
                while True:
                    server.accept()[0].close()
            except OSError:
                pass

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])


def complaint(server: str) -> UnreachableError:
    with pytest.raises(UnreachableError) as told:
        HttpsTransport(Endpoint(server), Environment()).send(VERSION)
    return told.value


def test_nobody_listens():
    place = f"127.0.0.1:{free_port()}"
    error = complaint(f"http://{place}")
    assert str(error) == f"{place}: connect: connection refused"
    assert error.refused
    assert error.dialling == f"dial tcp {place}: connect: connection refused"


def test_somebody_hangs_up(hangs_up: str):
    text = str(complaint(f"http://{hangs_up}"))
    assert text.startswith(f"{hangs_up}: ")
    assert "\n" not in text
    assert "object at 0x" not in text


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (TimeoutError("timed out"), "i/o timeout"),
        (socket.gaierror(-2, "Name or service not known"), "no such host"),
        (OSError(113, "No route to host"), "connect: no route to host"),
        (OSError(101, "Network is unreachable"), "connect: network is unreachable"),
        (RuntimeError("two\nlines"), "two lines"),
    ],
)
def test_why(error: Exception, text: str):
    outer = ConnectionError("wrapped", error)
    assert unreachable("https://kube", outer).why == text
    assert unreachable("https://kube", outer).place == "kube:443"
