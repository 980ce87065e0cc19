from typing import Any

import pytest
import websocket

from sim.apimachinery.wire import ApiResponse, ForwardRequest
from tests.web.kubeapi.clients import Dial, connected, messages
from tests.web.kubeapi.scripted import PATIENCE_S, SECRET, Channel, Scripted
from web.kubeapi.portforward import PAIRS, TUNNEL
from web.kubeapi.spdy import DATA, RST_STREAM, Codec, Frame, data

PATH = f"/k/{SECRET}/api/v1/namespaces/a/pods/b/portforward"
PROTOCOL = "portforward.k8s.io"


def answering(text: bytes) -> Channel:
    """Return a connection that answers the first bytes with *text* and closes."""
    channel = Channel()

    def answer(_: bytes) -> None:
        channel.bring(("data", text))
        channel.end()

    channel.on_write = answer
    return channel


def pair(codec: Codec, number: int, port: int) -> bytes:
    """Return the frames that open connection *number*: error stream first, as kubectl does."""
    headers = {"port": str(port), "requestid": str(number)}
    stream = 4 * number + 1
    return codec.open(stream, {"streamtype": "error", **headers}, fin=True) + codec.open(
        stream + 2, {"streamtype": "data", **headers}
    )


def collected(frames: Any, until: set[int]) -> dict[int, bytes]:
    """Return the data of each stream, once those in *until* have ended."""
    came: dict[int, bytes] = {}
    ended: set[int] = set()
    frame: Frame
    for frame in frames:
        if frame.kind == DATA:
            came[frame.stream] = came.get(frame.stream, b"") + frame.data
            ended |= {frame.stream} if frame.fin else set()
        if until <= ended:
            return came
    raise AssertionError(f"the connection ended before streams {until - ended}")


def test_connections_over_spdy_are_pairs_of_streams(access: Scripted, spdy: Dial):
    access.channels = [answering(b"one"), answering(b"two")]
    client = spdy(PATH, PROTOCOL)
    client.sock.sendall(pair(client.codec, 0, 80) + data(3, b"?"))
    assert collected(client.frames(), {3, 1}) == {3: b"one", 1: b""}
    client.sock.sendall(pair(client.codec, 1, 8080) + data(7, b"?"))
    assert collected(client.frames(), {7, 5}) == {7: b"two", 5: b""}
    assert access.asked[0] == ForwardRequest("a", "b", 80, headers=access.last.headers)
    assert access.last.port == 8080
    client.sock.close()


def test_tunnel_carries_spdy_inside_of_messages(access: Scripted, address: tuple[str, int]):
    access.channels = [answering(b"one")]
    client = connected(address, PATH, TUNNEL)
    codec = Codec()
    client.send_binary(pair(codec, 0, 80) + data(3, b"?"))

    def frames() -> Any:
        while True:
            yield from codec.feed(client.recv_data()[1])

    assert collected(frames(), {3, 1}) == {3: b"one", 1: b""}
    client.close()


def test_refused_port_is_told_on_the_error_stream(access: Scripted, spdy: Dial):
    access.channels = [ApiResponse(403, {"message": 'pods "b" is forbidden'})]
    client = spdy(PATH, PROTOCOL)
    client.sock.sendall(pair(client.codec, 0, 80))
    assert collected(client.frames(), {3, 1}) == {1: b'pods "b" is forbidden', 3: b""}
    client.sock.close()


def test_connection_that_breaks_is_told_on_the_error_stream(access: Scripted, spdy: Dial):
    access.channels = [Channel(("error", "connection refused"))]
    client = spdy(PATH, PROTOCOL)
    client.sock.sendall(pair(client.codec, 0, 80))
    assert collected(client.frames(), {3, 1})[1] == b"connection refused"
    client.sock.close()


def test_stream_without_a_port_is_reset(access: Scripted, spdy: Dial):
    client = spdy(PATH, PROTOCOL)
    client.open(1, streamtype="data", port="70000", requestid="0")
    frame = next(client.frames())
    assert (frame.kind, frame.stream) == (RST_STREAM, 1)
    assert access.asked == []
    client.sock.close()


def test_client_that_leaves_closes_its_connections(access: Scripted, spdy: Dial):
    access.channels = [channel := Channel()]
    client = spdy(PATH, PROTOCOL)
    client.sock.sendall(pair(client.codec, 0, 80) + data(3, b"?"))
    next(client.frames())
    client.sock.close()
    assert channel.closed.wait(PATIENCE_S)


def test_python_clients_get_a_pair_of_channels_for_each_port(
    access: Scripted, address: tuple[str, int]
):
    access.channels = [answering(b"one"), Channel(("error", "refused"))]
    access.channels[1].end()  # type: ignore[union-attr]
    client = connected(address, f"{PATH}?ports=80,8080", PAIRS)
    client.send_binary(b"\0?")
    came = messages(client)
    assert came[:4] == [b"\0\x50\0", b"\1\x50\0", b"\2\x90\x1f", b"\3\x90\x1f"]
    assert sorted(came[4:]) == [b"\0one", b"\3refused"]


def test_client_that_names_no_protocol_speaks_the_pairs(access: Scripted, address: tuple[str, int]):
    access.channels = [answering(b"one")]
    client = connected(address, f"{PATH}?ports=80")
    assert client.getsubprotocol() is None
    client.send_binary(b"\0?")
    assert messages(client) == [b"\0\x50\0", b"\1\x50\0", b"\0one"]


def test_python_client_that_leaves_closes_its_connections(
    access: Scripted, address: tuple[str, int]
):
    access.channels = [channel := Channel()]
    client = connected(address, f"{PATH}?ports=80", PAIRS)
    client.sock.close()
    assert channel.closed.wait(PATIENCE_S)


@pytest.mark.parametrize(
    ("query", "protocol", "code"),
    [
        ("", PAIRS, 400),
        ("?ports=0", PAIRS, 400),
        ("?ports=http", PAIRS, 400),
        ("?ports=80", "v9.channel.k8s.io", 403),
    ],
)
def test_handshake_that_cannot_be_is_refused(
    access: Scripted, address: tuple[str, int], query: str, protocol: str, code: int
):
    with pytest.raises(websocket.WebSocketBadStatusException) as caught:
        connected(address, PATH + query, protocol)
    assert caught.value.status_code == code
    assert access.asked == []
