"""Makes evidence of what a client outside asks and what it is shown, as a terminal does.

The requests of one call of kubectl belong together (it says so in a header); another client's
request stands for itself. It changes no answer and judges nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

import simpy

from sim.apimachinery.wire import ApiRequest, ApiResponse, ExecRequest
from sim.bash import Capture, Pipe, Proc
from sim.client.doors import Transport
from sim.client.recording import RecordingTransport
from sim.evidence import CommandRecord, EvidenceLog, NodeCommandRecord, OutputRecord
from sim.kernel import Environment
from sim.kubectl import kubectl_program
from sim.kubectl.printers.table import TableOptions, TablePrinter
from sim.session.outside import Asked, Frame, as_text
from sim.session.shown import TABLE, Call, call_of, is_list, table_text, text_of, wide_text

MAX_CALLS = 4096
"""Calls of kubectl that are remembered; an older one that asks again is a new command line."""
SHOWN_LIMIT = 256 * 1024
"""Characters of evidence that one request or channel makes at most: the last of a long answer."""
MAX_HIDDEN = 16
"""Tables whose wide columns are remembered until somebody turns out to have read them."""


class OutsideWitness:
    """The witness of one run."""

    def __init__(
        self,
        env: Environment,
        transport: Transport,
        log: EvidenceLog,
        *,
        number: Callable[[], int],
        clock: Callable[[], int],
        who: str,
    ) -> None:
        """Write into *log*; *number* gives the next command line's number, *clock* Unix ms."""
        self._env = env
        self._plain = transport
        self._log = log
        self._number = number
        self._clock = clock
        self._who = who
        self._door = RecordingTransport(transport, log, self)
        self._kubectl = kubectl_program(transport, clock=clock)
        self._calls: dict[str, int] = {}
        self._rerun: set[tuple[int, tuple[str, ...]]] = set()
        self._hidden: list[tuple[int, str]] = []
        self._call = Call("", "", call_of(ApiRequest("GET", "/"), "").target)
        self.command = -1
        self.input = -1
        self.client = ""

    @property
    def at(self) -> int:
        """Simulated ms since the scenario's start."""
        return self._env.now

    def asks(self, client: str, asked: Asked, given: int) -> Transport:
        """Note the command line to which a request belongs; return the recording door."""
        self.client, self.input = client or "unknown", given
        self._call = call = call_of(asked, self.client)
        session = asked.headers.get("kubectl-session", "")
        known = self._calls.get(session) if session else None
        if known is None:
            known = self._begin(call.line, f"your {self.client.partition('/')[0]}")
            if session:
                if len(self._calls) >= MAX_CALLS:
                    del self._calls[next(iter(self._calls))]
                self._calls[session] = known
        self.command = known
        self._confirm(call)
        return self._door

    def answered(self, asked: Asked, answer: ApiResponse) -> None:
        """Note what the request showed."""
        call = self._call
        if not isinstance(asked, ApiRequest):
            if answer.code >= 400 and isinstance(answer.body, dict):
                self._show(self.command, "stderr", f"{answer.body.get('message', '')}\n")
            return
        stream, text = text_of(call, asked, answer)
        if text:
            self._show(self.command, stream, text)
        if call.verb in ("get", "") and asked.method == "GET":
            self._beside(call, asked, answer)
        fresh = answer.code == 200 and (self.command, call.rerun) not in self._rerun
        named = call.target.name or call.verb not in ("describe", "rollout history")
        if call.rerun and fresh and named:
            self._rerun.add((self.command, call.rerun))
            self._env.spawn(self._running(call.rerun, self.command, self.input))

    def opened(self, asked: Asked, answer: object) -> Callable[[Frame], None]:
        """Note what runs where; return what takes the channel's frames."""
        if isinstance(asked, ExecRequest):
            self._ran(asked, " ".join(asked.argv))
        return Viewer(self, asked, self._call, self.command, self.input).see

    def entered(self, asked: ExecRequest, line: str, given: int) -> int:
        """Note a line that was typed at a prompt inside a container; return its number."""
        self.input = given
        self.command = self._begin(line, f"exec {asked.namespace}/{asked.pod}")
        if line.strip():
            self._ran(asked, line)
        return self.command

    # -- within ----------------------------------------------------------------------------------

    def _begin(self, line: str, place: str) -> int:
        number = self._number()
        self._log.append(
            CommandRecord(
                at=self._env.now,
                input=self.input,
                command=number,
                terminal="",
                line=line,
                who=self._who,
                place=place,
            )
        )
        return number

    def _ran(self, asked: ExecRequest, line: str) -> None:
        path = f"/api/v1/namespaces/{asked.namespace}/pods/{asked.pod}"
        body = self._plain.send(ApiRequest("GET", path)).body
        spec = body.get("spec", {}) if isinstance(body, dict) else {}
        self._log.append(
            NodeCommandRecord(
                at=self._env.now,
                input=self.input,
                command=self.command,
                node=str(spec.get("nodeName", "")),
                line=line,
                pod=f"{asked.namespace}/{asked.pod}",
            )
        )

    def show(self, command: int, given: int, stream: str, text: str) -> None:
        """Write down that *text* was shown."""
        self._log.append(
            OutputRecord(
                at=self._env.now,
                input=given,
                command=command,
                stream=stream,
                text=text[-SHOWN_LIMIT:],
            )
        )

    def _show(self, command: int, stream: str, text: str) -> None:
        self.show(command, self.input, stream, text)

    def _beside(self, call: Call, asked: ApiRequest, answer: ApiResponse) -> None:
        """Note what an answer holds beside what is printed of it.

        A list of whole objects is read by a script, or printed in columns of the person's choice:
        it counts as the widest table. Of a Table nobody here knows whether it was asked for with
        `-o wide`; see `_confirm`.
        """
        if is_list(answer):
            accept = {**asked.headers, "accept": TABLE}
            table = self._plain.send(replace(asked, headers=accept)).body
            if isinstance(table, dict) and table.get("kind") == "Table":
                text = wide_text(call, table) or table_text(table)
                self._show(self.command, "stdout", text)
        elif isinstance(answer.body, dict) and answer.body.get("kind") == "Table":
            text = wide_text(call, answer.body)
            if text:
                self._hidden.append((self.command, text[-SHOWN_LIMIT:]))
                del self._hidden[:-MAX_HIDDEN]

    def _confirm(self, call: Call) -> None:
        """Take wide columns as read once their reader asks for a node that stood only there."""
        target = call.target
        if target.resource.partition("/")[0] != "nodes" or not target.name:
            return
        kept = []
        for command, text in self._hidden:
            if target.name in text:
                self._show(command, "stdout", text)
            else:
                kept.append((command, text))
        self._hidden = kept

    def _running(
        self, argv: tuple[str, ...], command: int, given: int
    ) -> Generator[simpy.Event, Any, None]:
        """Print with our own kubectl what the client prints of the same objects."""
        out = Capture()
        proc = Proc(
            self._env, ["kubectl", *argv], {}, Pipe(self._env, ""), stdout=out, stderr=Capture()
        )
        yield from self._kubectl(proc)
        if out.text:
            self.show(command, given, "stdout", out.text)


class Viewer:
    """What one channel shows, gathered into whole lines."""

    def __init__(
        self, witness: OutsideWitness, asked: Asked, call: Call, command: int, given: int
    ) -> None:
        """Write through *witness* under *command*."""
        self._witness = witness
        self._command = command
        self._given = given
        self._left = SHOWN_LIMIT
        self._partial: dict[str, str] = {}
        self._printer = TablePrinter(TableOptions(headers=False))
        # Files on their way are not looked at.
        binary = isinstance(asked, ExecRequest) and asked.argv[:1] == ("tar",)
        self._blind = binary or call.verb == "cp"
        self._prints = call.verb in ("get", "")

    def see(self, frame: Frame) -> None:
        """Take a frame; what is left unfinished at the end is shown then."""
        kind, value = frame
        if kind == "command":
            self._flush()
            self._command, self._given = value
        elif self._blind or self._left <= 0:
            return
        elif kind in ("stdout", "stderr", "data"):
            self._gather("stderr" if kind == "stderr" else "stdout", as_text(value))
        elif kind == "event":
            self._event(value)
        else:
            self._flush()

    def _event(self, event: dict[str, Any]) -> None:
        shown = event["object"]
        if event["type"] == "BOOKMARK" or not self._prints:
            return
        if shown.get("kind") == "Table":
            self._gather("stdout", self._printer.add(shown) + self._printer.flush())
        elif "metadata" in shown:
            metadata = shown["metadata"]
            name = "/".join(filter(None, (metadata.get("namespace"), metadata.get("name"))))
            self._gather("stdout", f"{event['type']} {shown.get('kind', '')} {name}\n")

    def _gather(self, stream: str, text: str) -> None:
        text = self._partial.pop(stream, "") + text.replace("\r\n", "\n")
        whole, newline, rest = text.rpartition("\n")
        if rest:
            self._partial[stream] = rest
        if newline:
            self._write(stream, whole + newline)

    def _flush(self) -> None:
        for stream, text in self._partial.items():
            self._write(stream, text)
        self._partial.clear()

    def _write(self, stream: str, text: str) -> None:
        text = text[: self._left]
        self._left -= len(text)
        if text:
            storable = text.encode("utf-8", "replace").decode()
            self._witness.show(self._command, self._given, stream, storable)
