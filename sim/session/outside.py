"""Clients outside of a run, as the run knows them: their requests, open channels, who acts now.

Everything here happens in simulated time and by inputs only; what a channel brings is handed to
whoever listens to it, which may be nobody. It knows no sockets and no wall time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol

import simpy

from sim.apimachinery.wire import ApiRequest, ApiResponse, ExecRequest, ForwardRequest
from sim.client.doors import Connection, Execution, TextStream, Transport, WatchStream
from sim.kernel import Environment
from sim.session.outside_inputs import to_exec, to_forward, to_request
from sim.session.pty import Pty

Frame = tuple[str, Any]
"""What a channel brings: ("event", {"type", "object"}), ("stdout"|"stderr"|"data", bytes),
("exit", code) or ("error", text)."""

RUNTIME = "OCI runtime exec failed"
"""In the words of a container runtime that could not start a program."""

Listener = Callable[[list[Frame] | None], None]
"""Takes what a channel has brought; None when it is over."""

Asked = ApiRequest | ExecRequest | ForwardRequest


class Witness(Protocol):
    """Who makes evidence of what clients ask and see."""

    command: int
    """The command line to which the request that acts now belongs, or -1."""

    def asks(self, client: str, asked: Asked, given: int) -> Transport:
        """Note who asks what on behalf of input *given*; return the door to ask at."""

    def answered(self, asked: Asked, answer: ApiResponse) -> None:
        """Note what a request brought."""

    def opened(self, asked: Asked, answer: object) -> Callable[[Frame], None]:
        """Note that a channel was opened; the answer takes what it brings."""

    def entered(self, asked: ExecRequest, line: str, given: int) -> int:
        """Note a line that was typed at a terminal inside a container; return its number."""


@dataclass(slots=True)
class Channel:
    """A watch, a followed log, a program or a connection that a client outside holds open."""

    stream: WatchStream | TextStream | Execution | Connection
    see: Callable[[Frame], None]
    input: int
    command: int
    listener: Listener | None = None
    over: bool = False

    def bring(self, frames: list[Frame]) -> None:
        """Hand *frames* to whoever listens, once they are evidence."""
        if self.over or not frames:
            return
        for frame in frames:
            self.see(frame)
        if self.listener is not None:
            self.listener(frames)

    def end(self) -> None:
        """Tell the listener that nothing more will come."""
        if not self.over:
            self.over = True
            self.see(("over", None))
            if self.listener is not None:
                self.listener(None)


class Outside:
    """The clients of one cluster."""

    def __init__(self, env: Environment, witness: Witness) -> None:
        """Nobody is there yet; what is asked and shown goes to *witness*."""
        self._env = env
        self._witness = witness
        self._channels: dict[int, Channel] = {}
        self._listeners: dict[int, Listener] = {}
        self._acting = -1
        self.next_channel = 1
        self.answer: ApiResponse | None = None
        """The response to the last request; None if it opened a channel."""

    # -- who acts, for records that others make ----------------------------------------------------

    @property
    def actor(self) -> tuple[int, int] | None:
        """The (input, command) that acts now: a request, or a program that some channel holds open."""
        if self._acting >= 0:
            return self._acting, self._witness.command
        if self._env.active_process is None:
            return None
        for channel in reversed(self._channels.values()):
            if _runs(channel):
                return channel.input, channel.command
        return None

    # -- inputs --------------------------------------------------------------------------------------

    def act(self, kind: str, payload: dict[str, Any], given: int) -> None:
        """Let an input of a client act; one about a channel that is not there does nothing."""
        self.answer = None
        self._acting = given
        try:
            match kind:
                case "request":
                    asked = to_request(payload)
                    door = self._witness.asks(payload["client"], asked, given)
                    self.answer = door.send(asked)
                    self._witness.answered(asked, self.answer)
                case "open":
                    self._open(payload, given)
                case "write":
                    self._write(payload["channel"], payload["data"], end=payload["end"])
                case "size":
                    self._resize(payload["channel"], payload["columns"], payload["rows"])
                case "hangup":
                    self._hang_up(payload["channel"])
        finally:
            self._acting = -1

    def listen(self, channel: int, listener: Listener) -> None:
        """Have *listener* take what *channel* brings, also if it is opened only afterwards."""
        if channel in self._channels:
            self._channels[channel].listener = listener
        else:
            self._listeners[channel] = listener

    def channels(self) -> list[int]:
        """Return the channels that clients have not hung up, in order."""
        return list(self._channels)

    def end(self) -> None:
        """Tell every listener that its channel is over: the run has ended."""
        for channel in list(self._channels.values()):
            channel.end()

    # -- within --------------------------------------------------------------------------------------

    def _open(self, payload: dict[str, Any], given: int) -> None:
        number = payload["channel"]
        self.next_channel = max(self.next_channel, number + 1)
        listener = self._listeners.pop(number, None)
        if number in self._channels:
            return
        asked, stream = self._ask(payload, given)
        if isinstance(stream, ApiResponse):
            self._witness.answered(asked, stream)
            if _is_runtimes(stream) and listener is not None:
                # The kubelet has taken the connection by the time the runtime refuses.
                message = stream.body["message"].removeprefix("Internal error occurred: ")
                listener([("error", message)])
                listener(None)
            else:
                self.answer = stream
            return
        see = self._witness.opened(asked, stream)
        channel = Channel(stream, see, given, self._witness.command, listener)
        if isinstance(asked, ExecRequest) and asked.tty:
            channel.stream = Pty(self._env, stream, self._entering(channel, asked))
        self._channels[number] = channel
        self._env.spawn(_PUMPS[payload["of"]](channel))

    def _entering(self, channel: Channel, asked: ExecRequest) -> Callable[[str], None]:
        """Return what makes a command line of each line that is typed into *channel*."""

        def entered(line: str) -> None:
            channel.input = self._acting
            channel.command = self._witness.entered(asked, line, self._acting)
            channel.see(("command", (channel.command, channel.input)))

        return entered

    def _ask(self, payload: dict[str, Any], given: int) -> tuple[Asked, Any]:
        client = payload["client"]
        if payload["of"] == "exec":
            program = to_exec(payload)
            return program, self._witness.asks(client, program, given).exec(program)
        if payload["of"] == "forward":
            port = to_forward(payload)
            return port, self._witness.asks(client, port, given).forward(port)
        request = to_request(payload)
        door = self._witness.asks(client, request, given)
        opened = door.watch(request) if payload["of"] == "watch" else door.stream(request)
        return request, opened

    def _write(self, number: int, data: str, *, end: bool) -> None:
        channel = self._channels.get(number)
        if channel is None or channel.over:
            return
        stream: Any = channel.stream
        if hasattr(stream, "write"):
            if data:
                stream.write(data)
            if end:
                stream.close_stdin()

    def _resize(self, number: int, columns: int, rows: int) -> None:
        channel = self._channels.get(number)
        if channel is not None and not channel.over and hasattr(channel.stream, "resize"):
            channel.stream.resize(columns, rows)

    def _hang_up(self, number: int) -> None:
        channel = self._channels.pop(number, None)
        if channel is None:
            return
        stream: Any = channel.stream
        if hasattr(stream, "interrupt"):
            # The program finds its input closed, and its terminal gone.
            if stream.exit_code is None:
                stream.close_stdin()
                stream.interrupt()
        else:
            stream.close()
        channel.end()


def _is_runtimes(answer: ApiResponse) -> bool:
    """Return whether a refusal is the container runtime's, which comes after the connection stands."""
    message = answer.body.get("message", "") if isinstance(answer.body, dict) else ""
    return answer.code == 500 and RUNTIME in message


def _runs(channel: Channel) -> bool:
    return getattr(channel.stream, "exit_code", 0) is None


def as_bytes(text: str) -> bytes:
    """Return the bytes that *text* stands for in the model."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        # Half of a surrogate pair, as JSON may carry it, stands for no bytes.
        return text.encode("utf-8", "replace")


def as_text(data: bytes) -> str:
    """Return *data* as the model holds it."""
    return data.decode("utf-8", "surrogateescape")


def _watching(channel: Channel) -> Generator[simpy.Event, Any, None]:
    stream: Any = channel.stream
    while not stream.closed:
        yield stream.wait()
        channel.bring(
            [("event", {"type": one.type, "object": one.object}) for one in stream.poll()]
        )
    channel.end()


def _reading(channel: Channel) -> Generator[simpy.Event, Any, None]:
    stream: Any = channel.stream
    while not stream.closed:
        yield stream.wait()
        text = stream.poll()
        if text:
            channel.bring([("data", as_bytes(text))])
    error = getattr(stream, "error", "")
    if error:
        channel.bring([("error", error)])
    channel.end()


def _running(channel: Channel) -> Generator[simpy.Event, Any, None]:
    stream: Any = channel.stream
    while stream.exit_code is None:
        yield stream.wait()
        channel.bring(_joined(stream.poll()))
    channel.bring([*_joined(stream.poll()), ("exit", stream.exit_code)])
    channel.end()


def _joined(pieces: list[tuple[str, str]]) -> list[Frame]:
    """Return output as frames, one for each run of the same stream."""
    return [
        (name, as_bytes("".join(text for _, text in run)))
        for name, run in groupby(pieces, key=lambda piece: piece[0])
    ]


_PUMPS: dict[str, Callable[[Channel], Generator[simpy.Event, Any, None]]] = {
    "watch": _watching,
    "log": _reading,
    "exec": _running,
    "forward": _reading,
}
