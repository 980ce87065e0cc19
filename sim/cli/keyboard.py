"""A run at a person's own terminal: a prompt with history and completion, or keys for a program.

Lines are edited by prompt_toolkit; while a program reads keys, the terminal is raw and belongs to
it. What is simulated is not known here.
"""

from __future__ import annotations

import codecs
import os
import select
import shutil
import sys
import termios
import textwrap
import threading
import time
import tty
from collections.abc import Callable
from typing import Any

import click

from sim.evidence import (
    AlertRecord,
    CommandRecord,
    MessageRecord,
    OutputRecord,
    Record,
    TimeRecord,
)
from sim.session.freeze import asked, find_point
from sim.session.inputs import BadInputError
from sim.session.live import OVERTIME_MS, Session
from sim.session.storage import LeaseLostError

TERMINAL = "t1"
TICK_S = 0.1
RAW_TICK_S = 0.03
"""How often a full-screen program is looked at while no key is pressed."""
PATIENCE_S = 0.5
"""How long a command may take before the prompt is back below it."""
_SIGNALS: dict[bytes, tuple[str, dict[str, str]]] = {
    b"\x03": ("interrupt", {}),
    b"\x1a": ("suspend", {}),
    b"\x1c": ("interrupt", {"signal": "SIGQUIT"}),
}


LEAVING = (
    "A real cluster cannot wait: leaving ends this run for good. Ctrl-D once more to leave, "
    "`incident close` to close it."
)


class ProgramHasKeys(Exception):  # noqa: N818 - a condition that ends the prompt
    """A program reads keys: lines are not edited for a while."""


class Printed:
    """Prints evidence as it comes, each record once, from whichever thread asks."""

    def __init__(self, session: Session, *, err: bool) -> None:
        """Show what comes after the page and after what was played before; on stderr if *err*."""
        self._session = session
        self._err = err
        self._lock = threading.Lock()
        self._since = len(session.run.log)
        self._elsewhere: set[int] = set()
        self._kept: list[Record] = []
        self.prompting = False
        """Lines are being edited: what a full-screen program draws has to wait."""
        self.raw = False
        """The terminal is raw: line ends are not translated by it."""
        self._stopped = False
        """It has been said that the clock stands."""

    def show(self) -> bool:
        """Print what has come since the last call; False if a program waits for the prompt's end."""
        with self._lock:
            records, self._since = self._session.read(self._since)
            self._kept += records
            stops = self._session.stopped and not self._stopped and not self._session.closed
            if self.prompting and self._session.run.workstation.mode(TERMINAL) != "lines":
                return False
            records, self._kept = self._kept, []
            for record in records:
                self._print(record)
            if stops:
                self._stopped = True
                self._write(click.style(f"{filled(self._stop_text(), 2)}\n", fg="yellow"))
            return True

    def _stop_text(self) -> str:
        at = self._session.run.epoch.datetime(self._session.now()).strftime("%H:%M:%S")
        return (
            f"[{at}] the clock has stopped, {OVERTIME_MS // 60_000} min after the end of the hour that "
            "counts: nothing goes on any more. Ctrl-C ends what waits; `incident close` is left, "
            "`incident help close` says how"
        )

    def _print(self, record: Record) -> None:
        at = self._session.run.epoch.datetime(record.at).strftime("%H:%M:%S")
        match record:
            case CommandRecord(terminal=""):
                # What a client outside asked has been on its own screen.
                self._elsewhere.add(record.command)
            case OutputRecord() if record.command not in self._elsewhere:
                self._write(record.text)
            case MessageRecord():
                said = filled(f"[{at} {record.who}] {record.text}", 2)
                self._write(click.style(f"{said}\n", fg="cyan"))
            case AlertRecord():
                said = f"[{at}] alert {record.alert}: {record.state}\n"
                self._write(click.style(said, fg="yellow"))
            case TimeRecord(point=point) if point:
                run = self._session.run
                if (found := find_point(run.scenario, point)) is not None:
                    lines = asked(found, run.roles).splitlines()
                    text = "\n".join(filled(line, 5) for line in lines)
                    self._write(click.style(f"\n{text}\n", fg="yellow"))

    def _write(self, text: str) -> None:
        if self.raw:
            os.write(sys.__stdout__.fileno(), text.replace("\n", "\r\n").encode(errors="replace"))  # type: ignore[union-attr]
        else:
            click.echo(text, nl=False, err=self._err)


def filled(text: str, indent: int = 0) -> str:
    """Return *text* in lines as wide as the terminal, so that no word is cut; the same to a pipe."""
    width = shutil.get_terminal_size().columns
    if not sys.stdout.isatty() or len(text) <= width:
        return text
    return "\n".join(
        textwrap.wrap(text, width, subsequent_indent=" " * indent, break_on_hyphens=False)
    )


def play_at_keys(session: Session) -> None:
    """Let the person at this terminal play until the incident is closed or Ctrl-D is pressed."""
    _Keyboard(session).run()


class _Keyboard:
    """The loop between prompt and raw keys."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._workstation = session.run.workstation
        self._screen = Printed(session, err=False)
        self._stop = threading.Event()
        self._size = (0, 0)
        self._warned = False
        self._prompt = _prompt_session(session)

    def run(self) -> None:
        from prompt_toolkit.patch_stdout import patch_stdout  # noqa: PLC0415

        ticker = threading.Thread(target=self._tick, daemon=True)
        ticker.start()
        try:
            while not self._session.closed:
                self._resize()
                self._screen.show()
                if self._reads_keys:
                    self._pass_keys()
                    continue
                with patch_stdout(raw=True):
                    if not self._turn():
                        return
        finally:
            self._stop.set()
            ticker.join()
        self._screen.show()

    @property
    def _reads_keys(self) -> bool:
        return self._workstation.mode(TERMINAL) != "lines"

    def _turn(self) -> bool:
        """Take one line, or one of the keys that end it; False to leave the game."""
        self._screen.prompting = True
        try:
            line = self._prompt.prompt(lambda: self._workstation.prompt(TERMINAL))
        except ProgramHasKeys:
            return True
        except KeyboardInterrupt:
            return self._enter("interrupt")
        except EOFError:
            return self._end()
        finally:
            self._screen.prompting = False
        if line in (SUSPEND, QUIT):
            return (
                self._enter("suspend")
                if line == SUSPEND
                else self._enter("interrupt", signal="SIGQUIT")
            )
        return self._enter("command", line=line)

    def _end(self) -> bool:
        """Ctrl-D: the end of a program's input; at the prompt that of the game, if nothing is stopped."""
        if self._workstation.busy(TERMINAL):
            return self._enter("eof")
        if self._workstation.jobs(TERMINAL):
            self._enter("eof")
            return bool(self._workstation.jobs(TERMINAL))
        if self._session.row.real and self._session.watched and not self._warned:
            self._warned = True
            click.echo(LEAVING)
            return True
        return False

    def _enter(self, kind: str, **payload: str) -> bool:
        try:
            self._session.submit(kind, {"terminal": TERMINAL, **payload})
            said = self._session.answer
            if said and not self._workstation.prompt(TERMINAL).startswith(said):
                click.echo(said, nl=False)
        except BadInputError as error:
            click.echo(f"uncordon: {error}")
        except KeyboardInterrupt:
            self._enter("interrupt")
        self._let_it_run()
        return True

    def _let_it_run(self) -> None:
        """Give a command a moment, so that its output stands before the prompt."""
        deadline = time.monotonic() + PATIENCE_S
        try:
            while self._workstation.busy(TERMINAL) and time.monotonic() < deadline:
                if self._reads_keys:
                    return
                time.sleep(0.02)
                self._session.tick()
        except KeyboardInterrupt:
            self._enter("interrupt")
        self._screen.show()

    def _tick(self) -> None:
        while not self._stop.wait(TICK_S):
            try:
                self._session.tick()
                if not self._screen.show():
                    self._leave_prompt()
            except LeaseLostError:
                return

    def _leave_prompt(self) -> None:
        app = self._prompt.app

        def leave() -> None:
            if app.is_running and not app.is_done:
                app.exit(exception=ProgramHasKeys())

        if app.loop is not None:
            app.loop.call_soon_threadsafe(leave)

    def _resize(self) -> None:
        size = shutil.get_terminal_size()
        if size != self._size:
            self._size = size
            columns, rows = max(1, size.columns), max(1, size.lines)
            self._session.submit("resize", {"terminal": TERMINAL, "columns": columns, "rows": rows})

    def _pass_keys(self) -> None:
        """Hand every key to the program until lines are read again."""
        fd = sys.stdin.fileno()
        before = termios.tcgetattr(fd)
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        tty.setraw(fd)
        self._screen.raw = True
        try:
            while self._reads_keys and not self._session.closed:
                self._screen.show()
                self._resize()
                if select.select([fd], [], [], RAW_TICK_S)[0]:
                    self._press(os.read(fd, 4096), decoder)
                else:
                    self._session.tick()
            self._screen.show()
        finally:
            termios.tcsetattr(fd, termios.TCSADRAIN, before)
            self._screen.raw = False

    def _press(self, data: bytes, decoder: codecs.IncrementalDecoder) -> None:
        signal = _SIGNALS.get(data)
        if signal is not None and self._workstation.mode(TERMINAL) == "signals":
            kind, payload = signal
            self._session.submit(kind, {"terminal": TERMINAL, **payload})
        elif text := decoder.decode(data):
            self._session.submit("keys", {"terminal": TERMINAL, "data": text})


SUSPEND, QUIT = "\x1a", "\x1c"
"""What the prompt returns for Ctrl-Z and Ctrl-backslash, which end no line."""


def _prompt_session(session: Session) -> Any:
    from prompt_toolkit import PromptSession  # noqa: PLC0415 - only an interactive game needs it
    from prompt_toolkit.completion import Completer, Completion  # noqa: PLC0415
    from prompt_toolkit.history import InMemoryHistory  # noqa: PLC0415
    from prompt_toolkit.key_binding import KeyBindings  # noqa: PLC0415

    workstation = session.run.workstation

    class FromRun(Completer):
        def get_completions(self, document: Any, complete_event: Any) -> Any:
            line = document.text_before_cursor
            with session.locked():
                found = workstation.complete(line, terminal=TERMINAL)
            word = line.rpartition(" ")[2]
            for candidate in found:
                yield Completion(candidate, start_position=-len(word))

    bindings = KeyBindings()

    def returning(result: str) -> Callable[[Any], None]:
        return lambda event: event.app.exit(result=result)

    bindings.add("c-z")(returning(SUSPEND))
    bindings.add("c-\\")(returning(QUIT))
    history = InMemoryHistory(workstation.history(TERMINAL))
    return PromptSession(
        completer=FromRun(),
        complete_while_typing=False,
        history=history,
        key_bindings=bindings,
        enable_open_in_editor=False,
    )
