"""Printed text as a person reads it: without the sequences that move a cursor or choose colours.

Whoever matches, quotes or renders what was on a screen reads it through here; what a terminal makes
of a sequence is ECMA-48 and xterm's, which programs it came from is not known.
"""

from __future__ import annotations

import re

_PLACED = re.compile(r"\x1b\[\d*(?:;\d*)?[Hf]|\x1b\[\d*[ABEFd]|\x1b\[\?1049[hl]")
"""The cursor goes to another line."""
_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]P^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]|[\x00-\x08\x0b-\x1f\x7f]"
)
_EMPTY = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")


def plain_text(text: str) -> str:
    r"""Return *text* without escape sequences; what stands elsewhere on a screen begins a line.

    >>> plain_text(chr(27) + "[1;1H" + chr(27) + "[7mweb-1" + chr(27) + "[m" + chr(27) + "[2;1Hweb-2")
    '\nweb-1\nweb-2'
    """
    if "\x1b" not in text:
        return text
    return _EMPTY.sub("\n\n", _SEQUENCE.sub("", _PLACED.sub("\n", text)))
