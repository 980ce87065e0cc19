"""`mkdir`, `rmdir`, `rm`, `touch`, `mktemp` and `truncate`: files and directories made and removed."""

from __future__ import annotations

import posixpath
import re
from datetime import UTC, datetime

from sim.bash.process import FileProblem, Proc, Running
from sim.bash.tools.amounts import amount
from sim.bash.tools.inputs import encoded, quoted, refuse
from sim.bash.tools.modes import changed_mode
from sim.bash.tools.moments import read_moment
from sim.bash.tools.options import (
    Misuse,
    Options,
    UsageProblem,
    in_locale,
    missing_operand,
    read_options,
    tool,
)
from sim.kernel import Stream

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@tool(usage="[OPTION]... DIRECTORY...")
def mkdir(proc: Proc) -> Running:
    """Create the directories, if they do not already exist."""
    long = {"parents": "p", "verbose": "v", "mode": "m"}
    options = read_options(proc.argv, "pv", "m", long)
    missing_operand(options)
    mode = None
    if "m" in options:
        mode = changed_mode(options.flags["m"], 0o777, directory=True)
        if mode is None:
            raise UsageProblem(f"invalid mode ‘{options.flags['m']}’")
    code = 0
    for name in options.operands:
        path = proc.path(name)
        try:
            if not name:
                refuse("No such file or directory")
            if "p" not in options:
                if proc.files.stat_or_none(path, follow=False) is not None:
                    refuse("File exists")
                if not proc.files.is_dir(posixpath.dirname(path)):
                    proc.files.listdir(posixpath.dirname(path))
            made = _missing(proc, name) if "p" in options else [name]
            proc.files.mkdir(path)
            if mode is not None:
                proc.files.chmod(path, mode)
            if "v" in options:
                proc.print(*(f"mkdir: created directory {quoted(one)}" for one in made))
        except FileProblem as problem:
            blocked = str(problem) == "Not a directory" and "p" in options
            shown = _missing(proc, name)[0] if blocked else name
            code = proc.fail(in_locale(proc, f"cannot create directory ‘{shown}’: {problem}"))
    return code
    yield


def _missing(proc: Proc, name: str) -> list[str]:
    """Return which of *name* and the directories above it are to be made, from above."""
    found: list[str] = []
    while name and not proc.files.is_dir(proc.path(name)):
        found.append(name)
        name = posixpath.dirname(name.rstrip("/"))
    return found[::-1]


@tool(usage="[OPTION]... DIRECTORY...")
def rmdir(proc: Proc) -> Running:
    """Remove the directories, if they are empty."""
    long = {"parents": "p", "verbose": "v", "ignore-fail-on-non-empty": "ignore"}
    options = read_options(proc.argv, "pv", "", long)
    missing_operand(options)
    code = 0
    for name in options.operands:
        chain = [name]
        while "p" in options and posixpath.dirname(chain[-1].rstrip("/")) not in {"", "/"}:
            chain.append(posixpath.dirname(chain[-1].rstrip("/")))
        for one in chain:
            try:
                if "v" in options:
                    proc.print(f"rmdir: removing directory, {quoted(one)}")
                proc.files.rmdir(proc.path(one))
            except FileProblem as problem:
                if "ignore" in options and str(problem) == "Directory not empty":
                    break
                what = "failed to remove" if one == name else "failed to remove directory"
                code = proc.fail(f"{what} {quoted(one)}: {problem}")
                break
    return code
    yield


@tool(usage="[OPTION]... [FILE]...")
def rm(proc: Proc) -> Running:
    """Remove (unlink) the files."""
    options = read_options(
        proc.argv,
        "dfiIrRv",
        "",
        {
            "force": "f",
            "recursive": "r",
            "dir": "d",
            "verbose": "v",
            "interactive": "interactive=?",
            "one-file-system": "one",
            "preserve-root": "preserve-root=?",
            "no-preserve-root": "no-preserve-root",
        },
    )
    force = "f" in options
    if not options.operands and not force:
        raise Misuse("missing operand")
    deep = "r" in options or "R" in options
    code = 0
    for name in options.operands:
        path = proc.path(name)
        last = posixpath.basename(name.rstrip("/"))
        if deep and last in {".", ".."}:
            code = proc.fail(f"refusing to remove '.' or '..' directory: skipping {quoted(name)}")
            continue
        if deep and path == "/":
            proc.fail("it is dangerous to operate recursively on '/'")
            code = proc.fail("use --no-preserve-root to override this failsafe")
            continue
        found = proc.files.stat_or_none(path, follow=name.endswith("/")) if name else None
        if found is None:
            above = proc.files.stat_or_none(posixpath.dirname(path))
            if not force:
                odd = above is not None and above.kind != "d"
                why = "Not a directory" if odd else "No such file or directory"
                code = proc.fail(f"cannot remove {quoted(name)}: {why}")
            continue
        if found.kind == "d" and not deep and not ("d" in options and not proc.files.listdir(path)):
            why = "Directory not empty" if "d" in options else "Is a directory"
            code = proc.fail(f"cannot remove {quoted(name)}: {why}")
            continue
        code |= _removed(proc, name, path, found.kind, verbose="v" in options)
    return code
    yield


def _removed(proc: Proc, name: str, path: str, kind: str, *, verbose: bool) -> int:
    code = 0
    proc.charge(100)
    try:
        if kind == "d":
            for one in proc.files.listdir(path):
                inner = posixpath.join(path, one)
                found = proc.files.stat_or_none(inner, follow=False)
                if found is not None:
                    code |= _removed(
                        proc, posixpath.join(name, one), inner, found.kind, verbose=verbose
                    )
            if code:
                return code
            proc.files.rmdir(path)
        else:
            proc.files.remove(path)
    except FileProblem as problem:
        return proc.fail(f"cannot remove {quoted(name)}: {problem}")
    if verbose:
        proc.print(
            f"removed {'directory ' if kind == 'd' else ''}{quoted(name.rstrip('/') or name)}"
        )
    return code


@tool(usage="[OPTION]... FILE...")
def touch(proc: Proc) -> Running:
    """Update the time of each file to the current one, and make those that are missing."""
    options = read_options(
        proc.argv,
        "acfhm",
        "drt",
        {"no-create": "c", "date": "d", "reference": "r", "time": "time="},
    )
    files = proc.files
    stamp = files.clock()
    if "r" in options:
        found = files.stat_or_none(proc.path(options.flags["r"]))
        if found is None:
            raise UsageProblem(
                f"failed to get attributes of {quoted(options.flags['r'])}: "
                "No such file or directory"
            )
        stamp = found.mtime_ms
    for letter in "dt":
        if letter in options:
            stamp = _stamp(options, letter, stamp)
    if not options.operands:
        raise Misuse("missing file operand")
    code = 0
    for name in options.operands:
        path = proc.path(name)
        try:
            if not files.exists(path):
                if "c" in options:
                    continue
                if not name or name.endswith("/"):
                    refuse("No such file or directory")
                files.write(path, "")
            if not path.startswith("/dev/"):
                files.set_mtime(path, stamp)
        except FileProblem as problem:
            code = proc.fail(f"cannot touch {quoted(name)}: {problem}")
    return code
    yield


def _stamp(options: Options, letter: str, now: int) -> int:
    text = options.flags[letter]
    moment = datetime.fromtimestamp(now / 1000, UTC)
    found = None
    if letter == "d":
        found = read_moment(text, moment)
    elif re.fullmatch(r"(\d{2}|\d{4})?\d{8}(\.\d{2})?", text):
        digits, _, seconds = text.partition(".")
        year = digits[:-8]
        full = year if len(year) == 4 else (("20" if year < "69" else "19") + year) if year else ""
        rest = digits[-8:]
        try:
            found = datetime(
                int(full or moment.year), int(rest[:2]), int(rest[2:4]), int(rest[4:6]),
                int(rest[6:]), int(seconds or 0), tzinfo=UTC,
            )  # fmt: skip
        except ValueError:
            found = None
    if found is None:
        raise UsageProblem(f"invalid date format ‘{text}’")
    return round(found.timestamp() * 1000)


@tool(usage="[OPTION]... [TEMPLATE]")
def mktemp(proc: Proc) -> Running:
    """Create a temporary file or directory, safely, and print its name."""
    options = read_options(
        proc.argv,
        "dqut",
        "p",
        {"directory": "d", "dry-run": "u", "quiet": "q", "tmpdir": "p", "suffix": "suffix="},
    )
    if len(options.operands) > 1:
        raise Misuse("too many templates")
    base = "tmp.XXXXXXXXXX"
    template = options.operands[0] if options.operands else base
    where = options.flags.get("p") or ("" if options.operands and "t" not in options else
                                       proc.environ.get("TMPDIR") or "/tmp")  # fmt: skip
    suffix = options.flags.get("suffix", "")
    match = re.fullmatch(r"(.*?)(X*)([^X/]*)", template, re.DOTALL)
    if match is None or len(match[2]) < 3:
        raise UsageProblem(f"too few X's in template ‘{template}’")
    drawn = Stream("mktemp", encoded(proc.files.device("/dev/urandom", 16)).hex())
    name = match[1] + drawn.text(_LETTERS, len(match[2])) + match[3] + suffix
    shown = posixpath.join(where, name)
    path = proc.path(shown)
    if "u" not in options:
        try:
            if not proc.files.is_dir(posixpath.dirname(path)):
                refuse("No such file or directory")
            if "d" in options:
                proc.files.mkdir(path)
                proc.files.chmod(path, 0o700)
            else:
                proc.files.write(path, "")
                proc.files.chmod(path, 0o600)
        except FileProblem as problem:
            what = "directory" if "d" in options else "file"
            full = posixpath.join(where, template + suffix)
            raise UsageProblem(
                f"failed to create {what} via template ‘{full}’: {problem}"
            ) from None
    proc.print(shown)
    return 0
    yield


@tool(usage="OPTION... FILE...")
def truncate(proc: Proc) -> Running:
    """Shrink or extend the size of each file to what is given."""
    options = read_options(
        proc.argv, "co", "rs", {"no-create": "c", "size": "s", "reference": "r", "io-blocks": "o"}
    )
    if "s" not in options and "r" not in options:
        raise Misuse("you must specify either ‘--size’ or ‘--reference’")
    if not options.operands:
        raise Misuse("missing file operand")
    files = proc.files
    text = options.flags.get("s", "+0")
    sign = text[:1] if text[:1] in set("+-<>/%") else ""
    size = amount(text[len(sign) :])
    if size is None:
        raise UsageProblem(f"Invalid number: ‘{text[len(sign) :]}’")
    if "r" in options:
        found = files.stat_or_none(proc.path(options.flags["r"]))
        if found is None:
            raise UsageProblem(
                f"cannot stat {quoted(options.flags['r'])}: No such file or directory"
            )
        size, sign = found.size, ""
    code = 0
    for name in options.operands:
        path = proc.path(name)
        try:
            if not files.exists(path):
                if "c" in options:
                    continue
                files.write(path, "")
            held = encoded(files.read(path))
            goal = _goal(len(held), sign, size)
            if goal > 1 << 26:
                refuse("File too large")
            proc.charge(goal)
            files.write(
                path, (held[:goal] + b"\0" * (goal - len(held))).decode("utf-8", "surrogateescape")
            )
        except FileProblem as problem:
            code = proc.fail(f"cannot open {quoted(name)} for writing: {problem}")
    return code
    yield


def _goal(now: int, sign: str, size: int) -> int:
    match sign:
        case "+":
            return now + size
        case "-":
            return max(0, now - size)
        case "<":
            return min(now, size)
        case ">":
            return max(now, size)
        case "/":
            return now // size * size if size else now
        case "%":
            return -(-now // size) * size if size else now
    return size
