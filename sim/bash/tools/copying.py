"""`cp`, `mv` and `ln`: files under another name or at another place."""

from __future__ import annotations

import posixpath

from sim.bash.process import FileProblem, Proc, Running
from sim.bash.tools.inputs import quoted
from sim.bash.tools.options import Misuse, Options, read_options, tool

_COMMON = {
    "force": "f", "interactive": "i", "no-clobber": "n", "verbose": "v", "update": "u",
    "target-directory": "t", "no-target-directory": "T", "backup": "backup=?", "suffix": "S",
    "strip-trailing-slashes": "strip",
}  # fmt: skip
_CP = {
    **_COMMON, "recursive": "r", "archive": "a", "dereference": "L", "no-dereference": "P",
    "symbolic-link": "s", "link": "l", "parents": "parents", "preserve": "preserve=?",
}  # fmt: skip
_USAGE = "[OPTION]... [-T] SOURCE DEST\n[OPTION]... SOURCE... DIRECTORY\n[OPTION]... -t DIRECTORY SOURCE..."


def _targets(proc: Proc, options: Options) -> list[tuple[str, str]] | None:
    """Return (source, target) as they are named; None after a complaint."""
    words = options.operands
    given = options.flags.get("t")
    if not words:
        raise Misuse("missing file operand")
    if given is None and len(words) == 1:
        raise Misuse(f"missing destination file operand after {quoted(words[0])}")
    if given is not None:
        sources, target, into = words, given, True
        if not proc.files.is_dir(proc.path(given)):
            there = proc.files.exists(proc.path(given))
            why = "Not a directory" if there else "No such file or directory"
            proc.fail(f"target directory {quoted(given)}: {why}")
            return None
    else:
        *sources, target = words
        into = proc.files.is_dir(proc.path(target)) and "T" not in options
        if len(sources) > 1 and "T" in options:
            raise Misuse(f"extra operand {quoted(sources[1])}")
        if len(sources) > 1 and not into:
            there = proc.files.exists(proc.path(target))
            why = "Not a directory" if there else "No such file or directory"
            proc.fail(f"target {quoted(target)}: {why}")
            return None
    if not into:
        return [(sources[0], target)]
    base = target if target.endswith("/") else f"{target}/"
    return [(name, base + posixpath.basename(name.rstrip("/"))) for name in sources]


@tool(usage=_USAGE)
def cp(proc: Proc) -> Running:
    """Copy SOURCE to DEST, or several SOURCEs to DIRECTORY."""
    options = read_options(proc.argv, "abdfiHlLnpPrRsTuvxZ", "tS", _CP)
    pairs = _targets(proc, options)
    if pairs is None:
        return 1
    copier = _Copier(proc, options)
    for source, target in pairs:
        copier.copy(source, target)
    return copier.code
    yield


class _Copier:
    def __init__(self, proc: Proc, options: Options) -> None:
        self.proc, self.options = proc, options
        self.deep = bool({"r", "R", "a"} & set(options.flags))
        self.keep = bool({"p", "a", "preserve"} & set(options.flags))
        self.links = bool({"P", "d", "a", "s"} & set(options.flags)) or (
            self.deep and "L" not in options and "H" not in options
        )
        self.code = 0

    def fail(self, message: str) -> None:
        self.code = self.proc.fail(message)

    def copy(self, source: str, target: str) -> None:
        """Copy one file, link or directory; a failure is told."""
        files, options = self.proc.files, self.options
        here, there = self.proc.path(source), self.proc.path(target)
        found = files.stat_or_none(here, follow=not self.links)
        if found is None or not source or (source.endswith("/") and found.kind == "-"):
            why = "Not a directory" if found is not None and source else "No such file or directory"
            return self.fail(f"cannot stat {quoted(source)}: {why}")
        if found.kind == "d" and not self.deep:
            return self.fail(f"-r not specified; omitting directory {quoted(source)}")
        if found.kind == "d":
            return self._tree(source, target)
        goal = files.stat_or_none(there)
        if target.endswith("/") and (goal is None or goal.kind != "d"):
            return self.fail(f"cannot create regular file {quoted(target)}: Not a directory")
        if goal is not None and goal.kind == "d":
            return self.fail(f"cannot overwrite directory {quoted(target)} with non-directory")
        if goal is not None and files.real(here) == files.real(there) and found.kind != "c":
            return self.fail(f"{quoted(source)} and {quoted(target)} are the same file")
        if goal is not None and options.last_of("nfi") == "n":
            return None
        if goal is not None and "u" in options and goal.mtime_ms >= found.mtime_ms:
            return None
        try:
            if found.kind == "l" or "s" in options:
                if files.stat_or_none(there, follow=False) is not None:
                    files.remove(there)
                files.symlink(source if "s" in options else found.target, there)
            else:
                text = files.read(here)
                self.proc.charge(len(text))
                files.write(there, text)
                if goal is None and found.kind == "-":
                    files.chmod(there, found.mode & ~files.umask)
                if self.keep:
                    files.chmod(there, found.mode)
                    files.set_mtime(there, found.mtime_ms)
        except FileProblem as problem:
            return self.fail(f"cannot create regular file {quoted(target)}: {problem}")
        if "v" in options:
            self.proc.print(f"{quoted(source)} -> {quoted(target)}")
        return None

    def _tree(self, source: str, target: str) -> None:
        files = self.proc.files
        here, there = self.proc.path(source), self.proc.path(target)
        if f"{there}/".startswith(f"{here}/"):
            return self.fail(
                f"cannot copy a directory, {quoted(source)}, into itself, {quoted(target)}"
            )
        try:
            if files.exists(there) and not files.is_dir(there):
                return self.fail(
                    f"cannot overwrite non-directory {quoted(target)} with directory {quoted(source)}"
                )
            if not files.is_dir(posixpath.dirname(there)):
                return self.fail(
                    f"cannot create directory {quoted(target)}: No such file or directory"
                )
            fresh = not files.is_dir(there)
            if fresh:
                files.mkdir(there)
                if "v" in self.options:
                    self.proc.print(f"{quoted(source)} -> {quoted(target)}")
        except FileProblem as problem:
            return self.fail(f"cannot create directory {quoted(target)}: {problem}")
        stat = files.stat(here)
        for name in files.listdir(here):
            self.proc.charge(200)
            self.copy(posixpath.join(source, name), posixpath.join(target, name))
        if fresh:
            files.chmod(there, stat.mode & ~files.umask)
        if self.keep:
            files.chmod(there, stat.mode)
            files.set_mtime(there, stat.mtime_ms)
        return None


@tool(usage=_USAGE)
def mv(proc: Proc) -> Running:
    """Rename SOURCE to DEST, or move several SOURCEs to DIRECTORY."""
    options = read_options(proc.argv, "bfinTuvZ", "tS", _COMMON)
    pairs = _targets(proc, options)
    if pairs is None:
        return 1
    code = 0
    for source, target in pairs:
        code |= _move(proc, options, source, target)
    return code
    yield


def _move(proc: Proc, options: Options, source: str, target: str) -> int:
    files = proc.files
    here, there = proc.path(source), proc.path(target)
    found = files.stat_or_none(here, follow=False)
    if found is None or not source:
        return proc.fail(f"cannot stat {quoted(source)}: No such file or directory")
    if source.endswith("/") and found.kind == "-":
        return proc.fail(f"cannot stat {quoted(source)}: Not a directory")
    if found.kind == "d" and f"{there}/".startswith(f"{here}/"):
        if there == here:
            return proc.fail(f"{quoted(source)} and {quoted(target)} are the same file")
        return proc.fail(
            f"cannot move {quoted(source)} to a subdirectory of itself, {quoted(target)}"
        )
    goal = files.stat_or_none(there, follow=False)
    if here == there:
        return proc.fail(f"{quoted(source)} and {quoted(target)} are the same file")
    if goal is not None:
        if options.last_of("nfi") == "n":
            return 0
        if "u" in options and goal.mtime_ms >= found.mtime_ms:
            return 0
        if goal.kind == "d" and found.kind != "d":
            return proc.fail(f"cannot overwrite directory {quoted(target)} with non-directory")
        if goal.kind != "d" and found.kind == "d":
            return proc.fail(
                f"cannot overwrite non-directory {quoted(target)} with directory {quoted(source)}"
            )
    if target.endswith("/") and found.kind != "d" and goal is None:
        why = (
            "Not a directory"
            if files.is_dir(posixpath.dirname(there))
            else "No such file or directory"
        )
        return proc.fail(f"cannot move {quoted(source)} to {quoted(target)}: {why}")
    try:
        files.rename(here, there)
    except FileProblem as problem:
        if str(problem) == "Invalid cross-device link" and found.kind == "-":
            try:
                files.write(there, files.read(here))
                files.remove(here)
            except FileProblem as again:
                return proc.fail(f"cannot move {quoted(source)} to {quoted(target)}: {again}")
        else:
            return proc.fail(f"cannot move {quoted(source)} to {quoted(target)}: {problem}")
    if "v" in options:
        proc.print(f"renamed {quoted(source)} -> {quoted(target)}")
    return 0


@tool(usage="[OPTION]... [-T] TARGET LINK_NAME\n[OPTION]... TARGET")
def ln(proc: Proc) -> Running:
    """Make symbolic links with -s; files here have one name each, so there are no hard links."""
    options = read_options(
        proc.argv,
        "bdFfinLPrsTv",
        "tS",
        {**_COMMON, "symbolic": "s", "relative": "r", "no-dereference": "n", "logical": "L"},
    )
    words = options.operands
    if not words:
        raise Misuse("missing file operand")
    files = proc.files
    if "t" in options:
        pairs = [
            (one, posixpath.join(options.flags["t"], posixpath.basename(one))) for one in words
        ]
    elif len(words) == 1:
        pairs = [(words[0], posixpath.join(".", posixpath.basename(words[0])))]
    else:
        *sources, last = words
        path = proc.path(last)
        into = files.is_dir(path) and "T" not in options
        into = into and not ("n" in options and files.is_link(path))
        if len(sources) > 1 and not into:
            why = "Not a directory" if files.exists(path) else "No such file or directory"
            return proc.fail(f"target {quoted(last)}: {why}")
        pairs = [
            (one, posixpath.join(last, posixpath.basename(one.rstrip("/"))) if into else last)
            for one in sources
        ]
    code = 0
    for target, name in pairs:
        path = proc.path(name)
        shape = "symbolic link" if "s" in options else "hard link"
        try:
            if "s" not in options:
                if not files.exists(proc.path(target)):
                    code = proc.fail(
                        f"failed to access {quoted(target)}: No such file or directory"
                    )
                elif files.is_dir(proc.path(target)):
                    code = proc.fail(f"{target}: hard link not allowed for directory")
                else:
                    code = proc.fail("hard links: not supported in this simulator; use ln -s")
                continue
            if "f" in options and files.stat_or_none(path, follow=False) is not None:
                files.remove(path)
            text = target
            if "r" in options:
                text = posixpath.relpath(proc.path(target), posixpath.dirname(path))
            files.symlink(text, path)
        except FileProblem as problem:
            code = proc.fail(f"failed to create {shape} {quoted(name)}: {problem}")
            continue
        if "v" in options:
            proc.print(f"{quoted(name)} -> {quoted(target)}")
    return code
    yield
