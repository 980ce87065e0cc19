"""`numfmt`: numbers with units from and to plain ones."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, ROUND_UP, Decimal

from sim.bash.process import Proc, Running
from sim.bash.tools.inputs import each_line
from sim.bash.tools.options import Misuse, Options, UsageProblem, read_options, tool

_LONG = {
    "to": "to=", "from": "from=", "suffix": "suffix=", "padding": "padding=", "field": "field=",
    "delimiter": "d", "header": "header=?", "round": "round=", "format": "format=",
    "invalid": "invalid=", "to-unit": "to-unit=", "from-unit": "from-unit=", "grouping": "grouping",
    "zero-terminated": "z", "debug": "debug",
}  # fmt: skip
_KINDS = ("none", "si", "iec", "iec-i")
_ROUNDS = {"up": ROUND_CEILING, "down": ROUND_FLOOR, "from-zero": ROUND_UP,
           "towards-zero": ROUND_DOWN, "nearest": ROUND_HALF_UP}  # fmt: skip
_LETTERS = "KMGTPEZY"
_NUMBER = re.compile(r"(-?\d+(?:\.\d+)?)([KMGTPEZY])?(i)?")


@tool(usage="[OPTION]... [NUMBER]...")
def numfmt(proc: Proc) -> Running:
    """Reformat NUMBER(s), or the numbers from standard input if none are specified."""
    options = read_options(proc.argv, "z", "d", _LONG)
    for name in ("to", "from"):
        kinds = ("none", "auto", "si", "iec", "iec-i") if name == "from" else _KINDS
        if name in options and options.flags[name] not in kinds:
            listed = "".join(f"\n  - ‘{one}’" for one in kinds)
            bad = options.flags[name]
            raise Misuse(f"invalid argument ‘{bad}’ for ‘--{name}’\nValid arguments are:{listed}")
    for name in ("format", "grouping", "to-unit", "from-unit"):
        if name in options:
            raise UsageProblem(f"--{name}: not supported in this simulator")
    if options.flags.get("round", "from-zero") not in _ROUNDS:
        raise Misuse(f"invalid argument ‘{options.flags['round']}’ for ‘--round’")
    padding = options.flags.get("padding", "0")
    if not re.fullmatch(r"-?\d{1,4}", padding):
        raise UsageProblem(f"invalid padding value ‘{padding}’")
    lenient = options.flags.get("invalid", "abort")
    fields = options.flags.get("field", "1")
    code = 0
    skip = int(options.flags.get("header") or 1) if "header" in options else 0

    def show(line: str) -> bool:
        nonlocal code, skip
        if skip:
            skip -= 1
            proc.print(line)
            return False
        try:
            proc.print(_line(line, fields, options))
        except UsageProblem as problem:
            if lenient != "ignore":
                code = proc.fail(str(problem), 2)
            if lenient == "abort":
                return True
            proc.print(line)
        return False

    if options.operands:
        for word in options.operands:
            if show(word):
                break
        return code
    failed = yield from each_line(proc, [], show)
    return code or failed


def _line(line: str, fields: str, options: Options) -> str:
    mark = options.flags.get("d")
    pieces = re.findall(r"\s*\S+", line) if mark is None else line.split(mark)
    out: list[str] = []
    for number, piece in enumerate(pieces or [""], 1):
        if not _chosen(number, fields):
            out.append(piece)
            continue
        bare = piece.strip()
        text = _converted(bare, options)
        lead = piece[: len(piece) - len(piece.lstrip())]
        padding = int(options.flags.get("padding", "0"))
        if padding:
            text = text.rjust(padding) if padding > 0 else text.ljust(-padding)
        elif lead and mark is None:
            text = (lead[:1] if number > 1 else "") + text.rjust(
                len(piece) - (1 if number > 1 else 0)
            )
        out.append(text)
    return (mark or "").join(out)


def _chosen(number: int, fields: str) -> bool:
    for part in fields.split(","):
        first, dash, last = part.partition("-")
        if int(first or 1) <= number <= (int(last or 1 << 30) if dash else int(first or 0)):
            return True
    return False


def _converted(text: str, options: Options) -> str:
    suffix = options.flags.get("suffix", "")
    bare = text.removesuffix(suffix) if suffix else text
    kind = options.flags.get("from", "none")
    match = _NUMBER.match(bare)
    if match is None or len(bare) > 40:
        raise UsageProblem(f"invalid number: ‘{text}’")
    value = Decimal(match[1])
    rest = bare[match.end() :]
    if rest or (match[3] and kind not in {"iec-i", "auto"}):
        if match[2] or match[3]:
            raise UsageProblem(f"invalid suffix in input ‘{text}’: ‘{(match[3] or '') + rest}’")
        raise UsageProblem(f"invalid suffix in input: ‘{text}’")
    if match[2]:
        if kind == "none":
            raise UsageProblem(f"rejecting suffix in input: ‘{text}’ (consider using --from)")
        if kind == "iec-i" and not match[3]:
            raise UsageProblem(f"missing 'i' suffix in input: ‘{text}’ (e.g Ki/Mi/Gi)")
        base = 1000 if kind == "si" or (kind == "auto" and not match[3]) else 1024
        value *= base ** (_LETTERS.index(match[2]) + 1)
    return _shown(value, options.flags.get("to", "none"), options) + suffix


def _shown(value: Decimal, kind: str, options: Options) -> str:
    how = _ROUNDS[options.flags.get("round", "from-zero")]
    if kind == "none":
        if value == value.to_integral_value():
            return f"{value.to_integral_value():f}"
        return f"{value:f}"
    base = 1000 if kind == "si" else 1024
    power = 0
    size = abs(value)
    while size >= base and power < len(_LETTERS):
        size /= base
        power += 1
    scaled = value / Decimal(base) ** power
    places = 1 if abs(scaled) < 10 and power else 0
    rounded = scaled.quantize(Decimal("0.1") if places else Decimal(1), rounding=how)
    if abs(rounded) >= base and power < len(_LETTERS):
        power, rounded = power + 1, Decimal("1.0") if value > 0 else Decimal("-1.0")
    elif places and abs(rounded) >= 10:
        rounded = rounded.quantize(Decimal(1), rounding=how)
    unit = _LETTERS[power - 1] if power else ""
    return f"{rounded}{unit}{'i' if unit and kind == 'iec-i' else ''}"
