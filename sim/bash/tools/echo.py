"""`echo` and `printf`."""

from __future__ import annotations

import re

from sim.bash.process import Proc, Running

_ESCAPE = re.compile(r"\\(0?[0-7]{1,3}|x[0-9a-fA-F]{1,2}|.)", re.DOTALL)
_PLAIN = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "v": "\v",
          "\\": "\\", '"': '"', "'": "'"}  # fmt: skip
_FORMAT = re.compile(r"%([-+ 0#]*)(\d{0,4}|\*)(?:\.(\d{0,4}))?([a-zA-Z%])")
MAX_PRINTED = 1 << 20


def unescape(text: str) -> str:
    r"""Return *text* with `\n`, `\t`, `\x41` and the like replaced."""

    def one(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] == "x" and len(code) > 1:
            return chr(int(code[1:], 16))
        if code[0].isdigit():
            return chr(int(code, 8) % 256)
        return _PLAIN.get(code, match[0])

    return _ESCAPE.sub(one, text)


def echo(proc: Proc) -> Running:
    """Print the arguments, joined by blanks."""
    words = proc.argv[1:]
    newline, escapes = "\n", False
    while words and re.fullmatch(r"-[neE]+", words[0]):
        letters = words.pop(0)
        newline = "" if "n" in letters else newline
        escapes = ("e" in letters) or (escapes and "E" not in letters)
    text = " ".join(words)
    proc.stdout.write((unescape(text) if escapes else text) + newline)
    return 0
    yield


def printf(proc: Proc) -> Running:
    """Print by a format, which is used again as long as arguments are left."""
    words = proc.argv[1:]
    if words[:1] == ["--"]:
        words = words[1:]
    if not words:
        proc.stderr.write("printf: usage: printf [-v var] format [arguments]\n")
        return 2
    template, rest = words[0], words[1:]
    code, size = 0, 0
    while True:
        used = len(rest)
        text, rest, problem = formatted(template, rest)
        if problem:
            proc.stderr.write(f"{proc.argv[0]}: {problem}\n")
            code = 1
        size += len(text)
        proc.stdout.write(text)
        if not rest or len(rest) == used or size > MAX_PRINTED:
            return code
    yield


def formatted(template: str, arguments: list[str]) -> tuple[str, list[str], str]:
    """Return the text, the arguments left over and a complaint, which may be empty."""
    rest = list(arguments)
    problem = ""

    def number(text: str) -> float:
        nonlocal problem
        try:
            return float(int(text, 0)) if re.fullmatch(r"[-+]?0[xX].+", text) else float(text or 0)
        except ValueError:
            problem = f"{text}: invalid number"
            return 0.0

    def one(match: re.Match[str]) -> str:
        flags, width, precision, letter = match.groups()
        if letter == "%":
            return "%"
        if width == "*":
            width = re.sub(r"\D", "", rest.pop(0))[:4] if rest else ""
        argument = rest.pop(0) if rest else ""
        head = f"%{flags}{width}" + (f".{precision}" if precision is not None else "")
        if letter in "di":
            return (head + "d") % int(number(argument))
        if letter in "uxXo":
            return (head + letter.replace("u", "d")) % abs(int(number(argument)))
        if letter in "feEgG":
            return (head + letter) % number(argument)
        if letter == "c":
            return (head + "s") % argument[:1]
        if letter in "sbq":
            return (head + "s") % (unescape(argument) if letter == "b" else argument)
        return match[0]

    # Formats first, so that a backslash in an argument stays as it is.
    pieces: list[str] = []
    at = 0
    for match in _FORMAT.finditer(template):
        pieces.extend((unescape(template[at : match.start()]), one(match)))
        at = match.end()
    pieces.append(unescape(template[at:]))
    return "".join(pieces), rest, problem
