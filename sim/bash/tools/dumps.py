"""`od`, `xxd`, `hexdump` and `strings`: bytes shown as numbers, or the texts among them."""

from __future__ import annotations

import re

from sim.bash.process import FileProblem, Proc, Running
from sim.bash.tools.amounts import amount
from sim.bash.tools.inputs import all_text, decoded, encoded
from sim.bash.tools.options import UTIL_LINUX, UsageProblem, read_options, tool

_NAMES = ["nul", "soh", "stx", "etx", "eot", "enq", "ack", "bel", "bs", "ht", "nl", "vt", "ff", "cr",
          "so", "si", "dle", "dc1", "dc2", "dc3", "dc4", "nak", "syn", "etb", "can", "em", "sub",
          "esc", "fs", "gs", "rs", "us", "sp"]  # fmt: skip
_ESCAPES = {0: "\\0", 7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r"}
_TYPE = re.compile(r"([acdoux])(\d*|[CSIL])(z?)")


def _size(text: str, what: str) -> int:
    found = int(text, 16) if re.fullmatch(r"0x[0-9a-fA-F]{1,12}", text) else amount(text)
    if found is None:
        raise UsageProblem(f"invalid {what} argument '{text}'")
    return found


def _width(text: str, usual: int) -> int:
    """Return how many bytes go together; *usual* where *text* says no sensible number."""
    return min(int(text), 256) if re.fullmatch(r"0*[1-9]\d{0,6}", text) else usual


@tool(usage="[OPTION]... [FILE]...")
def od(proc: Proc) -> Running:
    """Write a representation, octal bytes by default, of FILE to standard output."""
    long = {"address-radix": "A", "skip-bytes": "j", "read-bytes": "N", "format": "t",
            "output-duplicates": "v", "width": "w"}  # fmt: skip
    options = read_options(proc.argv, "abcdiosxv", "AjNtS", long, optional="w")
    kinds = [(kind, size) for letter in options.order for kind, size in _types(*letter)]
    kinds = kinds or [("o", 2)]
    code, texts = yield from all_text(proc, options.operands)
    data = encoded("".join(text for _, text in texts))
    proc.charge(20 * len(data))
    skip = _size(options.flags.get("j", "0"), "-j")
    data = data[skip:]
    if "N" in options:
        data = data[: _size(options.flags["N"], "-N")]
    width = _width(options.flags.get("w", ""), 32 if "w" in options else 16)
    radix = options.flags.get("A", "o")
    # All columns are as wide as the widest type needs.
    cell = {kind_size: _cell(*kind_size) for kind_size in kinds}
    most = max(wide / size for (_, size), wide in cell.items())
    before: bytes | None = None
    starred = False
    for at in range(0, len(data), width):
        row = data[at : at + width]
        if row == before and "v" not in options and len(row) == width:
            if not starred:
                proc.print("*")
            starred = True
            continue
        before, starred = row, False
        for number, (kind, size) in enumerate(kinds):
            label = _address(at + skip, radix) if not number else " " * len(_address(0, radix))
            text = ""
            for place in range(0, len(row), size):
                chunk = row[place : place + size]
                text += _number(chunk, kind, size).rjust(round(most * size))
            proc.print(label + text)
        yield from proc.stdout.drain()
    if radix != "n" and texts:
        proc.print(_address(len(data) + skip, radix))
    return code


def _types(letter: str, value: str) -> list[tuple[str, int]]:
    known = {"a": ("a", 1), "b": ("o", 1), "c": ("c", 1), "d": ("u", 2), "i": ("d", 4),
             "o": ("o", 2), "s": ("d", 2), "x": ("x", 2)}  # fmt: skip
    if letter in known:
        return [known[letter]]
    if letter != "t":
        return []
    found: list[tuple[str, int]] = []
    at = 0
    while at < len(value):
        match = _TYPE.match(value, at)
        if match is None:
            raise UsageProblem(f"invalid character '{value[at]}' in type string ‘{value}’")
        sizes = {"C": 1, "S": 2, "I": 4, "L": 8, "": 1 if match[1] in "ac" else 4}
        size = sizes[match[2]] if match[2] in sizes else int(match[2])
        if size not in {1, 2, 4, 8}:
            raise UsageProblem(
                f"invalid type string ‘{value}’;\nthis system doesn't provide a {size}-byte integral type"
            )
        found.append((match[1], size))
        at = match.end()
    return found


def _cell(kind: str, size: int) -> int:
    bits = size * 8
    if kind in "ac":
        return 4
    digits = {"o": -(-bits // 3), "x": bits // 4, "u": len(str((1 << bits) - 1)),
              "d": len(str(1 << (bits - 1))) + 1}[kind]  # fmt: skip
    return digits + 1


def _number(chunk: bytes, kind: str, size: int) -> str:
    if kind == "c":
        byte = chunk[0]
        return _ESCAPES.get(byte) or (chr(byte) if 32 <= byte < 127 else f"{byte:03o}")
    if kind == "a":
        byte = chunk[0] & 127
        return "del" if byte == 127 else _NAMES[byte] if byte < 33 else chr(byte)
    value = int.from_bytes(chunk.ljust(size, b"\0"), "little", signed=kind == "d")
    digits = _cell(kind, size) - 1
    return {"o": f"{value:0{digits}o}", "x": f"{value:0{digits}x}"}.get(kind, str(value))


def _address(at: int, radix: str) -> str:
    return {"o": f"{at:07o}", "x": f"{at:06x}", "d": f"{at:07}", "n": ""}.get(radix, f"{at:07o}")


@tool(usage="[options] [infile]", package="xxd 2022-01-14")
def xxd(proc: Proc) -> Running:
    """Make a hexdump, or with -r the bytes of one."""
    options = read_options(proc.argv, "prubi", "cgls", {})
    if "b" in options or "i" in options:
        raise UsageProblem("-b and -i: not supported in this simulator")
    code, texts = yield from all_text(proc, options.operands, _xxd_says)
    text = "".join(one for _, one in texts)
    proc.charge(10 * len(text))
    if "r" in options:
        if "p" not in options:
            rows = re.findall(r"^[0-9a-fA-F]+:((?: ?[0-9a-fA-F]{2})+)", text, re.MULTILINE)
            text = "".join(rows)
        pairs = re.sub(r"[^0-9a-fA-F]", "", text)
        proc.stdout.write(decoded(bytes.fromhex(pairs[: len(pairs) // 2 * 2])))
        return code
    data = encoded(text)
    data = data[_size(options.flags.get("s", "0"), "-s") :]
    if "l" in options:
        data = data[: _size(options.flags["l"], "-l")]
    width = _width(options.flags.get("c", ""), 30 if "p" in options else 16)
    group = _width(options.flags.get("g", ""), 2 if options.flags.get("g") != "0" else width)
    skip = _size(options.flags.get("s", "0"), "-s")
    for at in range(0, len(data), max(1, width)):
        row = data[at : at + width]
        digits = row.hex().upper() if "u" in options else row.hex()
        if "p" in options:
            proc.print(digits)
            continue
        groups = [digits[place : place + group * 2] for place in range(0, len(digits), group * 2)]
        full = width * 2 + -(-width // group) - 1
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        proc.print(f"{at + skip:08x}: {' '.join(groups):<{full}}  {shown}")
        yield from proc.stdout.drain()
    return code


def _xxd_says(name: str, problem: FileProblem) -> str:
    return f"{name}: {problem}"


@tool(usage="[options] <file>...", package=UTIL_LINUX)
def hexdump(proc: Proc) -> Running:
    """Display file contents in hexadecimal; with -C beside their characters."""
    options = read_options(
        proc.argv, "Cvxbcdo", "nse", {"canonical": "C", "length": "n", "skip": "s"}
    )
    if set("bcdoe") & set(options.flags):
        raise UsageProblem("this format: not supported in this simulator")
    code, texts = yield from all_text(proc, options.operands)
    skip = _size(options.flags.get("s", "0"), "-s")
    data = encoded("".join(text for _, text in texts))[skip:]
    proc.charge(10 * len(data))
    if "n" in options:
        data = data[: _size(options.flags["n"], "-n")]
    canonical = "C" in options or proc.argv[0].endswith("hd")
    before = None
    starred = False
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        if row == before and "v" not in options and len(row) == 16:
            if not starred:
                proc.print("*")
            starred = True
            continue
        before, starred = row, False
        if canonical:
            digits = [f"{byte:02x}" for byte in row]
            left, right = " ".join(digits[:8]), " ".join(digits[8:])
            shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
            proc.print(f"{at + skip:08x}  {left:<23}  {right:<23}  |{shown}|")
        else:
            pairs = [
                f"{int.from_bytes(row[place : place + 2], 'little'):04x}"
                for place in range(0, len(row), 2)
            ]
            joint, lead = ("   ", "    ") if "x" in options else (" ", " ")
            wide = 8 * 4 + 7 * len(joint)
            proc.print(f"{at + skip:07x}{lead}{joint.join(pairs):<{wide}}")
        yield from proc.stdout.drain()
    if data:
        end = len(data) + skip
        proc.print(f"{end:08x}" if canonical else f"{end:07x}")
    return code


@tool(usage="[option(s)] [file(s)]", package="GNU Binutils for Debian) 2.40")
def strings(proc: Proc) -> Running:
    """Display printable strings in [file(s)] (stdin by default)."""
    options = read_options(proc.argv, "af", "nt", {"bytes": "n", "all": "a", "radix": "t"})
    least = options.flags.get("n", "4")
    if not least.isdecimal() or not 0 < int(least[:6]) < 100_000:
        raise UsageProblem(f"invalid minimum string length {least}")
    code = 0
    for name in options.operands or ["-"]:
        if name != "-" and not proc.files.exists(proc.path(name)):
            code = proc.fail(f"'{name}': No such file")
            continue
        _, texts = yield from all_text(proc, [name])
        for _, text in texts:
            proc.charge(4 * len(text))
            for match in re.finditer(rb"[\t -~]{%d,}" % int(least), encoded(text)):
                where = {"d": f"{match.start():7} ", "x": f"{match.start():7x} ",
                         "o": f"{match.start():7o} "}.get(options.flags.get("t", ""), "")  # fmt: skip
                proc.print(where + match[0].decode())
    return code
