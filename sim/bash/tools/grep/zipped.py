"""`zgrep`: grep over files that may be compressed, as the script of gzip does it."""

from __future__ import annotations

from dataclasses import replace

from sim.bash.process import Capture, FileProblem, Pipe, Proc, Running
from sim.bash.tools.grep import grep
from sim.bash.tools.grep.asked import LONG, SWITCHES, VALUED
from sim.bash.tools.options import Misuse, read_options, tool


@tool(2)
def zgrep(proc: Proc) -> Running:
    """Search compressed files with grep."""
    try:
        options = read_options(proc.argv, SWITCHES, VALUED, LONG)
    except Misuse as problem:
        return proc.fail(str(problem), 2)
    names = list(options.operands)
    if "e" not in options and "f" not in options and names:
        names.pop(0)
    if not names:
        return (yield from grep(replace(proc, argv=["grep", *proc.argv[1:]])))
    words = proc.argv[1:]
    for name in reversed(names):
        del words[len(words) - 1 - words[::-1].index(name)]
    found = failed = 0
    for name in names:
        text = Capture()
        try:
            plain = name != "-" and not proc.files.read(proc.path(name)).startswith("\x1f")
        except FileProblem as problem:
            failed = proc.fail(f"{name}: {problem}", 2)
            continue
        code = yield from proc.call(["cat" if plain else "zcat", name], stdout=text)
        failed = failed or code
        if code:
            continue
        label = ["-H", f"--label={name}"] if len(names) > 1 and "h" not in options else []
        argv = ["grep", *label, f"--label={name}", *words]
        code = yield from grep(replace(proc, argv=argv, stdin=Pipe(proc.env, text.text)))
        found = found or code == 0
    return 2 if failed else 0 if found else 1
