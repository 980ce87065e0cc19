r"""The right side of `s`: text, groups and case (`\U`, `\l` ...), and escapes of a regex."""

from __future__ import annotations

import re
from typing import NamedTuple

from sim.bash.regex import Match

_ESCAPE = re.compile(r"\\(?:d([0-9]{3})|o([0-7]{3})|x([0-9a-fA-F]{1,2})|c(.))|(\\.)|(.)", re.DOTALL)
_NAMED = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}


class Piece(NamedTuple):
    """A part of a replacement."""

    kind: str
    """`text`, `group`, or `case`."""
    text: str = ""
    number: int = 0


def _coded(match: re.Match[str]) -> str | None:
    """Return the character that a numeric escape names."""
    decimal, octal, hexadecimal, control = match.group(1, 2, 3, 4)
    if decimal:
        return chr(int(decimal) & 255)
    if octal:
        return chr(int(octal, 8) & 255)
    if hexadecimal:
        return chr(int(hexadecimal, 16))
    return chr(ord(control.upper()) ^ 64) if control and control.isascii() else None


def unescaped(source: str) -> str:
    """Return a regular expression whose numeric escapes are characters, quoted where special."""

    def one(match: re.Match[str]) -> str:
        char = _coded(match)
        if char is None:
            return {"\\f": "\f", "\\v": "\v", "\\a": "\a", "\\r": "\r"}.get(match[0], match[0])
        return "\\" + char if char in ".*[]^$\\/" else char

    return _ESCAPE.sub(one, source) if "\\" in source else source


def read_replacement(source: str) -> list[Piece]:
    """Return *source* in pieces."""
    pieces: list[Piece] = []
    text: list[str] = []

    def put(piece: Piece) -> None:
        if text:
            pieces.append(Piece("text", "".join(text)))
            text.clear()
        pieces.append(piece)

    for match in _ESCAPE.finditer(source):
        char = _coded(match)
        if char is not None:
            text.append(char)
        elif match[6] == "&":
            put(Piece("group"))
        elif match[6] is not None:
            text.append(match[6])
        elif (letter := (match[5] or match[0])[1]) in "0123456789":
            put(Piece("group", number=int(letter)))
        elif letter in "ULEul":
            put(Piece("case", letter))
        else:
            text.append(_NAMED.get(letter, letter))
    if text:
        pieces.append(Piece("text", "".join(text)))
    return pieces


def groups_used(pieces: list[Piece]) -> int:
    """Return the highest group that is referred to."""
    return max((piece.number for piece in pieces if piece.kind == "group"), default=0)


def replaced(pieces: list[Piece], match: Match) -> str:
    """Return what stands for *match*."""
    out: list[str] = []
    lasting = once = ""
    for piece in pieces:
        if piece.kind == "case":
            if piece.text in "ul":
                once = piece.text
            else:
                lasting = "" if piece.text == "E" else piece.text
                once = "" if piece.text == "E" else once
            continue
        text = piece.text if piece.kind == "text" else match.group(piece.number)
        if lasting:
            text = text.upper() if lasting == "U" else text.lower()
        if once and text:
            text = (text[0].upper() if once == "u" else text[0].lower()) + text[1:]
            once = ""
        out.append(text)
    return "".join(out)
