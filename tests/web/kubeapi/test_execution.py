import json
from typing import Any

import pytest
import websocket

from sim.apimachinery.wire import ApiResponse, ExecRequest
from tests.web.kubeapi.clients import Dial, connected, messages
from tests.web.kubeapi.scripted import PATIENCE_S, SECRET, Channel, Scripted, echo
from web.kubeapi.spdy import DATA, SYN_REPLY, data

EXEC = f"/k/{SECRET}/api/v1/namespaces/a/pods/b/exec?command=sh&command=-c&command=x&container=c"
ATTACH = f"/k/{SECRET}/api/v1/namespaces/a/pods/b/attach?stdin=true&stdout=true&tty=true"
ALL = "&stdin=true&stdout=true&stderr=true"
V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"


@pytest.mark.parametrize("protocol", [V5, V4])
def test_output_comes_on_its_channels_and_the_status_last(
    access: Scripted, address: tuple[str, int], protocol: str
):
    frames = (("stdout", b"out\xff"), ("stderr", b"err"), ("exit", 3))
    access.channels = [channel := Channel(*frames)]
    channel.end()
    client = connected(address, EXEC + ALL, "v6.channel.k8s.io", protocol)
    assert client.getsubprotocol() == protocol
    *output, status = messages(client)
    assert output == [b"\1", b"\1out\xff", b"\2err"]
    assert status[0] == 3
    told = json.loads(status[1:])
    assert told["reason"] == "NonZeroExitCode"
    assert told["details"]["causes"] == [{"reason": "ExitCode", "message": "3"}]
    assert access.last.argv == ("sh", "-c", "x")
    assert access.last.container == "c"
    assert channel.closed.wait(PATIENCE_S)


def test_input_is_passed_on_and_closed(access: Scripted, address: tuple[str, int]):
    access.channels = [channel := echo()]
    client = connected(address, EXEC + ALL, V5)
    client.send_binary(b"\x04" + json.dumps({"Width": 120, "Height": 40}).encode())
    client.send_binary(b'\x04{"Width": 0, "Height": "x"}')
    client.send_binary(b"\x04nonsense")
    client.send_binary(b"\0hello")
    client.send_binary(b"\xff\0")
    assert messages(client) == [b"\1", b"\1hello", b'\3{"metadata":{},"status":"Success"}']
    assert channel.size == (120, 40)


def test_large_output_comes_in_parts(access: Scripted, address: tuple[str, int]):
    access.channels = [channel := Channel(("stdout", b"x" * 1_000_000), ("exit", 0))]
    channel.end()
    first, *parts, _ = messages(connected(address, EXEC + ALL, V5))
    assert first == b"\1"
    assert max(map(len, parts)) <= 32 * 1024 + 1
    assert sum(len(part) - 1 for part in parts) == 1_000_000


def test_what_was_not_asked_for_is_not_sent(access: Scripted, address: tuple[str, int]):
    access.channels = [channel := Channel(("stdout", b"out"), ("stderr", b"err"), ("exit", 0))]
    channel.end()
    client = connected(address, f"{EXEC}&stderr=true", V4)
    assert [one[:1] for one in messages(client)] == [b"\2", b"\2", b"\3"]
    assert access.last.stdin is False


def test_attach_has_no_command_and_a_terminal_one_output(
    access: Scripted, address: tuple[str, int]
):
    access.channels = [channel := Channel(("exit", 0))]
    channel.end()
    messages(connected(address, f"{ATTACH}&stderr=true", V5))
    assert access.last.argv == ()
    assert (access.last.tty, access.last.stdin) == (True, True)


def test_client_that_leaves_hangs_up(access: Scripted, address: tuple[str, int]):
    access.channels = [channel := Channel()]
    client = connected(address, EXEC + ALL, V5)
    client.sock.close()
    assert channel.closed.wait(PATIENCE_S)


def test_program_that_is_lost_is_told(access: Scripted, address: tuple[str, int]):
    access.channels = [channel := Channel(("error", "container gone"))]
    channel.end()
    *_, status = messages(connected(address, EXEC + ALL, V5))
    assert json.loads(status[1:])["message"] == "Internal error occurred: container gone"


@pytest.mark.parametrize(
    ("path", "protocols", "code"),
    [
        (EXEC + ALL, ["v9.channel.k8s.io"], 403),
        (EXEC + ALL, [], 403),
        (EXEC, [V5], 400),
        (f"/k/{SECRET}/api/v1/namespaces/a/pods/b/exec?stdout=true", [V5], 400),
        (EXEC.replace(SECRET, "wrong") + ALL, [V5], 401),
    ],
)
def test_handshake_that_cannot_be_is_refused(
    access: Scripted, address: tuple[str, int], path: str, protocols: list[str], code: int
):
    with pytest.raises(websocket.WebSocketBadStatusException) as caught:
        connected(address, path, *protocols)
    assert caught.value.status_code == code
    assert not any(isinstance(one, ExecRequest) for one in access.asked)


def test_refusal_comes_before_the_handshake(access: Scripted, address: tuple[str, int]):
    access.channels = [ApiResponse(404, {"kind": "Status", "code": 404})]
    with pytest.raises(websocket.WebSocketBadStatusException) as caught:
        connected(address, EXEC + ALL, V5)
    assert caught.value.status_code == 404


def test_spdy_carries_the_same(access: Scripted, spdy: Dial):
    access.channels = [channel := echo()]
    client = spdy(EXEC + ALL, V4)
    assert client.head.startswith(b"HTTP/1.1 101 ")
    assert b"X-Stream-Protocol-Version: v4.channel.k8s.io\r\n" in client.head
    for stream, name in ((1, "error"), (3, "stdin"), (5, "stdout"), (7, "stderr"), (9, "resize")):
        client.open(stream, streamtype=name)
    client.sock.sendall(data(9, b'{"Width":100,"Height":30}\n'))
    client.sock.sendall(data(3, b"hello") + data(3, b"", fin=True))
    replied: list[int] = []
    came: dict[int, bytes] = {}
    ended: list[int] = []
    for frame in client.frames():
        if frame.kind == SYN_REPLY:
            replied.append(frame.stream)
        elif frame.kind == DATA:
            came[frame.stream] = came.get(frame.stream, b"") + frame.data
            ended += [frame.stream] if frame.fin else []
        if 1 in ended:
            break
    assert replied == [1, 3, 5, 7, 9]
    assert channel.size == (100, 30)
    assert came[5] == b"hello"
    assert json.loads(came[1]) == {"metadata": {}, "status": "Success"}
    assert ended == [5, 7, 1]
    client.sock.close()


def test_spdy_client_that_leaves_hangs_up(access: Scripted, spdy: Dial):
    access.channels = [channel := Channel()]
    client = spdy(EXEC + ALL, V4)
    client.sock.close()
    assert channel.closed.wait(PATIENCE_S)


def test_spdy_protocol_that_nobody_speaks_is_refused(access: Scripted, spdy: Dial):
    client = spdy(EXEC + ALL, "v1.channel.k8s.io")
    assert client.head.startswith(b"HTTP/1.1 403 ")
    assert access.asked == []


def test_request_names_the_pod(access: Scripted, address: tuple[str, int]):
    access.channels = [channel := Channel(("exit", 0))]
    channel.end()
    messages(connected(address, EXEC + ALL, V5))
    asked: Any = access.last
    assert isinstance(asked, ExecRequest)
    assert (asked.namespace, asked.pod) == ("a", "b")
