"""`bash` and `sh` as programs: a command line, a file, or a shell inside the shell."""

from __future__ import annotations

from sim.bash.execution import interacting
from sim.bash.files import FileProblem
from sim.bash.process import Proc, Running
from sim.bash.redirection import Streams
from sim.bash.settings import LETTERS, SET_OPTIONS, SHELL_OPTIONS
from sim.bash.shell import Shell
from sim.bash.state import FIRST_PID

INNER_PID = FIRST_PID + 9
"""Of a shell inside a shell, where the place does not number its processes."""


def sh(proc: Proc) -> Running:
    """Run `-c line`, a script file, or read lines until the end of input.

    A place that numbers its processes has `shell_started(proc)`, which returns a pid, and
    `shell_ended(pid)`.
    """
    begun = getattr(proc.host, "shell_started", None)
    pid = INNER_PID if begun is None else begun(proc)
    try:
        return (yield from _run(proc, pid))
    finally:
        if begun is not None:
            proc.host.shell_ended(pid)


def _run(proc: Proc, pid: int) -> Running:
    name = proc.argv[0].rpartition("/")[2].lstrip("-")
    shell = Shell(
        proc.env,
        proc.programs,
        environ=proc.environ,
        files=proc.files,
        host=proc.host,
        name=name,
        on_asked=proc.on_asked,
        terminal=proc.terminal,
        budget=proc.budget,
        pid=pid,
    )
    shell.cwd = proc.cwd
    shell.umask = proc.umask
    shell.variables["PWD"] = proc.cwd
    level = proc.environ.get("SHLVL", "0")
    shell.variables["SHLVL"] = str(int(level) + 1 if level.isdecimal() else 1)
    shell.variables.flag("SHLVL", "x")
    words = proc.argv[1:]
    on: list[str] = []
    line = forced = reads = False
    while words and words[0][:1] in {"-", "+"} and len(words[0]) > 1:
        word = words.pop(0)
        if word == "--":
            break
        if word in {"--version", "--help"}:
            proc.print("GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)")
            return 0
        if word.startswith("--"):
            if word not in {"--login", "--norc", "--noprofile", "--posix", "--noediting"}:
                proc.stderr.write(f"{name}: {word}: invalid option\n")
                return 2
            continue
        for letter in word[1:]:
            if letter in "oO":
                if not words:
                    proc.stderr.write(f"{name}: -{letter}: option requires an argument\n")
                    return 2
                option = words.pop(0)
                if option not in SET_OPTIONS and option not in SHELL_OPTIONS:
                    proc.stderr.write(f"{name}: {option}: invalid option name\n")
                    return 2
                on.append(word[0] + option)
            elif letter == "c":
                line = True
            elif letter == "i":
                forced = True
            elif letter == "s":
                reads = True
            elif letter in LETTERS:
                on.append(word[0] + LETTERS[letter])
            elif letter not in "l":
                proc.stderr.write(f"{name}: -{letter}: invalid option\n")
                return 2
    if line and not words:
        proc.stderr.write(f"{name}: -c: option requires an argument\n")
        return 2
    interactive = forced or (not line and (reads or not words) and proc.tty)
    if not interactive:
        shell.be_a_script()
    for option in on:
        (shell.on.add if option[0] == "-" else shell.on.discard)(option[1:])
    shell.streams = Streams(proc.stdin, proc.stdout, proc.stderr, proc.tty, proc.host)
    shell.base, shell.started_with = shell.streams, proc.stdin
    if line:
        shell.source = ": -c" if name == "bash" else ""
        shell.arg0 = words[1] if len(words) > 1 else name
        shell.blames = shell.arg0
        shell.positional = words[2:]
        shell.options_text = "c"
        return (yield from shell.finished(shell.text(words[0])))
    if words and not reads:
        try:
            text = proc.files.read(proc.path(words[0]))
        except FileProblem as problem:
            shell.blames = name
            why = f"{words[0]}: {problem}"
            proc.stderr.write(f"{name}: {why}\n")
            return 126 if str(problem) != "No such file or directory" else 127
        shell.arg0 = shell.blames = words[0]
        shell.positional = words[1:]
        return (yield from shell.finished(shell.text(text)))
    shell.positional = words if reads else []
    if not interactive:
        shell.options_text = "s"
        text = yield from proc.stdin.read_all()
        return (yield from shell.finished(shell.text(text)))
    code = yield from interacting(shell, proc, prompt=lambda: prompt(shell))
    if proc.tty and shell.name == "bash" and not shell.blames.startswith("-"):
        proc.stderr.write("exit\n")
    return code


def prompt(shell: Shell) -> str:
    """Return `PS1` filled in; without one what bash, busybox' ash and dash show by default."""
    others = r"\w \$ " if "ash" in shell.programs else r"\$ "
    default = r"\u@\h:\w\$ " if shell.name == "bash" else others
    return shell.prompt_text(shell.variables.scalar("PS1") or default)
