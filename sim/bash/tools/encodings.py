"""`base64`, `base32`, the checksums (`md5sum`, `sha256sum` ...) and `cksum`."""

from __future__ import annotations

import base64 as codec
import binascii
import hashlib
import re

from sim.bash.process import FileProblem, Proc, Program, Running
from sim.bash.tools.inputs import all_text, decoded, encoded, plainly, split_lines
from sim.bash.tools.options import UsageProblem, extra_operand, read_options, tool

_LONG = {"decode": "d", "wrap": "w", "ignore-garbage": "i"}
_SUM = {
    "check": "c", "binary": "b", "text": "t", "quiet": "quiet", "status": "status", "tag": "tag",
    "ignore-missing": "ignore-missing", "strict": "strict", "warn": "w", "zero": "z",
}  # fmt: skip


@tool(usage="[OPTION]... [FILE]")
def base64(proc: Proc) -> Running:
    """Base64 (or base32) encode or decode FILE, or standard input, to standard output."""
    options = read_options(proc.argv, "dDi", "w", _LONG)
    extra_operand(options, 1)
    wrap = options.flags.get("w", "76")
    if not re.fullmatch(r"\d{1,18}", wrap):
        raise UsageProblem(f"invalid wrap size: ‘{wrap}’")
    small = proc.argv[0].endswith("32")
    code, texts = yield from all_text(proc, options.operands)
    if code:
        return code
    whole = encoded("".join(text for _, text in texts))
    if "d" in options or "D" in options:
        alphabet = rb"A-Z2-7" if small else rb"A-Za-z0-9+/"
        whole = whole.replace(b"\n", b"")
        if "i" in options:
            whole = re.sub(rb"[^" + alphabet + rb"=]", b"", whole)
        match = re.match(rb"[" + alphabet + rb"]*", whole)
        assert match is not None
        good, rest = match[0], whole[match.end() :]
        unit = 8 if small else 4
        if rest and rest.strip(b"="):
            good = good[: len(good) // unit * unit]
        elif (len(good) + len(rest)) % unit:
            rest = b"?"
        padded = good + b"=" * (-len(good) % unit)
        try:
            data = codec.b32decode(padded) if small else codec.b64decode(padded)
        except (binascii.Error, ValueError):
            data, rest = b"", b"?"
        proc.stdout.write(decoded(data))
        return proc.fail("invalid input") if rest.strip(b"=") else 0
    text = (codec.b32encode(whole) if small else codec.b64encode(whole)).decode()
    size = int(wrap)
    if size == 0:
        proc.stdout.write(text)
        return 0
    proc.print(*(text[at : at + size] for at in range(0, len(text), size)))
    return 0


def digest_program(name: str) -> Program:
    """Return `md5sum` and its like, for one of hashlib's algorithms."""

    @tool()
    def digest(proc: Proc) -> Running:
        """Print or check checksums."""
        options = read_options(proc.argv, "bctwz", "", _SUM)
        if "c" in options:
            return (yield from _checked(proc, name, options.operands, set(options.flags)))
        code, texts = yield from all_text(proc, options.operands)
        for file, text in texts:
            proc.charge(len(text))
            found = hashlib.new(name, encoded(text), usedforsecurity=False).hexdigest()
            if "tag" in options:
                proc.print(f"{name.upper()} ({file}) = {found}")
            else:
                proc.print(f"{found} {'*' if options.last_of('bt') == 'b' else ' '}{file}")
        return code

    return digest


def _checked(proc: Proc, name: str, files: list[str], flags: set[str]) -> Running:
    code, texts = yield from all_text(proc, files)
    size = hashlib.new(name, usedforsecurity=False).digest_size * 2
    for file, text in texts:
        good = bad = lost = odd = 0
        for line in split_lines(text):
            match = re.fullmatch(rf"\\?([0-9a-fA-F]{{{size}}}) [ *](.+)", line) or re.fullmatch(
                rf"{name.upper()} \((?P<f>.+)\) = (?P<d>[0-9a-f]{{{size}}})", line
            )
            if match is None:
                odd += bool(line)
                continue
            wanted, target = (
                (match["d"], match["f"]) if "f" in match.re.groupindex else match.groups()
            )
            good += 1
            try:
                held = encoded(proc.files.read(proc.path(target)))
            except FileProblem as problem:
                if "ignore-missing" in flags:
                    continue
                lost += 1
                proc.fail(plainly(target, problem))
                if "status" not in flags:
                    proc.print(f"{target}: FAILED open or read")
                continue
            proc.charge(len(held))
            same = hashlib.new(name, held, usedforsecurity=False).hexdigest() == wanted.lower()
            bad += not same
            if "status" not in flags and not (same and "quiet" in flags):
                proc.print(f"{target}: {'OK' if same else 'FAILED'}")
        if not good:
            code = proc.fail(f"{file}: no properly formatted checksum lines found")
            continue
        for count, one, many in ((odd, "line is improperly formatted", "lines are improperly formatted"),
                                 (lost, "listed file could not be read", "listed files could not be read"),
                                 (bad, "computed checksum did NOT match",
                                  "computed checksums did NOT match")):  # fmt: skip
            if count and "status" not in flags:
                proc.fail(f"WARNING: {count} {one if count == 1 else many}")
        code |= bool(bad or lost or (odd and "strict" in flags))
    return code


@tool()
def cksum(proc: Proc) -> Running:
    """Print CRC checksum and byte counts of each FILE."""
    options = read_options(proc.argv, "", "a", {"algorithm": "a"})
    if "a" in options:
        raise UsageProblem("--algorithm: not supported in this simulator")
    code, texts = yield from all_text(proc, options.operands)
    for file, text in texts:
        data = encoded(text)
        proc.charge(8 * len(data))
        proc.print(f"{_crc(data)} {len(data)}" + ("" if not options.operands else f" {file}"))
    return code


def _table() -> list[int]:
    out: list[int] = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = ((value << 1) ^ 0x04C11DB7 if value & 0x80000000 else value << 1) & 0xFFFFFFFF
        out.append(value)
    return out


_CRC = _table()


def _crc(data: bytes) -> int:
    value = 0
    length = len(data)
    tail = bytearray()
    while length:
        tail.append(length & 255)
        length >>= 8
    for byte in data + bytes(tail):
        value = ((value << 8) & 0xFFFFFFFF) ^ _CRC[(value >> 24) ^ byte]
    return value ^ 0xFFFFFFFF
