"""`tr`: characters replaced, deleted or squeezed; a character is a byte, as GNU's has it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sim.bash.process import Proc, Running
from sim.bash.tools.inputs import decoded, encoded
from sim.bash.tools.options import Misuse, UsageProblem, read_options, tool

_ESCAPES = {"n": 10, "t": 9, "r": 13, "\\": 92, "a": 7, "b": 8, "f": 12, "v": 11}
_LOWER, _UPPER = range(97, 123), range(65, 91)
_CLASSES: dict[str, list[int]] = {
    "alnum": [*range(48, 58), *_UPPER, *_LOWER],
    "alpha": [*_UPPER, *_LOWER],
    "blank": [9, 32],
    "cntrl": [*range(32), 127],
    "digit": [*range(48, 58)],
    "graph": [*range(33, 127)],
    "lower": [*_LOWER],
    "print": [*range(32, 127)],
    "punct": [*range(33, 48), *range(58, 65), *range(91, 97), *range(123, 127)],
    "space": [9, 10, 11, 12, 13, 32],
    "upper": [*_UPPER],
    "xdigit": [*range(48, 58), *range(65, 71), *range(97, 103)],
}
_LONG = {"delete": "d", "squeeze-repeats": "s", "complement": "c", "truncate-set1": "t"}


@dataclass
class _Set:
    """What a SET says: bytes, the case classes in it, and its `[c*]`."""

    bytes: list[int]
    cases: dict[int, str]
    """Where [:upper:] or [:lower:] begin."""
    other_class: bool = False
    ends_with_class: bool = False
    fill_at: int | None = None
    """Where `[c*]` stands, to be filled up to the length of the other set."""
    fill: int = 0

    def filled(self, length: int) -> list[int]:
        if self.fill_at is None:
            return self.bytes
        missing = max(0, length - len(self.bytes))
        return [*self.bytes[: self.fill_at], *[self.fill] * missing, *self.bytes[self.fill_at :]]


def _tokens(proc: Proc, text: str) -> list[tuple[int, bool]]:
    """Return the bytes of *text* and whether each was escaped."""
    data = encoded(text)
    out: list[tuple[int, bool]] = []
    at = 0
    while at < len(data):
        byte = data[at]
        at += 1
        if byte != 92:
            out.append((byte, False))
            continue
        if at == len(data):
            proc.fail("warning: an unescaped backslash at end of string is not portable")
            out.append((92, False))
            break
        octal = re.match(rb"[0-7]{1,3}", data[at:])
        if octal is not None:
            digits = octal[0]
            if int(digits, 8) > 255:
                shown = digits.decode()
                proc.fail(
                    f"warning: the ambiguous octal escape \\{shown} is being\n"
                    f"\tinterpreted as the 2-byte sequence \\0{shown[:2]}, {shown[2]}"
                )
                digits = digits[:2]
            out.append((int(digits, 8), True))
            at += len(digits)
            continue
        char = chr(data[at])
        out.append((_ESCAPES.get(char, data[at]), True))
        at += 1
    return out


def _read_set(proc: Proc, text: str, *, second: bool) -> _Set:
    tokens = _tokens(proc, text)
    plain = "".join(chr(byte) if not escaped and byte < 128 else "\x80" for byte, escaped in tokens)
    found = _Set([], {})
    at = 0
    while at < len(tokens):
        found.ends_with_class = False
        match = re.compile(r"\[:(.*?):\]").match(plain, at)
        if match is not None:
            name = match[1]
            if name not in _CLASSES:
                raise UsageProblem(f"invalid character class ‘{name}’")
            if name in {"upper", "lower"}:
                found.cases[len(found.bytes)] = name
            else:
                found.other_class = True
            found.bytes += _CLASSES[name]
            found.ends_with_class = True
            at = match.end()
            continue
        match = re.compile(r"\[=(.+?)=\]", re.DOTALL).match(plain, at)
        if match is not None:
            if match.end() - at != 5:
                raise UsageProblem(
                    f"{match[1]}: equivalence class operand must be a single character"
                )
            found.bytes.append(tokens[at + 2][0])
            at = match.end()
            continue
        match = re.compile(r"\[[\x00-\x80]\*([^\]]*)\]").match(plain, at)
        if match is not None and plain[at + 1] != "]":
            count = match[1]
            if count and not count.isdecimal():
                raise UsageProblem(f"invalid repeat count ‘{count}’ in [c*n] construct")
            times = int(count[:9] or "0", 8 if count.startswith("0") else 10)
            if not second:
                raise UsageProblem("the [c*] repeat construct may not appear in string1")
            if times:
                found.bytes += [tokens[at + 1][0]] * min(times, 1 << 16)
            elif found.fill_at is not None:
                raise UsageProblem("only one [c*] repeat construct may appear in string2")
            else:
                found.fill_at, found.fill = len(found.bytes), tokens[at + 1][0]
            at = match.end()
            continue
        if at + 2 < len(tokens) and tokens[at + 1] == (45, False):
            first, last = tokens[at][0], tokens[at + 2][0]
            if last < first:
                shown = "".join(_visible(byte) for byte in (first, 45, last))
                raise UsageProblem(
                    f"range-endpoints of '{shown}' are in reverse collating sequence order"
                )
            found.bytes += range(first, last + 1)
            at += 3
            continue
        found.bytes.append(tokens[at][0])
        at += 1
    return found


def _visible(byte: int) -> str:
    known = {value: f"\\{name}" for name, value in _ESCAPES.items()}
    return known.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}")


def _mapping(first: _Set, second: _Set, *, complement: bool, truncate: bool) -> dict[int, int]:
    """Return which byte becomes which."""
    source = first.bytes
    if complement:
        known = set(source)
        source = [byte for byte in range(256) if byte not in known]
    if second.other_class:
        raise UsageProblem(
            "when translating, the only character classes that may appear in\n"
            "string2 are 'upper' and 'lower'"
        )
    target = second.filled(len(source))
    for place in second.cases:
        if complement or place not in first.cases:
            if complement and len(source) > len(target):
                break
            raise UsageProblem("misaligned [:upper:] and/or [:lower:] construct")
    if truncate:
        source = source[: len(target)]
    if not target:
        if truncate:
            return {}
        raise UsageProblem("when not truncating set1, string2 must be non-empty")
    if len(source) > len(target) and second.ends_with_class:
        raise UsageProblem(
            "when translating with string1 longer than string2,\n"
            "the latter string must not end with a character class"
        )
    target = target + [target[-1]] * (len(source) - len(target))
    return dict(zip(source, target, strict=False))


@tool(usage="[OPTION]... SET1 [SET2]")
def tr(proc: Proc) -> Running:
    """Translate, squeeze, and/or delete characters of standard input."""
    options = read_options(proc.argv, "dscCt", "", _LONG)
    words = options.operands
    delete, squeeze = "d" in options, "s" in options
    complement = "c" in options or "C" in options
    if not words:
        raise Misuse("missing operand")
    needs = 2 if delete == squeeze else 1
    if len(words) < needs:
        why = "both deleting and squeezing repeats" if delete else "translating"
        raise Misuse(f"missing operand after ‘{words[0]}’\nTwo strings must be given when {why}.")
    most = 1 if delete and not squeeze else 2
    if len(words) > most:
        also = "\nOnly one string may be given when deleting without squeezing repeats."
        raise Misuse(
            f"extra operand ‘{words[most]}’{also if most == 1 and len(words) == 2 else ''}"
        )
    first = _read_set(proc, words[0], second=False)
    second = _read_set(proc, words[1], second=True) if len(words) > 1 else None
    members = set(first.bytes)
    if complement:
        members = set(range(256)) - members
    mapping = {}
    if second is not None and not delete:
        mapping = _mapping(first, second, complement=complement, truncate="t" in options)
    length = 256 - len(set(first.bytes)) if complement else len(first.bytes)
    squeezed = set() if not squeeze else members if second is None else set(second.filled(length))
    table = bytes(mapping.get(byte, byte) for byte in range(256))
    gone = bytes(members) if delete else b""
    pattern = _repeats(squeezed)
    last = -1
    while (text := (yield from proc.stdin.read())) is not None:
        proc.charge(len(text))
        data = encoded(text).translate(table, gone)
        if pattern is not None and data:
            if data[0] == last and last in squeezed:
                data = data.lstrip(bytes([last]))
            data = pattern.sub(rb"\1", data)
            last = data[-1] if data else last
        proc.stdout.write(decoded(data))
        yield from proc.stdout.drain()
    return 0


def _repeats(members: set[int]) -> re.Pattern[bytes] | None:
    if not members:
        return None
    chosen = b"".join(re.escape(bytes([byte])) for byte in sorted(members))
    return re.compile(rb"([" + chosen + rb"])\1+", re.DOTALL)
