"""Where Tab was pressed: the words of the command at the cursor, and the word that is being typed.

Half a line is no script, so this reads just what completing needs: quotes, escapes, separators,
redirections and `$(`. It must not know what a word may be completed to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_SPECIAL = re.compile(r"""([\s\\"'$&;()<>|`*?\[\]#~{}!])""")
_ENDS = {"|", ";", "&", "\n", "(", "{"}


@dataclass
class Cursor:
    """The command at the end of a line."""

    words: list[str] = field(default_factory=list)
    """Its whole words without quotes; redirections are left out."""
    word: str = ""
    """What the last, unfinished word says."""
    raw: str = ""
    """The same as it is typed, with quotes and escapes."""
    start: int = 0
    """Where it begins in the line."""
    quote: str = ""
    """The quote that is open in it."""
    redirected: bool = False
    """True after `>` or `<`: a file's name."""

    def typed(self, text: str, *, ends: bool = True) -> str:
        """Return *text* as the word would be typed, in the quotes that are open."""
        if self.raw == self.word:
            return _SPECIAL.sub(r"\\\1", text) if _SPECIAL.search(text) else text
        if self.quote and self.raw[:1] == self.quote:
            if self.quote == "'":
                inner = text.replace("'", "'\\''")
            else:
                inner = re.sub(r'(["$`\\])', r"\\\1", text)
            return self.quote + inner + (self.quote if ends else "")
        return _SPECIAL.sub(r"\\\1", text)

    def replaced(self, line: str, candidate: str) -> str:
        """Return *candidate* as what takes the place of all after the last blank of *line*."""
        begin = len(line) - len(re.split(r"\s", line)[-1])
        if begin <= self.start:
            return line[begin : self.start] + candidate
        return candidate[begin - self.start :]


def read_cursor(line: str) -> Cursor:
    """Return the command at the end of *line*."""
    cursor = Cursor()
    stack: list[Cursor] = []
    at = 0
    inside = False
    """A word has begun."""

    def finish() -> None:
        nonlocal inside
        if inside and not cursor.redirected:
            cursor.words.append(cursor.word)
        if inside:
            cursor.redirected = False
        cursor.word, inside = "", False

    def begin() -> None:
        nonlocal inside
        if not inside:
            cursor.start, inside = at, True

    while at < len(line):
        char = line[at]
        following = line[at + 1 : at + 2]
        if cursor.quote == "'":
            if char == "'":
                cursor.quote = ""
            else:
                cursor.word += char
        elif char == "\\":
            begin()
            if following and cursor.quote and following not in '"$`\\\n':
                cursor.word += char
            cursor.word += following
            at += 1
        elif (char == "$" and following == "(") or char == "`":
            if char == "`" and stack and stack[-1].raw == "`":
                cursor = stack.pop()
                inside = True
                cursor.raw = ""
            else:
                begin()
                cursor.raw = char
                stack.append(cursor)
                cursor, inside = Cursor(), False
                at += char == "$"
        elif char == '"':
            begin()
            cursor.quote = "" if cursor.quote else '"'
        elif cursor.quote:
            cursor.word += char
        elif char == "'":
            begin()
            cursor.quote = "'"
        elif char.isspace() and char != "\n":
            finish()
        elif char == ")" and stack and stack[-1].raw == "$":
            cursor = stack.pop()
            inside, cursor.raw = True, ""
        elif char in "<>":
            if cursor.word.isdecimal():
                cursor.word, inside = "", False
            finish()
            at += following in {"<", ">", "&", "|"}
            cursor.redirected = True
        elif char in _ENDS or char == ")":
            finish()
            cursor = Cursor()
        else:
            begin()
            cursor.word += char
        at += 1
    if not inside:
        cursor.start, cursor.word = len(line), ""
    cursor.raw = line[cursor.start :]
    return cursor
