"""Long output on a terminal goes through less, as systemd's tools send it. Must not know what it says."""

from __future__ import annotations

from dataclasses import replace

from sim.bash.process import Pipe, Proc, Waiting


def page(proc: Proc, text: str, *, plain: bool = False, end: bool = False) -> Waiting:
    """Show *text*: through the pager if it is a terminal and longer than that, else at once."""
    terminal = proc.terminal
    wanted = proc.environ.get("SYSTEMD_PAGER", proc.environ.get("PAGER", "less"))
    long = terminal is not None and text.count("\n") >= terminal.rows
    if (
        plain
        or not long
        or not proc.stdout.tty
        or wanted in ("", "cat")
        or "less" not in proc.programs
    ):
        proc.stdout.write(text)
        return
    words = ["less", "-FRSM", *(["+G"] if end else [])]
    # What it reads is not the terminal, only its keys are.
    yield from replace(proc, tty=False).call(words, stdin=Pipe(proc.env, text))
