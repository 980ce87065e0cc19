"""How bash writes a text so that it can be read again: `@Q`, `declare -p`, `set`, `printf %q`."""

from __future__ import annotations

import re

_ESCAPES = {"\a": "\\a", "\b": "\\b", "\x1b": "\\E", "\f": "\\f", "\n": "\\n", "\r": "\\r",
            "\t": "\\t", "\v": "\\v", "\\": "\\\\", "'": "\\'"}  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SPECIAL = re.compile(r"[ !\"#$&'()*;<>?\[\\\]^`{|}]|(?<=[=:])~")


def ansi(text: str) -> str:
    r"""Return *text* as `$'...'`.

    >>> ansi("a\tb")
    "$'a\\tb'"
    """
    pieces = (
        _ESCAPES.get(char) or (f"\\{ord(char):03o}" if _CONTROL.match(char) else char)
        for char in text
    )
    return "$'" + "".join(pieces) + "'"


def single(text: str) -> str:
    r"""Return *text* between single quotes, as `${x@Q}` has it.

    >>> single("it's")
    "'it'\\''s'"
    """
    if _CONTROL.search(text):
        return ansi(text)
    return "'" + text.replace("'", "'\\''") + "'"


def if_needed(text: str) -> str:
    """Return *text* quoted only if it has to be, as `set` and `alias` list values."""
    if text == "":
        return ""
    if _CONTROL.search(text):
        return ansi(text)
    return single(text) if _SPECIAL.search(text) or text[0] == "~" else text


def double(text: str) -> str:
    """Return *text* between double quotes, as `declare -p` shows values."""
    if _CONTROL.search(text):
        return ansi(text)
    return '"' + re.sub(r'([$`"\\])', r"\\\1", text) + '"'


def backslashed(text: str) -> str:
    r"""Return *text* with backslashes, as `printf %q` has it.

    >>> backslashed("a b")
    'a\\ b'
    """
    if text == "":
        return "''"
    if _CONTROL.search(text):
        return ansi(text)
    out = []
    for at, char in enumerate(text):
        special = char in " !\"$&'()*,;<>?[\\]^`{|}" or (char in "#~" and at == 0)
        out.append("\\" + char if special else char)
    return "".join(out)
