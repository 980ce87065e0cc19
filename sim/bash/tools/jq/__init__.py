"""`jq`: the real libjq, in a worker of its own, behind jq's own command line."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from sim.bash.process import FileProblem, Proc, Running
from sim.bash.tools.jq.command import Asked, Problem, read_command
from sim.bash.tools.jq.worker_process import WORKERS, NoWorker, WorkerDied

_UNITS = 40_000
"""Work of a call, about 2 ms; more for what goes through it."""


def jq(proc: Proc) -> Running:
    """Filter JSON."""
    try:
        asked = read_command(proc)
        return (yield from _run(proc, asked))
    except Problem as problem:
        (proc.stdout if problem.code == 0 else proc.stderr).write(str(problem))
        return problem.code
    except NoWorker as why:
        return proc.fail(str(why), 127)
    except WorkerDied as why:
        return proc.fail(str(why), 5)


def ask(proc: Proc, request: dict[str, Any]) -> dict[str, Any]:
    """Return the worker's answer and count its work; raises NoWorker, WorkerDied."""
    proc.charge(_UNITS + len(request["input"]) * 2)
    return WORKERS.ask(request)


class _Run:
    """One command: what the calls of the worker have in common."""

    def __init__(self, proc: Proc, asked: Asked) -> None:
        self.proc = proc
        self.asked = asked
        self.code = 0
        self.last: bool | None = None
        self.ended = False
        self.lines = 0

    def on(self, text: str, files: list[tuple[str, int]], name: str | None) -> None:
        """Run the program over *text*, which came from *files*, or from *name* alone."""
        request = self.asked.request(self.proc, name)
        request.update(input=text, files=files, before=self.lines)
        answer = ask(self.proc, request)
        self.lines += text.count("\n")
        for stream, part in answer["parts"]:
            (self.proc.stdout if stream == 1 else self.proc.stderr).write(part)
        self.code = answer["code"] or self.code
        self.last = self.last if answer["last"] is None else answer["last"]
        self.ended = answer["halted"] or answer["code"] in {2, 3}
        if answer["full"]:
            self.ended, self.code = True, self.proc.fail("stopped: more output than 8 MiB", 5)
        if answer["halted"]:
            self.asked.exit_status = False

    def result(self) -> int:
        """Return the exit code."""
        if self.code == 0 and self.asked.exit_status:
            return 4 if self.last is None else int(not self.last)
        return self.code


def _run(proc: Proc, asked: Asked) -> Running:
    run = _Run(proc, asked)
    if not asked.files:
        yield from _stream(proc, asked, run)
        yield from proc.stdout.drain()
        return run.result()
    texts: list[tuple[str, str]] = []
    failed = False
    for name in asked.files:
        if name == "-":
            texts.append(("<stdin>", (yield from proc.stdin.read_all())))
            continue
        try:
            texts.append((name, proc.files.read(proc.path(name))))
        except FileProblem as problem:
            failed = True
            proc.stderr.write(f"jq: error: Could not open {name}: {problem}\n")
    if asked.names_input and not (asked.slurp or asked.null_input):
        for name, text in texts:
            if not run.ended:
                run.on(text, [(name, text.count("\n"))], name)
    elif texts or asked.null_input or asked.slurp:
        files = [(name, text.count("\n")) for name, text in texts]
        run.on("".join(text for _, text in texts), files, texts[-1][0] if texts else None)
    yield from proc.stdout.drain()
    return 2 if failed and run.code in {0, 5} else run.result()


def _stream(proc: Proc, asked: Asked, run: _Run) -> Generator[simpy.Event, Any, None]:
    """Run over standard input; values of a stream that goes on are handled as they come."""
    if asked.null_input and not asked.reads_input:
        run.on("", [], None)
        return
    text = ""
    while (piece := (yield from proc.stdin.read())) is not None:
        text += piece
        if asked.is_whole or proc.stdin.closed or not text.endswith("\n"):
            continue
        if asked.is_complete(text):
            run.on(text, [], None)
            text = ""
            yield from proc.stdout.drain()
            if run.ended:
                return
    if text or not run.lines:
        run.on(text, [], None)


__all__ = ["ask", "jq"]
