"""`nano`, and with nano's keys also `vi`, `vim`, `emacs`, `pico` and `edit`: one editor for this terminal.

It reads and writes files of its place; what keys do is `session`'s matter.
"""

from __future__ import annotations

from sim.bash.process import FileProblem, Proc, Running
from sim.bash.tools.editor.session import Session
from sim.bash.tools.options import UsageProblem, read_options, tool

MAX_SIZE = 256 * 1024
"""Characters of a file that can be edited; larger ones are for less."""
_SWITCHES = "ABCDEFGHIJKLMNPSUVWXZabcdefghijklmnpqtuvwxyz"
_VALUED = "CJQTXYors"


@tool(package="GNU nano")
def editor(proc: Proc) -> Running:
    """Edit a file on the whole screen."""
    name = proc.argv[0].rpartition("/")[2]
    words = proc.argv[1:]
    position = next((word[1:] for word in words if word.startswith("+")), "")
    words = [word for word in words if not word.startswith("+")]
    try:
        options = read_options(
            ["nano", *words], _SWITCHES, _VALUED, {"view": "v", "linenumbers": "l", "version": "V"}
        )
    except UsageProblem as problem:
        return proc.fail(str(problem))
    if "V" in options:
        proc.print(f"{name} of this simulator: one editor, with the keys of GNU nano, version 7.2")
        return 0
    if not proc.tty or proc.terminal is None or not proc.stdout.tty:
        if name in ("vi", "vim"):
            proc.stderr.write("Vim: Warning: Output is not to a terminal\n")
        proc.stderr.write("Standard input is not a terminal\n")
        return 1
    names = options.operands or [""]
    sessions: list[Session] = []
    for given in names:
        text, message, impossible = _read(proc, given)
        if impossible:
            proc.stderr.write(f"{impossible}\n")
            return 1
        path = "" if message.endswith("is a directory") else given
        session = Session(proc, path, text, message)
        session.view_only = "v" in options
        session.numbers = "l" in options
        if name not in ("nano", "pico", "edit", "editor"):
            session.message = f"{name} is here an editor with nano's keys: ^O writes, ^X leaves"
        line, _, column = position.partition(",")
        session.go_to(line, column)
        sessions.append(session)
    for session in sessions:
        yield from session.run()
    return 0


def _read(proc: Proc, name: str) -> tuple[str, str, str]:
    """Return text, message and what makes editing impossible."""
    if not name:
        return "", "", ""
    path = proc.path(name)
    if proc.files.is_dir(path):
        return "", f'"{name}" is a directory', ""
    if not proc.files.exists(path):
        return "", "New File", ""
    try:
        text = proc.files.read(path)
    except FileProblem as problem:
        return "", f"Error reading {name}: {problem}", ""
    if len(text) > MAX_SIZE:
        return "", "", f"{proc.argv[0]}: {name}: too large to be edited here; use less"
    proc.charge(len(text))
    count = len(text.splitlines())
    return text, f"Read {count} line{'' if count == 1 else 's'}", ""
