"""The HTTPS Transport against our own door, with TLS: the two ends understand each other."""

import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sim.apimachinery.wire import ApiRequest, ApiResponse, ExecRequest, ForwardRequest, WatchEvent
from sim.cli.certificate import made
from sim.client.endpoint import Endpoint
from sim.client.https import HttpsTransport, UnreachableError
from sim.client.remote import RemoteConnection, RemoteExecution, RemoteText, RemoteWatch
from sim.kernel import Environment
from sim.session.kubeconfig import kubeconfig
from tests.web.kubeapi.scripted import PATIENCE_S, SECRET, Channel, Scripted, echo, listening
from tests.web.kubeapi.test_portforward import answering
from web.kubeapi import Door

PODS = ApiRequest("GET", "/api/v1/pods", (("limit", "5"),))
WATCH = ApiRequest("GET", "/api/v1/pods", (("watch", "true"),))
FOLLOW = ApiRequest("GET", "/api/v1/namespaces/a/pods/b/log", (("follow", "true"),))
POD = {"kind": "Pod", "metadata": {"name": "a"}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


@pytest.fixture
def config(door: Door, folder: Path) -> Iterator[Path]:
    """Yield a kubeconfig of the door behind TLS."""
    own = made(folder, "127.0.0.1")
    assert own.authority is not None
    with listening(door, (str(own.chain), str(own.key))) as (host, port):
        path = folder / "config"
        authority = own.authority.read_bytes()
        path.write_text(kubeconfig(f"https://{host}:{port}", token=SECRET, authority=authority))
        yield path


@pytest.fixture
def transport(config: Path) -> Iterator[HttpsTransport]:
    made = HttpsTransport(Endpoint.of(config), Environment())
    yield made
    made.close()


def until(done: Callable[[], object]) -> None:
    """Wait until *done*, or fail."""
    end = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def test_request_and_answer_cross(transport: HttpsTransport, access: Scripted):
    access.answer = ApiResponse(201, {"kind": "Pod"}, "application/json", ('say "x"',))
    answer = transport.send(
        ApiRequest("POST", "/api/v1/pods", (("dryRun", "All"),), {"accept": "a/b"}, {"a": "ü"})
    )
    assert answer == access.answer
    assert (access.last.method, access.last.path) == ("POST", "/api/v1/pods")
    assert access.last.query == (("dryRun", "All"),)
    assert access.last.body == {"a": "ü"}
    assert access.last.headers["accept"] == "a/b"


def test_text_crosses_with_its_bytes(transport: HttpsTransport, access: Scripted):
    access.answer = ApiResponse(200, "a\udcff\n", "text/plain")
    assert transport.send(PODS).body == "a\udcff\n"


def test_watch_brings_events_and_its_end(transport: HttpsTransport, access: Scripted):
    access.channels = [channel := Channel(("event", {"type": "ADDED", "object": POD}))]
    watch = transport.watch(WATCH)
    assert isinstance(watch, RemoteWatch)
    events: list[WatchEvent] = []
    until(lambda: events.extend(watch.poll()) or events)
    assert events == [WatchEvent("ADDED", POD)]
    assert not watch.closed
    channel.end()
    until(lambda: watch.closed)
    watch.close()


def test_watch_can_be_left(transport: HttpsTransport, access: Scripted):
    access.channels = [channel := Channel(("event", {"type": "ADDED", "object": POD}))]
    watch = transport.watch(WATCH)
    assert isinstance(watch, RemoteWatch)
    until(watch.poll)
    watch.close()
    assert watch.closed
    assert channel.closed.wait(PATIENCE_S)


def test_followed_log_is_text(transport: HttpsTransport, access: Scripted):
    access.channels = [channel := Channel(("data", b"one\xff\n"))]
    stream = transport.stream(FOLLOW)
    assert isinstance(stream, RemoteText)
    channel.end()
    until(stream._inbox.over.is_set)
    assert stream.poll() == "one\udcff\n"
    assert stream.closed
    stream.close()


def test_refusals_are_answers(transport: HttpsTransport, access: Scripted):
    refusal = ApiResponse(404, {"kind": "Status", "code": 404})
    access.channels = [refusal, refusal, refusal, refusal]
    answers = [
        transport.watch(WATCH),
        transport.stream(FOLLOW),
        transport.exec(ExecRequest("a", "b", "", ("ls",))),
        transport.forward(ForwardRequest("a", "b", 80)),
    ]
    assert [(one.code, one.body) for one in answers if isinstance(one, ApiResponse)] == [
        (404, refusal.body)
    ] * 4


def test_program_reads_writes_and_ends(transport: HttpsTransport, access: Scripted):
    access.channels = [echo()]
    program = transport.exec(ExecRequest("a", "b", "c", ("cat", "-u"), stdin=True))
    assert isinstance(program, RemoteExecution)
    program.write("hello\udcff")
    heard: list[tuple[str, str]] = []
    until(lambda: heard.extend(program.poll()) or heard)
    assert heard == [("stdout", "hello\udcff")]
    assert program.exit_code is None
    program.close_stdin()
    until(lambda: program.exit_code is not None)
    assert program.exit_code == 0
    assert (access.last.argv, access.last.container) == (("cat", "-u"), "c")


def test_exit_code_comes_across(transport: HttpsTransport, access: Scripted):
    access.channels = [channel := Channel(("stderr", b"no\n"), ("exit", 7))]
    channel.end()
    program = transport.exec(ExecRequest("a", "b", "", ()))
    assert isinstance(program, RemoteExecution)
    until(lambda: program.exit_code is not None)
    assert (program.exit_code, program.poll()) == (7, [("stderr", "no\n")])
    assert not program.lost
    assert access.last.argv == ()


def test_what_could_not_be_run_has_no_exit_code_of_its_own(
    transport: HttpsTransport, access: Scripted
):
    access.channels = [channel := Channel(("error", "nosuch: not found"))]
    channel.end()
    program = transport.exec(ExecRequest("a", "b", "", ("nosuch",)))
    assert isinstance(program, RemoteExecution)
    until(lambda: program.exit_code is not None)
    assert (program.exit_code, program.lost) == (1, True)
    ((stream, text),) = program.poll()
    assert stream == "stderr"
    assert text.startswith("error: ")
    assert text.endswith("nosuch: not found\n")


def test_connection_to_a_port(transport: HttpsTransport, access: Scripted):
    access.channels = [answering(b"answer")]
    connection = transport.forward(ForwardRequest("a", "b", 8080))
    assert isinstance(connection, RemoteConnection)
    connection.write("?")
    heard: list[str] = []
    until(lambda: heard.append(connection.poll()) or connection.closed)
    assert "".join(heard) == "answer"
    assert connection.error == ""
    assert access.last.port == 8080


def test_waiting_ends_when_something_has_come(transport: HttpsTransport, access: Scripted):
    access.channels = [channel := Channel()]
    env = transport._env
    watch = transport.watch(WATCH)
    assert isinstance(watch, RemoteWatch)
    looked = watch.wait()
    env.advance(40)
    assert not looked.processed
    env.advance(60)
    assert looked.processed
    channel.bring(("event", {"type": "ADDED", "object": POD}))
    until(lambda: not watch._inbox._unread.empty())
    found = watch.wait()
    env.advance(61)
    assert found.processed
    watch.close()


def test_nobody_there_is_an_error(folder: Path):
    path = folder / "nobody"
    path.write_text(kubeconfig("http://127.0.0.1:9"))
    transport = HttpsTransport(Endpoint.of(path), Environment())
    with pytest.raises(UnreachableError, match="refused"):
        transport.send(PODS)
    with pytest.raises(UnreachableError):
        transport.forward(ForwardRequest("a", "b", 80))


def test_authority_that_is_not_trusted_is_an_error(config: Path):
    text = config.read_text()
    line = next(one for one in text.splitlines(keepends=True) if "authority" in one)
    config.write_text(text.replace(line, ""))
    with pytest.raises(UnreachableError, match="tls: failed to verify certificate"):
        HttpsTransport(Endpoint.of(config), Environment()).send(PODS)


def test_certificate_is_kept_while_it_holds(tmp_path: Path):
    first = made(tmp_path, "127.0.0.1").chain.read_bytes()
    assert made(tmp_path, "127.0.0.1").chain.read_bytes() == first
    other = made(tmp_path, "play.example.org")
    assert other.chain.read_bytes() != first
    assert other.key.stat().st_mode & 0o777 == 0o600
    ssl.create_default_context(cafile=str(other.authority)).load_cert_chain(other.chain, other.key)
