"""`echo`, as bash's builtin has it, and the escapes that it shares with `printf`."""

from __future__ import annotations

import re

from sim.bash.process import Proc, Running
from sim.bash.tools.inputs import decoded

_ECHO = re.compile(
    r"\\(?:(0[0-7]{0,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|(.))",
    re.DOTALL,
)
_PRINTF = re.compile(
    r"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|(.))", re.DOTALL
)
_BOTH = re.compile(
    r"\\(?:(0[0-7]{0,3}|[1-7][0-7]{0,2})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})"
    r"|U([0-9a-fA-F]{1,8})|(.))",
    re.DOTALL,
)
PLAIN = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b",
         "f": "\f", "v": "\v", "\\": "\\"}  # fmt: skip


class Stop(Exception):  # noqa: N818 - `\c` says that nothing more comes
    r"""`\c` was met; `str()` is the text before it."""


def _replaced(pattern: re.Pattern[str], text: str, *, quotes: bool, stop: bool) -> str:
    out: list[str] = []
    at = 0
    for match in pattern.finditer(text):
        out.append(text[at : match.start()])
        at = match.end()
        octal, hexa, short, long, letter = match.groups()
        if octal is not None:
            out.append(_byte(int(octal or "0", 8) & 255))
        elif hexa is not None:
            out.append(_byte(int(hexa, 16)))
        elif short is not None or long is not None:
            number = int(short or long, 16)
            valid = number < 0x110000 and not 0xD800 <= number < 0xE000
            out.append(chr(number) if valid else "")
        elif letter == "c" and stop:
            raise Stop(joined("".join(out)))
        elif letter in PLAIN:
            out.append(PLAIN[letter])
        elif quotes and letter in "\"'?":
            out.append(letter)
        else:
            out.append(match[0])
    return joined("".join(out) + text[at:])


def _byte(number: int) -> str:
    return decoded(bytes([number]))


def joined(text: str) -> str:
    r"""Return *text* in which bytes that make one character together (`\303\251`) are it."""
    if text.isascii() or not any("\udc80" <= char <= "\udcff" for char in text):
        return text
    return decoded(text.encode("utf-8", "surrogateescape"))


def unescape(text: str) -> str:
    r"""Return *text* with `\n`, `\t`, `\101`, `\x41` and the like replaced, as printf's format has it."""
    return _replaced(_PRINTF, text, quotes=True, stop=False)


def unescape_echo(text: str) -> str:
    r"""Return *text* as `echo -e` prints it; raises Stop at `\c`."""
    return _replaced(_ECHO, text, quotes=False, stop=True)


def unescape_argument(text: str) -> str:
    r"""Return *text* as `printf %b` prints it; raises Stop at `\c`."""
    return _replaced(_BOTH, text, quotes=True, stop=True)


def echo(proc: Proc) -> Running:
    """Print the arguments, joined by blanks."""
    words = proc.argv[1:]
    newline, escapes = "\n", False
    at = 0
    while at < len(words) and re.fullmatch(r"-[neE]+", words[at]):
        for letter in words[at][1:]:
            if letter == "n":
                newline = ""
            else:
                escapes = letter == "e"
        at += 1
    text = " ".join(words[at:])
    if escapes:
        try:
            text = unescape_echo(text)
        except Stop as stop:
            text, newline = str(stop), ""
    proc.stdout.write(text + newline)
    return 0
    yield
