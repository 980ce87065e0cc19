"""`stat` and `file`: what is known of a file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime

from sim.bash.files import Stat
from sim.bash.process import FileProblem, Proc, Running
from sim.bash.tools.inputs import encoded, quoted, refuse
from sim.bash.tools.ls import blocks, kind_and_mode, uid
from sim.bash.tools.options import UsageProblem, missing_operand, read_options, tool

_LONG = {"format": "c", "printf": "printf=", "dereference": "L", "terse": "t", "file-system": "f",
         "cached": "cached="}  # fmt: skip
_KINDS = {
    "-": "regular file",
    "d": "directory",
    "l": "symbolic link",
    "c": "character special file",
}
_TYPE_BITS = {"-": 0o100000, "d": 0o040000, "l": 0o120000, "c": 0o020000}
_CODE = re.compile(r"%([-#+ 0']*)(\d{0,4})(?:\.(\d{0,4}))?([HL]?[a-zA-Z%])")


def _moment(ms: int) -> str:
    whole, rest = divmod(ms, 1000)
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%d %H:%M:%S}.{rest:03}000000 +0000"


def _values(name: str, stat: Stat) -> dict[str, Callable[[], object]]:
    kind = _KINDS[stat.kind]
    if stat.kind == "-" and not stat.size:
        kind = "regular empty file"
    target = f"{quoted(name)} -> {quoted(stat.target)}" if stat.kind == "l" else quoted(name)
    changed = stat.mtime_ms
    return {
        "a": lambda: f"{stat.mode:o}", "A": lambda: kind_and_mode(stat),
        "b": lambda: blocks(stat) // 512, "B": lambda: 512, "d": lambda: 65024,
        "D": lambda: "fe00", "f": lambda: f"{_TYPE_BITS[stat.kind] | stat.mode:x}",
        "F": lambda: kind, "g": lambda: uid(stat.group), "G": lambda: stat.group,
        "h": lambda: stat.links, "i": lambda: stat.inode, "m": lambda: "/", "n": lambda: name,
        "N": lambda: target, "o": lambda: 4096, "s": lambda: stat.size, "t": lambda: 0,
        "T": lambda: 0, "u": lambda: uid(stat.owner), "U": lambda: stat.owner,
        "w": lambda: _moment(changed), "W": lambda: changed // 1000,
        "x": lambda: _moment(changed), "X": lambda: changed // 1000,
        "y": lambda: _moment(changed), "Y": lambda: changed // 1000,
        "z": lambda: _moment(changed), "Z": lambda: changed // 1000,
        "%": lambda: "%",
    }  # fmt: skip


def _filled(template: str, name: str, stat: Stat) -> str:
    values = _values(name, stat)

    def one(match: re.Match[str]) -> str:
        flags, width, precision, code = match.groups()
        if code not in values:
            return "?"
        text = str(values[code]())
        if precision and code in "XYZW":
            text += f".{stat.mtime_ms % 1000:03}000000"[: int(precision or 9) + 1]
        fill = "0" if "0" in flags and "-" not in flags else " "
        if width:
            text = text.ljust(int(width)) if "-" in flags else text.rjust(int(width), fill)
        return text

    return _CODE.sub(one, template)


@tool(usage="[OPTION]... FILE...")
def stat(proc: Proc) -> Running:
    """Display file status."""
    options = read_options(proc.argv, "Lft", "c", _LONG)
    missing_operand(options)
    if "f" in options:
        raise UsageProblem("--file-system: not supported in this simulator")
    code = 0
    for name in options.operands:
        try:
            if not name:
                refuse("No such file or directory")
            found = proc.files.stat(proc.path(name), follow="L" in options)
        except FileProblem as problem:
            code = proc.fail(f"cannot statx {quoted(name)}: {problem}")
            continue
        if "c" in options:
            proc.print(_filled(options.flags["c"], name, found))
        elif "printf" in options:
            template = options.flags["printf"]
            for short, char in (("\\n", "\n"), ("\\t", "\t")):
                template = template.replace(short, char)
            proc.stdout.write(_filled(template, name, found))
        elif "t" in options:
            proc.print(_filled("%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %W %o", name, found))
        else:
            proc.print(*_block(name, found))
    return code
    yield


def _block(name: str, stat: Stat) -> list[str]:
    values = _values(name, stat)
    title = f"{name} -> {stat.target}" if stat.kind == "l" else name
    when = _moment(stat.mtime_ms)
    return [
        f"  File: {title}",
        f"  Size: {stat.size:<10}\tBlocks: {blocks(stat) // 512:<10} IO Block: 4096   {values['F']()}",
        f"Device: 254,0\tInode: {stat.inode:<10}  Links: {stat.links}",
        f"Access: ({stat.mode:04o}/{kind_and_mode(stat)})  Uid: ({uid(stat.owner):>5}/{stat.owner:>8})"
        f"   Gid: ({uid(stat.group):>5}/{stat.group:>8})",
        f"Access: {when}",
        f"Modify: {when}",
        f"Change: {when}",
        f" Birth: {when}",
    ]


@tool(usage="[-bL] FILE...", package="file-5.44")
def file(proc: Proc) -> Running:
    """Say what kind of text or data is in a file, from a few well-known signs."""
    options = read_options(proc.argv, "bLhi", "", {"brief": "b", "dereference": "L", "mime": "i"})
    if not options.operands:
        proc.stderr.write("Usage: file [-bL] FILE...\n")
        return 1
    if "i" in options:
        raise UsageProblem("--mime: not supported in this simulator")
    width = max(len(name) for name in options.operands) + 1
    for name in options.operands:
        told = _told(proc, name, follow="L" in options)
        proc.print(told if "b" in options else f"{name + ':':<{width}} {told}")
    return 0
    yield


def _told(proc: Proc, name: str, *, follow: bool) -> str:
    path = proc.path(name)
    found = proc.files.stat_or_none(path, follow=follow)
    if found is None:
        return f"cannot open `{name}' (No such file or directory)"
    if found.kind == "l":
        lost = not proc.files.exists(path)
        return f"{'broken ' if lost else ''}symbolic link to {found.target}"
    if found.kind == "d":
        return "sticky, directory" if found.mode & 0o1000 else "directory"
    if found.kind == "c":
        return "character special (1/3)"
    text = proc.files.read(path)
    proc.charge(len(text))
    return _content(text)


def _content(text: str) -> str:
    if not text:
        return "empty"
    data = encoded(text[:65536])
    if data.startswith(b"\x1f\x8b"):
        return "gzip compressed data"
    if data[257:262] == b"ustar":
        return "POSIX tar archive"
    first = text.partition("\n")[0]
    odd = any(0xDC80 <= ord(char) <= 0xDCFF or (ord(char) < 32 and char not in "\t\n\r\f\b\x1b")
              for char in text[:65536])  # fmt: skip
    if odd:
        return "data"
    kind = "ASCII text" if text.isascii() else "Unicode text, UTF-8 text"
    if first.startswith("#!"):
        shell = first[2:].strip().split()
        program = shell[-1 if shell and shell[0].endswith("/env") else 0] if shell else ""
        last = program.rpartition("/")[2]
        names = {"sh": "POSIX shell script", "bash": "Bourne-Again shell script"}
        kind = f"{names.get(last, f'a {program} script')}, {kind} executable"
    elif re.match(r"\s*[\[{]", text) and _is_json(text):
        return "JSON text data"
    longest = max(map(len, text.split("\n")))
    if longest >= 300:
        kind += f", with very long lines ({longest})"
    if "\n" not in text:
        kind += ", with no line terminators"
    elif "\r\n" in text:
        kind += ", with CRLF line terminators"
    return kind


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
