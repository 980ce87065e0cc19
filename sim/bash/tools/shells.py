"""`bash` and `sh` as programs: a command line, a file, or a shell inside the shell."""

from __future__ import annotations

from sim.bash.execution import interacting
from sim.bash.process import Proc, Running
from sim.bash.shell import Shell


def sh(proc: Proc) -> Running:
    """Run `-c line`, a script file, or read lines until the end of input."""
    words = proc.argv[1:]
    shell = Shell(
        proc.env,
        proc.programs,
        environ=proc.environ,
        files=proc.files,
        host=proc.host,
        name=proc.argv[0].rpartition("/")[2].lstrip("-"),
        on_asked=proc.on_asked,
    )
    shell.cwd = proc.cwd
    while words and words[0].startswith("-") and words[0] not in {"-", "--"}:
        option = words.pop(0)
        if "e" in option and not option.startswith("--"):
            shell.errexit = True
        if option.endswith("c") and not option.startswith("--"):
            if not words:
                proc.stderr.write(f"{shell.name}: -c: option requires an argument\n")
                return 2
            if shell.name == "bash":
                shell.blames = "bash: line 1"
            return (yield from _line(shell, proc, words[0]))
    if words:
        return (yield from _line(shell, proc, proc.files.read(proc.path(words[0]))))
    return (yield from interacting(shell, proc, prompt=lambda: _prompt(shell)))


def _prompt(shell: Shell) -> str:
    """Return `PS1` filled in; without one what bash and dash show by default on Debian."""
    variables = shell.variables
    user = variables.get("USER", "root")
    sign = "#" if user == "root" else "$"
    template = variables.get("PS1", r"\u@\h:\w\$ " if shell.name == "bash" else r"\$ ")
    home = variables.get("HOME", "")
    inside = home not in {"", "/"} and (shell.cwd + "/").startswith(home + "/")
    where = "~" + shell.cwd[len(home) :] if inside else shell.cwd
    host = variables.get("HOSTNAME", "localhost")
    fills = {r"\u": user, r"\h": host, r"\w": where, r"\$": sign}
    for mark, text in fills.items():
        template = template.replace(mark, text)
    return template


def _line(shell: Shell, proc: Proc, line: str) -> Running:
    inner = Shell.interpret
    return (yield from inner(shell, proc, line))
