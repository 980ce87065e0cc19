"""Text broken into lines as kubectl breaks it (mitchellh/go-wordwrap); it must not know why."""

from __future__ import annotations

import re

_PARTS = re.compile(r"\n|[^\S\n\u00a0]+|(?:\S|\u00a0)+")


def wrap(text: str, limit: int) -> str:
    """Return *text* with lines of at most *limit* characters; a longer word has a line of its own.

    Spaces at a break are dropped, the others stay; a word that cannot fit any line is not moved to
    the next one once it has reached *limit*.
    """
    lines: list[str] = []
    line, spaces = "", ""
    for part in _PARTS.findall(text):
        if part == "\n":
            if len(line) + len(spaces) <= limit:
                line += spaces
            lines.append(line)
            line = spaces = ""
        elif part[0].isspace() and part[0] != "\u00a0":
            spaces += part
        else:
            # The break comes at the first character that no longer fits, unless that is too late.
            first = max(1, limit - len(line) - len(spaces) + 1)
            if first <= len(part) and first < limit:
                lines.append(line)
                line, spaces = part, ""
            else:
                line, spaces = line + spaces + part, ""
    if len(line) + len(spaces) <= limit:
        line += spaces
    return "\n".join([*lines, line])
