r"""Prompts: what `\u`, `\w` and the like stand for, PROMPTING of bash(1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.bash.files import FileProblem, FileSystem

if TYPE_CHECKING:
    from sim.bash.state import State


def host_name(files: FileSystem) -> str:
    """Return the name of the place that *files* belong to."""
    try:
        return files.read("/etc/hostname").strip() or "localhost"
    except FileProblem:
        return "localhost"


def filled(template: str, shell: State) -> str:
    r"""Return a prompt with its `\u` and `\w` filled in."""
    home = shell.variables.get("HOME", "")
    inside = home not in {"", "/"} and (shell.cwd + "/").startswith(home + "/")
    where = "~" + shell.cwd[len(home) :] if inside else shell.cwd
    user = shell.variables.get("USER", "root")
    host = shell.parameter("HOSTNAME") or "localhost"
    fills = {
        "u": user, "h": host.partition(".")[0], "H": host, "w": where, "s": shell.name,
        "W": where.rpartition("/")[2] or where, "$": "#" if user == "root" else "$",
        "n": "\n", "r": "\r", "e": "\x1b", "a": "\a", "[": "", "]": "", "\\": "\\",
        "v": "5.2", "V": "5.2.15", "j": str(len(shell.jobs.jobs)), "!": str(len(shell.history) + 1),
        "#": str(len(shell.history) + 1),
    }  # fmt: skip
    out: list[str] = []
    at = 0
    while at < len(template):
        if template[at] == "\\" and at + 1 < len(template):
            letter = template[at + 1]
            if template[at + 1 : at + 4].isdecimal():
                out.append(chr(int(template[at + 1 : at + 4], 8) & 255))
                at += 4
                continue
            out.append(fills.get(letter, "\\" + letter))
            at += 2
        else:
            out.append(template[at])
            at += 1
    return "".join(out)
