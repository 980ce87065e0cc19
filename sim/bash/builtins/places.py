"""Builtins for where one is: `cd`, `pushd`, `popd`, `dirs`, and the limits `umask` and `ulimit` show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sim.bash.builtins.table import Usage, complains, options, usage
from sim.bash.process import Proc, Running

if TYPE_CHECKING:
    from sim.bash.shell import Shell


def _change(shell: Shell, proc: Proc, target: str, shown: str = "") -> int:
    path = shell.files.resolve(target, shell.cwd) if target else shell.cwd
    if not shell.files.is_dir(path):
        why = "Not a directory" if shell.files.exists(path) else "No such file or directory"
        return complains(shell, proc, f"{shown or target}: {why}")
    shell.assign("OLDPWD", shell.cwd)
    shell.assign("PWD", path)
    shell.cwd = path
    return 0


def cd(shell: Shell, proc: Proc) -> Running:
    """Change the directory."""
    try:
        _, words = options(proc.argv, "LPe@", usage="cd: usage: cd [-L|[-P [-e]] [-@]] [dir]")
    except Usage as problem:
        return usage(shell, proc, problem)
    if len(words) > 1:
        return complains(shell, proc, "too many arguments")
    if not words:
        home = shell.variables.scalar("HOME")
        if home is None:
            return complains(shell, proc, "HOME not set")
        return _change(shell, proc, home)
    if words[0] == "-":
        old = shell.variables.scalar("OLDPWD")
        if old is None:
            return complains(shell, proc, "OLDPWD not set")
        code = _change(shell, proc, old)
        if code == 0:
            proc.print(shell.cwd)
        return code
    return _change(shell, proc, words[0])
    yield


def _tilde(shell: Shell, path: str) -> str:
    home = shell.variables.scalar("HOME") or ""
    if home and (path + "/").startswith(home + "/"):
        return "~" + path[len(home) :]
    return path


def _show(shell: Shell, proc: Proc, *, long: bool = False) -> None:
    stack = [shell.cwd, *shell.directories]
    proc.print(" ".join(path if long else _tilde(shell, path) for path in stack))


def _number(shell: Shell, word: str) -> int | None:
    size = len(shell.directories) + 1
    if word[:1] not in {"+", "-"} or not word[1:].isdecimal():
        return None
    at = int(word[1:])
    return at if word[0] == "+" else size - 1 - at


def pushd(shell: Shell, proc: Proc) -> Running:
    """Go somewhere and remember where one was."""
    words = [word for word in proc.argv[1:] if word not in {"-n", "--"}]
    if not words:
        if not shell.directories:
            return complains(shell, proc, "no other directory")
        target, here = shell.directories[0], shell.cwd
        if (code := _change(shell, proc, target)) == 0:
            shell.directories[0] = here
            _show(shell, proc)
        return code
    at = _number(shell, words[0])
    if at is not None:
        stack = [shell.cwd, *shell.directories]
        if not 0 <= at < len(stack):
            return complains(shell, proc, f"{words[0]}: directory stack index out of range")
        stack = stack[at:] + stack[:at]
        if (code := _change(shell, proc, stack[0])) == 0:
            shell.directories = stack[1:]
            _show(shell, proc)
        return code
    here = shell.cwd
    code = _change(shell, proc, words[0])
    if code == 0:
        shell.directories = [here, *shell.directories][:1000]
        _show(shell, proc)
    return code
    yield


def popd(shell: Shell, proc: Proc) -> Running:
    """Go back to where one was."""
    words = [word for word in proc.argv[1:] if word not in {"-n", "--"}]
    if not shell.directories:
        return complains(shell, proc, "directory stack empty")
    at = _number(shell, words[0]) if words else 0
    if at is None:
        complains(shell, proc, f"{words[0]}: invalid argument")
        proc.stderr.write("popd: usage: popd [-n] [+N | -N]\n")
        return 2
    if not 0 <= at <= len(shell.directories):
        return complains(shell, proc, f"{words[0]}: directory stack index out of range")
    if at:
        del shell.directories[at - 1]
        _show(shell, proc)
        return 0
    code = _change(shell, proc, shell.directories[0])
    if code == 0:
        del shell.directories[0]
        _show(shell, proc)
    return code
    yield


def dirs(shell: Shell, proc: Proc) -> Running:
    """Show the remembered directories."""
    try:
        found, words = options(proc.argv, "clpv", usage="dirs: usage: dirs [-clpv] [+N] [-N]")
    except Usage as problem:
        return usage(shell, proc, problem)
    if "c" in found:
        shell.directories = []
        return 0
    stack = [
        path if "l" in found else _tilde(shell, path) for path in (shell.cwd, *shell.directories)
    ]
    at = _number(shell, words[0]) if words else None
    if at is not None:
        if not 0 <= at < len(stack):
            return complains(shell, proc, f"{words[0]}: directory stack index out of range")
        proc.print(stack[at])
    elif "v" in found:
        proc.print(*(f"{number:2}  {path}" for number, path in enumerate(stack)))
    elif "p" in found:
        proc.print(*stack)
    else:
        proc.print(" ".join(stack))
    return 0
    yield


def _symbolic(text: str, rights: int) -> int | str:
    """Return *rights* changed as *text* says, or what is wrong with it; only [ugoa][-+=][rwx]."""
    shifts = {"u": 6, "g": 3, "o": 0}
    for clause in text.split(","):
        who = clause[: len(clause) - len(clause.lstrip("ugoa"))]
        sign, what = clause[len(who) : len(who) + 1], clause[len(who) + 1 :]
        if sign not in ("+", "-", "="):
            return f"`{sign or ','}': invalid symbolic mode operator"
        if wrong := what.lstrip("rwx"):
            return f"`{wrong[0]}': invalid symbolic mode character"
        named = shifts if not who or "a" in who else who
        bits = 4 * ("r" in what) + 2 * ("w" in what) + ("x" in what)
        value = sum(bits << shifts[one] for one in set(named))
        whole = sum(7 << shifts[one] for one in set(named))
        if sign == "=":
            rights = rights & ~whole | value
        else:
            rights = rights | value if sign == "+" else rights & ~value
    return rights


def umask(shell: Shell, proc: Proc) -> Running:
    """Show or set which rights new files do not get."""
    try:
        found, words = options(proc.argv, "pS", usage="umask: usage: umask [-p] [-S] [mode]")
    except Usage as problem:
        return usage(shell, proc, problem)
    if words:
        if not words[0][:1].isdecimal():
            goal = _symbolic(words[0], ~shell.umask & 0o777)
            if isinstance(goal, str):
                return complains(shell, proc, goal)
            shell.umask = ~goal & 0o777
            return 0
        if not re.fullmatch("[0-7]{1,9}", words[0]) or int(words[0], 8) > 0o777:
            return complains(shell, proc, f"{words[0]}: octal number out of range")
        shell.umask = int(words[0], 8)
        return 0
    if "S" in found:
        rights = []
        for who, shift in (("u", 6), ("g", 3), ("o", 0)):
            bits = ~shell.umask >> shift & 7
            rights.append(
                who
                + "="
                + "".join(c for c, bit in zip("rwx", (4, 2, 1), strict=True) if bits & bit)
            )
        proc.print(("umask -S " if "p" in found else "") + ",".join(rights))
    else:
        proc.print(("umask " if "p" in found else "") + f"{shell.umask:04o}")
    return 0
    yield


_LIMITS = (
    ("real-time non-blocking time  (microseconds, -R) ", "R", "unlimited"),
    ("core file size              (blocks, -c) ", "c", "0"),
    ("data seg size               (kbytes, -d) ", "d", "unlimited"),
    ("scheduling priority                 (-e) ", "e", "0"),
    ("file size                   (blocks, -f) ", "f", "unlimited"),
    ("pending signals                     (-i) ", "i", "63448"),
    ("max locked memory           (kbytes, -l) ", "l", "8192"),
    ("max memory size             (kbytes, -m) ", "m", "unlimited"),
    ("open files                          (-n) ", "n", "1024"),
    ("pipe size                (512 bytes, -p) ", "p", "8"),
    ("POSIX message queues         (bytes, -q) ", "q", "819200"),
    ("real-time priority                  (-r) ", "r", "0"),
    ("stack size                  (kbytes, -s) ", "s", "8192"),
    ("cpu time                   (seconds, -t) ", "t", "unlimited"),
    ("max user processes                  (-u) ", "u", "63448"),
    ("virtual memory              (kbytes, -v) ", "v", "unlimited"),
    ("file locks                          (-x) ", "x", "unlimited"),
)


def ulimit(shell: Shell, proc: Proc) -> Running:
    """Show the limits of a process; setting one changes what is shown only."""
    try:
        found, words = options(
            proc.argv,
            "SHacdefilmnpqrstuvxR",
            usage="ulimit: usage: ulimit [-SHabcdefiklmnpqrstuvxPRT] [limit]",
        )
    except Usage as problem:
        return usage(shell, proc, problem)
    if "a" in found:
        for label, letter, value in _LIMITS:
            proc.print(label + shell.ulimits.get(letter, value))
        return 0
    letter = next((one for one in found if one not in "SH"), "f")
    value = next(value for _, one, value in _LIMITS if one == letter)
    if words:
        if not words[0].isdecimal() and words[0] not in {"unlimited", "hard", "soft"}:
            return complains(shell, proc, f"{words[0]}: invalid number")
        shell.ulimits[letter] = words[0]
        return 0
    proc.print(shell.ulimits.get(letter, value))
    return 0
    yield
