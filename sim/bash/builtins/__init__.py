"""The commands that change the shell itself, one function a command, in one table.

What only reads and prints is a tool instead.
"""

from __future__ import annotations

from collections.abc import Mapping

from sim.bash.builtins.completion import bind, compgen, complete, compopt
from sim.bash.builtins.flow import (
    break_,
    builtin,
    caller,
    colon,
    command,
    eval_,
    exec_,
    exit_,
    logout,
    return_,
    source,
    times,
    trap,
)
from sim.bash.builtins.jobs import bg, disown, fg, jobs, kill, suspend, wait
from sim.bash.builtins.naming import alias, fc, hash_, history, type_, unalias
from sim.bash.builtins.options import set_, shopt
from sim.bash.builtins.places import cd, dirs, popd, pushd, ulimit, umask
from sim.bash.builtins.reading import mapfile, printf, read
from sim.bash.builtins.table import Builtin
from sim.bash.builtins.variables import (
    declare,
    export,
    getopts,
    let,
    local,
    readonly,
    shift,
    unset,
)
from sim.bash.process import Proc, Running

__all__ = ["BUILTINS", "REFUSED", "Builtin"]


def refused(shell: object, proc: Proc) -> Running:
    """Say that this builtin is not there."""
    proc.stderr.write(f"bash: {proc.argv[0]}: not supported in this simulator\n")
    return 1
    yield


REFUSED = ("enable",)

BUILTINS: Mapping[str, Builtin] = {
    ".": source,
    ":": colon,
    "alias": alias,
    "bg": bg,
    "bind": bind,
    "break": break_,
    "builtin": builtin,
    "caller": caller,
    "cd": cd,
    "command": command,
    "compgen": compgen,
    "complete": complete,
    "compopt": compopt,
    "continue": break_,
    "declare": declare,
    "dirs": dirs,
    "disown": disown,
    "eval": eval_,
    "exec": exec_,
    "exit": exit_,
    "export": export,
    "fc": fc,
    "fg": fg,
    "getopts": getopts,
    "hash": hash_,
    "history": history,
    "jobs": jobs,
    "kill": kill,
    "let": let,
    "local": local,
    "logout": logout,
    "mapfile": mapfile,
    "popd": popd,
    "printf": printf,
    "pushd": pushd,
    "read": read,
    "readarray": mapfile,
    "readonly": readonly,
    "return": return_,
    "set": set_,
    "shift": shift,
    "shopt": shopt,
    "source": source,
    "suspend": suspend,
    "times": times,
    "trap": trap,
    "type": type_,
    "typeset": declare,
    "ulimit": ulimit,
    "umask": umask,
    "unalias": unalias,
    "unset": unset,
    "wait": wait,
    **dict.fromkeys(REFUSED, refused),
}
