"""`printf`, as bash's builtin has it: all conversions, `%b`, `%q`, `%(...)T`, the format used again."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime

from sim.bash.process import Proc, Running
from sim.bash.tools.echo import Stop, unescape, unescape_argument
from sim.bash.tools.inputs import encoded
from sim.bash.tools.moments import formatted as moment_text

_FORMAT = re.compile(
    r"%([-+ 0#']*)(\d+|\*)?(?:\.(-?\d+|\*)?)?(?:hh|ll|[hlLjzt])?(\([^)]*\))?(.?)", re.DOTALL
)
_DOT = re.compile(r"%[-+ 0#']*(?:\d+|\*)?\.")
_INTEGER = re.compile(r"\s*([-+]?)(0[xX][0-9a-fA-F]*|\d*)")
_FLOAT = re.compile(
    r"\s*[-+]?(?:0[xX][0-9a-fA-F.]+(?:[pP][-+]?\d+)?|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
    r"|inf(?:inity)?|nan)",
    re.IGNORECASE,
)
MAX_PRINTED = 1 << 20
MAX_WIDTH = 1 << 20
MOST, LEAST = (1 << 63) - 1, -(1 << 63)


def shell_quoted(text: str) -> str:
    """Return *text* as `%q` writes it: a word that a shell reads back."""
    if not text:
        return "''"
    if any(not char.isprintable() or "\udc80" <= char <= "\udcff" for char in text):
        known = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\a": "\\a", "\b": "\\b", "\v": "\\v",
                 "\f": "\\f", "\x1b": "\\E", "'": "\\'", "\\": "\\\\"}  # fmt: skip
        out = [
            known.get(char) or (char if char.isprintable() else
                                "".join(f"\\{byte:03o}" for byte in encoded(char)))
            for char in text
        ]  # fmt: skip
        return "$'" + "".join(out) + "'"
    out = []
    for at, char in enumerate(text):
        special = char in " !\"$&'()*;<>?[\\]^`{|},\t" or (char in "~#" and at == 0)
        out.append(f"\\{char}" if special else char)
    return "".join(out)


class _Printer:
    """Fills one format with arguments, and remembers what was wrong."""

    def __init__(self, arguments: list[str], clock: Callable[[], int]) -> None:
        self.rest = arguments[::-1]
        self.problems: list[str] = []
        self._clock = clock
        self.took = False

    def take(self) -> str | None:
        self.took = True
        return self.rest.pop() if self.rest else None

    def integer(self, text: str | None) -> int:
        if text is None:
            return 0
        if text[:1] in {'"', "'"}:
            return ord(text[1]) if len(text) > 1 else 0
        match = _INTEGER.match(text)
        digits = match[2] if match is not None else ""
        value = 0
        rest = text
        if match is not None and digits:
            rest = text[match.end() :]
            octal = re.match(r"0[0-7]*", digits) if digits[:1] == "0" else None
            if digits[:2].lower() == "0x":
                value = int(digits, 16) if len(digits) > 2 else 0
            elif octal is not None:
                value = int(octal[0], 8)
                rest = digits[len(octal[0]) :] + rest
            else:
                value = int(digits[:40])
            value = -value if match[1] == "-" else value
        if rest or not digits:
            self.problems.append(f"{text}: invalid number" if text else "")
        elif not LEAST <= value <= 2 * MOST + 1:
            self.problems.append(f"warning: {text}: Numerical result out of range")
        return max(LEAST, min(value, 2 * MOST + 1))

    def floating(self, text: str | None) -> float:
        if not text:
            return 0.0
        if text[:1] in {'"', "'"}:
            return float(ord(text[1])) if len(text) > 1 else 0.0
        match = _FLOAT.match(text)
        if match is None or match.end() != len(text):
            self.problems.append(f"{text}: invalid number")
        if match is None:
            return 0.0
        word = match[0].strip().lower()
        try:
            return float.fromhex(word) if "0x" in word else float(word)
        except OverflowError:
            return -math.inf if word.startswith("-") else math.inf

    def one(self, match: re.Match[str]) -> str | None:
        """Return what stands for a conversion; None if it is none."""
        flags, width, precision, inner, letter = match.groups()
        if letter == "%":
            return "%" if match[0] == "%%" else None
        dotted = _DOT.match(match[0]) is not None
        if width == "*":
            number = self.integer(self.take())
            flags, width = (flags + "-", str(-number)) if number < 0 else (flags, str(number))
        if precision == "*":
            precision = str(self.integer(self.take()))
        places = None
        if dotted:
            places = max(-1, int(precision or 0))
            places = None if places < 0 else min(places, MAX_WIDTH)
        wide = min(int(width or 0), MAX_WIDTH)
        if inner is not None and letter == "T":
            return _padded(self._moment(inner[1:-1]), flags, wide)
        if letter in {"s", "b", "q", "Q", "c"} and not inner:
            text = self.take() or ""
            if letter == "c":
                return _padded(text[:1], flags, wide)
            if letter == "b":
                try:
                    text = unescape_argument(text)
                except Stop as stop:
                    raise Stop(_padded(str(stop), flags, wide)) from None
            elif letter in "qQ":
                text = shell_quoted(text)
            return _padded(text if places is None else text[:places], flags, wide)
        head = "%" + "".join(dict.fromkeys(flags.replace("'", ""))) + (str(wide) if wide else "")
        head += "" if places is None else f".{places}"
        if letter in set("diuoxX") and not inner:
            return self._whole(head, flags, letter, places, wide)
        if letter in set("feEgGFaA") and not inner:
            value = self.floating(self.take())
            return (head + ("f" if letter in "aA" else letter)) % value
        return None

    def _whole(self, head: str, flags: str, letter: str, places: int | None, wide: int) -> str:
        value = self.integer(self.take())
        if letter in "di":
            value = min(value, MOST)
            if places is not None:
                head = head.replace("0", "", 1) if "0" in flags else head
            return (head + "d") % value
        value &= (1 << 64) - 1
        if letter == "u":
            return (head.replace("+", "").replace(" ", "") + "d") % value
        if "#" in flags:
            prefix = {"o": "0", "x": "0x", "X": "0X"}[letter] if value else ""
            digits = (f"%.{places}{letter}" if places is not None else f"%{letter}") % value
            if "0" in flags and "-" not in flags and places is None:
                digits = digits.rjust(wide - len(prefix), "0")
            return _padded(prefix + digits, flags, wide)
        return (head.replace("+", "").replace(" ", "") + letter) % value

    def _moment(self, template: str) -> str:
        argument = self.take()
        seconds = -1 if argument is None else self.integer(argument)
        now = self._clock() // 1000
        at = now if seconds in {-1, -2} else max(-(1 << 35), min(seconds, 1 << 37))
        return moment_text(datetime.fromtimestamp(at, UTC), template or "%H:%M:%S")


def _padded(text: str, flags: str, width: int) -> str:
    missing = width - len(encoded(text))
    if missing <= 0:
        return text
    return text + " " * missing if "-" in flags else " " * missing + text


def formatted(template: str, arguments: list[str]) -> tuple[str, list[str], str]:
    """Return the text, the arguments left over and a complaint, which may be empty."""
    printer = _Printer(arguments, lambda: 0)
    try:
        text = _filled(template, printer)
    except Stop as stop:
        text = str(stop)
    return text, printer.rest[::-1], "; ".join(filter(None, printer.problems))


class _BadFormat(Exception):  # noqa: N818 - carries what is printed before it
    def __init__(self, text: str, why: str) -> None:
        super().__init__(why)
        self.text = text


def _filled(template: str, printer: _Printer) -> str:
    # Formats first, so that a backslash in an argument stays as it is.
    out: list[str] = []
    at = 0
    while (match := _FORMAT.search(template, at)) is not None:
        out.append(unescape(template[at : match.start()]))
        at = match.end()
        try:
            text = printer.one(match)
        except Stop as stop:
            raise Stop("".join(out) + str(stop)) from None
        if text is None:
            letter = match[5]
            why = (
                f"`{letter}': invalid format character"
                if letter
                else "`%': missing format character"
            )
            if not letter:
                why = f"`{match[0][-1]}': missing format character"
            raise _BadFormat("".join(out), why)
        out.append(text)
    out.append(unescape(template[at:]))
    return "".join(out)


def printf(proc: Proc) -> Running:
    """Print by a format, which is used again as long as arguments are left."""
    words = proc.argv[1:]
    if words[:1] == ["--"]:
        words = words[1:]
    elif words and re.fullmatch(r"-[^-].*", words[0]) and words[0][:2] != "-v":
        proc.fail(f"{words[0][:2]}: invalid option")
        words = []
    if not words:
        proc.stderr.write("printf: usage: printf [-v var] format [arguments]\n")
        return 2
    template = words[0]
    printer = _Printer(words[1:], proc.files.clock)
    size = 0
    while True:
        printer.took = False
        ended = False
        why = ""
        try:
            text = _filled(template, printer)
        except Stop as stop:
            text, ended = str(stop), True
        except _BadFormat as bad:
            text, why, ended = bad.text, str(bad), True
        size += len(text)
        proc.charge(len(text) + 200)
        proc.stdout.write(text)
        if why:
            printer.problems.append(why)
        if ended or not printer.rest or not printer.took or size > MAX_PRINTED:
            break
    for problem in printer.problems:
        if problem:
            proc.fail(problem)
    return 1 if any(not one.startswith("warning") for one in printer.problems if one) else 0
    yield
